"""An incident shown again from its log: the state after each line, in words; and where the log and the row differ.

The fold is `server/incidents/replay.py`. A line whose payload has been purged still says what happened, by whom and
when; what only its payload knew (`HELD_BY_PAYLOAD`) is unknown from there on, until a later line says it again. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from server.incidents.replay import Line, Seen, replayed

NAMES: dict[str, tuple[str, str]] = {
    "alert:received": ("신고 접수", "alert received"),
    "alert:activated": ("신고 확정", "alert active"),
    "alert:cancelled": ("본인이 취소", "cancelled by the person"),
    "alert:duress": ("강요 신호", "duress"),
    "alert:superseded": ("다른 센터로 이관", "another center has it"),
    "alert:handed_over": ("경계를 넘어 인계 중", "handed over at a border"),
    "alert:taken_over": ("경계를 넘어 인수", "taken over at a border"),
    "incident:opened": ("사건 개시", "opened"),
    "incident:acknowledged": ("담당자 확인", "acknowledged"),
    "incident:escalated": ("상위 보고", "escalated"),
    "incident:verified": ("사실 확인", "verified"),
    "incident:contacted": ("본인과 연락", "contacted"),
    "incident:viewed": ("영상 확인", "looked at by the owner"),
    "incident:classified": ("유형 분류", "classified"),
    "incident:target_missed": ("목표 시간 초과", "target time missed"),
    "incident:reminded": ("처리 재촉", "reminded"),
    "incident:postponed": ("나중에 알림", "reminder postponed"),
    "incident:noted": ("메모", "note"),
    "incident:handover_asked": ("인계 요청", "hand-over asked"),
    "incident:handover_declined": ("인계 거절", "hand-over declined"),
    "incident:handover_expired": ("인계 응답 없음", "hand-over not answered"),
    "incident:handed_over": ("인계", "handed over"),
    "incident:taken_over": ("인수", "taken over"),
    "incident:released": ("담당 해제", "claim released"),
    "incident:merged": ("병합", "merged"),
    "incident:closed": ("종결", "closed"),
    "incident:cancelled": ("취소로 끝남", "ended as cancelled"),
    "incident:reopened": ("다시 엶", "reopened"),
    "cameras:chosen": ("카메라 선정", "cameras chosen"),
    "dispatch:requested": ("출동 요청", "help requested"),
    "dispatch:delivered": ("출동 요청 전달", "request delivered"),
    "dispatch:accepted": ("출동 접수", "request accepted"),
    "dispatch:declined": ("출동 거절", "request declined"),
    "dispatch:en_route": ("출동 중", "help is on its way"),
    "dispatch:on_scene": ("현장 도착", "help is on the scene"),
    "dispatch:done": ("현장 조치 완료", "done on the scene"),
    "dispatch:cancelled": ("출동 취소", "request called off"),
    "dispatch:overdue": ("출동 응답 지연", "no answer to the request yet"),
    "dispatch:failed": ("출동 요청 실패", "request failed"),
    "release:granted": ("제공 허가", "release granted"),
    "release:first_byte": ("영상 첫 화면", "first picture"),
    "release:ended": ("제공 끝", "release ended"),
    "release:refused": ("제공 거절", "release refused"),
    "talk:said": ("대화", "said"),
    "talk:heard": ("대화 전달", "heard"),
    "traffic:noted": ("교통 정보", "traffic note"),
}
_ACTORS = {"operator": "근무자", "agent": "기관", "person": "본인", "guardian": "보호자", "system": "시스템"}

_ALL = tuple(one.name for one in fields(Seen))
_SPLIT = ("state", "phase", "is_duress", "disposition")
HELD_BY_PAYLOAD: dict[str, tuple[str, ...]] = {
    "incident:opened": tuple(name for name in _ALL if name != "phase"),
    "incident:handed_over": ("owner_id",),
    "incident:taken_over": ("owner_id",),
    "incident:handover_asked": ("handover_to",),
    "incident:classified": ("type", "classification", "classified_at"),
    "incident:closed": ("disposition",),
    "incident:escalated": ("escalation_level",),
    "incident:merged": _ALL,
    "incident:split": _SPLIT,
    "alert:cancelled": ("phase",),
    "alert:superseded": ("state", "handover_to"),
}
"""What of the state a line without its payload leaves open."""


@dataclass(frozen=True)
class Told:
    """A line of the log as it is read: `payload` None when it has been purged."""

    seq: int
    tag: str
    actor_kind: str
    actor_id: str
    actor_name: str
    at: datetime
    payload: dict[str, Any] | None


@dataclass(frozen=True)
class Step:
    """What was true after the line, and which of it can't be known any more."""

    line: Told
    seen: Seen
    since_active_s: float | None
    unknown: frozenset[str] = frozenset()


def steps(lines: Iterable[Told], incident_id: UUID) -> Iterator[Step]:
    """The incident after each of its lines, in their order."""
    seen, unknown, active_at = Seen(), frozenset[str](), None
    for line in lines:
        seen = _after(seen, line, incident_id)
        unknown = _unknown(unknown, line, incident_id)
        if active_at is None and seen.phase == "active":
            active_at = line.at
        yield Step(line, seen, (line.at - active_at).total_seconds() if active_at else None, unknown)


def _after(seen: Seen, line: Told, incident_id: UUID) -> Seen:
    payload = line.payload
    if payload is None:
        match line.tag:
            case "incident:opened":
                return replace(seen, phase="active")
            case "incident:handed_over" | "incident:taken_over":
                return replace(seen, handover_to=None)
            case "incident:closed":
                payload = {"disposition": None}
            case "incident:acknowledged":  # by somebody who has it already: a second press was heard
                payload = {"again": seen.owner_id is not None}
            case _ if line.tag in HELD_BY_PAYLOAD:
                return seen
            case _:
                payload = {}
    return replayed([Line(line.tag, line.actor_id, line.at, payload)], incident_id, start=seen)


NEVER = datetime.min.replace(tzinfo=UTC)
_PROBE = Seen(
    state="?",
    phase="?",
    origin="?",
    type="?",
    classification="?",
    is_duress=True,
    owner_id=UUID(int=1),
    escalation_level=1_000,
    disposition="?",
    role="?",
    handover_to=UUID(int=1),
    contacted_at=NEVER,
    viewed_at=NEVER,
    classified_at=NEVER,
)
"""A state that no incident has: what a line changes in it, the line says by itself, whatever was before."""


def _unknown(before: frozenset[str], line: Told, incident_id: UUID) -> frozenset[str]:
    """What can't be known after the line."""
    if line.payload is None:
        if line.tag == "incident:acknowledged" and "owner_id" in before:
            return before | {"state"}  # an answer, or a second press that was heard
        return before | frozenset(HELD_BY_PAYLOAD.get(line.tag, ()))
    if not before:
        return before
    if line.tag == "incident:split" and line.payload.get("to") == str(incident_id):
        return before | frozenset(_SPLIT)  # what it does depends on what was
    said = replayed([Line(line.tag, line.actor_id, line.at, line.payload)], incident_id, start=_PROBE)
    return before - {name for name in _ALL if getattr(said, name) != getattr(_PROBE, name)}


def differences(last: Step | None, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Where the row says something else than the log; what the log can't tell any more is not compared."""
    if last is None:
        return [{"field": "*", "log": None, "row": row["state"]}]
    return [
        {"field": name, "log": _text(getattr(last.seen, name)), "row": _text(row[name])}
        for name in (one.name for one in fields(Seen))
        if not name.endswith("_at") and name not in last.unknown and getattr(last.seen, name) != row[name]
    ]


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def as_object(step: Step, *, with_payload: bool) -> dict[str, Any]:
    """What `--json` prints of a line."""
    line, seen = step.line, step.seen
    ko, en = NAMES.get(line.tag, (line.tag, line.tag))
    return {
        "seq": line.seq,
        "tag": line.tag,
        "ko": ko,
        "en": en,
        "at": line.at.isoformat(),
        "since_active_s": step.since_active_s,
        "actor": {"kind": line.actor_kind, "id": line.actor_id, "name": line.actor_name if with_payload else ""},
        "payload": line.payload if with_payload else None,
        "purged": line.payload is None,
        "then": {
            one.name: None if one.name in step.unknown else _text(getattr(seen, one.name))
            for one in fields(Seen)
            if not one.name.endswith("_at")
        },
        "unknown": sorted(step.unknown),
    }


def as_text(step: Step, *, with_payload: bool) -> str:
    """One line for people: since active, what, by whom, what was true then, what was said."""
    line, seen = step.line, step.seen
    ko, en = NAMES.get(line.tag, (line.tag, line.tag))
    who = _ACTORS.get(line.actor_kind, line.actor_kind)
    who += f" {line.actor_name}" if with_payload and line.actor_name else ""
    state = "?" if "state" in step.unknown else seen.state
    said = f"  {line.payload}" if with_payload and line.payload else ""
    gone = "  (내용 파기됨 · payload purged)" if line.payload is None else ""
    return f"{_clock(step.since_active_s)}  {ko} · {en}  [{who}]  → {state}/{seen.phase}{said}{gone}"


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return "     --:--"
    whole = int(abs(seconds))
    return f"{'-' if seconds < 0 else '+'}{whole // 3600:03d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
