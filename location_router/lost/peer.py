"""Another LoST server, for places and services that are not ours: one entry of `LOST_PEERS`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

DOTTED_NAME = r"^([a-zA-Z0-9\-]+\.)+[a-zA-Z0-9]+$"
_Latitude = Annotated[float, Field(ge=-90, le=90)]
_Longitude = Annotated[float, Field(ge=-180, le=180)]


class Peer(BaseModel):
    """`services`: those it answers, with all below them (none: any); `area`: south, west, north, east in degrees
    (absent: everywhere)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(pattern=DOTTED_NAME, max_length=253)
    url: str = Field(pattern=r"^https?://[^\s/]+", max_length=500)
    services: tuple[str, ...] = ()
    area: tuple[_Latitude, _Longitude, _Latitude, _Longitude] | None = None

    def answers(self, service: str, *, lat: float, lon: float) -> bool:
        if self.services and not any(service == one or service.startswith(one + ".") for one in self.services):
            return False
        if self.area is None:
            return True
        south, west, north, east = self.area
        return south <= lat <= north and west <= lon <= east
