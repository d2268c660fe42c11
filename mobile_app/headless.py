"""`python -m mobile_app --headless --replay TRACE`: the same phone with no window, one JSON line per phase.

Every line has `event`, `alert_id`, `at` (wall clock, ISO 8601 UTC), `wall_ms` (Unix) and `monotonic_ms`. Events:

| event | when | more fields |
|---|---|---|
| `started` | the phone runs; before the trace plays | `folder`, `router_url`, `home_url` |
| `signed_up` | the home center answered | `person_id`, `home` |
| `sign_up_failed` | it did not; the alert goes out all the same | `problem` (`code_sent`: give `--code`) |
| `resumed` | an alert of an earlier run goes on | `phase` |
| `shake` (or `hold`) | the shake is recognised, the countdown runs | `countdown_s` |
| `pre_sent` | the pre-alert is on disk and goes to the network | |
| `accepted` | the router answered 202 to the message of `phase` (`pre`, `active`, `ended`) | `center`, more below |
| `active` | the alert became active on the phone | |
| `active_sent` | its message is on disk and goes to the network | |
| `status` | the center says what it does | `state`, `phase`, `center`, `assignment_no`, `status_at` |
| `operator` | the center says something | `said_id`, `kind`, `code`, `text`, `language`, `ref`, `said_at` |
| `said` | the router has a line of `--say` or `--reply` on disk | `said_id` |
| `ended_sent`, `ended` | the person ended it by PIN, or the center closed it | |
| `done` | last line, always | `ok`, `reached`, `reason` |

`center` is {code, name_ko, name_en, callback}; `accepted` has `assignment_no`, `reason`, `flags`, `received_at` too.
Exit code 0 when `--until` was reached (`accepted`: the active alert's 202; `received`: the center has the active
alert; `closed`: the center closed it, or the person's own end was accepted), 1 when the time was over first, 2 for
wrong arguments. A status of phase `pre` is about the pre-alert and reaches nothing.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mobile_app.core.messages import write_time
from mobile_app.core.session import ENDING_STATES, Confirmed, DrillChosen, Say
from mobile_app.platforms.desktop import Desktop
from mobile_app.platforms.desktop_telephony import TwinSms
from mobile_app.problem import Problem
from mobile_app.service.phone import Phone
from mobile_app.settings import Settings
from mobile_app.traces import RoutePoint

SIGN_UP_WAIT_S = 5.0
RECEIVED_STATES = ("received", "acknowledged", "dispatched", "en_route", "on_scene", *ENDING_STATES)


@dataclass(frozen=True)
class Story:
    """What the headless phone is to do."""

    trace: list[tuple[float, float, float, float]] | None = None
    route: list[RoutePoint] | None = None
    lat: float | None = None
    lon: float | None = None
    nickname: str = ""
    phone: str = ""
    code: str = ""
    drill: bool = False
    confirm_after_s: float | None = None
    cancel_after_s: float | None = None
    pin: str = ""
    until: str = "received"
    timeout_s: float = 60.0
    as_json: bool = False
    say: tuple[tuple[str, str], ...] = ()
    reply: tuple[tuple[str, str], ...] = ()
    sms_url: str = ""


class Lines:
    """Prints events and notices when the goal is reached."""

    def __init__(self, story: Story, write: Callable[[str], Any]) -> None:
        self._story, self._write = story, write
        self.reached = asyncio.Event()
        self.alert_id = ""
        self.phases: dict[str, asyncio.Event] = {name: asyncio.Event() for name in ("shake", "ended", "active")}
        self.spoken: asyncio.Queue[str] = asyncio.Queue()

    def told(self, event: dict[str, Any]) -> None:
        self.alert_id = event["alert_id"] or self.alert_id
        self._write(json.dumps(event, ensure_ascii=False) if self._story.as_json else _plain(event))
        if event["event"] in self.phases:
            self.phases[event["event"]].set()
        if event["event"] == "operator":
            self.spoken.put_nowait(str(event["said_id"]))
        if self._is_goal(event):
            self.reached.set()

    def say(self, name: str, **facts: Any) -> None:
        wall = datetime.now(UTC)
        self.told(
            {"event": name, "alert_id": self.alert_id, **facts, "at": write_time(wall),
             "wall_ms": int(wall.timestamp() * 1000), "monotonic_ms": round(time.monotonic() * 1000, 1)}
        )  # fmt: skip

    def _is_goal(self, event: dict[str, Any]) -> bool:
        phase, state = event.get("phase"), event.get("state")
        if event["event"] == "status":
            goals = {"received": RECEIVED_STATES, "closed": ENDING_STATES}
            return phase != "pre" and state in goals.get(self._story.until, ())
        if event["event"] != "accepted":
            return False
        return (self._story.until, phase) in (("accepted", "active"), ("accepted", "ended"), ("closed", "ended"))


def _plain(event: dict[str, Any]) -> str:
    center = (event.get("center") or {}).get("name_ko", "")
    words = (event["at"][11:23], event["event"], event.get("phase", ""), event.get("state", ""), center)
    return " ".join(str(word) for word in (*words, event.get("problem", ""), event.get("reason", "")) if word)


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def tell_story(story: Story, *, folder: Path, settings: Settings, write: Callable[[str], Any] = _print) -> int:
    """Run the phone through the story; the exit code. Raises FolderInUse."""
    desktop, lines = Desktop(folder=folder, sms=TwinSms(story.sms_url, settings.phone)), Lines(story, write)
    phone = Phone(folder=folder, settings=settings, device=desktop.device, told=lines.told)
    running = asyncio.create_task(phone.run())
    await phone.ready()
    lines.say("started", folder=str(folder), router_url=settings.router_url, home_url=settings.home_url)
    acting = asyncio.create_task(_act(story, phone, desktop, lines))
    talking = asyncio.create_task(_talk(story, phone, lines))
    try:
        async with asyncio.timeout(story.timeout_s):
            await lines.reached.wait()
        reached, reason = True, "reached"
    except TimeoutError:
        reached, reason = False, "timeout"
    for task in (acting, talking, running):
        task.cancel()
    await asyncio.gather(acting, talking, running, return_exceptions=True)
    lines.say("done", ok=reached, reached=story.until if reached else None, reason=reason)
    return 0 if reached else 1


async def _act(story: Story, phone: Phone, desktop: Desktop, lines: Lines) -> None:
    if story.route:
        desktop.location.walk(story.route)
    elif story.lat is not None and story.lon is not None:
        desktop.location.stand(lat=story.lat, lon=story.lon)
    if story.nickname and not phone.settings.is_signed_up:
        await _sign_up(story, phone, lines)
    if story.drill:
        phone.tell(DrillChosen(True))
    if story.trace:
        desktop.accelerometer.play(story.trace)
    if story.confirm_after_s is None and story.cancel_after_s is None:
        return
    await lines.phases["shake"].wait()
    await asyncio.sleep(story.confirm_after_s if story.confirm_after_s is not None else story.cancel_after_s or 0)
    if story.confirm_after_s is not None:
        phone.tell(Confirmed())
    else:
        phone.enter_pin(story.pin)


async def _talk(story: Story, phone: Phone, lines: Lines) -> None:
    """Say the lines of `--say` once the alert is active, then answer the operator's lines with those of `--reply`."""
    await lines.phases["active"].wait()
    for kind, words in story.say:
        phone.tell(_line(kind, words, phone.settings.language))
    for kind, words in story.reply:
        said_id = await lines.spoken.get()
        phone.tell(_line(kind, words, phone.settings.language, ref=said_id))


def _line(kind: str, words: str, language: str, *, ref: str = "") -> Say:
    said = {"text": words} if kind == "text" else {"code": words}
    return Say(kind, language=language, ref=ref, **said)


async def _sign_up(story: Story, phone: Phone, lines: Lines) -> None:
    """A home center that is down must not delay the cry for help."""
    try:
        work = asyncio.wrap_future(phone.sign_up(nickname=story.nickname, phone=story.phone, code=story.code))
        async with asyncio.timeout(SIGN_UP_WAIT_S):
            if not await work:
                lines.say("sign_up_failed", problem="code_sent")
    except (Problem, TimeoutError) as error:
        lines.say("sign_up_failed", problem=getattr(error, "code", "timeout"))
