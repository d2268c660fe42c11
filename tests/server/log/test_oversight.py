"""The log for those who review it, the signed file, the caller's name with a reason, and the person's own view."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import typer
from typer.testing import CliRunner

from location_router.wire import CenterRef, Disclosed, Phase, State, Status
from server.check_export_command import attach
from server.intake import receive
from server.log.checkpoints import take
from server.log.disclosures import mine, receive_disclosed
from server.log.export import check
from server.people import service as people
from server.releases import NewRelease, grant
from server.staff.service import add_account
from tests.server.conftest import PASSWORD, Desk
from tests.server.deliveries import CENTERS, delivery, rows, sent, tags

pytestmark = pytest.mark.database
PERIOD = {"from": "2020-01-01T00:00:00Z", "to": "2099-01-01T00:00:00Z"}


@pytest.fixture
async def office(desk: Desk) -> Desk:
    """The desk, with a privacy officer, an auditor and an administrator."""
    async with desk.services.db.begin() as unit:
        for role in ("privacy", "auditor", "admin"):
            await add_account(
                unit,
                desk.services,
                login=role,
                password=PASSWORD,
                name=f"{role} 박",
                role=role,
                desk="main",
                networks=["127.0.0.0/8"],
            )
    return desk


async def worked(desk: Desk, *, close: bool = True) -> UUID:
    """An incident that an operator has opened, asked a name of, and closed."""
    incident_id = UUID(str((await receive(desk.services, delivery())).incident_id))
    async with desk.browser() as operator:
        assert (await operator.get(f"/api/incidents/{incident_id}")).json()["incident"]["position"]
        await operator.post(f"/api/incidents/{incident_id}/acknowledge")
        await operator.post(f"/api/incidents/{incident_id}/note", json={"text": "어머니는 김보라 씨"})
        ask = {"reason": "본인에게 전화", "fields": ["name", "phone"]}
        shown = await operator.post(f"/api/incidents/{incident_id}/unmask", json=ask)
        assert (shown.json()["name"], shown.json()["phone"]) == ("홍길동", "01098765432"), shown.text
        if close:
            await operator.post(f"/api/incidents/{incident_id}/close", json={"disposition": "handled"})
    return incident_id


async def test_a_name_is_shown_with_a_reason_and_a_row_and_refused_without_either(office: Desk) -> None:
    incident_id = await worked(office, close=False)
    kinds = "SELECT kind, legal_basis, ended_at FROM release WHERE incident_id = :id ORDER BY kind"
    assert [row["kind"] for row in await rows(office.services, kinds, id=incident_id)] == ["identity", "position"]
    async with office.browser() as operator, office.browser("admin") as admin, office.browser("leader") as leader:
        path = f"/api/incidents/{incident_id}/unmask"
        assert (await operator.post(path, json={"reason": "", "fields": ["name"]})).status_code == 422
        assert (await operator.post(path, json={"reason": "호기심", "fields": ["address"]})).status_code == 422
        assert (await admin.post(path, json={"reason": "궁금", "fields": ["name"]})).json()["code"] == "wrong_role"
        said = {"reason": "확인", "fields": ["name"], "legal_basis": "curiosity"}
        refused = await leader.post(path, json=said)
        assert (refused.status_code, refused.json()["code"]) == (403, "legal_basis")
        assert (await leader.post(f"/api/incidents/{uuid4()}/unmask", json=said)).status_code == 404
        await operator.post(f"/api/incidents/{incident_id}/close", json={"disposition": "handled"})
        late = await operator.post(path, json={"reason": "다시", "fields": ["name"]})
        assert late.json()["code"] == "incident_closed"
    assert (await tags(office.services, incident_id)).count("release:refused") == 2
    assert all(row["ended_at"] for row in await rows(office.services, kinds, id=incident_id))


async def test_a_reviewer_reads_who_saw_what_page_by_page_and_not_what_was_said(office: Desk) -> None:
    incident_id = await worked(office)
    async with office.browser("auditor") as auditor, office.browser() as operator:
        assert (await operator.get("/api/log/releases")).json()["code"] == "wrong_role"
        read: list[dict[str, Any]] = []
        mark: str | None = ""
        while mark is not None:
            page = (await auditor.get("/api/log/releases", params={"limit": 1, "after": mark, **PERIOD})).json()
            read, mark = read + page["releases"], page["next"]
        assert [one["kind"] for one in read] == ["position", "identity"]
        assert {(one["viewer"]["name"], one["viewer"]["role"]) for one in read} == {("operator 김", "operator")}
        assert all(one["ended_at"] for one in read)
        assert read[0]["legal_basis_ko"] == "급박한 생명·신체·재산의 이익"
        one = (await auditor.get("/api/log/releases", params={"kind": "identity", "center": "41170"})).json()
        assert len(one["releases"]) == 1
        nobody = await auditor.get("/api/log/releases", params={"viewer_id": str(uuid4())})
        assert nobody.json() == {"releases": [], "next": None}
        events = (await auditor.get("/api/log/events", params={"incident_id": str(incident_id), "limit": 500})).json()
        noted = next(one for one in events["events"] if one["tag"] == "incident:noted")
        assert noted["payload"]["text"] == "●●●" and noted["actor"]["name"] == "operator 김"
        assert "김보라" not in json.dumps(events, ensure_ascii=False)
        assert (await auditor.get("/api/log/events", params={"after": "nonsense"})).status_code == 422
        assert (await auditor.get("/api/log/releases", params={"after": "x/y"})).status_code == 422
        assert await backwards(auditor, "releases") == list(reversed([row["release_id"] for row in read]))
        lines = (await auditor.get("/api/log/events", params={"limit": 500, "center": "41170", **PERIOD})).json()
        assert await backwards(auditor, "events", center="41170") == [row["event_id"] for row in lines["events"]][::-1]
        granted = read[1]["granted_event"]
        alone = (await auditor.get("/api/log/events", params={"event_id": granted})).json()["events"]
        assert [(row["seq"], row["payload"]["reason"]) for row in alone] == [(read[1]["seq"], "본인에게 전화")]
        wanted = {"release_id": read[1]["release_id"], **PERIOD}
        assert (await auditor.get("/api/log/releases", params=wanted)).json()["releases"] == [read[1]]
        for kind in ("releases", "events"):
            bad = await auditor.get(f"/api/log/{kind}", params={"after": "nonsense", "newest": True})
            assert bad.status_code == 422


async def backwards(auditor: httpx.AsyncClient, what: str, **more: str) -> list[str]:
    """Ids of the whole list, the latest first, two at a time."""
    found: list[str] = []
    mark: str | None = ""
    while mark is not None:
        asked = {"limit": 2, "after": mark, "newest": True, **PERIOD, **more}
        page = (await auditor.get(f"/api/log/{what}", params=asked)).json()
        found, mark = found + [row[f"{what[:-1]}_id"] for row in page[what]], page["next"]
    return found


async def test_a_reader_sees_until_when_the_log_is_sealed_and_that_it_was_changed(office: Desk) -> None:
    await worked(office)
    async with office.browser("auditor") as auditor:

        async def chain() -> dict[str, Any]:
            told = (await auditor.get("/api/log/chains")).json()["chains"]
            return next(one for one in told if one["center"] == "41170")

        assert (await chain())["is_intact"] is None
        await take(office.services)
        sealed = await chain()
        assert (sealed["is_intact"], sealed["lines_since"], sealed["is_late"]) == (True, 0, False)
        async with office.services.db.begin() as unit:
            edit = "UPDATE event SET hash = sha256(hash) WHERE center_id = '41170' AND seq = :seq"
            await unit.execute(edit, {"seq": sealed["sealed_seq"]})
        assert (await chain())["is_intact"] is False


async def test_the_exported_file_proves_itself_and_is_a_release_of_its_own(office: Desk, tmp_path: Path) -> None:
    await worked(office)
    body = {"reason": "분기 감사", "center": "41170", "format": "jsonl", **PERIOD}
    async with office.browser("auditor") as auditor, office.browser("admin") as admin:
        assert (await admin.post("/api/log/export", json=body)).json()["code"] == "wrong_role"
        assert (await auditor.post("/api/log/export", json=body)).status_code == 422, "79 years are no period"
        body |= {"from": "2025-01-01T00:00:00Z", "to": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
        answer = await auditor.post("/api/log/export", json=body)
        assert answer.headers["content-type"] == "application/zip", answer.text
        table = await auditor.post("/api/log/export", json=body | {"format": "csv"})
    file = tmp_path / "log.zip"
    file.write_bytes(answer.content)
    manifest = check(file)
    assert manifest["reason"] == "분기 감사" and manifest["checkpoint"]["center"] == "41170"
    assert manifest["chain"]["last_seq"] == manifest["files"]["events.jsonl"]["rows"]
    said = await rows(office.services, "SELECT ended_at FROM release WHERE kind = 'export'")
    assert len(said) == 2 and all(row["ended_at"] for row in said), "a file that was given is not open for ever"
    text = zipfile.ZipFile(file).read("releases.jsonl").decode()
    assert {json.loads(line)["kind"] for line in text.splitlines()} == {"position", "identity", "export"}
    assert "01098765432" not in text and "홍길동" not in text
    lines = list(csv.reader(io.StringIO(zipfile.ZipFile(io.BytesIO(table.content)).read("events.csv").decode())))
    assert lines[0][0] == "\ufeffcenter" and len(lines) > 5
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(forged, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace("operator 김".encode(), "operator 이".encode()))
    with pytest.raises(ValueError, match="was changed"):
        check(forged)
    command = typer.Typer()
    attach(command)
    command.command("other")(lambda: None)
    shown = [CliRunner().invoke(command, ["check-export", str(one)]) for one in (file, forged)]
    assert [one.exit_code for one in shown] == [0, 1], [one.output for one in shown]
    assert manifest["release_id"] in shown[0].output


async def person(desk: Desk) -> tuple[Any, UUID]:
    """Somebody whose home this is, with an alert that has ended."""
    person_id, device_id, alert_id = uuid4(), uuid4(), uuid4()
    async with desk.services.db.begin() as unit:
        await unit.execute(
            "INSERT INTO person (person_id, center_id, nickname_sealed, phone_sealed, phone_digest)"
            " VALUES (:id, '41170', 'x', 'x', 'x')",
            {"id": person_id},
        )
    user = people.DeviceUser(person_id, device_id, "41170")
    for state, phase in ((State.ASSIGNED, Phase.ACTIVE), (State.CLOSED, Phase.ENDED)):
        status = Status(
            status_id=uuid4(),
            alert_id=alert_id,
            assignment_no=1,
            state=state,
            phase=phase,
            center=CENTERS["41170"],
            at=datetime.now(UTC),
            seq=int(datetime.now(UTC).timestamp() * 1e6),
            home="home-1",
            person_id=str(person_id),
        )
        await people.receive_home_status(desk.services, status)
    return user, alert_id


async def test_after_closing_she_sees_what_was_shown_and_no_operators_name(office: Desk) -> None:
    user, alert_id = await person(office)
    incident_id = UUID(str((await receive(office.services, delivery(alert_id=alert_id))).incident_id))
    async with office.browser() as operator:
        await operator.get(f"/api/incidents/{incident_id}")
        assert (await mine(office.services, user))["alerts"] == [], "after a duress code her phone must not tell"
        async with office.services.db.begin() as unit:
            await unit.execute("UPDATE alert SET trigger = 'web'")
        [running] = (await mine(office.services, user))["alerts"]  # the web page has no PIN
        assert running["open"] and running["disclosures"] == [], "nothing is told while it runs"
        await operator.post(f"/api/incidents/{incident_id}/acknowledge")
        async with office.services.db.begin() as unit:
            live = NewRelease("41170", incident_id, "live", "operator", uuid4(), "x", "127.0.0.1", "pipa-18-2-3", "c-9")
            await grant(unit, live)
        await operator.post(f"/api/incidents/{incident_id}/close", json={"disposition": "handled"})
    async with office.services.db.begin() as unit:
        await unit.execute("UPDATE alert SET trigger = 'shake'")
        await unit.execute("UPDATE followed_alert SET outcome = 'cancelled'")
    assert (await mine(office.services, user))["alerts"] == [], "a cancel looks like a duress code, also a minute later"
    async with office.services.db.begin() as unit:
        await unit.execute("UPDATE followed_alert SET ended_at = ended_at - interval '2 days'")
    assert len((await mine(office.services, user))["alerts"]) == 1
    async with office.services.db.begin() as unit:
        await unit.execute("UPDATE followed_alert SET ended_at = now(), outcome = 'safe'")
    [told] = (await mine(office.services, user))["alerts"]
    assert told["complete"] and not told["open"]
    place = next(one for one in told["disclosures"] if one["kind"] == "position")
    assert (place["who_ko"], place["who_en"], place["center_ko"]) == ("관제 요원", "operator", "경기도 안양시")
    assert place["legal_basis_ko"] == "급박한 생명·신체·재산의 이익" and place["from"] <= place["to"]
    assert next(one for one in told["disclosures"] if one["kind"] == "live")["camera"] == "c-9"
    assert "operator 김" not in json.dumps(told, ensure_ascii=False)


async def test_another_installation_tells_the_home_center_when_it_closes(office: Desk) -> None:
    """The note that a serving center sends is the one that the home center keeps sealed and shows."""
    user, alert_id = await person(office)
    foreign = delivery(alert_id=uuid4())
    incident_id = UUID(str((await receive(office.services, foreign)).incident_id))
    async with office.browser() as operator:
        await operator.get(f"/api/incidents/{incident_id}")
        await operator.post(f"/api/incidents/{incident_id}/acknowledge")
        assert [one for one in await sent(office.services, "status") if one["kind"] == "disclosed"] == []
        await operator.post(f"/api/incidents/{incident_id}/close", json={"disposition": "handled"})
    [note] = [one for one in await sent(office.services, "status") if one["kind"] == "disclosed"]
    assert [row["kind"] for row in note["rows"]] == ["position"] and "operator 김" not in json.dumps(note)
    there = CenterRef(code="26110", name_ko="부산광역시 중구", name_en="Jung-gu, Busan")
    arrived = Disclosed.model_validate(note | {"alert_id": str(alert_id), "person_id": str(user.person_id)})
    arrived = arrived.model_copy(update={"center": there})
    assert not await receive_disclosed(office.services, arrived.model_copy(update={"person_id": str(uuid4())}))
    for _ in range(2):  # the bus repeats itself
        assert await receive_disclosed(office.services, arrived)
    [told] = (await mine(office.services, user))["alerts"]
    assert [one["kind"] for one in told["disclosures"]] == ["position"]
    [kept] = await rows(office.services, "SELECT body_sealed FROM disclosure_note")
    assert "관제".encode() not in bytes(kept["body_sealed"])
