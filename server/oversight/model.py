"""The center's measures (KPIs): what is counted, by which formula, over which incidents; pure.

`FORMULAE` is what is published (`GET /api/kpi/formulae`, docs/operations/oversight.md); `measures` computes it from one
`Case` for each ended incident. A case holds times and codes only, from columns that stay when payloads, tracks and
dispatches have been purged; what is gone is counted (`gone`), not guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from math import ceil
from typing import Any

KOREA = timezone(timedelta(hours=9))
ARRIVAL_AIM_S = 420.0
FEW = 5
HIDDEN = f"<{FEW}"
HALVES = (1, 7)

Formula = tuple[str, str, str, str]
FORMULAE: dict[str, Formula] = {
    "time_to_human": (
        "사람이 응답하기까지",
        "time to a human",
        "처음 '확인'을 누른 시각 − 신고가 확정된 시각. 센터가 연 사건(발견)은 세지 않음",
        "first acknowledgment − the alert became active; incidents that an operator opened are left out",
    ),
    "time_to_video": (
        "영상이 보이기까지",
        "time to video",
        "근무자에게 실시간 영상의 첫 화면이 나간 시각 − 신고가 확정된 시각",
        "first live picture left for the center's staff − the alert became active",
    ),
    "time_to_dispatch": (
        "출동을 요청하기까지",
        "time to dispatch",
        "사람이 처음 출동을 요청한 시각 − 신고가 확정된 시각. 자동 요청은 세지 않음",
        "first request for help by a human − the alert became active; automatic requests are left out",
    ),
    "arrival_police": (
        "경찰 도착",
        "arrival of the police",
        "112의 현장 도착 − 그 출동 요청. 7분(420초) 이내 비율을 함께 냄",
        "112 on the scene − that request; with the share within 7 minutes (420 s)",
    ),
    "arrival_fire": (
        "소방 도착",
        "arrival of fire and ambulance",
        "119의 현장 도착 − 그 출동 요청. 7분(420초) 이내 비율을 함께 냄",
        "119 on the scene − that request; with the share within 7 minutes (420 s)",
    ),
    "arrival_other": (
        "그 밖의 기관 도착",
        "arrival of other agencies",
        "현장 도착 − 출동 요청. 출동 내용이 파기되어 기관을 알 수 없는 것도 여기에 셈",
        "on the scene − request; also those whose agency is not known any more because the dispatch was purged",
    ),
    "false_rate": (
        "오신고 비율",
        "false rate",
        "오신고로 종결 ÷ 종결(중복·이관·훈련 종결은 뺌)",
        "closed as false_alarm ÷ closed (without duplicate, transferred, drill)",
    ),
    "escalated_share": (
        "상위 보고 비율",
        "share escalated",
        "한 번이라도 상위 보고된 사건 ÷ 확정된 사건",
        "incidents that were escalated at least once ÷ incidents that became active",
    ),
    "unanswered_share": (
        "무응답 비율",
        "share unanswered",
        "아무도 확인하지 않고 끝난 사건 ÷ 확정된 사건. 본인이 취소한 것도 포함",
        "ended without anybody's acknowledgment ÷ incidents that became active; cancelled by the person included",
    ),
    "provisions": (
        "제공 건수",
        "provisions",
        "허가된 제공기록의 수: 반기·받은 쪽·종류·법적 근거별",
        "releases granted, by half-year, recipient, kind and legal basis",
    ),
    "refused": (
        "거절된 제공",
        "refused provisions",
        "거절로 기록된 요청의 수: 반기·요청한 쪽별",
        "requests recorded as refused, by half-year and who asked",
    ),
    "deletion_compliance": (
        "파기 준수율",
        "deletion compliance",
        "모든 종류의 파기가 실패 없이 끝난 날 ÷ 파기가 예정된 날(첫 파기 작업 뒤, 한국 날짜)",
        "days on which a purge of every kind finished without failure ÷ days it was due (from the first run on)",
    ),
}
TIMES = ("time_to_human", "time_to_video", "time_to_dispatch", "arrival_police", "arrival_fire", "arrival_other")
SHARES = ("false_rate", "escalated_share", "unanswered_share")
_NO_VERDICT = ("duplicate", "transferred", "drill")


@dataclass(frozen=True, slots=True)
class Arrival:
    """An agency that came: `kind` is `112`, `119`, another, or "" when it is not known any more."""

    kind: str
    requested_at: datetime
    on_scene_at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """One incident that has ended, without anything about a person."""

    center: str
    type: str
    origin: str
    is_drill: bool
    ended_at: datetime
    active_at: datetime | None
    answered_at: datetime | None = None
    video_at: datetime | None = None
    dispatch_at: datetime | None = None
    arrivals: tuple[Arrival, ...] = ()
    disposition: str | None = None
    was_escalated: bool = False

    @property
    def month(self) -> str:
        return month(self.ended_at)


def month(at: datetime) -> str:
    """2026-03, in Korea."""
    return at.astimezone(KOREA).strftime("%Y-%m")


def half_year(at: datetime) -> str:
    """2026-H1, in Korea: provisions are reported by half-year."""
    local = at.astimezone(KOREA)
    return f"{local.year}-H{1 if local.month < HALVES[1] else 2}"


def median(values: Sequence[float]) -> float | None:
    """The middle one; of an even number the mean of the two. None of nothing."""
    if not values:
        return None
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def p90(values: Sequence[float]) -> float | None:
    """The nearest rank: the smallest value that nine of ten don't exceed."""
    return sorted(values)[ceil(0.9 * len(values)) - 1] if values else None


def _since_active(case: Case, at: datetime | None) -> list[float]:
    """Seconds; nothing where one of the two is missing. Never below 0: clocks of two machines may differ a little."""
    if at is None or case.active_at is None:
        return []
    return [max(0.0, (at - case.active_at).total_seconds())]


def _arrivals(case: Case, name: str) -> list[float]:
    kinds = {"112": "arrival_police", "119": "arrival_fire"}
    came = [one for one in case.arrivals if kinds.get(one.kind, "arrival_other") == name]
    return [max(0.0, (one.on_scene_at - one.requested_at).total_seconds()) for one in came]


def _seconds(case: Case, name: str) -> list[float]:
    match name:
        case "time_to_human":
            return [] if case.origin == "observed" else _since_active(case, case.answered_at)
        case "time_to_video":
            return _since_active(case, case.video_at)
        case "time_to_dispatch":
            return _since_active(case, case.dispatch_at)
    return _arrivals(case, name)


def _share(case: Case, name: str) -> bool | None:
    """Whether the case counts above the line; None: not below it either."""
    if name == "false_rate":
        said = case.disposition
        return None if said is None or said in _NO_VERDICT else said == "false_alarm"
    if case.active_at is None:
        return None
    return case.was_escalated if name == "escalated_share" else case.answered_at is None


def measures(cases: Iterable[Case]) -> dict[str, dict[str, Any]]:
    """By name of the formula: `{"n","median_s","p90_s"}` (arrivals with `within_7_min`), or `{"n","count","share"}`."""
    held = [case for case in cases if case.active_at is not None]
    told: dict[str, dict[str, Any]] = {}
    for name in TIMES:
        values = [value for case in held for value in _seconds(case, name)]
        told[name] = {"n": len(values), "median_s": _tenth(median(values)), "p90_s": _tenth(p90(values))}
        if name.startswith("arrival"):
            soon = sum(value <= ARRIVAL_AIM_S for value in values)
            told[name]["within_7_min"] = _ratio(soon, len(values))
    for name in SHARES:
        known = [is_so for case in held if (is_so := _share(case, name)) is not None]
        told[name] = {"n": len(known), "count": sum(known), "share": _ratio(sum(known), len(known))}
    return told


def _tenth(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def grouped(cases: Iterable[Case]) -> dict[str, Any]:
    """Persons' real incidents in all and by center, month and type; agencies' requests, exercises and drills apart and
    never among them: whom a machine asks for waits differently, and its errors are another's."""
    every = list(cases)
    real = [case for case in every if not case.is_drill and case.origin not in ("exercise", "agency")]
    asked = [case for case in every if not case.is_drill and case.origin == "agency"]
    exercises = [case for case in every if case.origin == "exercise"]
    drills = [case for case in every if case.is_drill and case.origin != "exercise"]
    return {
        "total": _block(real),
        "by_center": _by(real, "center"),
        "by_month": _by(real, "month"),
        "by_type": _by(real, "type"),
        "agencies": _block(asked),
        "exercises": _block(exercises),
        "drills": _block(drills),
    }


def _block(cases: list[Case]) -> dict[str, Any]:
    active = [case for case in cases if case.active_at is not None]
    return {
        "incidents": len(active),
        "ended_before_active": len(cases) - len(active),
        "measures": measures(active),
    }


def _by(cases: list[Case], name: str) -> list[dict[str, Any]]:
    keys = sorted({getattr(case, name) for case in cases})
    return [{"key": key, **_block([case for case in cases if getattr(case, name) == key])} for key in keys]


def without_few(value: Any) -> Any:
    """The same with every count of 1 to 4 as "<5", and what was computed from so few left out: who reads it can't
    tell which case it was."""
    if isinstance(value, list):
        return [without_few(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "n" in value:
        return _measure_without_few(value)
    return {
        name: HIDDEN
        if name in ("incidents", "ended_before_active", "count") and isinstance(one, int) and 0 < one < FEW
        else without_few(one)
        for name, one in value.items()
    }


def _measure_without_few(measure: dict[str, Any]) -> dict[str, Any]:
    n = measure["n"]
    if 0 < n < FEW:
        return {name: HIDDEN if name == "n" else None for name in measure}
    count = measure.get("count")
    if count is not None and (0 < count < FEW or 0 < n - count < FEW):
        return measure | {"count": HIDDEN if 0 < count < FEW else None, "share": None}
    return dict(measure)


def compliance(clean_days: Iterable[datetime], first: datetime | None, since: datetime, until: datetime) -> Any:
    """Deletion compliance of [since, until): `{"n": days due, "count": days done, "share"}`."""
    if first is None or first >= until:
        return {"n": 0, "count": 0, "share": None}
    day, last = max(first, since).astimezone(KOREA).date(), (until - timedelta(seconds=1)).astimezone(KOREA).date()
    due = {day + timedelta(days=number) for number in range((last - day).days + 1)}
    done = due & {at.astimezone(KOREA).date() for at in clean_days}
    return {"n": len(due), "count": len(done), "share": _ratio(len(done), len(due))}
