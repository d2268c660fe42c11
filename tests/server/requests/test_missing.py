"""A missing child: the telco's request, its photo and how sure the place is, the guardian told, and nothing left."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import Mock, patch
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image

from location_router.runtime.webhook import signed_call
from server import attachment_routes, telco_places
from server.actor import SYSTEM
from server.captures import service as captures
from server.dispatch.lines import set_line
from server.gate import Refused
from server.intake import receive
from server.requests import deciding, rescue
from server.retention.kinds import kind_named
from server.retention.purge import purge
from tests.server.deliveries import PHONE, delivery
from tests.server.requests.asking import KEY, OTHER, Office, agree, office
from tests.server.requests.test_whole_way import close
from tests.server.scene import LAT, LON, app_of, client, listening

TELCO, BASIS = "telco-1", "lia-29"
CHILD = {
    "name": "이보라", "age": 7, "appearance": "노란 우비", "method": "cell", "radius_m": 800,
    "guardian_name": "김엄마", "guardian_phone": "010-2222-3333",
    "consent": {"by": "guardian", "at": "2026-11-01T00:00:00Z"}, "occasion": "geofence_exit", "zone": "학교",
}  # fmt: skip


@dataclass
class Telco:
    room: Office
    http: httpx.AsyncClient

    async def send(self, path: str, body: bytes, form: str, *, key: str = KEY) -> httpx.Response:
        at, where = int(self.room.scene.services.clock().timestamp()), f"/api/lines/{TELCO}{path}"
        headers = signed_call(key, str(uuid4()), body, method="POST", path=where, at=at)
        return await self.http.post(where, content=body, headers=headers | {"Content-Type": form})

    async def ask(self, **changed: Any) -> dict[str, Any]:
        said = self.room.letter(agency_id=TELCO, trigger="missing_child", legal_basis=BASIS, subject=CHILD, **changed)
        answer = await self.room.send("", said, agency=TELCO)
        assert answer.status_code == 202, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def texts(self) -> list[tuple[str, str]]:
        """(number, words) that wait for the gateway, oldest first."""
        opened = self.room.scene.services.sealer.open
        rows = await self.room.scene.sql("SELECT * FROM text_message ORDER BY created_at")
        return [
            tuple(
                opened(row[f"{name}_sealed"], context=f"text_message.{name}:{row['message_id']}")
                for name in ("to", "text")
            )
            for row in rows
        ]


@pytest.fixture
async def telco(installation_database: str) -> AsyncIterator[Telco]:
    async with office(installation_database) as room:
        await room.scene.sql(
            "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES (:id, 'telco', '안심통신', 'Telco')",
            id=TELCO,
        )
        async with room.scene.services.db.begin() as unit:
            await set_line(
                unit, room.scene.services, agency_id=TELCO, center_id=None, kind="webhook",
                url="http://127.0.0.1:9/", key=KEY, actor=SYSTEM,
            )  # fmt: skip
        await agree(room.scene, TELCO, triggers=["missing_child", "missing_dementia"], legal_bases=[BASIS])
        app = app_of(room.scene.services, attachment_routes.router)
        async with listening(app) as address, client(address) as http:
            yield Telco(room, http)


def photo(colour: str = "red") -> bytes:
    """A JPEG that says where it was taken."""
    about = Image.Exif()
    about[0x010E] = "her secret home"
    out = io.BytesIO()
    Image.new("RGB", (1800, 900), colour).save(out, "JPEG", exif=about, comment=b"her secret street")
    return out.getvalue()


async def looks(telco: Telco, incident_id: UUID) -> dict[str, bytes]:
    """What the operator sees of what came: id → bytes, under a release."""
    services, operator = telco.room.scene.services, telco.room.viewer("operator")
    release = UUID((await captures.open_captures(services, operator, incident_id))["release_id"])
    listed = await captures.listed(services, operator, incident_id)
    assert not listed["is_broken"] and listed["missing"] == 0, listed
    return {
        f"{one['kind']} {one['lens']} {one['capture_id']}": (
            await captures.content(services, operator, incident_id, UUID(one["capture_id"]), release)
        )[1]
        for one in listed["captures"]
    }


async def _is_refused_with_a_row(telco: Telco, path: str, reading: dict[str, Any]) -> None:
    for body, form, status, code in (
        (b"not a picture", "image/png", 400, "unreadable"),
        (photo()[:2000], "image/jpeg", 400, "unreadable"),
        (photo(), "application/pdf", 415, "unknown_form"),
        (json.dumps(reading | {"free": "text"}).encode(), "application/json", 422, "invalid"),
    ):
        wrong = await telco.send(path, body, form)
        assert (wrong.status_code, wrong.json()["code"]) == (status, code), wrong.text
    assert (await telco.send(path, photo(), "image/jpeg", key="another")).status_code == 401
    long = await telco.room.http.post(f"/api/lines/{TELCO}/requests", content=bytes(70_000))
    assert (long.status_code, long.json()["field"]) == (413, "body"), "before its signature is looked at"
    refused = await telco.room.scene.sql("SELECT code FROM request_refusal WHERE agency_id = :id ORDER BY at", id=TELCO)
    assert [one["code"] for one in refused] == [
        "unreadable",
        "unreadable",
        "unknown_form",
        "invalid",
        "wrong_signature",
    ]


async def test_a_missing_child_from_the_request_to_the_end(telco: Telco) -> None:
    room, services = telco.room, telco.room.scene.services
    told = await telco.ask()
    request_id = UUID(told["request_id"])
    row = await room.row(told["request_id"])
    incident_id, path = row["incident_id"], f"/requests/{request_id}/attachments"
    (place,) = await room.scene.sql("SELECT * FROM position WHERE incident_id = :id", id=incident_id)
    assert place["source"] == "telco" and 300 < place["accuracy_m"] < 800, "800 m that hold 95 %"

    sent = await telco.send(path, photo(), "image/jpeg")
    assert sent.status_code == 202 and sent.json()["is_kept"], sent.text
    again = await telco.send(path, photo(), "image/jpeg")
    assert again.json()["attachment_id"] == sent.json()["attachment_id"]
    at = services.clock().isoformat()
    reading = {"kind": "sensor", "name": "체온", "value": 36.4, "unit": "°C", "at": at}
    second = await telco.send(path, photo("blue"), "image/jpeg")
    read = await telco.send(path, json.dumps(reading).encode(), "application/json")
    assert (second.status_code, read.status_code) == (202, 202), read.text
    await _is_refused_with_a_row(telco, path, reading)

    seen = await looks(telco, incident_id)
    assert [name.split()[:2] for name in seen] == [["photo", "agency"], ["photo", "agency"], ["reading", "agency"]]
    for name, body in seen.items():
        if name.startswith("photo"):
            picture = Image.open(io.BytesIO(body))
            assert picture.size == (1600, 800) and not picture.getexif() and b"secret" not in body
        else:
            assert json.loads(body)["value"] == 36.4

    assert await telco.texts() == []
    await deciding.accept(services, room.viewer("operator"), incident_id, request_id)
    ((number, words),) = await telco.texts()
    assert number == "01022223333" and "찾고 있습니다" in words and "이보라" not in words and "37." not in words

    await room.send(f"/{request_id}/positions", {"positions": [{"lat": LAT, "lon": LON + 0.001}]}, agency=TELCO)
    await room.scene.sql(
        "INSERT INTO position SELECT alert_id, now(), center_id, incident_id, lat, lon, accuracy_m, speed_mps,"
        " heading_deg, 'agency', received_at FROM position WHERE incident_id = :id LIMIT 1", id=incident_id,
    )  # fmt: skip
    await close(room, incident_id)
    assert ["마쳤습니다" in text for _, text in await telco.texts()] == [False, True]
    for table in ("position", "capture", "capture_piece"):
        assert await room.scene.one(f"SELECT count(*) FROM {table} WHERE incident_id = :id", id=incident_id) == 0, table
    with pytest.raises(Refused):
        await captures.open_captures(services, room.viewer("operator"), incident_id)
    late = await telco.send(path, photo("green"), "image/jpeg")
    assert (late.status_code, late.json()["code"]) == (409, "not_open")
    lines = [tag for tag in await room.scene.tags(incident_id) if tag.startswith(("request:guardian", "capture:"))]
    assert lines == ["capture:attached", "capture:attached", "request:guardian_told", "request:guardian_told"]


async def test_a_week_after_the_rescue_nobody_is_named_any_more(telco: Telco) -> None:
    room, services, kinds = telco.room, telco.room.scene.services, [kind_named("missing_subjects")]
    row = await room.row((await telco.ask())["request_id"])
    operator = room.viewer("operator")
    await deciding.reject(services, operator, row["incident_id"], row["request_id"], reason="duplicate", note="")
    for days, is_named in ((2, True), (9, False)):
        room.forward(days * 86400)
        await purge(services, kinds=kinds)
        row = await room.row(str(row["request_id"]))
        assert (row["body_sealed"] is not None, row["legal_basis"]) == (is_named, BASIS)


async def test_a_telcos_place_stands_beside_the_callers_and_tells_the_telco_nothing(telco: Telco) -> None:
    room, services = telco.room, telco.room.scene.services
    receipt = await receive(services, delivery(served_by=services.settings.installation))
    hers = await room.scene.sql("SELECT * FROM position")
    assert await room.scene.one("SELECT number_digest IS NOT NULL FROM alert"), "worked out with the alert"

    async def place(status: int = 202, *, key: str = KEY, **changed: Any) -> dict[str, Any]:
        fixed_at = services.clock() - timedelta(seconds=20)
        said = {"entry_id": str(uuid4()), "phone": PHONE, "lat": LAT + 0.01, "lon": LON, "method": "cell"}
        said |= {"fixed_at": fixed_at.isoformat(), **changed}
        answer = await telco.send("/sources", json.dumps(said).encode(), "application/json", key=key)
        assert answer.status_code == status, answer.text
        told: dict[str, Any] = answer.json()
        assert status != 202 or told == {"entry_id": said["entry_id"]}
        waiting = await room.scene.sql("SELECT args FROM procrastinate_jobs WHERE task_name = 'keep_telco_place'")
        assert len(waiting) == (status == 202), "the same work, whoever calls: nobody has looked yet"
        for job in waiting:
            assert str(said["phone"]) not in str(job["args"])
            await telco_places.keep(services, **job["args"])
            await room.scene.sql("DELETE FROM procrastinate_jobs WHERE task_name = 'keep_telco_place'")
        return told

    first = await place(phone="010-9876-5432")
    await place(entry_id=first["entry_id"])
    await place(phone="01011112222")
    (kept,) = await room.scene.sql("SELECT * FROM second_source")
    opened = services.sealer.open(kept["words_sealed"], context=f"second_source.words:{kept['entry_id']}")
    assert (kept["incident_id"], kept["kind"], opened["radius_m"]) == (receipt.incident_id, "telco", 1000)
    assert await room.scene.sql("SELECT * FROM position") == hers
    for field, value in (("phone", "02-123-4567"), ("lat", 12.0), ("fixed_at", "2026-01-01T00:00:00Z"), ("x", 1)):
        assert field in (await place(422, **{field: value}))["field"]

    async with services.db.begin() as unit:
        await set_line(
            unit, services, agency_id=TELCO, center_id=OTHER, kind="webhook", url="http://127.0.0.1:9/", key="theirs",
            actor=SYSTEM,
        )  # fmt: skip
    assert (await place(403, key="theirs"))["code"] == "no_agreement", "another center's line says nothing here"
    (held,) = await room.scene.sql("SELECT * FROM alert")
    for is_of_before in (False, True):
        if is_of_before:
            await room.scene.sql("UPDATE alert SET number_digest = NULL")
        with patch.object(services, "sealer", Mock(wraps=services.sealer)) as counted:
            await place()
            await place()
        opened = [one for one in counted.open.call_args_list if "alert.caller" in one.kwargs.get("context", "")]
        assert len(opened) == is_of_before, "found by the digest; who called before an upgrade is opened once"
        (again,) = await room.scene.sql("SELECT * FROM alert")
        assert again["number_digest"] == held["number_digest"] != held["caller_digest"]
    assert await room.scene.one("SELECT count(*) FROM second_source") == 5, "each of them stands beside her alert"

    await room.scene.sql("UPDATE agreement SET legal_bases = '{pipa-18-2-3}' WHERE agency_id = :id", id=TELCO)
    assert (await place(403))["code"] == "no_agreement"
    assert await room.scene.one("SELECT count(*) FROM request_refusal WHERE agency_id = :id", id=TELCO) == 6
    await room.scene.sql("UPDATE incident SET state = 'acknowledged'")
    await close(room, receipt.incident_id)
    assert await room.scene.one("SELECT count(*) FROM second_source") == 0


@pytest.mark.parametrize(
    ("before", "after", "reason", "told"),
    [
        ("received", "accepted", "", "searching"),
        ("accepted", "ended", "incident_closed", "over"),
        ("accepted", "cancelled", "agency", "over"),
        ("accepted", "ended", "handed_over", None),
        ("received", "rejected", "duplicate", None),
        ("accepted", "accepted", "", None),
    ],
)
def test_when_the_guardian_is_told(before: str, after: str, reason: str, told: str | None) -> None:
    row = {"state": after, "reason": reason, "is_drill": False, "trigger": "missing_dementia"}
    words = ("received", "accepted") if before == "accepted" else ("received",)
    was = {"state": before, "history": [{"state": one} for one in words]}
    assert rescue.step_of(was, row) == told
    assert rescue.step_of(was, row | {"is_drill": True}) is None
    assert rescue.step_of(was, row | {"trigger": "help_request"}) is None


def test_a_request_that_is_decided_anew_tells_the_guardian_no_second_time() -> None:
    row = {"reason": "", "is_drill": False, "trigger": "missing_dementia"}
    merged = row | {"state": "received", "history": [{"state": one} for one in ("received", "accepted", "received")]}
    assert rescue.step_of(merged, row | {"state": "accepted"}) is None
    assert rescue.step_of(merged, row | {"state": "rejected"}) == "over", "who was told that they search hears the end"
