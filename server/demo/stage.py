"""The interactive demo: the person walks and shakes by herself; you play operator, 112 agent and guardian."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sys
from typing import Any

from rich.console import Console

from server.demo.dome import bind_dome
from server.demo.leftovers import close_leftovers
from server.demo.partners import how_to_play
from server.demo.phone import PhoneProcess, enrol_person
from server.demo.story import GUARDIAN_PHONE
from server.demo.world import World

WALK_BEFORE_SHAKE_S = 20.0
RESTART_S = 3.0
TEXTS = {
    "shake": "흔들기를 알아챘습니다 · shake recognised",
    "pre_accepted": "예비 신고가 관제센터에 도착했습니다 · the pre-alert is at the center",
    "active": "카운트다운이 끝나 긴급신고가 되었습니다 · the countdown is over: the alert is active",
    "active_accepted": "라우터가 저장했습니다 · the router has it on disk",
}


def play_interactively(
    world: World, *, place: tuple[float, float], home: str, pushes: queue.Queue[tuple[float, dict[str, Any]]]
) -> int:
    """Runs until Ctrl-C; returns 0."""
    stage = Stage(world, place, pushes)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(stage.play())
    print(f"\n끝냈습니다. 데이터 · stopped; the data is in {world.folder.parent}", flush=True)
    return 0


class Stage:
    """Prints what a person should see; opens nothing by itself."""

    def __init__(
        self, world: World, place: tuple[float, float], pushes: queue.Queue[tuple[float, dict[str, Any]]]
    ) -> None:
        self.world, self.place, self.pushes = world, place, pushes
        self.console = Console()

    async def play(self) -> None:
        if left := await close_leftovers(self.world):
            self._say(f"지난 시연의 사건 {left}건을 닫았습니다 · {left} case(s) of an earlier run closed")
        self._print_addresses()
        await self._prepare_cameras()
        person = await enrol_person(self.world, guardian_phone=GUARDIAN_PHONE)
        watcher = asyncio.create_task(self._watch_pushes())
        keeper = asyncio.create_task(self._keep_running())
        try:
            while True:
                await self._walk_and_shake(person)
                await self._again()
        finally:
            watcher.cancel()
            keeper.cancel()

    async def _keep_running(self) -> None:
        """A program that died comes back, as systemd would have it. Not the cameras: their address is another then."""
        while True:
            await asyncio.sleep(0.5)
            dead = [(name, one) for name, one in self.world.children.items() if name != "cameras" and not one.running]
            for name, child in dead:
                self._say(f"{name}: 죽어서 다시 시작합니다 · died and is started again ({child.log_path})")
                self.world.children[name] = await asyncio.to_thread(child.restarted)
            await asyncio.sleep(RESTART_S if dead else 0)

    async def _prepare_cameras(self) -> None:
        """The dome moves; one camera near by is dark already, and the visitor may break others."""
        if (trouble := await bind_dome(self.world)) is not None:
            self._say(f"회전형 카메라를 붙이지 못했습니다 · the dome could not be bound: {trouble}")
        control = f"http://127.0.0.1:{self.world.children['cameras'].ready['control_port']}"
        self._say(
            "카메라를 고장 내 보려면 · to break a camera (freeze, dark, covered, down, tear, slow …; clear mends it):\n"
            f"    curl -X POST {control}/cameras/{self.world.cameras[1].camera_id}/freeze"
        )

    def _print_addresses(self) -> None:
        serving = self.world.urls["serving"]
        self.console.rule("Ansim (안심)")
        for who, page, key in (
            ("관제요원 · operator", "/console", "operator"),
            ("112 상황실 · 112 desk", "/agency", "112"),
            ("119 상황실 · 119 desk", "/agency", "119"),
            ("조장 · supervisor (증거 꾸러미 · evidence package)", "/console", "supervisor"),
            ("관리자 · administrator", "/admin", "admin"),
        ):
            login = self.world.logins[key]
            self._say(
                f"{who}: {serving}{page}\n    아이디 · login {login.login}   비밀번호 · password {login.password}"
            )
        self.console.print(how_to_play(self.world) + "\n", soft_wrap=True, highlight=False, markup=False)
        self.console.print(
            "폰 창을 열려면 · to open the phone's window:\n  uv run python -m mobile_app "
            f"--home-url {self.world.urls['home']} --router-url {self.world.urls['router']}\n"
            "  가입 뒤 “안심귀가” · after signing up: “Safe walk”. 인증번호는 · the sign-up code is in "
            f"{self.world.folder / 'logs' / 'home-worker.log'}\n"
            "브라우저로 · in a browser:\n"
            f"  SOS {self.world.urls['home']}/sos   내 기록 · my record {self.world.urls['home']}/mine\n"
            f"  스카우트 · scouts {self.world.urls['serving']}/scouts ({self.world.logins['operator'].login})\n"
            "라우터의 명령(sender, nodes, explain …)을 쓰려면 · for the router's commands, in another shell:\n"
            f"  . {self.world.router_settings_file()}; uv run python -m location_router sender list\n"
            "관제센터의 명령(doctor, keys, purge …)을 쓰려면 · for the center's commands, in another shell:\n"
            f"  . {self.world.center_settings_file()}; uv run ansim doctor\n"
            "Ctrl-C: 모두 끝냅니다 · stops everything\n",
            soft_wrap=True,
        )

    async def _walk_and_shake(self, person: Any) -> None:
        self._say(
            f"지민 님이 밤길을 걷습니다. {WALK_BEFORE_SHAKE_S:.0f}초 뒤에 휴대전화를 흔듭니다 · "
            f"Jimin walks home; she shakes her phone in {WALK_BEFORE_SHAKE_S:.0f} s. Open the console now."
        )
        phone = PhoneProcess(self.world, person, lat=self.place[0], lon=self.place[1], walking=True)
        await asyncio.sleep(WALK_BEFORE_SHAKE_S)
        await phone.start()
        try:
            async for name, line in phone.lines():
                if name in TEXTS:
                    self._say(TEXTS[name] + (f": {line['alert_id']}" if name == "active_accepted" else ""))
                elif name == "told":
                    center = line.get("center", {}).get("name_ko", "")
                    self._say(f"휴대전화 화면 · on the phone: {line.get('state')} — {center}")
                    if line.get("state") in ("closed", "cancelled"):
                        return
        finally:
            await phone.stop()

    async def _watch_pushes(self) -> None:
        while True:
            try:
                _, message = self.pushes.get_nowait()
            except queue.Empty:
                await asyncio.sleep(0.2)
                continue
            link = message["data"].get("link", "")
            if not link:  # that it is over, say
                continue
            self._say(
                f"보호자 휴대전화에 알림이 왔습니다 · the guardian's phone has the push:\n    {link}\n"
                f"    끝 네 자리 · last four digits: {GUARDIAN_PHONE[-4:]}"
            )

    async def _again(self) -> None:
        if sys.stdin.isatty():
            self._say("Enter: 다시 신고 · another alert, Ctrl-C: 끝 · stop")
            await _enter()
            return
        self._say("사건이 끝났습니다. Ctrl-C로 멈춥니다 · the case is closed; Ctrl-C stops the demo")
        await asyncio.Event().wait()

    def _say(self, line: str) -> None:
        self.console.print(f"• {line}", soft_wrap=True, highlight=False)


async def _enter() -> None:
    """Until Enter. Not in a thread: one that sits in `readline` would keep Ctrl-C from ending anything."""
    loop = asyncio.get_running_loop()
    pressed = asyncio.Event()

    def read() -> None:
        sys.stdin.readline()
        pressed.set()

    loop.add_reader(sys.stdin, read)
    try:
        await pressed.wait()
    finally:
        loop.remove_reader(sys.stdin)
