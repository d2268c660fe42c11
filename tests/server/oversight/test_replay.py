"""Whatever lines lose their payload: what the replay still says is what was, and the rest it calls unknown."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from server.incidents.replay import Seen
from server.oversight.replay import Told, as_object, as_text, differences, steps

AT = datetime(2026, 3, 2, 14, tzinfo=UTC)
ME, SHE, INCIDENT = str(uuid4()), str(uuid4()), uuid4()
LINES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("alert:received", {}),
    ("alert:activated", {}),
    ("incident:escalated", {"level": 1}),
    ("incident:acknowledged", {}),
    ("incident:acknowledged", {"again": True}),
    ("incident:classified", {"type": "assault", "grave": True}),
    ("incident:contacted", {"how": "voice"}),
    ("incident:handover_asked", {"to": SHE}),
    ("incident:handover_declined", {}),
    ("incident:taken_over", {"to": SHE}),
    ("incident:released", {"reason": "x"}),
    ("dispatch:requested", {}),
    ("dispatch:on_scene", {}),
    ("alert:cancelled", {"was": "active"}),
    ("alert:superseded", {"transferred": True}),
    ("incident:merged", {"from": str(INCIDENT), "into": ME}),
    ("incident:merged", {"from": ME, "into": str(INCIDENT), "took": {"type": "fire", "is_duress": True}}),
    ("incident:split", {"to": str(INCIDENT), "from": ME, "phase": "active", "is_duress": False}),
    ("incident:closed", {"disposition": "handled"}),
    ("incident:reopened", {"reason": "x"}),
    ("incident:opened", {"origin": "observed", "type": "fire", "camera_id": "c"}),
)


def told(tag: str, payload: dict[str, Any] | None, number: int = 0) -> Told:
    return Told(number, tag, "operator", ME, "김", AT + timedelta(seconds=number), payload)


def happens(story: list[tuple[tuple[str, dict[str, Any]], bool]]) -> tuple[list[Told], list[Told]]:
    """The story, and what is left of it; nobody acknowledges what he has, but to say that he heard a second press."""
    whole: list[Told] = []
    bare: list[Told] = []
    for number, ((tag, payload), is_gone) in enumerate(story):
        if tag == "incident:acknowledged":
            known = list(steps(whole, INCIDENT))
            payload = {"again": bool(known and known[-1].seen.owner_id is not None)}
        whole.append(told(tag, payload, number))
        bare.append(replace(whole[-1], payload=None if is_gone else payload))
    return whole, bare


@given(st.lists(st.tuples(st.sampled_from(LINES), st.booleans()), max_size=25))
def test_what_is_known_without_payloads_is_what_was(story: list[tuple[tuple[str, dict[str, Any]], bool]]) -> None:
    whole, bare = happens(story)
    for full, left in zip(steps(whole, INCIDENT), steps(bare, INCIDENT), strict=True):
        assert not full.unknown
        for name in (one.name for one in fields(Seen)):
            if name not in left.unknown and not name.endswith("_at"):
                assert getattr(left.seen, name) == getattr(full.seen, name), (name, left.line.tag)


def test_times_count_from_when_it_became_active() -> None:
    told_ = list(
        steps([told("alert:received", {}, 0), told("alert:activated", {}, 3), told("x:y", {}, 3700)], INCIDENT)
    )
    assert [step.since_active_s for step in told_] == [None, 0.0, 3697.0]
    assert as_text(told_[2], with_payload=True).startswith("+001:01:37  x:y · x:y  [근무자 김]  → received/active")
    assert "김" not in as_text(told_[2], with_payload=False)
    assert as_object(told_[2], with_payload=False)["payload"] is None


def test_a_row_that_was_changed_without_a_line_is_named() -> None:
    (last,) = list(steps([told("alert:activated", {})], INCIDENT))
    row = {one.name: getattr(last.seen, one.name) for one in fields(Seen)}
    assert differences(last, row) == []
    changed = differences(last, row | {"owner_id": UUID(SHE), "state": "closed"})
    assert {one["field"]: one["row"] for one in changed} == {"owner_id": SHE, "state": "closed"}
    assert differences(None, row)[0]["field"] == "*"
