"""What LoST messages say, as values. Degrees and metres; angles clockwise from north; times aware, in UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

LOST = "urn:ietf:params:xml:ns:lost1"
GML = "http://www.opengis.net/gml"
PIDFLO = "http://www.opengis.net/pidflo/1.0"
WGS84 = "urn:ogc:def:crs:EPSG::4326"
MEDIA_TYPE = "application/lost+xml"
GEODETIC = "geodetic-2d"
DOTTED = re.compile(r"([a-zA-Z0-9\-]+\.)+[a-zA-Z0-9]+\Z", re.ASCII)
"""What `source`, `target` and `via` may look like (appUniqueString of the schema): no port, no `localhost`."""

ERRORS = frozenset(
    (
        "badRequest",
        "forbidden",
        "internalError",
        "locationProfileUnrecognized",
        "locationInvalid",
        "SRSInvalid",
        "loop",
        "notFound",
        "serverError",
        "serverTimeout",
        "serviceNotImplemented",
    )
)
WARNINGS = frozenset(("locationValidationUnavailable", "serviceSubstitution", "defaultMappingReturned"))
OUTSIDE_SCHEMA = frozenset(("SRSInvalid", "locationValidationUnavailable"))
"""Defined by the RFC's prose, forgotten by its schema."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Area:
    """A `geodetic-2d` shape. `lat`, `lon`: the point, the centre, or a polygon's first corner. `ring`: (lat, lon),
    not closed; sizes in metres, used as the kind needs them."""

    kind: Literal["point", "circle", "ellipse", "polygon", "arc_band"]
    lat: float
    lon: float
    ring: tuple[Point, ...] = ()
    radius_m: float = 0.0
    semi_major_m: float = 0.0
    semi_minor_m: float = 0.0
    orientation_deg: float = 0.0
    inner_radius_m: float = 0.0
    outer_radius_m: float = 0.0
    start_angle_deg: float = 0.0
    opening_angle_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Place:
    """The location that was understood: `location_id` is echoed as locationUsed, empty when the client gave none."""

    location_id: str
    area: Area


@dataclass(frozen=True, slots=True)
class FindService:
    place: Place
    service: str
    recursive: bool = False
    by_value: bool = False
    validate: bool = False
    path: tuple[str, ...] = ()
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListServicesByLocation:
    place: Place
    service: str = ""
    recursive: bool = False
    path: tuple[str, ...] = ()
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListServices:
    service: str = ""
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GetServiceBoundary:
    key: str


Query = FindService | ListServicesByLocation | ListServices | GetServiceBoundary


@dataclass(frozen=True, slots=True)
class Note:
    """An error or a warning. Texts in both languages; one goes out, by the language the client asked for."""

    kind: str
    ko: str = ""
    en: str = ""
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notes:
    """The warnings that one server gave."""

    source: str
    notes: tuple[Note, ...]


Rings = tuple[tuple[Point, ...], ...]
"""One polygon of a boundary: its outer ring, then its holes; each closed, (lat, lon)."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """`expires`: when to ask again; None = NO-CACHE. `forever` = NO-EXPIRATION (only in answers of others)."""

    source: str
    source_id: str
    last_updated: datetime
    expires: datetime | None
    service: str
    names: tuple[tuple[str, str], ...] = ()
    uris: tuple[str, ...] = ()
    number: str = ""
    boundary_source: str = ""
    boundary_key: str = ""
    boundary: tuple[Rings, ...] = ()
    forever: bool = False


@dataclass(frozen=True, slots=True)
class FindServiceResponse:
    mappings: tuple[Mapping, ...]
    path: tuple[str, ...]
    warnings: tuple[Notes, ...] = ()
    location_used: str = ""


@dataclass(frozen=True, slots=True)
class ListServicesResponse:
    """Also the answer to listServicesByLocation (`by_location`), which alone has `location_used`."""

    services: tuple[str, ...]
    path: tuple[str, ...]
    by_location: bool = False
    warnings: tuple[Notes, ...] = ()
    location_used: str = ""


@dataclass(frozen=True, slots=True)
class BoundaryResponse:
    boundary: tuple[Rings, ...]
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Errors:
    source: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Redirect:
    target: str
    source: str
    ko: str = ""
    en: str = ""


Answer = FindServiceResponse | ListServicesResponse | BoundaryResponse | Errors | Redirect


class Refusal(Exception):
    """The query can't be answered; becomes `<errors>` in a 200."""

    def __init__(self, kind: str, ko: str, en: str, profiles: tuple[str, ...] = ()) -> None:
        super().__init__(en)
        self.note = Note(kind, ko, en, profiles)
