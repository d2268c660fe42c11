"""A detective asks for the pictures of a night: ordered, made, fetched, verified, and gone with the incident."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from server.actor import SYSTEM
from server.endings import end_with_incident
from server.evidence import making, service
from server.evidence.package import read_package
from server.evidence.routes import router
from server.incidents import service as incidents
from server.incidents.model import Close
from server.incidents.state import Who
from server.recordings import keeping
from server.staff.model import Viewer
from server.staff.routes import signed_in
from tests.server.evidence.films import a_segment
from tests.server.scene import CENTER, Scene, app_of, client, installation, listening

RECIPIENT = {"name": "김수사", "agency": "112-demo", "case_no": "2026-1234"}


class Seat:
    """The routes over HTTP, with who sits there set by the test (log-in has its own stories)."""

    def __init__(self, scene: Scene, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
        self.scene, self.http, self._monkeypatch = scene, http, monkeypatch
        self.sit("supervisor")

    def sit(self, login: str) -> None:
        viewer = self.scene.staff[login]

        async def who(request: Any) -> Viewer:
            return viewer

        self._monkeypatch.setattr("server.staff.routes.signed_in", who)

    async def order(self, incident_id: UUID, **changes: Any) -> httpx.Response:
        now = self.scene.services.clock()
        body = {
            "camera_ids": ["cam-1", "cam-2"],
            "from_at": (now - timedelta(minutes=4)).isoformat(),
            "until_at": now.isoformat(),
            "reason": "수사 협조 공문 2026-77",
            "recipient": RECIPIENT,
            "expires_at": (now + timedelta(days=2)).isoformat(),
        } | changes
        return await self.http.post(f"/api/incidents/{incident_id}/evidence", json=body)

    async def ready(self, incident_id: UUID) -> tuple[UUID, str]:
        answer = (await self.order(incident_id)).json()
        package_id = UUID(answer["package"]["package_id"])
        assert await self.scene.one("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'make_evidence'") >= 1
        await making.make(self.scene.services, package_id)
        return package_id, str(answer["password"])

    def at(self, incident_id: UUID, package_id: UUID, end: str = "") -> str:
        return f"/api/incidents/{incident_id}/evidence/{package_id}{end}"


@asynccontextmanager
async def a_night(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Seat, UUID]]:
    assert signed_in is not None
    async with installation(url, video_dir=folder) as scene:
        incident_id = await scene.emergency()
        now = scene.services.clock()
        rows = [
            a_segment(folder, center=CENTER, camera=camera, begin_at=now - timedelta(seconds=back))
            for camera in ("cam-1", "cam-2")
            for back in (100, 98)
        ]
        async with scene.services.db.begin() as unit:
            await keeping.add_segments(unit, rows)
        async with listening(app_of(scene.services, router)) as address, client(address) as http:
            yield Seat(scene, http, monkeypatch), incident_id


async def test_from_the_order_to_the_end(
    installation_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_night(installation_database, tmp_path, monkeypatch) as (seat, incident_id):
        scene, services = seat.scene, seat.scene.services
        await _refusals(seat, incident_id)
        assert await scene.one("SELECT count(*) FROM release WHERE kind = 'evidence'") == 0

        package_id, password = await seat.ready(incident_id)
        package = (await seat.http.get(seat.at(incident_id, package_id))).json()["package"]
        assert package["state"] == "ready" and package["progress"] == 1 and package["recipient"] == RECIPIENT
        listed = (await seat.http.get(f"/api/incidents/{incident_id}/evidence")).text
        assert password not in listed and await scene.one("SELECT password_sealed FROM evidence_package") is None
        assert (await scene.one("SELECT count(*) FROM release WHERE first_byte_at IS NOT NULL")) == 0

        file = await seat.http.get(seat.at(incident_id, package_id, "/file"))
        (tmp_path / "fetched.zip").write_bytes(file.content)
        read = read_package(tmp_path / "fetched.zip", password)
        assert read.findings == [] and read.manifest is not None
        assert [len(one["segments"]) for one in read.manifest["cameras"]] == [2, 2]
        assert b"supervisor" not in file.content[:4000] and "김수사".encode() not in file.content, "encrypted"
        assert await scene.one(
            "SELECT count(*) FROM release WHERE kind = 'evidence' AND first_byte_at IS NOT NULL"
        ) == len(read.manifest["release_ids"])

        chief = await scene.add("chief", "supervisor", desk="main")
        seat.sit(chief.login)
        assert (await seat.http.get(seat.at(incident_id, package_id, "/file"))).json()["code"] == "not_your_package"
        seat.sit("supervisor")

        await _close(scene, incident_id)
        assert (await seat.http.get(seat.at(incident_id, package_id, "/file"))).status_code in (403, 409)
        await service.sweep(services)
        assert not service.file_of(services, package_id).exists()
        assert await scene.one("SELECT state FROM evidence_package") == "ended"
        assert (await seat.order(incident_id)).json()["code"] == "incident_closed", "reopened with a reason first"
        tags = [tag for tag in await scene.tags(incident_id) if tag.startswith("evidence:")]
        assert tags == ["evidence:ordered", "evidence:ready", "evidence:fetched", "evidence:ended"]


async def _refusals(seat: Seat, incident_id: UUID) -> None:
    """None of these leaves a release; what the gate refused is a line in the log."""
    now = seat.scene.services.clock()
    for changes, code in (
        ({"camera_ids": ["nowhere"]}, "unknown_camera"),
        ({"camera_ids": ["cam-3"]}, "nothing_recorded"),
        ({"from_at": (now - timedelta(minutes=20)).isoformat()}, "before_the_incident"),
        ({"from_at": (now - timedelta(hours=2)).isoformat()}, "invalid"),
        ({"expires_at": (now + timedelta(days=30)).isoformat()}, "invalid"),
        ({"camera_ids": ["cam-1", "cam-1"]}, "invalid"),
        ({"legal_basis": "pipa-25"}, "legal_basis"),
        ({"reason": "   "}, "no_reason"),
    ):
        answer = await seat.order(incident_id, **changes)
        assert answer.json()["code"] == code, (changes, answer.text)
    for login in ("operator", "admin", "police"):
        seat.sit(login)
        assert (await seat.order(incident_id)).json()["code"] == "wrong_role"
    seat.sit("supervisor")
    drill = await seat.scene.emergency(is_drill=True)
    assert (await seat.order(drill)).json()["code"] == "drill"


async def _close(scene: Scene, incident_id: UUID) -> None:
    command = Close("handled", "", Who(scene.staff["operator"].account_id))
    async with scene.services.db.begin() as unit:
        before = await incidents.locked(unit, incident_id)
        after = await incidents.perform(unit, scene.services, incident_id, command, SYSTEM, state=before)
        await end_with_incident(unit, scene.services, before, after)


async def test_what_ends_while_it_is_made_is_not_made(
    installation_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log-out while the worker writes, a withdrawal, a killed worker's remains, and a disk that is full."""
    async with a_night(installation_database, tmp_path, monkeypatch) as (seat, incident_id):
        scene, services = seat.scene, seat.scene.services
        first, _ = await seat.ready(incident_id)
        answer = await seat.http.delete(seat.at(incident_id, first))
        assert answer.json()["package"]["end_reason"] == "withdrawn" and not service.file_of(services, first).exists()

        left = service.file_of(services, first).with_suffix(".part")
        left.write_bytes(b"a worker died here")
        await service.sweep(services)
        assert not left.exists()

        monkeypatch.setattr(making.shutil, "disk_usage", lambda path: type("Disk", (), {"free": 0}))
        second, _ = await seat.ready(incident_id)
        assert (await seat.http.get(seat.at(incident_id, second))).json()["package"]["problem"] == "no_room"
        assert await scene.one("SELECT count(*) FROM release WHERE ended_at IS NULL AND kind = 'evidence'") == 0
        monkeypatch.undo()
        seat.sit("supervisor")

        with monkeypatch.context() as broken:
            broken.setattr(making, "write_package", lambda part, *_, **__: part.write_bytes(b"half") and 1 // 0)
            odd, _ = await seat.ready(incident_id)
        told = (await seat.http.get(seat.at(incident_id, odd))).json()["package"]
        assert (told["state"], told["problem"]) == ("failed", "broken"), "not for ever in the making"
        assert not list((tmp_path / "evidence").iterdir())

        third = UUID((await seat.order(incident_id)).json()["package"]["package_id"])
        supervisor = scene.staff["supervisor"].account_id
        await scene.sql("UPDATE session SET ended_at = now() WHERE account_id = :id", id=supervisor)
        await making.make(services, third)
        assert await scene.one("SELECT end_reason FROM evidence_package WHERE package_id = :id", id=third) == (
            "session_ended"
        )
        assert not list((tmp_path / "evidence").iterdir())
