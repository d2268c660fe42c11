"""The release gate: every way to be refused, what is written down, and when a viewing ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.agencies.model import Agreement
from server.cameras.service import choose_for_incident, open_cameras
from server.dispatch import service as dispatches
from server.events import Actor, read_events
from server.gate import OPERATOR_BASES, SENTENCES, Facts, Refused, judge, open_views
from server.releases import end_incident_releases
from server.staff.model import Viewer
from server.video.gateway import Refused as VideoRefused
from server.video.tickets import new_ticket
from server.video_gate import CameraSources, ReleaseGate
from tests.server.scene import CENTER, OTHER, SEAT, Scene, installation

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MOU = Agreement(
    UUID(int=1), CENTER, "112-demo", frozenset({"dispatch"}), ("pipa-18-2-3",), True, True, NOON - timedelta(days=1)
)


@pytest.fixture
async def scene(installation_database: str) -> AsyncIterator[Scene]:
    async with installation(installation_database) as made:
        yield made


# -- the rule, pure -------------------------------------------------------------------------------------------------

STATES = ["received", "acknowledged", "dispatched", "on_scene", "closed", "cancelled", "transferred", None]
AGREEMENTS = [
    None,
    MOU,
    replace(MOU, may_view_live=False),
    replace(MOU, suspended_at=NOON),
    replace(MOU, ends_at=NOON),
    replace(MOU, starts_at=NOON + timedelta(seconds=1)),
    replace(MOU, center_id=OTHER),
    replace(MOU, legal_bases=()),
]


@given(
    st.builds(
        Facts,
        incident_state=st.sampled_from(STATES),
        phase=st.sampled_from(["pre", "active", "ended"]),
        was_active=st.booleans(),
        is_drill=st.booleans(),
        camera_known=st.booleans(),
        purpose_allowed=st.booleans(),
        role=st.sampled_from(["operator", "supervisor", "admin", "agent", None]),
        account_active=st.booleans(),
        own_desk=st.booleans(),
        networks=st.sampled_from([(), ("127.0.0.0/8",), ("10.0.0.0/8", "::1/128")]),
        session_addresses=st.sampled_from([(), (SEAT,), ("10.1.1.1",)]),
        address=st.sampled_from([SEAT, "::ffff:127.0.0.1", "10.1.1.1", "", "testclient"]),
        legal_basis=st.sampled_from([*OPERATOR_BASES, "", "curiosity"]),
        is_party=st.booleans(),
        trigger=st.sampled_from(["dispatch", "disaster", ""]),
        agreement=st.sampled_from(AGREEMENTS),
        center_id=st.just(CENTER),
    )
)
def test_whoever_may_look_meets_every_condition_of_the_law(facts: Facts) -> None:
    code = judge(facts, NOON)
    if code is not None:
        assert code in SENTENCES
        return
    assert facts.incident_state in ("received", "acknowledged", "dispatched", "on_scene")
    assert facts.phase != "pre" and not facts.is_drill and facts.camera_known and facts.account_active
    assert facts.purpose_allowed
    assert facts.networks == ("127.0.0.0/8",) and facts.session_addresses == (SEAT,)
    assert facts.address in (SEAT, "::ffff:127.0.0.1")
    if facts.role == "agent":
        assert facts.agreement == MOU and facts.is_party and facts.trigger in MOU.triggers
        assert facts.legal_basis in MOU.legal_bases
    else:
        assert facts.role in ("operator", "supervisor") and facts.own_desk and facts.legal_basis in OPERATOR_BASES


# -- over the database: role x incident x agreement x address x drill -----------------------------------------------


async def verdict(scene: Scene, viewer: Viewer, incident_id: UUID, **options: Any) -> str:
    try:
        tickets = await open_cameras(scene.services, viewer, incident_id, **options)
    except Refused as refused:
        return refused.code
    return f"{len(tickets)} views"


async def accepted(scene: Scene, incident_id: UUID, kind: str = "112", *, step: str | None = "accept") -> UUID:
    async with scene.services.db.begin() as unit:
        card = await dispatches.request(
            unit, scene.services, incident_id=incident_id, agency=kind, actor=scene.staff["operator"].actor
        )
    if step:
        async with scene.services.db.begin() as unit:
            await dispatches.move(
                unit,
                scene.services,
                dispatch_id=UUID(card["dispatch_id"]),
                step=step,  # type: ignore[arg-type]
                agency_id=card["agency"]["agency_id"],
                actor=Actor("agent", "x", "x"),
            )
    return UUID(card["dispatch_id"])


async def test_staff_of_the_owning_center_and_nobody_else(scene: Scene) -> None:
    incident_id = await scene.emergency()
    seen = {login: await verdict(scene, viewer, incident_id) for login, viewer in scene.staff.items()}
    assert seen == {
        "operator": "5 views",
        "supervisor": "5 views",
        "admin": "not_your_incident",
        "stranger": "not_your_incident",
        "police": "no_dispatch",
        "fire": "no_dispatch",
    }


@pytest.mark.parametrize(
    ("state", "phase", "is_drill", "expected"),
    [
        ("received", "active", False, "5 views"),
        ("on_scene", "active", False, "5 views"),
        ("acknowledged", "ended", False, "5 views"),
        ("received", "pre", False, "not_live"),
        ("closed", "ended", False, "incident_closed"),
        ("cancelled", "ended", False, "incident_closed"),
        ("transferred", "active", False, "incident_closed"),
        ("received", "active", True, "drill"),
    ],
)
async def test_only_an_open_active_real_incident(
    scene: Scene, state: str, phase: str, is_drill: bool, expected: str
) -> None:
    incident_id = await scene.emergency(state=state, phase=phase, is_drill=is_drill)
    assert await verdict(scene, scene.staff["operator"], incident_id) == expected


async def test_an_agent_looks_while_it_works_on_the_case(scene: Scene) -> None:
    incident_id = await scene.emergency()
    dispatch_id = await accepted(scene, incident_id, step=None)
    police = scene.staff["police"]
    seen = [await verdict(scene, police, incident_id)]
    for step in ("accept", "en_route", "on_scene", "done"):
        async with scene.services.db.begin() as unit:
            await dispatches.move(
                unit,
                scene.services,
                dispatch_id=dispatch_id,
                agency_id="112-demo",
                step=step,  # type: ignore[arg-type]
                actor=police.actor,
            )
        seen.append(await verdict(scene, police, incident_id))
    assert seen == ["no_dispatch", "5 views", "5 views", "5 views", "no_dispatch"]
    assert await verdict(scene, scene.staff["fire"], incident_id) == "no_dispatch"


@pytest.mark.parametrize("change", ["suspended_at = now()", "ends_at = now()", "may_view_live = false"])
async def test_an_agreement_that_is_not_in_force_shows_nothing(scene: Scene, change: str) -> None:
    incident_id = await scene.emergency()
    await accepted(scene, incident_id)
    assert await verdict(scene, scene.staff["police"], incident_id) == "5 views"
    await scene.sql(f"UPDATE agreement SET {change} WHERE agency_id = '112-demo'")
    assert await verdict(scene, scene.staff["police"], incident_id) == "no_agreement"


async def test_only_from_a_registered_address_with_a_living_session(scene: Scene) -> None:
    incident_id = await scene.emergency()
    elsewhere = replace(scene.staff["operator"], address="10.9.9.9")
    assert await verdict(scene, elsewhere, incident_id) == "address_not_registered"
    other_seat = replace(scene.staff["operator"], address="127.0.0.2")
    assert await verdict(scene, other_seat, incident_id) == "session_ended"
    await scene.sql("UPDATE session SET ended_at = now()")
    assert await verdict(scene, scene.staff["operator"], incident_id) == "session_ended"


async def test_only_with_a_legal_basis_and_a_camera_of_the_center(scene: Scene) -> None:
    incident_id, abroad = await scene.emergency(), await scene.emergency(center=OTHER)
    operator = scene.staff["operator"]
    assert await verdict(scene, operator, incident_id, legal_basis="curiosity") == "legal_basis"
    assert await verdict(scene, operator, incident_id, camera_id="cam-99") == "unknown_camera"
    assert await verdict(scene, scene.staff["stranger"], abroad, camera_id="cam-1") == "unknown_camera"
    assert await verdict(scene, operator, uuid4(), camera_id="cam-1") == "unknown_incident"
    five = {one["camera_id"] for one in await choose_for_incident(scene.services, incident_id)}
    assert {"cam-1", "cam-2"} <= five
    await scene.sql("UPDATE camera SET is_private = true WHERE camera_id = 'cam-1'")
    await scene.sql("UPDATE camera SET retired_at = now() WHERE camera_id = 'cam-2'")
    for camera_id in ("cam-1", "cam-2"):  # nobody's own camera without consent, and none that was taken down
        assert await verdict(scene, operator, incident_id, camera_id=camera_id) == "unknown_camera"
    opened = {one["camera_id"] for one in await open_cameras(scene.services, operator, incident_id)}
    assert opened and not opened & {"cam-1", "cam-2"}, "the others of the five open all the same"


async def test_a_camera_serves_what_it_was_installed_for(scene: Scene) -> None:
    """Life and limb opens every public camera; what an operator merely saw does not, also under an open viewing."""
    incident_id, operator, gate = await scene.emergency(), scene.staff["operator"], ReleaseGate(scene.services)
    await choose_for_incident(scene.services, incident_id)
    await scene.sql("UPDATE camera SET purposes = '{waste}' WHERE camera_id = 'cam-1'")
    running = [one["release_id"] for one in await open_cameras(scene.services, operator, incident_id)]
    assert len(running) == 5 and await gate.still_open(running) == {}
    await scene.sql(
        "UPDATE incident SET origin = 'observed', type = 'observed' WHERE incident_id = :id", id=incident_id
    )
    assert list((await gate.still_open(running)).values()) == ["purpose"]
    assert await verdict(scene, operator, incident_id, camera_id="cam-1") == "purpose"
    assert len(await open_cameras(scene.services, operator, incident_id)) == 4, "the others of the five open"


async def test_a_refusal_is_on_disk_with_who_where_and_why(scene: Scene) -> None:
    incident_id = await scene.emergency()
    assert await verdict(scene, scene.staff["police"], incident_id) == "no_dispatch"
    assert await scene.sql("SELECT 1 FROM release") == []
    async with scene.services.db.begin() as unit:
        events = await read_events(unit, incident_id=incident_id, cards=False)
    line = next(event.line for event in events if event.line["tag"] == "release:refused")
    assert line["actor"]["id"] == str(scene.staff["police"].account_id)
    assert line["payload"]["code"] == "no_dispatch" and line["payload"]["address"] == SEAT


async def test_five_rows_are_committed_before_the_tickets(scene: Scene) -> None:
    incident_id = await scene.emergency()
    tickets = await open_cameras(scene.services, scene.staff["operator"], incident_id)
    rows = await scene.sql("SELECT release_id, camera_id, legal_basis, first_byte_at FROM release")
    assert {str(row["release_id"]): row["camera_id"] for row in rows} == {
        one["release_id"]: one["camera_id"] for one in tickets
    }
    assert {(row["legal_basis"], row["first_byte_at"]) for row in rows} == {("pipa-18-2-3", None)}
    assert (await scene.tags(incident_id)).count("release:granted") == 5
    assert [one["number"] for one in tickets] == [1, 2, 3, 4, 5]


# -- what the video process asks ------------------------------------------------------------------------------------


def knock(one: dict[str, Any], viewer: Viewer, incident_id: UUID) -> Any:
    return new_ticket(
        release_id=one["release_id"],
        incident_id=str(incident_id),
        camera_id=one["camera_id"],
        viewer_id=str(viewer.account_id),
        address=SEAT,
        quality="sub",
        now=time.time(),
    )


async def test_the_first_byte_is_noted_once(scene: Scene) -> None:
    incident_id, operator, gate = await scene.emergency(), scene.staff["operator"], ReleaseGate(scene.services)
    one = (await open_cameras(scene.services, operator, incident_id))[0]
    viewing = await gate.open(knock(one, operator, incident_id), one["camera_id"], SEAT)
    assert viewing.release_id == one["release_id"] and viewing.watermark.startswith("operator ")
    await gate.first_byte(viewing.release_id)
    first = await scene.one("SELECT first_byte_at FROM release WHERE release_id = :id", id=UUID(one["release_id"]))
    await gate.first_byte(viewing.release_id)
    assert first == await scene.one(
        "SELECT first_byte_at FROM release WHERE release_id = :id", id=UUID(one["release_id"])
    )
    assert (await scene.tags(incident_id)).count("release:first_byte") == 1


async def test_a_ticket_without_its_row_opens_nothing(scene: Scene) -> None:
    incident_id, operator, gate = await scene.emergency(), scene.staff["operator"], ReleaseGate(scene.services)
    one, other = (await open_cameras(scene.services, operator, incident_id))[:2]
    forged = [
        (knock({**one, "release_id": str(uuid4())}, operator, incident_id), one["camera_id"], SEAT),
        (knock({**one, "release_id": "no uuid"}, operator, incident_id), one["camera_id"], SEAT),
        (knock(one, operator, incident_id), other["camera_id"], SEAT),
        (knock(one, scene.staff["supervisor"], incident_id), one["camera_id"], SEAT),
        (knock(one, operator, uuid4()), one["camera_id"], SEAT),
        (knock(one, operator, incident_id), one["camera_id"], "127.0.0.2"),
    ]
    for ticket, camera_id, address in forged:
        with pytest.raises(VideoRefused):
            await gate.open(ticket, camera_id, address)


ENDINGS = {
    "incident_closed": "UPDATE incident SET state = 'closed'",
    "no_dispatch": "UPDATE dispatch SET state = 'done'",
    "no_agreement": "UPDATE agreement SET suspended_at = now()",
    "address_not_registered": "DELETE FROM allowed_address",
    "session_ended": "UPDATE session SET ended_at = now()",
    "not_your_incident": "UPDATE account SET active = false",
    "unknown_camera": "UPDATE camera SET is_private = true, consent_until = now() - interval '1 second'",
}


@pytest.mark.parametrize("reason", sorted(ENDINGS))
async def test_a_running_viewing_ends_with_any_of_its_conditions(scene: Scene, reason: str) -> None:
    incident_id, police, gate = await scene.emergency(), scene.staff["police"], ReleaseGate(scene.services)
    await accepted(scene, incident_id)
    ids = [one["release_id"] for one in await open_cameras(scene.services, police, incident_id)]
    assert await gate.still_open(ids) == {}
    await scene.sql(ENDINGS[reason])
    assert await gate.still_open(ids) == dict.fromkeys(ids, reason)
    assert await scene.one("SELECT count(*) FROM release WHERE kind = 'live' AND ended_at IS NULL") == 0
    assert (await scene.tags(incident_id)).count("release:ended") == 5
    assert await gate.still_open([str(uuid4())]) != {}


class Cut:
    """The video process as closing sees it."""

    def __init__(self) -> None:
        self.kicked: list[str] = []

    async def kick(self, release_ids: Any, reason: str) -> bool:
        self.kicked += release_ids
        return True


async def test_closing_ends_the_releases_in_its_transaction_and_cuts_the_streams_after_it(scene: Scene) -> None:
    incident_id, cut = await scene.emergency(), Cut()
    ids = [one["release_id"] for one in await open_cameras(scene.services, scene.staff["operator"], incident_id)]
    async with scene.services.db.begin() as unit:
        await end_incident_releases(unit, incident_id, "incident_closed", gateway=cut)
        assert cut.kicked == [], "nothing is cut before it is on disk"
    await asyncio.sleep(0.05)
    assert sorted(cut.kicked) == sorted(ids)
    assert {row["end_reason"] for row in await scene.sql("SELECT end_reason FROM release")} == {"incident_closed"}


async def test_a_release_is_either_ended_by_the_close_or_refused_after_it(scene: Scene) -> None:
    """Opening and closing at the same moment, twenty times: no open release is left on a closed incident."""

    async def close(incident_id: UUID) -> None:
        async with scene.services.db.begin() as unit:
            await unit.execute("SELECT 1 FROM incident WHERE incident_id = :id FOR UPDATE", {"id": incident_id})
            await unit.execute("UPDATE incident SET state = 'closed' WHERE incident_id = :id", {"id": incident_id})
            await end_incident_releases(unit, incident_id, "incident_closed")

    for _ in range(20):
        incident_id = await scene.emergency()
        await asyncio.gather(
            verdict(scene, scene.staff["operator"], incident_id, camera_id="cam-1"), close(incident_id)
        )
        assert (
            await scene.one("SELECT count(*) FROM release WHERE incident_id = :id AND ended_at IS NULL", id=incident_id)
            == 0
        )


async def test_the_stream_address_is_sealed_in_the_table_and_opens_for_the_gateway(scene: Scene) -> None:
    sealed = await scene.one("SELECT sub_url_sealed FROM camera WHERE camera_id = 'cam-1'")
    assert b"rtsp" not in bytes(sealed)
    assert await CameraSources(scene.services).stream_url("cam-1", "main") == "rtsp://127.0.0.1:1/cam-1/main"
    with pytest.raises(KeyError):
        await CameraSources(scene.services).stream_url("cam-99", "sub")


async def test_each_camera_gets_its_own_row_however_the_database_orders_them(scene: Scene) -> None:
    """The planner changes its mind when the tables have grown; the ticket of one camera must never carry another's
    release, which the gate would refuse."""
    incident_id, viewer = await scene.emergency(), scene.staff["operator"]
    cameras = ["cam-5", "cam-1", "cam-6", "cam-2", "cam-4", "cam-3"]
    async with scene.services.db.begin() as unit:
        await unit.execute("SET LOCAL enable_nestloop = off")
        await unit.execute("SET LOCAL enable_mergejoin = off")
        granted = await open_views(
            unit, incident_id=incident_id, camera_ids=cameras, viewer=viewer, legal_basis=None, now=datetime.now(UTC)
        )
    assert not isinstance(granted, Refused) and list(granted) == cameras
    rows = await scene.sql("SELECT release_id, camera_id FROM release WHERE kind = 'live'")
    assert {row["camera_id"]: row["release_id"] for row in rows} == granted
