"""What the pages are sent, as pydantic models: the one author of their types.

`schemas()` goes into the API's OpenAPI document (server/openapi.py); from there `npm run types` writes
`server/web/src/generated.ts`. The routes go on sending plain dictionaries, which is fast; that these are what is
written here is proved on what the server really sends (tests/server/test_page_wire.py).
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from server.page_wire.agency import AgencyDispatch, AgencyFrame
from server.page_wire.cards import CameraTicket, IncidentDetail, SecondSource
from server.page_wire.frames import FeedFrame, FollowFrame
from server.page_wire.people import FollowView, Me
from server.page_wire.profile import CallerProfile

PLACE = "#/components/schemas/{model}"
MODELS: tuple[type[BaseModel], ...] = (
    IncidentDetail,
    CameraTicket,
    CallerProfile,
    Me,
    FollowView,
    AgencyDispatch,
    SecondSource,
)
FRAMES = {"FeedFrame": FeedFrame, "AgencyFrame": AgencyFrame, "FollowFrame": FollowFrame}


def schemas() -> dict[str, Any]:
    """JSON schemas by name: every model, and the union of each socket's frames."""
    _, found = models_json_schema([(model, "validation") for model in MODELS], ref_template=PLACE)
    schemas: dict[str, Any] = found["$defs"]
    for name, frames in FRAMES.items():
        schema = frames.json_schema(ref_template=PLACE)
        schemas |= schema.pop("$defs")
        schemas[name] = schema
    return schemas
