"""The log over HTTP: for the privacy officer, the auditor, whoever has `log.read`; the file for `log.export`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import IO, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, Field
from starlette.responses import StreamingResponse

from location_router.runtime.problems import Problem
from server.connection import services_of
from server.gate import MOST_REASON
from server.log import chains as chain_state
from server.log import reading
from server.log.export import Format, export
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Reader = Annotated[Viewer, Depends(permitted("log.read"))]
Exporter = Annotated[Viewer, Depends(permitted("log.export"))]
LONGEST = timedelta(days=3 * 366)


class Asked(BaseModel):
    """The filters, as they stand in the address."""

    since: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = Field(default=None, alias="to")
    center: str | None = Field(default=None, max_length=20)
    viewer_id: UUID | None = None
    incident_id: UUID | None = None
    camera_id: str | None = Field(default=None, max_length=80)
    kind: str | None = Field(default=None, max_length=20)
    agency_id: str | None = Field(default=None, max_length=80)
    tag: str | None = Field(default=None, max_length=60)
    refused: bool = False
    after: str = Field(default="", max_length=120)
    limit: int = Field(default=100, ge=1, le=reading.MOST)
    release_id: UUID | None = None
    event_id: UUID | None = None
    newest: bool = False

    def filter(self) -> reading.Filter:
        """NUL can't be asked of PostgreSQL; nothing in the log has one."""
        return reading.Filter(
            self.since,
            self.until,
            _clean(self.center),
            self.viewer_id,
            self.incident_id,
            _clean(self.camera_id),
            _clean(self.kind),
            _clean(self.agency_id),
            "release:refused" if self.refused else _clean(self.tag),
            self.after.replace("\x00", ""),
            self.limit,
            self.release_id,
            self.event_id,
            self.newest,
        )


def _clean(text: str | None) -> str | None:
    return text.replace("\x00", "") if text else None


@router.get("/api/log/releases")
async def releases(request: Request, viewer: Reader, asked: Annotated[Asked, Query()]) -> dict[str, Any]:
    """The provision log, oldest first (`newest=true`: the latest first); with `refused=true` what was refused
    instead, as events."""
    services = services_of(request)
    async with services.db.begin(center=viewer.scope) as unit:
        read = reading.events if asked.refused else reading.releases
        return await read(unit, services, asked.filter())


@router.get("/api/log/events")
async def events(request: Request, viewer: Reader, asked: Annotated[Asked, Query()]) -> dict[str, Any]:
    """The chain by number; of the installation's own chain (`-`) only who serves all centers sees the lines."""
    services = services_of(request)
    async with services.db.begin(center=viewer.scope) as unit:
        return await reading.events(unit, services, asked.filter())


@router.get("/api/log/chains")
async def chains(request: Request, viewer: Reader) -> dict[str, Any]:
    """Up to where each chain is sealed, and whether the log still says what the last seal signed."""
    return await chain_state.told(services_of(request), viewer)


class ExportBody(BaseModel):
    reason: str = Field(min_length=2, max_length=MOST_REASON)
    since: AwareDatetime = Field(alias="from")
    until: AwareDatetime = Field(alias="to")
    center: str = Field(max_length=20)
    format: Format = "jsonl"
    legal_basis: str | None = Field(default=None, max_length=80)


@router.post("/api/log/export")
async def make_export(request: Request, viewer: Exporter, body: ExportBody) -> StreamingResponse:
    """The signed file. Answered when the release of it is on disk and the file is whole."""
    if not timedelta(0) < body.until - body.since <= LONGEST:
        raise Problem(
            422,
            "invalid",
            "기간을 확인해 주세요: from은 to보다 앞서고, 3년을 넘지 않아야 합니다.",
            "Check the period: from is before to, and it is no longer than three years.",
            fields=[{"field": "to", "message": "after `from`, three years at most", "value": body.until.isoformat()}],
        )
    services = services_of(request)
    file = await export(
        services,
        viewer,
        center=body.center.replace("\x00", ""),
        since=body.since,
        until=body.until,
        form=body.format,
        reason=body.reason.replace("\x00", ""),
        legal_basis=body.legal_basis,
    )
    name = f"ansim-log-{_plain(body.center)}-{_day(body.since)}-{_day(body.until)}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(_blocks(file), media_type="application/zip", headers=headers)


def _plain(text: str) -> str:
    return "".join(one for one in text if one.isascii() and one.isalnum())[:20]


def _day(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%d")


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while block := file.read(1 << 16):
            yield block
