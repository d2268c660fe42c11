"""Consents: what is asked, in which words, and what the lines of the ledger come to; pure.

위치정보법 제15조 (nobody collects, uses or provides a position without consent), 제18조·제19조 (what has to be said
before), 제24조 (she may withdraw at any time, or ask for a stop for a time; what was collected is then destroyed),
제29조 (a rescue needs no consent: an SOS is never stopped by any of this).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from server.people.ages import alone_from, who_must_agree

Kind = Literal["location_collection", "guardian_sharing", "third_party"]
KINDS: tuple[Kind, ...] = ("location_collection", "guardian_sharing", "third_party")
CONTACT = "contact"
"""A guardian's own consent to being kept as one."""
PROTECTION = "protection"
"""To be warned of an offender's approach, with the ministry's code; asked for when she enters it."""
WARNINGS = "warnings"
"""To be told of disasters; asked for with the municipalities she chooses."""
ACCOUNT = "account"
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
LONGEST_SUSPENSION = timedelta(days=365)
VERSION = "2026-11-23"
SOS_ONLY = ("2026-11",)
"""Versions in which guardians see her during an SOS only: a walk's silence shows nobody who agreed to these."""

TEXTS: dict[str, tuple[str, str]] = {
    "location_collection": (
        "개인위치정보 수집·이용 동의: 안심귀가와 안전 확인을 위해 앱의 위치를 홈 관제센터가 수집·이용합니다."
        " 위치는 목적을 달성하면 파기하고 길어도 30일 안에 파기합니다. 언제든 철회하거나 잠시 멈출 수 있고,"
        " 철회하면 곧바로 파기합니다."
        " 동의하지 않아도 SOS 신고는 됩니다(긴급구조: 위치정보법 제29조).",
        "Collection and use of your location: your home center collects and uses your phone's location to see you"
        " home safely. It is destroyed when that is done, after 30 days at most. You can withdraw or suspend this at"
        " any time; withdrawing destroys it at once. SOS works without it (rescue: Location Information Act 29).",
    ),
    "guardian_sharing": (
        "보호자 제공 동의: 내가 지정하고 수락한 보호자에게 SOS 신고 중에 내 위치와 진행 상황을 보여 줍니다."
        " 안심귀가에서는 그 귀가에 내가 고른 보호자에게 출발·도착·지연을 알리고, 내가 답하지 않아 보호자를 부르는"
        " 때부터, 또는 내가 그렇게 정했으면 출발부터 위치를 보여 줍니다. 안부를 묻는 말에 답이 없을 때는 그렇게 따로"
        " 허락한 보호자에게만 보여 줍니다. 보호자의 이름·번호·지정 일시를 보관합니다."
        " 언제든 철회하거나 잠시 멈출 수 있고, 철회하면 보호자 정보를 곧바로 파기합니다.",
        "Sharing with guardians: during an SOS, guardians whom I named and who accepted see where I am and what"
        " happens. On a walk, the guardians I chose for it are told that I set out, arrive or am late; they see where"
        " I am once I have not answered and they are called, or from the start if I chose so. When I do not answer"
        ' "are you OK?", only guardians to whom I allowed that see it. Their names, numbers and the time of naming are'
        " kept. You can withdraw or suspend this at any time; withdrawing destroys your guardians' data at once.",
    ),
    "third_party": (
        "제3자 제공 동의(선택): 긴급구조가 아닌 때에 협약을 맺은 연계 기관에 내 정보를 제공합니다. 동의하지 않아도"
        " 서비스를 모두 쓸 수 있습니다.",
        "Provision to linked agencies (optional): outside of a rescue, agencies with an agreement may be given my"
        " information. You can use everything without it.",
    ),
    "contact": (
        "보호자 등록 동의: 지정한 사람이 SOS를 누르거나 안심귀가를 나에게 알릴 때 알림을 받도록 내 이름·번호·알림"
        " 주소를 보관합니다. 언제든 거둘 수 있고, 거두면 곧바로 파기합니다.",
        "Being a guardian: your name, number and push address are kept so that you are told when the person who named"
        " you raises an SOS or has you told of a walk. You can withdraw at any time; they are then destroyed at once.",
    ),
    "protection": (
        "접근 경보 동의(선택): 법무부가 준 코드를 내 계정에 연결해, 전자감독 대상자가 가까이 오면 나와 내 보호자에게"
        " 방향과 대략의 거리를 알립니다. 내 위치는 홈 관제센터에서 거리를 재는 데만 쓰고 밖으로 나가지 않으며,"
        " 누구에게도 내가 등록했는지 알리지 않습니다. 언제든 철회할 수 있고, 철회하면 곧바로 파기합니다.",
        "Warning of an approach (optional): the ministry's code is linked to your account, so that you and your"
        " guardians are told the direction and the rough distance when the person under monitoring comes near. Your"
        " place is used by your home center to find the distance and goes nowhere else, and nobody is told that you are"
        " registered. You can withdraw at any time; it is then destroyed at once.",
    ),
    "warnings": (
        "재난 경보 동의(선택): 고른 시·군·구에 재난 경보가 나면 휴대전화로, 알림을 켠 브라우저가 있으면 그곳으로도"
        " 알립니다. 내가 경보 구역 안에 있는지는 휴대전화나 브라우저가 스스로 확인하고, 그때의 위치는 어디에도"
        " 보내지 않습니다. 안심귀가 중에는 그 귀가의 위치가 있는 시·군·구의 경보도 알립니다. 고른 시·군·구만 보관하고,"
        " 누구에게 알렸는지는 남기지 않습니다. 언제든 철회할 수 있고, 철회하면 곧바로 파기합니다.",
        "Disaster warnings (optional): your phone, and a browser where you turned it on, is told of warnings in the"
        " municipalities you choose. It finds out by itself whether you are in the area of a warning, and sends that"
        " place nowhere. On a walk home you"
        " are also told of the municipality that the walk is in. Only the municipalities you chose are kept, and"
        " nothing of whom a warning was told to. You can withdraw at any time; it is then destroyed at once.",
    ),
}


def texts() -> dict[str, Any]:
    """What has to be shown before anybody agrees."""
    return {
        "version": VERSION,
        "texts": {kind: {"ko": ko, "en": en} for kind, (ko, en) in TEXTS.items()},
        "optional": ["third_party"],
    }


@dataclass(frozen=True, slots=True)
class Line:
    """One act. `until` only of a suspension."""

    kind: str
    act: str
    at: datetime
    until: datetime | None = None
    how: str = "app"
    version: str = VERSION


@dataclass(frozen=True, slots=True)
class Standing:
    """What a kind has come to. `not_asked`: no line; who signed up before there was a ledger."""

    state: Literal["not_asked", "granted", "suspended", "withdrawn"] = "not_asked"
    granted_at: datetime | None = None
    version: str = ""
    how: str = ""
    withdrawn_at: datetime | None = None
    suspended_from: datetime | None = None
    suspended_until: datetime | None = None


def standing(lines: Iterable[Line], kind: str, now: datetime) -> Standing:
    """The lines of one kind, oldest first, folded at `now`. A suspension ends by itself."""
    found = Standing()
    for line in (one for one in lines if one.kind == kind):
        if line.act == "granted":
            found = Standing("granted", line.at, line.version, line.how)
        elif line.act in ("withdrawn", "declined", "ended"):
            found = Standing("withdrawn", found.granted_at, found.version, found.how, line.at)
        elif line.act == "suspended" and found.state != "withdrawn":
            found = Standing("suspended", found.granted_at, found.version, found.how, None, line.at, line.until)
        elif line.act == "resumed" and found.state == "suspended":
            found = _going_on(found)
    if found.state == "suspended" and found.suspended_until is not None and found.suspended_until <= now:
        found = _going_on(found)
    return found


def _going_on(found: Standing) -> Standing:
    state: Literal["granted", "not_asked"] = "granted" if found.granted_at else "not_asked"
    return Standing(state, found.granted_at, found.version, found.how)


def allowed_acts(found: Standing) -> list[str]:
    """What she can do from here."""
    return {
        "not_asked": ["granted", "withdrawn", "suspended"],
        "granted": ["granted", "withdrawn", "suspended"],
        "suspended": ["granted", "withdrawn", "suspended", "resumed"],
        "withdrawn": ["granted"],
    }[found.state]


def stopped_until(
    lines: Iterable[Line], *, born_year: int | None, is_represented: bool, now: datetime
) -> datetime | None:
    """Until when guardians are told and shown nothing; None: they are. A minor waits for who agrees for her."""
    known, ends = list(lines), []
    for kind in ("location_collection", "guardian_sharing"):
        found = standing(known, kind, now)
        if found.state == "withdrawn":
            ends.append(FOREVER)
        elif found.state == "suspended" and found.suspended_until is not None:
            ends.append(found.suspended_until)
    if born_year is not None and not is_represented and who_must_agree(born_year, now) is not None:
        ends.append(alone_from(born_year))
    return max(ends, default=None)
