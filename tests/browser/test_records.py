"""Records: a viewing as its auditor finds it, the signed file, the measures; a period changed knowingly, a hold."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, expect
from psycopg.types.json import Jsonb

from location_router.runtime.db import conninfo
from server.log.export import check
from server.retention.model import proof_digest
from server.retention.purge import RUN_LOCK
from tests.browser.axe import serious_violations
from tests.browser.conftest import Installation, OpenPage

pytestmark = pytest.mark.browser

SLOW_MS = 60_000
PASSWORD = "river bank 72"
REASON = "본인에게 전화하려고"
Picture = Callable[..., Path]


def _enrolled(installation: Installation, open_page: OpenPage, role: str, name: str) -> Page:
    """Somebody new at the desk of the administrator, signed in on a page of her own."""
    login = installation.world.logins["admin"]
    with httpx.Client(base_url=installation.url, trust_env=False, timeout=30) as admin:
        assert admin.post("/api/login", json={"login": login.login, "password": login.password}).status_code == 200
        desk = admin.get("/api/me").json()["desk"]
        body = {"login": f"{role}.records", "name": name, "role": role, "desk": desk, "networks": ["127.0.0.0/8"]}
        made = admin.post("/api/accounts", json=body)
        assert made.status_code == 201, made.text
    page = open_page(made.json()["enrolment"]["link"], expects=("401", "403", "409", "422"))
    page.get_by_role("button", name="로그인", exact=True).click(timeout=SLOW_MS)
    page.get_by_label("새 비밀번호", exact=True).fill(PASSWORD, timeout=SLOW_MS)
    page.get_by_label("새 비밀번호 한 번 더").fill(PASSWORD)
    page.get_by_role("button", name="확인").click()
    page.wait_for_url("**/admin", timeout=SLOW_MS)
    return page


def _worked(installation: Installation) -> dict[str, Any]:
    """An incident that was taken, looked at, asked a name of, and closed; a look after the end was refused."""
    alert_id = installation.raise_alert()
    with installation.desk() as desk:
        path, deadline = "", time.monotonic() + 60
        while not path and time.monotonic() < deadline:
            cards = desk.get("/api/incidents").json()["incidents"]
            path = next((f"/api/incidents/{one['incident_id']}" for one in cards if alert_id in one["alert_ids"]), "")
            time.sleep(0.1)
        assert desk.post(f"{path}/acknowledge", json={}).status_code == 200
        assert desk.post(f"{path}/open", json={}).status_code == 200
        card = desk.get(path).json()["incident"]
        shown = desk.post(f"{path}/unmask", json={"reason": REASON, "fields": ["name"]})
        assert shown.json()["name"] == "홍길동", shown.text
        assert desk.post(f"{path}/close", json={"disposition": "false_alarm", "note": "시험"}).status_code == 200
        late = desk.post(f"{path}/unmask", json={"reason": "다시", "fields": ["name"]})
        assert late.status_code == 403, late.text
    return {"incident_id": path.rpartition("/")[2], "center": card["center"]["code"], **shown.json()}


def test_an_auditor_finds_who_saw_what_takes_the_log_along_and_reads_the_measures(
    installation: Installation, open_page: OpenPage, picture: Picture, tmp_path: Path
) -> None:
    work = _worked(installation)
    auditor = _enrolled(installation, open_page, "auditor", "윤감사")
    expect(auditor.locator('[data-count="chains"]')).to_have_attribute("data-state", "none", timeout=SLOW_MS)

    # the way from the console's timeline: one release, with its reason and its place in the chain
    auditor.goto(f"{installation.url}/admin/log#releases/{work['release_id']}")
    facts = auditor.get_by_role("region", name="제공 내용")
    expect(facts).to_contain_text(REASON, timeout=SLOW_MS)
    expect(facts).to_contain_text("급박한 생명·신체·재산의 이익")
    chain = auditor.get_by_role("region", name="사슬에서의 자리")
    [line] = auditor.request.get(f"{installation.url}/api/log/releases?release_id={work['release_id']}").json()[
        "releases"
    ]
    expect(chain.get_by_role("link", name=str(line["seq"]), exact=True)).to_be_visible()
    picture(auditor, "records-release-light-ko")
    _is_usable(auditor)
    auditor.get_by_role("link", name="이 사건의 모든 기록").click()
    rows = auditor.locator("main > .data tbody tr")
    expect(rows.first).to_contain_text("신고가 들어왔습니다", timeout=SLOW_MS)  # from its first line on
    expect(auditor.locator("main > .data tbody")).to_contain_text("접수했습니다")
    expect(auditor.locator("main")).to_contain_text(f"ansim replay {work['incident_id']}")
    picture(auditor, "records-incident-light-ko")
    rows.nth(1).get_by_role("link").click()
    expect(auditor.get_by_role("region", name="기록 내용")).to_be_visible(timeout=SLOW_MS)
    expect(auditor.locator("body")).not_to_contain_text("홍길동")

    # the list: newest first, narrowed, and what was refused
    auditor.goto(f"{installation.url}/admin/log#incident/{work['incident_id']}")
    expect(rows.first).to_be_visible(timeout=SLOW_MS)
    auditor.get_by_role("combobox", name="종류", exact=True).select_option("identity")
    expect(rows).to_have_count(1, timeout=SLOW_MS)
    expect(rows.first).to_contain_text("이름·연락처")
    auditor.get_by_role("textbox", name="사건 번호").fill("아무 번호")
    auditor.get_by_role("textbox", name="사건 번호").press("Enter")
    expect(auditor.get_by_role("alert").filter(has_text="복사한 그대로")).to_be_visible()
    auditor.get_by_role("button", name="조건 지우기").click()
    expect(auditor.locator("main > .data tbody")).to_contain_text("실시간 영상", timeout=SLOW_MS)
    picture(auditor, "records-log-light-ko")
    auditor.get_by_role("checkbox", name="거절된 것만").check()
    expect(auditor.locator("main > .data tbody")).to_contain_text("거절했습니다: 사건 종료", timeout=SLOW_MS)

    _takes_the_log_along(installation, auditor, work, picture, tmp_path)
    _reads_the_measures(installation, auditor, picture)
    for section in ("log", "events", "export", "kpi"):
        _looks(auditor, installation, section, picture)


def _takes_the_log_along(
    installation: Installation, auditor: Page, work: dict[str, Any], picture: Picture, tmp_path: Path
) -> None:
    auditor.goto(f"{installation.url}/admin/export")
    auditor.get_by_role("combobox", name=re.compile("관제센터")).select_option(work["center"], timeout=SLOW_MS)
    auditor.get_by_role("button", name="파일 만들기").click()
    expect(auditor.get_by_text("적어 주세요")).to_be_visible()  # no reason, no file
    auditor.get_by_label("사유").fill("상반기 정기 감사")
    with auditor.expect_download(timeout=SLOW_MS) as waiting:
        auditor.get_by_role("button", name="파일 만들기").click()
    file = tmp_path / "log.zip"
    waiting.value.save_as(file)
    manifest = check(file)
    assert (manifest["reason"], manifest["center"]) == ("상반기 정기 감사", work["center"])
    expect(auditor.locator("[data-export]")).to_contain_text("ansim-log-", timeout=SLOW_MS)
    picture(auditor, "records-export-light-ko")
    auditor.goto(f"{installation.url}/admin/log#releases/{manifest['release_id']}")
    expect(auditor.get_by_role("region", name="제공 내용")).to_contain_text("상반기 정기 감사", timeout=SLOW_MS)


def _reads_the_measures(installation: Installation, auditor: Page, picture: Picture) -> None:
    with auditor.expect_response(lambda answer: "/api/kpi?" in answer.url, timeout=SLOW_MS):
        auditor.goto(f"{installation.url}/admin/kpi")
    expect(auditor.locator("[data-drawn]").first).to_be_visible(timeout=SLOW_MS)
    told = auditor.request.get(f"{installation.url}/api/kpi").json()
    box = auditor.locator('[data-tile="incidents"] strong')
    expect(box).to_have_text(str(told["total"]["incidents"]))
    measure = told["total"]["measures"]["time_to_human"]
    assert measure["n"] >= 1 and told["total"]["measures"]["false_rate"]["count"] >= 1
    if measure["median_s"] < 60:
        expect(auditor.locator('[data-tile="time_to_human"] strong')).to_have_text(f"{measure['median_s']:g}초")
    figure = auditor.locator('[data-chart="사람이 응답하기까지"]')
    figure.get_by_text("표로 보기").click()
    row = told["by_month"][-1]
    expect(figure.locator("tbody tr").last).to_contain_text(row["key"])
    expect(figure.locator("tbody tr").last.locator("td").first).to_have_text(str(row["measures"]["time_to_human"]["n"]))
    provided = sum(one["count"] for one in told["provisions"] if one["kind"] == "identity")
    assert provided >= 1
    expect(auditor.get_by_role("region", name="반기별 제공 건수").first).to_contain_text("이름·연락처")
    auditor.get_by_role("button", name="계산식").click()
    expect(auditor.get_by_role("dialog")).to_contain_text("처음 '확인'을 누른 시각")
    picture(auditor, "records-formulae-light-ko")
    auditor.get_by_role("button", name="닫기").click()
    picture(auditor, "records-kpi-whole-light-ko", whole=True)

    # an administrator must not tell single cases apart
    admin = httpx.Client(base_url=installation.url, trust_env=False, timeout=30)
    with admin:
        login = installation.world.logins["admin"]
        admin.post("/api/login", json={"login": login.login, "password": login.password})
        if told["total"]["incidents"] < 5:
            assert admin.get("/api/kpi").json()["total"]["incidents"] == "<5"


def test_a_period_is_changed_with_open_eyes_and_a_hold_is_placed_and_ended(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    with psycopg.connect(conninfo(installation.world.databases["serving"]), autocommit=True) as db:
        db.execute("SELECT pg_advisory_lock(%s)", (RUN_LOCK,))  # the hourly purge would take what the story is about
        _changed_held_and_proved(installation, open_page, picture)


def _changed_held_and_proved(installation: Installation, open_page: OpenPage, picture: Picture) -> None:
    work = _worked(installation)
    old = _an_old_position(installation, work["incident_id"])
    privacy = _enrolled(installation, open_page, "privacy", "오보호")
    privacy.goto(f"{installation.url}/admin/retention")
    button = privacy.get_by_role("button", name="위치 기록 보존 기간 바꾸기")
    button.click(timeout=SLOW_MS)
    sheet = privacy.get_by_role("dialog")
    sheet.get_by_label("어디에").select_option(work["center"])
    sheet.get_by_label("보존 기간 (일)").fill("90")
    sheet.get_by_role("button", name="무엇이 지워지는지 보기").click()
    expect(sheet).to_contain_text("1~30일")  # the law's limit, said before anything is sent
    sheet.get_by_label("보존 기간 (일)").fill("7")
    sheet.get_by_role("button", name="무엇이 지워지는지 보기").click()
    happens = sheet.locator("[data-would-go]")
    expect(happens).to_contain_text(f"{old}건이", timeout=SLOW_MS)
    expect(happens).to_contain_text(re.compile(r"20\d\d\. ?\d\d\. ?\d\d\..*에 지워집니다"))
    picture(privacy, "records-retention-confirm-light-ko")
    _is_usable(privacy)
    assert _days(privacy, installation, work["center"]) is None, "nothing happened yet"
    sheet.get_by_role("button", name="바꾸기", exact=True).click()
    expect(privacy.locator(".told-line")).to_contain_text("바꾸었습니다", timeout=SLOW_MS)
    assert _days(privacy, installation, work["center"]) == 7
    picture(privacy, "records-retention-own-light-ko")
    privacy.get_by_role("button", name="지워질 것").click()
    table = privacy.get_by_role("region", name="종류별로")
    expect(table.locator("tr", has_text="위치 기록").first.locator("td").first).to_have_text(str(old), timeout=SLOW_MS)
    expect(privacy.locator("[data-drawn]")).to_be_visible(timeout=SLOW_MS)
    picture(privacy, "records-going-light-ko")
    _is_usable(privacy)

    _held_and_let_go(privacy, installation, work, picture)
    _proofs_of_a_run(installation, work["center"])
    privacy.goto(f"{installation.url}/admin/retention#proofs")
    expect(privacy.get_by_role("alert")).to_contain_text("증명 1건이 처음 적은 것과 다릅니다", timeout=SLOW_MS)
    expect(privacy.locator("main > .data tbody tr")).to_have_count(2)
    for section in ("retention", "retention#preview", "retention#proofs", "holds"):
        _looks(privacy, installation, section, picture)

    operator = open_page("/admin/retention", as_="operator")
    expect(operator.locator('[data-state="forbidden"]')).to_contain_text("권한이 없습니다", timeout=SLOW_MS)


def _held_and_let_go(privacy: Page, installation: Installation, work: dict[str, Any], picture: Picture) -> None:
    """What is held stays, also when its days are over."""
    # what is held stays, also when its days are over
    privacy.goto(f"{installation.url}/admin/log#releases/{work['release_id']}")
    privacy.get_by_role("link", name="이 사건 보전하기").click(timeout=SLOW_MS)
    sheet = privacy.get_by_role("dialog", name="보전을 시작합니다")
    expect(sheet.get_by_label("사건 번호")).to_have_value(work["incident_id"], timeout=SLOW_MS)
    sheet.get_by_label("법적 근거").select_option("pipa-18-2-7")
    sheet.get_by_label("언제까지").fill("2020-01-01T00:00")
    sheet.get_by_label("사유").fill("경찰서 수사협조 요청 2026-118")
    sheet.get_by_role("button", name="보전 시작").click()
    expect(sheet).to_contain_text("지금보다 뒤의 시각", timeout=SLOW_MS)
    sheet.get_by_label("언제까지").fill(f"{time.gmtime().tm_year + 1}-01-01T00:00")
    picture(privacy, "records-hold-light-ko")
    _is_usable(privacy)
    sheet.get_by_role("button", name="보전 시작").click()
    expect(privacy.locator("[data-held]")).to_have_attribute("data-held", "1", timeout=SLOW_MS)
    keeps = privacy.get_by_role("region", name="보전 때문에 남아 있는 것").first
    expect(keeps).to_contain_text("위치 기록", timeout=SLOW_MS)
    picture(privacy, "records-holds-one-light-ko")
    privacy.get_by_role("button", name="끝내기").click()
    sheet = privacy.get_by_role("dialog", name="보전을 끝냅니다")
    sheet.get_by_label("사유").fill("짧음")
    sheet.get_by_role("button", name="끝내기").click()
    expect(sheet).to_contain_text("5자 이상")
    sheet.get_by_label("사유").fill("수사가 종결되어 회신함")
    sheet.get_by_role("button", name="끝내기").click()
    expect(privacy.locator("[data-held]")).to_have_attribute("data-held", "0", timeout=SLOW_MS)
    expect(privacy.locator("main")).to_contain_text("지금 보전 중인 것이 없습니다")


def _days(page: Page, installation: Installation, center: str) -> int | None:
    kinds = page.request.get(f"{installation.url}/api/retention").json()["kinds"]
    own = next(one for one in kinds if one["kind"] == "positions")["centers"].get(center)
    return own["days"] if own else None


def _an_old_position(installation: Installation, incident_id: str) -> int:
    """The incident's newest fix again, ten days older; returns how many of them there are."""
    with psycopg.connect(conninfo(installation.world.databases["serving"]), autocommit=True) as db:
        db.execute("SELECT set_config('ansim.center', '*', false)")
        made = db.execute(
            "INSERT INTO position SELECT (jsonb_populate_record(p, jsonb_build_object('fixed_at',"
            " p.fixed_at - interval '10 days'))).* FROM position p WHERE incident_id = %s ORDER BY fixed_at LIMIT 1",
            (incident_id,),
        )
        assert made.rowcount == 1
    return 1


def _proofs_of_a_run(installation: Installation, center: str) -> None:
    """Two proofs, of which somebody has edited one by hand: it says fewer than its digest stands for."""
    now, run = datetime.now(UTC), uuid4()
    with psycopg.connect(conninfo(installation.world.databases["serving"]), autocommit=True) as db:
        db.execute("SELECT set_config('ansim.center', '*', false)")
        db.execute(
            "INSERT INTO retention_run (run_id, as_of, kinds, started_at, finished_at) VALUES (%s, %s, %s, %s, %s)",
            (run, now, ["positions", "chat"], now, now),
        )
        for kind, deleted, says in (("positions", 120, 120), ("chat", 30, 29)):
            proof = {"run_id": run, "center_id": center, "kind": kind, "before": now, "deleted": deleted}
            proof |= {"tables": {kind: deleted}, "held": 0, "oldest_kept": None, "policy_version": 1}
            db.execute(
                "INSERT INTO retention_proof (run_id, center_id, kind, before, policy_version, deleted, tables, held,"
                " finished_at, digest) VALUES (%s, %s, %s, %s, 1, %s, %s, 0, %s, %s)",
                (run, center, kind, now, says, Jsonb(proof["tables"]), now, proof_digest(proof)),
            )


def _looks(page: Page, installation: Installation, section: str, picture: Picture) -> None:
    """In both themes and languages: usable by everybody, and a picture of each to look at."""
    page.goto(f"{installation.url}/admin/{section}")
    name = section.replace("#", "-")
    for theme, language in (("light", "ko"), ("dark", "en")):
        expect(page.locator("main h1")).to_be_visible(timeout=SLOW_MS)
        expect(page.locator('main [data-state="loading"]')).to_have_count(0, timeout=SLOW_MS)
        picture(page, f"records-{name}-{theme}-{language}", whole=True)
        _is_usable(page)
        if theme == "light":
            page.get_by_role("button", name="어두운 화면").click()
            page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="한국어").click()
    page.get_by_role("button", name="밝은 화면").click()


def _is_usable(page: Page) -> None:
    assert serious_violations(page) == [], page.url
