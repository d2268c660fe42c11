"""A wanted vehicle: a near miss is decided at the console, the police's desk follows the trail, a detective by link."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, expect

from location_router.runtime.db import conninfo
from location_router.runtime.webhook import signed_call
from tests.browser.axe import serious_violations
from tests.browser.conftest import Installation, OpenPage, without_pictures
from tests.browser.test_desk import both_ways, said, signed_in
from tests.browser.test_requests import SLOW_MS, Take, agents_desk, looked_at, partner
from tests.journeys.world import ANYANG
from tests.server.plates.post import picture_of

pytestmark = pytest.mark.browser

POLICE = "wanted-9"
PLATE, MISREAD = "123가4567", "123가4587"


def command(installation: Installation, *words: str) -> str:
    """`ansim …` of the serving center, as whoever runs it would type it; what it printed."""
    env = os.environ | installation.world._server_env("serving") | {"LINE_NETWORKS": "127.0.0.0/8"}
    done = subprocess.run(
        [sys.executable, "-m", "server", *words], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def reader_of(installation: Installation) -> Reader:
    """The two nearest cameras read plates from now on."""
    world = installation.world
    place = conninfo(world.server.url(f"{world.prefix}_serving"))  # type: ignore[attr-defined]
    with psycopg.connect(place) as connection:
        rows = connection.execute(
            "UPDATE camera SET is_anpr = true WHERE camera_id IN (SELECT camera_id FROM camera ORDER BY"
            " place <-> ST_SetSRID(ST_MakePoint(%s, %s), 4326)::geography LIMIT 2) RETURNING camera_id",
            [ANYANG["lon"], ANYANG["lat"]],
        ).fetchall()
    cameras = [row[0] for row in rows]
    words = [word for camera in cameras for word in ("--camera", camera)]
    told = command(installation, "plates", "reader", "r-9", "--center", "41170", *words)
    return Reader(installation, cameras, told.split()[-1])


def want(installation: Installation) -> None:
    """The police's own system pushes the plate over its line."""
    told = command(installation, "line", "set", POLICE, "--kind", "webhook", "--url", "http://127.0.0.1:9/dispatch")
    key = told.split()[-1]
    path = f"/api/lines/{POLICE}/plates/{uuid4()}"
    until = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    entry = {"plate": PLATE, "crime": "abduction", "legal_basis": "pipa-18-2-7", "expires_at": until,
             "reason": "납치 의심", "case_no": "2026-112"}  # fmt: skip
    body = json.dumps(entry).encode()
    headers = signed_call(key, str(uuid4()), body, method="PUT", path=path, at=int(time.time()))
    said(httpx.put(installation.url + path, content=body, headers=headers, trust_env=False))
    command(installation, "line", "set", POLICE, "--kind", "desk")


@dataclass(frozen=True)
class Reader:
    """A recogniser of two cameras with its key."""

    installation: Installation
    cameras: list[str]
    key: str

    def read(self, plate: str, *, camera: int, **more: str) -> None:
        at = datetime.now(UTC) - timedelta(seconds=2)
        assert self.send(plate, camera, at, **more) == {"reads": 1}

    def read_slow(self, plate: str) -> None:
        """By a clock of the day before yesterday."""
        told = self.send(plate, 0, datetime.now(UTC) - timedelta(hours=47))
        assert (told["reads"], [one["code"] for one in told["refused"]]) == (0, ["clock"])

    def send(self, plate: str, camera: int, at: datetime, **more: str) -> dict[str, Any]:
        read = {"camera": self.cameras[camera], "at": at.isoformat(), "plate": plate, "confidence": 0.55}
        body = json.dumps([read | more]).encode()
        path = "/api/readers/r-9/reads"
        headers = signed_call(self.key, str(uuid4()), body, method="POST", path=path, at=int(time.time()))
        url = self.installation.url + path
        return dict(said(httpx.post(url, content=body, headers=headers, trust_env=False)))


def decide(seat: Page, reader: Reader, take: Take) -> None:
    """Nothing waits; two come; one is dismissed with a reason and one accepted, by the keyboard."""
    button = seat.locator("[data-near]")
    expect(button).to_have_attribute("data-near", "0", timeout=SLOW_MS)
    reader.read_slow(PLATE)
    expect(button.locator("[data-clocks]")).to_be_visible(timeout=SLOW_MS)
    seat.locator("body").press("p")
    expect(seat.locator("[data-clock=r-9]")).to_contain_text("47시간 느림", timeout=SLOW_MS)
    expect(seat.locator("[data-near-empty]")).to_be_visible(timeout=SLOW_MS)
    looked_at_sheet(seat, "console-near-none", take)
    seat.keyboard.press("Escape")
    reader.read(MISREAD, camera=0)
    expect(button).to_have_attribute("data-near", "1", timeout=SLOW_MS)
    expect(seat.locator('[data-notice="plates"]')).to_contain_text("1건")
    take(seat, "console-near-notice-ko")
    seat.locator("body").press("p")
    one = seat.locator("[data-near-open]")
    expect(one.locator(".plates-differ")).to_contain_text("수배 ‘6’ → 읽음 ‘8’")
    expect(one.locator(".sign.differs")).to_have_count(2)
    expect(one).to_contain_text("납치 의심 · 2026-112")
    expect(one.locator(".pin-map .canvas")).to_have_attribute("data-drawn-pins", "1", timeout=SLOW_MS)
    looked_at_sheet(seat, "console-near", take)
    one.locator("[data-near-step=dismiss]").press("d")
    expect(seat.locator("[data-near-dismiss]")).to_be_disabled()  # without a reason nothing is dismissed
    seat.locator("[name=near-reason]").first.check()
    take(seat, "console-near-why-ko")
    assert serious_violations(seat) == []
    seat.keyboard.press("Enter")
    expect(seat.locator("[data-near-empty]")).to_be_visible(timeout=SLOW_MS)
    reader.read(PLATE, camera=1, picture=picture_of("a car"))  # at the first one nobody is asked again for a while
    expect(one.locator("[data-near-picture=waits]")).to_be_visible(timeout=SLOW_MS)
    expect(one.locator("img")).to_have_count(0)  # no picture before there is an incident
    take(seat, "console-near-picture-ko")
    one.locator("[data-near-step=dismiss]").press("a", timeout=SLOW_MS)
    accept = one.locator("[data-near-step=accept]")
    expect(accept).to_be_focused()
    expect(one).to_be_visible()  # one key tells nobody anything
    seat.keyboard.press("Enter")
    expect(seat.locator(".near-decided")).to_contain_text("확인했습니다", timeout=SLOW_MS)
    seat.keyboard.press("Escape")


def looked_at_sheet(seat: Page, name: str, take: Take) -> None:
    """The buttons for theme and language lie behind the sheet."""
    for mark, press in (("ko", None), ("en", "button.language, button.theme")):
        if press:
            seat.keyboard.press("Escape")
            for button in press.split(", "):
                seat.locator(button).click()
            seat.locator("body").press("p")
            seat.locator("dialog[open] .near").wait_for()
            seat.wait_for_timeout(400)  # a map draws
        take(seat, f"{name}-{mark}")
        assert serious_violations(seat) == [], (name, mark)
    seat.keyboard.press("Escape")
    for button in ("button.language", "button.theme"):
        seat.locator(button).click()
    seat.locator("body").press("p")
    seat.locator("dialog[open] .near").wait_for()


def follow(desk: Page, seat: Page, installation: Installation, take: Take) -> None:
    """The trail and what comes next; what is wanted more is asked, seen at the console and answered by a picture."""
    desk.locator('.ask-card[data-request-state="accepted"] .card-open').click(timeout=SLOW_MS)
    expect(desk.locator(".seen")).to_contain_text("목격 1건", timeout=SLOW_MS)
    expect(desk.locator(".coming li").first).to_be_visible()
    expect(desk.locator(".columns .map .canvas")).not_to_have_attribute("data-drawn-trail", "0")
    for kind in ("photo", "evidence"):
        desk.locator(f"[data-asks={kind}]").click()
        expect(desk.locator(".follow-ups [role=status]")).to_contain_text("요청했습니다", timeout=SLOW_MS)
    seat.locator(".card", has_text="서울경찰").locator(".card-open").click(timeout=SLOW_MS)
    asked = seat.locator(".ask-panel .follow-ups [data-asks]")
    expect(asked).to_have_count(2, timeout=SLOW_MS)
    looked_at(seat, "console-follow-ups", take, at=".ask-panel .follow-ups")
    seat.locator(".follow-ups [data-asks=photo] [data-ask-do]").click()
    expect(seat.locator("#responder-camera")).to_be_focused()
    seat.get_by_role("button", name="현재 화면 보내기").click()
    expect(asked).to_have_count(1, timeout=SLOW_MS)
    seat.locator(".follow-ups [data-asks=evidence] [data-ask-why]").click()
    seat.locator(".follow-ups").get_by_label("공문이나 영장이 필요함").check()
    seat.locator("[data-ask-refuse]").click()
    expect(asked).to_have_count(0, timeout=SLOW_MS)
    more = desk.locator(".follow-ups .asked-more")
    expect(more.locator("[data-asked-kind=photo]")).to_contain_text("화면을 보냄", timeout=SLOW_MS)
    expect(more.locator("[data-asked-more=refused]")).to_contain_text("공문이나 영장이 필요함")
    desk.locator("[data-still]").click(timeout=SLOW_MS)
    expect(desk.locator(".still-large")).to_be_visible()
    desk.wait_for_function("() => document.querySelector('.still-large')?.naturalWidth > 0", timeout=SLOW_MS)
    assert serious_violations(desk) == []
    take(desk, "desk-asks-still-ko")
    desk.get_by_role("dialog").get_by_role("button", name="닫기").click()


def lend(desk: Page, take: Take) -> None:
    """A camera of its own, by its consent, and back again at once."""
    desk.locator("[data-lend]").click(timeout=SLOW_MS)
    form = desk.locator("dialog[open] form")
    form.locator("[name=name]").fill("수사 차량 카메라")
    form.locator("[name=by]").fill("서경위")
    form.locator("[name=url]").fill("rtsp://203.0.113.9/1")
    form.locator("[type=submit]").click()
    expect(form.locator("[data-problem=camera_address]")).to_be_visible(timeout=SLOW_MS)
    form.locator("[name=url]").fill("rtsp://127.0.0.1:9/1")
    take(desk, "desk-lend-ko")
    assert serious_violations(desk) == []
    form.locator("[type=submit]").click()
    row = desk.locator(".ask-lent [data-lent]")
    expect(row).to_contain_text("수사 차량 카메라", timeout=SLOW_MS)
    row.get_by_role("button").click()
    desk.locator("[data-take-back]").click()
    expect(desk.locator(".ask-lent [data-lent-over]")).to_contain_text("끝남", timeout=SLOW_MS)


def detective(desk: Page, installation: Installation, open_page: OpenPage, take: Take) -> Page:
    """By link and code; nobody was sent, so there is nothing to report but where he stands."""
    desk.get_by_role("button", name="현장 대원 초대").click()
    desk.get_by_label("대원·차량 이름").fill("김형사")
    desk.get_by_role("button", name="링크 만들기").click()
    link = desk.locator(".once .address").inner_text(timeout=SLOW_MS).strip()
    code = desk.locator(".once .code").inner_text().replace(" ", "")
    desk.get_by_role("button", name="전달했습니다").click()
    phone = open_page(link.replace(link.split("/respond/")[0], installation.url), phone=True, expects=("401", "410"))
    phone.context.grant_permissions(["geolocation"], origin=installation.url)
    phone.context.set_geolocation({"latitude": ANYANG["lat"] - 0.002, "longitude": ANYANG["lon"]})
    phone.get_by_label("여섯 자리 코드").fill(code)
    phone.keyboard.press("Enter")
    expect(phone.locator(".view-only")).to_be_visible(timeout=SLOW_MS)
    expect(phone.locator("[data-step]")).to_have_count(0)
    expect(phone.locator(".map .canvas")).to_have_attribute("data-drawn-caller", "1", timeout=SLOW_MS)
    phone.get_by_role("button", name="내 위치에서 거리 보기").click()
    phone.get_by_role("button", name="우리 차량 위치 알리기").click()
    expect(desk.locator(".columns .map .canvas")).to_have_attribute("data-drawn-units", "1", timeout=SLOW_MS)
    phone.evaluate("window.scrollTo(0, 0)")
    both_ways(phone, "respond-asked", take)
    looked_at(desk, "desk-asks", take)
    return phone


def test_a_near_miss_becomes_a_hit_that_a_detective_follows_until_it_is_taken_back(
    installation: Installation, open_page: OpenPage, picture: Take
) -> None:
    agency = {"agency_id": POLICE, "kind": "wanted", "name_ko": "서울경찰 수배", "name_en": "Seoul Police, Wanted"}
    terms = {"triggers": ["wanted_vehicle"], "legal_bases": ["pipa-18-2-7"], "auto_triggers": ["wanted_vehicle"]}
    terms |= {"camera_networks": ["127.0.0.0/8"]}
    partner(installation, agency, "wanted1", "서경위", **terms)
    reader = reader_of(installation)
    want(installation)
    seat = open_page("/console", as_="operator", prepare=without_pictures)
    seat.wait_for_selector('[data-link="live"]')
    decide(seat, reader, picture)
    desk = agents_desk(installation, open_page, "wanted1", prepare=without_pictures)
    follow(desk, seat, installation, picture)
    lend(desk, picture)
    phone = detective(desk, installation, open_page, picture)

    with signed_in(installation, "operator") as operator:
        (card,) = said(operator.get("/api/incidents", params={"state": "open"}))["incidents"]
        path = f"/api/incidents/{card['incident_id']}/requests/{card['requests'][0]['request_id']}/reject"
        said(operator.post(path, json={"reason": "no_danger"}))
    expect(phone.locator("[data-ended]")).to_contain_text("기관의 요청이 끝났습니다", timeout=SLOW_MS)
    expect(phone.locator(".map, .thread, .stills")).to_have_count(0)
    expect(desk.locator(".ask-detail")).to_have_attribute("data-request-state", "rejected", timeout=SLOW_MS)
    expect(desk.locator(".seen, .follow-ups, [data-officer]")).to_have_count(0)
    assert serious_violations(phone) == []
    picture(phone, "respond-asked-ended")
