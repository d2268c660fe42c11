"""What a LoST query is answered with. Pure: the world as it stands comes in, an answer or a peer to ask comes out."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Lookup
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from location_router import geo
from location_router.assign import Assignment, CenterFacts, assign
from location_router.index import Jurisdictions, NoVersionError
from location_router.lost.covering import anchor, covering, drawn_inward, outline
from location_router.lost.peer import Peer
from location_router.lost.services import NUMBERS, children, served
from location_router.lost.values import (
    Answer,
    Area,
    BoundaryResponse,
    Errors,
    FindService,
    FindServiceResponse,
    GetServiceBoundary,
    ListServices,
    ListServicesByLocation,
    ListServicesResponse,
    Mapping,
    Note,
    Notes,
    Query,
    Refusal,
)
from location_router.policy import NO_POLICIES, Policies
from location_router.states import TAKES
from location_router.wire import Uncertainty

MOST_MAPPINGS = 6
MOST_REACH_M = 1_000_000.0
KST = timezone(timedelta(hours=9))


@dataclass(frozen=True, slots=True)
class World:
    """Everything an answer depends on. `states` by center code (absent: online); `uri_of` a center's address or an
    empty text; `find_boundary` resolves a key; `next_change` the day when other borders come into force."""

    source: str
    now: datetime
    jurisdictions: Jurisdictions
    states: Lookup[str, str | CenterFacts]
    uri_of: Callable[[str], str]
    version_at: Callable[[date], Jurisdictions]
    find_boundary: Callable[[str], tuple[Jurisdictions, str] | None]
    lifetime_s: float = 3600.0
    policies: Policies = NO_POLICIES
    next_change: date | None = None
    peers: tuple[Peer, ...] = ()


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another server answers that: it is asked when the query allows recursion, else named in a redirect."""

    peer: Peer
    query: FindService | ListServicesByLocation


DEFAULT_SEA = Note(
    "defaultMappingReturned",
    "관할구역 밖입니다. 가장 가까운 센터입니다.",
    "in no jurisdiction: the center of the nearest one",
)
DEFAULT_FAILOVER = Note(
    "defaultMappingReturned",
    "관할 센터가 받을 수 없어 다음 센터입니다.",
    "its own center can't take calls now: the next one",
)
DEFAULT_SWAPPED = Note(
    "defaultMappingReturned",
    "위도와 경도가 바뀐 것으로 보고 바로잡았습니다.",
    "latitude and longitude were exchanged: put right",
)
SUBSTITUTED = Note(
    "serviceSubstitution",
    "요청한 서비스 대신 가장 가까운 서비스입니다.",
    "not the service asked for, but the one that does its work",
)
NOT_VALIDATED = Note(
    "locationValidationUnavailable",
    "주소 확인은 하지 않습니다.",
    "locations are not validated here",
)


def answer(query: Query, world: World) -> Answer | Elsewhere:
    """Refusals become Errors. The same query in the same world gives the same answer."""
    try:
        if isinstance(query, GetServiceBoundary):
            return _boundary(query, world)
        if world.source in query.path:
            raise Refusal("loop", "이 서버를 이미 거쳤습니다.", "this server has been visited already")
        if isinstance(query, ListServices):
            return ListServicesResponse(children(query.service), (*query.path, world.source))
        if isinstance(query, ListServicesByLocation):
            return _by_location(query, world)
        return _find(query, world)
    except Refusal as refusal:
        return Errors(world.source, (refusal.note,))


def _boundary(query: GetServiceBoundary, world: World) -> Answer:
    found = world.find_boundary(query.key)
    if found is None:
        raise Refusal("notFound", "모르는 경계 key입니다.", "no boundary has this key: ask findService again")
    return BoundaryResponse(drawn_inward(*found), (world.source,))


def _by_location(query: ListServicesByLocation, world: World) -> Answer | Elsewhere:
    lat, lon = _in_country(query.place.area)
    if geo.sanity(lat=lat, lon=lon) == "abroad":
        return _outside(query, world, query.service or "urn:service:sos", lat, lon)
    return ListServicesResponse(
        children(query.service), (*query.path, world.source), by_location=True, location_used=query.place.location_id
    )


def _in_country(area: Area) -> tuple[float, float]:
    """The area's anchor; one outside the country gives way to a corner inside. Raises Refusal for no place at all."""
    lat, lon = anchor(area)
    kind = geo.sanity(lat=lat, lon=lon)
    if kind == "invalid":
        raise Refusal(
            "locationInvalid", "쓸 수 없는 위치입니다.", "not a usable position (0, 0 is a phone without a fix)"
        )
    if kind == "abroad" and area.ring:
        return next((each for each in area.ring if geo.in_korea(lat=each[0], lon=each[1])), (lat, lon))
    return lat, lon


def _find(query: FindService, world: World) -> Answer | Elsewhere:
    lat, lon = _in_country(query.place.area)
    known = served(query.service)
    if known is None:
        return _outside(query, world, query.service, lat, lon)
    if geo.sanity(lat=lat, lon=lon) == "abroad" and not covering(world.jurisdictions, query.place.area):
        return _outside(query, world, query.service, lat, lon)
    version, is_now = _version(query.as_of, world)
    found, note = _centers(version, query.place.area, (lat, lon), known[0], world, is_now=is_now)
    service, is_substituted = known
    warnings = (
        *((SUBSTITUTED,) if is_substituted else ()),
        *((note,) if note else ()),
        *((NOT_VALIDATED,) if query.validate else ()),
    )
    mappings = tuple(
        _mapping(version, each, service, world, is_lasting=is_now and note is None, by_value=query.by_value)
        for each in found
    )
    return FindServiceResponse(
        mappings,
        (*query.path, world.source),
        (Notes(world.source, warnings),) if warnings else (),
        query.place.location_id,
    )


def _outside(
    query: FindService | ListServicesByLocation, world: World, service: str, lat: float, lon: float
) -> Elsewhere:
    for peer in world.peers:
        if peer.answers(service, lat=lat, lon=lon):
            if peer.source in query.path:
                raise Refusal("loop", "다음 서버를 이미 거쳤습니다.", f"{peer.source} has been visited already")
            return Elsewhere(peer, query)
    if served(service) is None:
        raise Refusal(
            "serviceNotImplemented", "이 서비스는 하지 않습니다.", "this service is not served; see listServices"
        )
    raise Refusal("notFound", "이 라우터의 지역 밖입니다.", "outside the area of this router")


def _version(as_of: datetime | None, world: World) -> tuple[Jurisdictions, bool]:
    """The borders to answer by, and whether they are those in force now."""
    if as_of is None:
        return world.jurisdictions, True
    try:
        version = world.version_at(as_of.astimezone(KST).date())
    except NoVersionError:
        raise Refusal("notFound", "그때의 경계는 없습니다.", "no borders are known for that date") from None
    return version, version is world.jurisdictions


@dataclass(frozen=True, slots=True)
class _Found:
    """A center, and whose jurisdiction it answers for: usually its own; none when it only stands in."""

    center: str
    area: str | None


def _centers(
    version: Jurisdictions, area: Area, at: tuple[float, float], service: str, world: World, *, is_now: bool
) -> tuple[list[_Found], Note | None]:
    """The center that `assign` gives for the anchor first, then the others that the area touches and that can take it.
    A note when none of them holds the place. Another date is answered as if every desk were there."""
    lat, lon = at
    states = world.states if is_now else {}
    policies = world.policies if is_now else NO_POLICIES
    shape = _even(area)
    if area.kind == "arc_band":  # its shape lies around its centre, which is not in it
        lat, lon = area.lat, area.lon
    given = assign(version, lat=lat, lon=lon, uncertainty=shape, states=states, policies=policies, service=service)
    holder = None
    if given.reason == "contains":
        likeliest = min(given.candidates, key=lambda one: (-one.probability, one.code)) if shape else None
        holder = likeliest.code if likeliest else version.containing(lat=lat, lon=lon)
    first = [_Found(given.center, holder)]
    if area.kind == "point":
        return first, _note_of(given)
    others = [_Found(code, code) for code, _ in covering(version, area) if code != holder and _takes(states, code)]
    if holder is None and others:
        return others[:MOST_MAPPINGS], None
    return [*first, *others][:MOST_MAPPINGS], _note_of(given)


def _even(area: Area) -> Uncertainty | None:
    """A shape that is as likely in all its parts, as an alert would carry it; in a circle or an ellipse the middle is
    the likeliest, which `assign` is told as a plain point."""
    if area.kind == "polygon":
        return Uncertainty(kind="polygon", confidence_percent=95, ring=list(outline(area)))
    if area.kind == "arc_band":
        return Uncertainty(
            kind="arc_band",
            confidence_percent=95,
            inner_radius_m=min(area.inner_radius_m, MOST_REACH_M),
            outer_radius_m=min(area.outer_radius_m, MOST_REACH_M),
            start_angle_deg=area.start_angle_deg,
            opening_angle_deg=area.opening_angle_deg,
        )
    return None


def _takes(states: Lookup[str, str | CenterFacts], code: str) -> bool:
    known = states.get(code, "online")
    return (known.state if isinstance(known, CenterFacts) else known) in TAKES


def _note_of(given: Assignment) -> Note | None:
    if "swapped" in given.flags:
        return DEFAULT_SWAPPED
    if given.reason == "contains":
        return None
    return DEFAULT_FAILOVER if given.reason == "failover" else DEFAULT_SEA


def _mapping(
    version: Jurisdictions, found: _Found, service: str, world: World, *, is_lasting: bool, by_value: bool
) -> Mapping:
    """Not lasting: asked for another date, or a stand-in; such an answer is not to be kept. A stand-in has no
    boundary, since the place does not lie in its own."""
    center = version.centers[found.center]
    uri = world.uri_of(version.current_code(found.center) or found.center)
    by_reference = found.area is not None and not by_value
    return Mapping(
        source=world.source,
        source_id=f"c-{found.area or found.center}-{version.boundary_version}",
        last_updated=version.last_updated,
        expires=_expires(world) if is_lasting else None,
        service=service,
        names=(("ko", center.name_ko), ("en", center.name_en)),
        uris=(uri,) if uri else (),
        number=NUMBERS[service],
        boundary_source=world.source if by_reference else "",
        boundary_key=version.boundary_key(found.area) if found.area is not None and by_reference else "",
        boundary=drawn_inward(version, found.area) if found.area is not None and by_value else (),
    )


def _expires(world: World) -> datetime:
    """After the lifetime, on a full minute (so that answers of one minute are alike), but not after the next borders
    come into force."""
    until = (world.now + timedelta(seconds=world.lifetime_s)).replace(second=0, microsecond=0)
    if world.next_change is not None:
        change = datetime.combine(world.next_change, datetime.min.time(), KST).astimezone(world.now.tzinfo)
        until = min(until, change)
    return until
