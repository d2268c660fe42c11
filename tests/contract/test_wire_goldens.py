"""The phone's dataclasses and the router's models say the same, byte for byte of JSON, about every golden message."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from location_router import wire
from mobile_app.core import messages, walk
from mobile_app.net.walks import answer_body
from server.walks import routes

GOLDENS = Path(__file__).parents[2] / "fixtures" / "wire"
SIDES = {
    "alert": (messages.AlertMessage, wire.AlertMessage),
    "position": (messages.Position, wire.Position),
    "accepted": (messages.Accepted, wire.Accepted),
    "status": (messages.Status, wire.Status),
    "said": (messages.Said, wire.Said),
}
# of other senders, set by the router, or (`local_emergency`) for a page to come
NOT_THE_PHONE_S = {"request", "uncertainty", "network_country", "channel", "sender", "local_emergency"}
FILES = sorted(GOLDENS.glob("*.json"))


def _golden(path: Path) -> tuple[Any, Any, dict[str, Any]]:
    phone, router = SIDES[path.stem.split("_")[0]]
    return phone, router, json.loads(path.read_text(encoding="utf-8"))


def _as_the_phone_says(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _as_the_phone_says(one) for name, one in value.items() if name not in NOT_THE_PHONE_S}


def test_there_is_a_golden_for_each_message() -> None:
    assert {path.stem.split("_")[0] for path in FILES} == set(SIDES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_phone_reads_and_writes_the_golden(path: Path) -> None:
    phone, _, golden = _golden(path)
    assert phone.from_json(golden).to_json() == golden


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_router_reads_and_writes_the_golden(path: Path) -> None:
    _, router, golden = _golden(path)
    assert _as_the_phone_says(router.model_validate(golden).model_dump(mode="json")) == golden


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_neither_side_knows_a_field_that_the_other_does_not(path: Path) -> None:
    phone, router, golden = _golden(path)
    assert set(phone.__dataclass_fields__) | ({"kind"} & set(golden)) == set(golden)
    assert set(router.model_fields) - NOT_THE_PHONE_S == set(golden)


@pytest.mark.parametrize("which", range(3))
def test_her_answer_on_a_walk_is_read_as_the_phone_writes_it(which: int) -> None:
    """It goes to the home center, not to the router."""
    golden = json.loads((GOLDENS / "walks" / "answers.json").read_text(encoding="utf-8"))[which]
    known = {one.name for one in fields(walk.Answer)}
    times = {name: messages.read_time(golden.get(name)) for name in ("at", "sent_at")}
    said = walk.Answer(**({name: one for name, one in golden.items() if name in known} | {"at": times["at"]}))
    assert answer_body(said, sent_at=times["sent_at"] or datetime.now(UTC)) == golden
    read = routes.Said.model_validate(golden)
    assert read.model_dump(mode="json", exclude_unset=True) == golden
    assert set(routes.Said.model_fields) == known | {"sent_at"}
    waited = timedelta(hours=2) if times["at"] else timedelta()
    now = datetime.now(UTC)
    assert read.said_at(now) == now - waited, "a phone's clock may be wrong, how long it waited is not"


def test_duress_and_cancel_have_the_same_size() -> None:
    """Invariant 9: same size on the wire."""
    cancel, duress = (
        json.dumps(messages.AlertMessage.from_json(_golden(GOLDENS / f"alert_ended_{name}.json")[2]).to_json())
        for name in ("cancel", "duress")
    )
    assert len(cancel.encode()) == len(duress.encode()) and cancel != duress


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_newer_sender_s_field_is_passed_over(path: Path) -> None:
    phone, _, golden = _golden(path)
    assert phone.from_json(golden | {"from_the_future": 1}).to_json() == golden
