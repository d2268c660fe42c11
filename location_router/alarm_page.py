"""`GET /alarms`: one page an administrator leaves open on a wall. Loud when something is wrong, still when all is well.

The page itself says nothing; the facts come from `GET /admin/alarms` with the administrator's token, which stays in this
browser tab (sessionStorage). It is loud also when it can't ask: no answer is never shown as "all is well".
"""

from __future__ import annotations

import base64
import hashlib
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from location_router.admin.access import Admin, admin_of
from location_router.app import Router
from location_router.runtime.problems import Problem
from location_router.steps import timeline

alarm_routes = APIRouter()

STYLE = """
:root{color-scheme:light dark;font:17px/1.5 system-ui,"Pretendard","Noto Sans KR",sans-serif}
body{margin:0;padding:1.2rem;max-width:70rem;margin-inline:auto}
#state{padding:1rem 1.2rem;border-radius:.6rem;font-size:1.5rem;font-weight:700;background:#e8eaed;color:#1c1c1c}
#state.ok{background:#dff3e4;color:#0b4a1e}#state.loud{background:#b00020;color:#fff}
@media (prefers-reduced-motion:no-preference){#state.loud{animation:beat 1s steps(2) infinite}}
@keyframes beat{50%{background:#7a0016}}
table{border-collapse:collapse;width:100%;margin-top:1rem}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #8885}
td.age{font-variant-numeric:tabular-nums}nav{display:flex;gap:.6rem;justify-content:flex-end;margin-bottom:.8rem}
button,input{font:inherit;padding:.5rem .8rem;min-height:44px}input{width:24rem;max-width:100%}[hidden]{display:none}
"""
SCRIPT = """
const words={ko:{title:'안심 라우터 경보',token:'관리자 토큰',enter:'열기',sound:'소리 켜기',on:'소리 켜짐',leave:'토큰 지우기',
 wait:'확인하는 중…',ok:'이상 없음. 모든 신고를 센터가 받았습니다.',silent:'라우터가 응답하지 않습니다. 상태를 알 수 없습니다!',
 wrong:'토큰이 맞지 않습니다.',postgis:'PostGIS에 연결할 수 없습니다',bus:'버스에 연결할 수 없습니다',
 swept:'작동 중인 작업자(worker)가 없습니다',undelivered:n=>`센터가 받지 못한 신고 ${n}건`,desk:n=>`112 상황실이 응답하지 않은 호출 ${n}건`,
 alert:'신고',center:'센터',age:'경과',step:'단계',asked:'마지막 확인',
 steps:{'':'보내는 중',bus_silent:'버스 무응답',https_tried:'HTTPS 무응답',delivered:'이전 센터 수신',passed_on:'다음 센터로 넘김',
 runner_up_told:'차순위 센터에 알림',desk_112_called:'112 호출',desk_112_answered:'112 응답',alarmed:'경보'}},
en:{title:'Ansim router alarms',token:'Administrator token',enter:'Open',sound:'Sound on',on:'Sound is on',leave:'Forget token',
 wait:'Asking…',ok:'All is well. A center holds every alert.',silent:'The router does not answer. Nothing is known!',
 wrong:'That token is not known.',postgis:'PostGIS is away',bus:'The bus is away',swept:'No worker is running',
 undelivered:n=>`${n} alert(s) that no center has received`,desk:n=>`${n} call(s) that the 112 desk has not answered`,
 alert:'Alert',center:'Center',age:'Age',step:'Step',asked:'Last asked',
 steps:{'':'being sent',bus_silent:'bus silent',https_tried:'HTTPS silent',delivered:'an earlier center has it',
 passed_on:'passed on',runner_up_told:'runner-up told',desk_112_called:'112 called',desk_112_answered:'112 answered',alarmed:'alarm'}}};
let lang=localStorage.lang||'ko',last=null,heard=0,audio=null;const $=id=>document.getElementById(id);
const age=s=>s<60?`${s} s`:`${Math.floor(s/60)} min ${s%60} s`;
function show(){const w=words[lang];document.documentElement.lang=lang;$('h').textContent=w.title;
 for(const id of['enter','sound','leave'])$(id).textContent=id==='sound'&&audio?w.on:w[id];$('label').textContent=w.token;
 $('lang').textContent=lang==='ko'?'English':'한국어';const has=!!sessionStorage.admin;$('login').hidden=has;$('live').hidden=!has;
 if(!has)return loud(null,'');if(!last)return loud(null,w.wait);if(last.failed)return loud(true,last.failed===401?w.wrong:w.silent);
 const bad=[];if(last.postgis!=='up')bad.push(w.postgis);if(last.bus!=='up')bad.push(w.bus);
 if(last.postgis==='up'&&!last.swept)bad.push(w.swept);const u=last.undelivered||[],d=last.desk_112||[];
 if(u.length)bad.push(w.undelivered(u.length));if(d.length)bad.push(w.desk(d.length));
 loud(!last.ok,bad.length?bad.join(' · '):last.ok?w.ok:w.silent);rows(u.concat(d.map(x=>({...x,step:'desk_112_called'}))),w)}
function loud(is,text){$('state').className=is===null?'':is?'loud':'ok';$('state').textContent=text;$('state').hidden=!text;
 document.title=(is?'⚠ ':'')+words[lang].title;if(is!==false)rows([],words[lang]);if(is&&audio)beep()}
function rows(list,w){const t=$('rows');t.replaceChildren();t.parentElement.hidden=!list.length;
 ['alert','center','age','step'].forEach(k=>$('th-'+k).textContent=w[k]);
 for(const r of list){const tr=t.insertRow();for(const c of[r.alert,`${lang==='ko'?r.center.name_ko:r.center.name_en} ${r.center.code}`,
 age(r.age_s),w.steps[r.step]||r.step])tr.insertCell().textContent=c}
 $('asked').textContent=heard?`${w.asked}: ${new Date(heard).toLocaleTimeString(lang)}`:''}
function beep(){const o=audio.createOscillator(),g=audio.createGain();o.frequency.value=880;g.gain.value=.2;o.connect(g).connect(audio.destination);
 o.start();o.stop(audio.currentTime+.3)}
async function ask(){if(sessionStorage.admin){try{const stop=new AbortController();setTimeout(()=>stop.abort(),6000);
 const a=await fetch('/admin/alarms',{headers:{Authorization:'Bearer '+sessionStorage.admin},cache:'no-store',signal:stop.signal});
 last=a.ok?await a.json():{failed:a.status};heard=Date.now()}catch(e){last={failed:-1}}}show();setTimeout(ask,2000)}
$('form').onsubmit=e=>{e.preventDefault();sessionStorage.admin=$('token').value.trim();$('token').value='';last=null;show()};
$('leave').onclick=()=>{sessionStorage.removeItem('admin');last=null;show()};
$('sound').onclick=()=>{audio=audio||new AudioContext();beep();show()};
$('lang').onclick=()=>{lang=localStorage.lang=lang==='ko'?'en':'ko';show()};show();ask();
"""
PAGE = f"""<!doctype html><html lang="ko"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>안심 라우터 경보</title><style>{STYLE}</style></head>
<body><nav><button id="lang" type="button">English</button></nav><h1 id="h">안심 라우터 경보</h1>
<section id="login"><form id="form"><label><span id="label">관리자 토큰</span><br>
<input id="token" type="password" autocomplete="off" required></label> <button id="enter">열기</button></form></section>
<section id="live" hidden><div id="state" role="alert" aria-live="assertive"></div>
<table hidden><thead><tr><th id="th-alert"></th><th id="th-center"></th><th id="th-age"></th><th id="th-step"></th></tr></thead>
<tbody id="rows"></tbody></table><p id="asked"></p>
<button id="sound" type="button"></button> <button id="leave" type="button"></button></section>
<noscript><p>이 화면에는 자바스크립트가 필요합니다 · This page needs JavaScript.</p></noscript>
<script>{SCRIPT}</script></body></html>"""


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_digest(STYLE)}'; "
    f"script-src 'sha256-{_digest(SCRIPT)}'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
Administrator = Annotated[Admin, Depends(admin_of)]


@alarm_routes.get("/alarms")
async def alarm_page() -> Response:
    return Response(PAGE, media_type="text/html; charset=utf-8", headers=HEADERS)


@alarm_routes.get("/admin/alarms")
async def list_alarms(request: Request, _: Administrator) -> dict[str, Any]:
    """What is wrong right now; answers 200 also while the database or the bus is away, and says so."""
    router: Router = request.app.state.router
    return await router.alarms.overview()


@alarm_routes.get("/v1/alerts/{alert_id}/timeline")
async def read_timeline(alert_id: UUID, request: Request, _: Administrator) -> dict[str, Any]:
    """Every step of one alert's ladder, in order of time."""
    router: Router = request.app.state.router
    lines = await timeline(router.pool, alert_id)
    if not lines:
        raise Problem(404, "no_alert", "그런 신고가 없습니다.", "There is no such alert.")
    return {"alert_id": str(alert_id), "timeline": lines}
