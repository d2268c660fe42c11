"""What an agency's system is shown over its line: by the gate, to the registered address, until the second it ends."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
import websockets

from location_router.runtime.db import Unavailable
from location_router.runtime.webhook import signed_call
from location_router.wire import utc_now
from server import attachment_routes, lent_camera_routes, line_live, line_view_routes
from server.actor import SYSTEM
from server.cameras.service import open_cameras
from server.dispatch.lines import set_line
from server.gate import look_again
from server.line_calls import Letter
from server.line_turns import MOST, turns_of
from server.line_watch import LIFE, STANDING, line_watch
from server.releases import end_releases
from server.requests import deciding
from server.requests.reading import of_agency
from server.rights import RightsWatch
from server.video.gateway import Picture
from tests.server.requests.asking import CENTER, FIRM, KEY, OTHER_KEY, RIVAL, Office, agree, office

WHO = {"viewer": "kim-07"}
JPEG = b"\xff\xd8\xff\xe0 a picture"


@pytest.fixture
async def room(installation_database: str) -> AsyncIterator[Office]:
    routers = (one.router for one in (line_view_routes, lent_camera_routes, attachment_routes))
    async with office(installation_database, *routers) as made:
        registered = "INSERT INTO agency_address (agency_id, network) VALUES (:id, '127.0.0.1/32')"
        for agency in (FIRM, RIVAL):
            await made.scene.sql(registered, id=agency)
        yield made


@pytest.fixture(autouse=True)
def nobody_looks_by_the_clock() -> Iterator[None]:
    """What ends is found because it has changed, not because a line looks now and then in any case."""
    with patch("server.line_live.BEAT_S", 3600.0), patch("server.line_watch.KEEP_S", 3600.0):
        yield


@pytest.fixture
def cameras_give() -> Any:
    """Each camera gives a picture; what happens meanwhile is `meanwhile`."""
    meanwhile: list[Callable[[], Any]] = []

    async def still(self: Any, camera_id: str, release_id: str) -> Picture | None:
        for act in meanwhile:
            await act()
        return Picture(JPEG + camera_id.encode(), 300) if camera_id != "cam-4" else None

    with patch("server.video.gateway.ConsoleGateway.still", still):
        yield meanwhile


async def accepted(room: Office) -> tuple[str, UUID]:
    request_id = (await room.ask())["request_id"]
    incident_id = (await room.row(request_id))["incident_id"]
    await deciding.accept(room.scene.services, room.viewer("operator"), incident_id, UUID(request_id))
    return request_id, incident_id


@asynccontextmanager
async def on_line(room: Office, request_id: str, key: str = KEY, agency: str = FIRM) -> AsyncIterator[Any]:
    path = f"/api/lines/{agency}/requests/{request_id}/live"
    at = int(room.scene.services.clock().timestamp())
    headers = signed_call(key, str(uuid4()), b"", method="GET", path=path, at=at)
    address = str(room.http.base_url).replace("http", "ws", 1).rstrip("/") + path
    async with websockets.connect(address, additional_headers=headers, proxy=None) as socket:
        yield Line(socket)


class Line:
    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.frames: list[dict[str, Any]] = []
        self._unheard: list[dict[str, Any]] = []

    async def until(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """The first frame of this kind that says so and was not asked for yet; a state and its rights come in any
        order."""
        async with asyncio.timeout(20):
            while True:
                for frame in self._unheard:
                    if frame["type"] == kind and all(frame[name] == value for name, value in wanted.items()):
                        self._unheard.remove(frame)
                        return frame
                self.frames.append(json.loads(await self.socket.recv()))
                self._unheard.append(self.frames[-1])

    async def closed(self) -> tuple[int, str]:
        async with asyncio.timeout(20):
            await self.socket.wait_closed()
        return int(self.socket.close_code), str(self.socket.close_reason)


async def test_cameras_and_stills_go_to_the_line_by_the_gate_and_end_with_it(room: Office, cameras_give: Any) -> None:
    agreement = await agree(room.scene, may_view_still=True)
    raised = (await room.ask())["request_id"]
    early = await room.send(f"/{raised}/video", WHO)
    assert (early.status_code, early.json()["code"]) == (403, "no_dispatch"), "nobody has decided"
    request_id, incident_id = await accepted(room)

    shown = (await room.send(f"/{request_id}/video", WHO)).json()
    assert len(shown["cameras"]) == 5 and all(one["ws_url"] for one in shown["cameras"])
    rows = await room.scene.sql(
        "SELECT r.*, l.agency_id FROM release r JOIN agency_line l ON l.line_id = r.viewer_id WHERE r.kind = 'live'"
    )
    assert len(rows) == 5 and {(one["agency_id"], one["viewer_kind"], one["address"]) for one in rows} == {
        (FIRM, "agent", "127.0.0.1")
    }
    taken = (await room.send(f"/{request_id}/stills", {**WHO, "count": 5})).json()["stills"]
    pictures = {one["camera_id"]: one["jpeg"] and base64.b64decode(one["jpeg"]) for one in taken}
    assert len(pictures) == 5 and pictures.pop("cam-4", None) is None
    assert all(jpeg == JPEG + camera.encode() for camera, jpeg in pictures.items())
    ends = await room.scene.sql("SELECT end_reason, first_byte_at IS NULL AS unseen FROM release WHERE kind = 'still'")
    assert {(one["end_reason"], one["unseen"]) for one in ends} <= {("given", False), ("no_picture", True)}
    one = (await room.send(f"/{request_id}/stills", {**WHO, "camera_ids": [next(iter(pictures))] * 2})).json()
    assert len(one["stills"]) == 1
    async with room.scene.services.db.begin() as unit:
        (card, *_) = await of_agency(unit, room.scene.services, FIRM, UUID(request_id))
    assert {one["kind"] for one in card["released"]} >= {"live", "still"}, "the desk sees what its system was shown"

    refusals = [
        (FIRM, KEY, {**WHO, "camera_ids": ["cam-99"]}, 403, "unknown_camera"),
        (FIRM, KEY, {}, 422, "invalid"),
        (FIRM, KEY, {"viewer": "김 요원"}, 422, "invalid"),
        (FIRM, OTHER_KEY, WHO, 401, "wrong_signature"),
        (RIVAL, OTHER_KEY, WHO, 404, "no_request"),
    ]
    for agency, key, said, status, code in refusals:
        answer = await room.send(f"/{request_id}/stills", said, agency=agency, key=key)
        assert (answer.status_code, answer.json()["code"]) == (status, code), said

    async def ends_now() -> None:
        await room.scene.sql(
            "UPDATE release SET ended_at = now(), end_reason = 'incident_closed' WHERE ended_at IS NULL"
        )

    cameras_give.append(ends_now)
    meanwhile = (await room.send(f"/{request_id}/stills", WHO)).json()["stills"]
    assert meanwhile and not any(one["jpeg"] for one in meanwhile), "ended while the camera was asked: not shown"
    cameras_give.clear()
    await whatever_a_call_goes_on_to_do_has_its_turn(room, request_id)
    await nothing_without_its_ground(room, request_id, agreement)
    await a_new_key_ends_what_the_old_one_opened(room, request_id)


async def whatever_a_call_goes_on_to_do_has_its_turn(room: Office, request_id: str) -> None:
    """No unit of the database is begun for a line outside of one."""
    services = room.scene.services
    begin, begun = services.db.begin, list[bool]()

    def seen(*given: Any, **more: Any) -> Any:
        begun.append(turns_of(services)._all._value < MOST)
        return begin(*given, **more)

    reading = {"kind": "sensor", "name": "문", "value": 1, "unit": "", "at": services.clock().isoformat()}
    with patch.object(services.db, "begin", seen):
        for path, said, status in (
            ("video", WHO, 200), ("stills", WHO, 200), ("attachments", reading, 202), ("cameras", {}, 422),
        ):  # fmt: skip
            begun.clear()
            form = {"Content-Type": "application/json"}
            answer = await room.send(f"/{request_id}/{path}", said, headers=form)
            assert answer.status_code == status, answer.text
            assert len(begun) > 1 and all(begun), path
        answer = await room.send(f"/{request_id}/cameras/lent-1", method="DELETE")
        assert answer.status_code == 404 and all(begun)


async def with_key(room: Office, key: str, center_id: str | None = None) -> None:
    line = {"agency_id": FIRM, "center_id": center_id, "kind": "webhook", "url": room.ledger_url, "key": key}
    async with room.scene.services.db.begin() as unit:
        await set_line(unit, room.scene.services, **line, actor=SYSTEM)  # type: ignore[arg-type]


async def a_new_key_ends_what_the_old_one_opened(room: Office, request_id: str) -> None:
    """Streams and the open socket; also of a call that is under way; and the log still says whose they were."""

    async def ended() -> dict[UUID, str]:
        async with room.scene.services.db.begin() as unit:
            return await look_again(unit, ids, room.scene.services.clock())

    for key, center_id in (("a new key", None), ("that center's own", CENTER)):
        ids = [UUID(one["release_id"]) for one in (await room.send(f"/{request_id}/video", WHO)).json()["cameras"]]
        async with on_line(room, request_id) as line:
            await line.until("position")
            await with_key(room, KEY)
            assert len(ids) == 5 and await ended() == {}, "the same key again is no new one"
            await with_key(room, key, center_id)
            assert await line.closed() == (4401, "wrong_signature")
        assert await ended() == dict.fromkeys(ids, "session_ended")
        still_open = "SELECT count(*) FROM release WHERE viewer_kind = 'agent' AND ended_at IS NULL"
        assert await room.scene.one(still_open) == 0
        if center_id is None:
            await with_key(room, KEY)
    nobodys = "SELECT count(*) FROM release WHERE viewer_id NOT IN (SELECT line_id FROM agency_line)"
    assert await room.scene.one(f"{nobodys} AND viewer_kind = 'agent'") == 0

    await with_key(room, KEY, CENTER)

    async def changed_meanwhile(*asked: Any, **more: Any) -> Any:
        await with_key(room, "newer still", CENTER)
        return await open_cameras(*asked, **more)

    with patch("server.line_views.open_cameras", changed_meanwhile):
        answer = await room.send(f"/{request_id}/video", WHO)
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_signature")
    assert await room.scene.one(still_open) == 0


async def nothing_without_its_ground(room: Office, request_id: str, agreement: UUID) -> None:
    """Each ground taken away alone: no new picture, and the video process ends the running ones at its next look."""
    for change, back, code in (
        ("UPDATE agency_address SET network = '10.0.0.0/8'", "UPDATE agency_address SET network = '127.0.0.1/32'",
         "address_not_registered"),
        ("DELETE FROM agency_address WHERE agency_id = 'guard-1'",
         "INSERT INTO agency_address (agency_id, network) VALUES ('guard-1', '127.0.0.1/32')",
         "address_not_registered"),
        ("UPDATE agreement SET may_view_live = false, may_view_still = false",
         "UPDATE agreement SET may_view_live = true, may_view_still = true", "no_agreement"),
        ("UPDATE agreement SET suspended_at = now() - interval '1 s'", "UPDATE agreement SET suspended_at = NULL",
         "no_agreement"),
        ("UPDATE agency_line SET active = false WHERE agency_id = 'guard-1'",
         "UPDATE agency_line SET active = true WHERE agency_id = 'guard-1'", ""),
    ):  # fmt: skip
        opened = await room.send(f"/{request_id}/video", WHO)
        assert opened.status_code == 200, opened.text
        ids = [UUID(one["release_id"]) for one in opened.json()["cameras"]]
        await room.scene.sql(change)
        for what in ("video", "stills"):
            answer = await room.send(f"/{request_id}/{what}", WHO)
            assert answer.status_code in (401, 403), (change, answer.text)
            assert code in (answer.json()["code"], ""), (change, answer.text)
        async with room.scene.services.db.begin() as unit:
            assert set(await look_again(unit, ids, room.scene.services.clock())) == set(ids), change
        await room.scene.sql(back)


async def test_the_open_line_says_states_rights_cameras_and_place_until_they_end(room: Office) -> None:
    services = room.scene.services
    await agree(room.scene, may_view_still=False)
    request_id = (await room.ask())["request_id"]
    incident_id = (await room.row(request_id))["incident_id"]
    async with on_line(room, request_id) as line:
        assert (await line.until("request_state"))["state"] == "received"
        waiting = await line.until("rights")
        assert not (waiting["live"] or waiting["position"]) and set(waiting["why_not"].values()) == {"no_dispatch"}
        await line.until("cameras", cameras=[])
        await deciding.accept(services, room.viewer("operator"), incident_id, UUID(request_id))
        await line.until("request_state", state="accepted")
        rights = await line.until("rights", live=True, position=True)
        assert rights["why_not"] == {"still": "no_agreement"} and rights["ends_at"]
        five = (await line.until("cameras"))["cameras"]
        assert len(five) == 5 and all(one["lat"] for one in five)
        assert (await line.until("position"))["position"]["lat"]
        open_rows = (
            "SELECT count(*) FROM release WHERE kind = 'position' AND ended_at IS NULL AND viewer_kind = 'agent'"
        )
        assert await room.scene.one(open_rows) == 1, "a row stood before the place was said"
        await each_view_has_a_row_of_its_own(room, request_id, open_rows)
        await a_row_whose_process_is_gone_ends_soon(room, line, request_id, open_rows)
        await a_look_rests_on_nothing_that_is_not_watched(room)
        await quiet_lines_share_one_question(room, request_id)

        await room.scene.sql("UPDATE agreement SET may_see_position = false")
        await line.until("rights", position=False)
        assert "lat" not in (await line.until("cameras"))["cameras"][0], "where they stand says where it is"
        assert await room.scene.one(open_rows) == 0
        await room.scene.sql("UPDATE agreement SET suspended_at = now() - interval '1 second'")
        await line.until("rights", live=False)
        await line.until("cameras", cameras=[])
        assert not [one for one in line.frames if one["type"] == "position"][3:]

        await room.send(f"/{request_id}/cancel", {"reason": "x"})
        assert (await line.until("ended"))["state"] == "cancelled"
        assert (await line.closed())[0] == 1000
    states = [one["state"] for one in line.frames if one["type"] == "request_state"]
    assert states == ["received", "accepted", "cancelled"], "each once"
    await the_line_itself_ends(room)


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def each_view_has_a_row_of_its_own(room: Office, request_id: str, open_rows: str) -> None:
    """And the end of one neither ends nor hides the other."""
    (first,) = await room.scene.sql(open_rows.replace("count(*)", "release_id"))
    async with on_line(room, request_id) as second:
        await second.until("position")
        assert await room.scene.one(open_rows) == 2

    async def is_alone() -> bool:
        return bool(await room.scene.one(open_rows) == 1)

    await until(is_alone)
    (left,) = await room.scene.sql(open_rows.replace("count(*)", "release_id"))
    assert left == first


async def a_row_whose_process_is_gone_ends_soon(room: Office, line: Line, request_id: str, open_rows: str) -> None:
    """As that of a socket that closes while the database is away. What is open stands, and if it was ended all the same
    it gets another row; a place that may not be told while the database is away ends when it is back."""
    services, is_away = room.scene.services, False
    begin, watch, rights = services.db.begin, line_watch(services), RightsWatch(services)

    def away(*given: Any, **more: Any) -> Any:
        if is_away:
            raise Unavailable("away")
        return begin(*given, **more)

    async def has_left() -> bool:
        return int(services.shared["request_lines"][(FIRM,)]) == 1

    async def open_ids() -> set[UUID]:
        return {one["release_id"] for one in await room.scene.sql(open_rows.replace("count(*)", "release_id"))}

    before = await open_ids()
    with patch.object(services.db, "begin", away):
        async with on_line(room, request_id) as second:
            await second.until("position")
            is_away = True
        await until(has_left)
        is_away = False
    (left,) = await open_ids() - before
    await rights.look()
    assert left in await open_ids(), "nobody knows yet that it is gone"
    room.forward(LIFE.total_seconds() - 1)
    await watch.keep()
    room.forward(2)
    await rights.look()
    assert await open_ids() == before, "the one that is open said so, and of the other nobody did"
    assert await room.scene.one("SELECT end_reason FROM release WHERE release_id = :id", id=left) == "viewer_left"

    room.forward(LIFE.total_seconds() + 1)
    await rights.look()
    assert not await open_ids(), "its process did not come to it in time"
    await watch.keep()
    await line.until("position")
    (again,) = await open_ids()
    assert again not in before

    real = end_releases

    async def not_now(unit: Any, reasons: dict[UUID, str]) -> Any:
        if is_away:
            raise Unavailable("away")
        return await real(unit, reasons)

    is_away = True
    with patch("server.line_live.end_releases", not_now):
        await room.scene.sql("UPDATE agreement SET may_see_position = false")
        await line.until("rights", position=False)
        assert await open_ids() == {again}
        is_away = False
        await until(lambda: nobody_sees_it(open_ids))
    await room.scene.sql("UPDATE agreement SET may_see_position = true")
    await line.until("position")


async def nobody_sees_it(open_ids: Callable[[], Awaitable[set[UUID]]]) -> bool:
    return not await open_ids()


TABLES = """
SELECT DISTINCT r.relname AS name FROM pg_locks l
JOIN pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
JOIN pg_class r ON r.oid = coalesce(pg_partition_root(c.oid), c.oid)
WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation'
"""
NOT_WATCHED = {"account", "allowed_address", "session", "breakglass", "alert", "center", "event_payload"}
"""A line is no account; `alert` says what 119 may read, `center` who sits at its desk; a line of the log stays as it
is."""


async def a_look_rests_on_nothing_that_is_not_watched(room: Office) -> None:
    services, read = room.scene.services, set[str]()
    begin = services.db.begin

    @asynccontextmanager
    async def seen(*given: Any, **more: Any) -> AsyncIterator[Any]:
        async with begin(*given, **more) as unit:
            yield unit
            read.update(one["name"] for one in await unit.all(TABLES))

    (line,) = services.shared["line_watch"]._lines
    with patch.object(services.db, "begin", seen):
        line.wake.set()

        async def has_read() -> bool:
            return bool(read)

        await until(has_read)
    async with begin() as unit:
        await unit.driver.execute(STANDING, {"lines": "[]", "now": services.clock()})
        watched = {one["name"] for one in await unit.all(TABLES)}
    assert len(read) > 10 and {"agreement", "firm", "position", "agency_line"} <= read
    assert read - watched <= NOT_WATCHED


async def quiet_lines_share_one_question(room: Office, request_id: str) -> None:
    services, asked = room.scene.services, Counter[str]()
    begin, look = services.db.begin, services.db.look

    def counted(*given: Any, **more: Any) -> Any:
        asked["units"] += 1
        return begin(*given, **more)

    async def looks(query: str, **more: Any) -> Any:
        found = await look(query, **more)
        asked["questions"] += query == STANDING
        return found

    async def enough() -> bool:
        return asked["questions"] > 3

    other = (await room.ask())["request_id"]
    async with on_line(room, request_id) as one, on_line(room, other) as two, on_line(room, other) as three:
        for line in (one, two, three):
            await line.until("cameras")
        with patch.object(services.db, "begin", counted), patch.object(services.db, "look", looks):
            await until(enough)  # what had happened before is looked at
            asked.clear()
            await until(enough)
        assert asked["units"] == 0, "four lines, and nobody has asked anything else"


async def test_a_line_that_comes_while_the_database_is_away_hears_when_to_come_again() -> None:
    """And no trace of an error is left in the log."""

    class Socket:
        closed: tuple[int, str] | None = None

        async def close(self, code: int, reason: str) -> None:
            self.closed = code, reason

    class Away:
        def begin(self) -> Any:
            raise Unavailable("away")

    socket, letter = Socket(), Letter(FIRM, {}, "127.0.0.1", b"")
    settings = SimpleNamespace(line_per_minute=100)
    services: Any = SimpleNamespace(settings=settings, shared={}, db=Away(), clock=utc_now)
    await line_live.serve(socket, services, letter, uuid4())  # type: ignore[arg-type]
    assert socket.closed == (1013, "unavailable")


async def the_line_itself_ends(room: Office) -> None:
    """A wrong key, another's request, a line or an address that is taken away while it is open."""
    await room.scene.sql("UPDATE agreement SET suspended_at = NULL")
    request_id = (await room.ask())["request_id"]
    for agency, key, code in ((FIRM, "no key", "wrong_signature"), (RIVAL, OTHER_KEY, "no_request")):
        async with on_line(room, request_id, key, agency) as line:
            assert await line.closed() == (4401, code)
    for change, back in (
        ("UPDATE agency_address SET network = '10.0.0.0/8'", "UPDATE agency_address SET network = '127.0.0.1/32'"),
        ("UPDATE agency_line SET active = false", "UPDATE agency_line SET active = true"),
    ):
        async with on_line(room, request_id) as line:
            await line.until("cameras")
            await room.scene.sql(change)
            assert (await line.closed())[0] == 4401
        await room.scene.sql(back)
    async with on_line(room, request_id) as line, on_line(room, request_id) as second:
        await line.until("cameras")
        await second.until("cameras")
        async with on_line(room, request_id) as third:
            assert await third.closed() == (1013, "too_many_lines"), "two for one request"
    with patch("server.line_live.MOST_OF_AGENCY", 0):
        async with on_line(room, request_id) as line:
            assert await line.closed() == (1013, "too_many_lines")
        async with on_line(room, request_id, "no key") as line:
            assert await line.closed() == (4401, "wrong_signature"), "what the agency did not sign counts for nothing"
