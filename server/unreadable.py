"""Messages that no program could read (invariant 3): shown by their structure, read in full with a reason on record.

Behind one may be a cry for help, so a person must be able to read it; but a list that is looked at every day is no
place for names and numbers.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from location_router.runtime.hiding import PERSONAL, hide
from location_router.runtime.problems import Problem
from server.connection import services_of
from server.events import record_admin
from server.services import Services
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Overseer = Annotated[Viewer, Depends(permitted("quarantine.read"))]
Unmasker = Annotated[Viewer, Depends(permitted("identity.unmask"))]
_PLAIN = re.compile(r"[a-z0-9_:.+\-TZ]{0,40}", re.ASCII)


class ReasonBody(BaseModel):
    reason: str = Field(min_length=1, max_length=500)


@router.get("/api/quarantine")
async def quarantine(request: Request, viewer: Overseer) -> dict[str, Any]:
    """Newest first; `body` tells what is there, not what it says."""
    return {"quarantine": await quarantined(services_of(request))}


@router.post("/api/quarantine/{quarantine_id}/read")
async def read(
    request: Request, viewer: Overseer, _unmasker: Unmasker, quarantine_id: UUID, body: ReasonBody
) -> dict[str, Any]:
    """The whole message, for who may see a name; the reason is on record before it is shown."""
    return {"body": await read_in_full(services_of(request), viewer, quarantine_id, reason=body.reason)}


async def quarantined(services: Services, *, limit: int = 100) -> list[dict[str, Any]]:
    """What could not be read, newest first, without what it says."""
    async with services.db.begin() as unit:
        rows = await unit.all("SELECT * FROM quarantine ORDER BY received_at DESC LIMIT :limit", {"limit": limit})
    return [
        {
            "quarantine_id": str(row["quarantine_id"]),
            "source": row["source"],
            "reason": row["reason"],
            "received_at": row["received_at"].isoformat().replace("+00:00", "Z"),
            "body": masked(services.sealer.open(row["body_sealed"], context=f"quarantine:{row['quarantine_id']}")),
        }
        for row in rows
    ]


async def read_in_full(services: Services, viewer: Viewer, quarantine_id: UUID, *, reason: str) -> str:
    """The message as it came. Problem 404 `no_such_message`."""
    async with services.db.begin() as unit:
        found = "SELECT body_sealed FROM quarantine WHERE quarantine_id = :id"
        sealed = await unit.scalar(found, {"id": quarantine_id})
        if sealed is None:
            raise Problem(404, "no_such_message", "그런 메시지가 없습니다.", "There is no such message.")
        payload = {"what": "quarantine", "quarantine_id": str(quarantine_id), "reason": reason}
        record_admin(unit, tag="search:message_read", actor=viewer.actor, payload=payload)
        body = services.sealer.open(sealed, context=f"quarantine:{quarantine_id}")
    return str(body)


def masked(body: str | None) -> str:
    """The structure of a JSON message with its plain words (ids, times, states); of anything else only the length."""
    if body is None:
        return ""
    try:
        value = json.loads(body)
    except ValueError:
        return f"[{len(body)} characters]"
    return json.dumps(_structure(value), ensure_ascii=False)


def _structure(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {_plain(str(name)): _structure(one, str(name)) for name, one in value.items()}
    if isinstance(value, list):
        return [_structure(one, key) for one in value[:20]]
    if isinstance(value, str):
        return f"[{len(value)} characters]" if key.lower() in PERSONAL else _plain(value)
    if isinstance(value, bool) or value is None:
        return value
    return value if isinstance(value, int) and abs(value) < 1000 and key.lower() not in PERSONAL else "[number]"


def _plain(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and hide(text) == text else f"[{len(text)} characters]"
