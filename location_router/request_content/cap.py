"""A request as CAP 1.2 (OASIS): the Korean profile's codes are kept as they came, ours begin with `ansim:`. Pure.

Alert asks, Update says where it is now, Cancel takes it back; the later two name the first one in `references`.
Status Exercise and Test make a drill. A category other than Security or Other makes a `disaster`; any other trigger
stands in an eventCode `ansim:trigger`. `ansim:legal_basis` is a parameter, and so is every field of the subject that
CAP has none for (`ansim:site`, `ansim:consent.by`). A circle's radius is in kilometres; for a disaster it is the area,
for the others the 95 % circle of the place. The Korean profile often names the area by its administrative code alone
(geocode 행정구역코드): then the first of them is the place.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from lxml import etree

from location_router.lost.document import words
from location_router.request_content.cap_document import (
    DISTRICT_CODE,
    NUMBER,
    children,
    circle_of,
    needed,
    pairs_of,
    ring_of,
    root_of,
    text_of,
)
from location_router.request_content.plain import as_position, understood
from location_router.request_content.subjects import Place
from location_router.request_content.values import (
    NOT_ENOUGH,
    R68_OF_R95,
    Draft,
    Keyed,
    Refused,
    lacks,
    moment,
    named_id,
)
from location_router.shapes import accuracy_m_of, area_of
from location_router.wire import AgencyRequest, Position, Uncertainty

OURS = "ansim:"
_DISASTERS = frozenset({"Geo", "Met", "Safety", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE"})
_STATUS = {"Actual": False, "Exercise": True, "Test": True}
_FIX = re.compile(rf"({NUMBER}),({NUMBER}),(\d{{1,6}}(?:\.\d{{1,3}})?),(\S{{19,40}})\Z")
_HEAD = ("agency_id", "branch", "trigger", "legal_basis", "case_no", "callback", "request_id", "position")
_PLACES = ("last_known",)
MOST_KEPT, LONGEST_KEPT, MOST_CORNERS = 40, 2000, 100


def read_cap(body: bytes, *, agency_id: str, keyed: Keyed) -> Draft:
    """Raises Refused. `agency_id` is that of the signer."""
    root = root_of(body)
    kind, is_drill = _kind(root), _is_drill(root)
    sent = moment(needed(root, "sent", "alert.sent"), "alert.sent")
    info = _info(root)
    pairs = dict(pairs_of(info, "parameter")) if info is not None else {}
    ours = {name.removeprefix(OURS): value for name, value in pairs.items() if name.startswith(OURS)}
    name = _name(root, kind, ours)
    request_id = name if isinstance(name, UUID) else named_id(keyed, agency_id=agency_id, name=name)
    if kind == "raise":
        if info is None:
            raise lacks("alert.info")
        return _raised(root, info, ours, request_id, sent, is_drill, agency_id)
    position = _moved(info, ours, sent) if info is not None else None
    if kind == "update" and position is None:
        raise Refused("no_position", "alert.info.area.circle", "", "Update에는 새 위치(circle)가 필요합니다.",
                      "An Update says the new place: area.circle or ansim:position.", cause=NOT_ENOUGH)  # fmt: skip
    asked = AgencyRequest(agency_id=ours.get("agency_id") or agency_id, trigger="", legal_basis="")
    return Draft(kind, request_id, sent, asked, position, is_drill, reason=text_of(root, "note")[:200])


def _kind(root: etree._Element) -> Literal["raise", "update", "cancel"]:
    said = needed(root, "msgType", "alert.msgType")
    kinds: dict[str, Literal["raise", "update", "cancel"]] = {"Alert": "raise", "Update": "update", "Cancel": "cancel"}
    if said not in kinds:
        raise Refused("invalid", "alert.msgType", said, "Alert, Update, Cancel 가운데 하나여야 합니다.",
                      "msgType is Alert, Update or Cancel.")  # fmt: skip
    return kinds[said]


def _is_drill(root: etree._Element) -> bool:
    said = needed(root, "status", "alert.status")
    if said not in _STATUS:
        raise Refused("invalid", "alert.status", said, "Actual, Exercise, Test 가운데 하나여야 합니다.",
                      "status is Actual, or Exercise or Test for a drill.")  # fmt: skip
    return _STATUS[said]


def _name(root: etree._Element, kind: str, ours: dict[str, str]) -> UUID | str:
    """`ansim:request_id`, or the identifier where it is a UUID, else sender and identifier; of the first alert that an
    Update or a Cancel refers to."""
    sender, identifier = needed(root, "sender", "alert.sender"), needed(root, "identifier", "alert.identifier")
    if kind != "raise" and "request_id" not in ours:
        first = text_of(root, "references").split()[:1]
        parts = first[0].split(",") if first else []
        if len(parts) != 3:
            raise Refused("invalid", "alert.references", first[0] if first else "",
                          "처음 보낸 Alert를 references에 넣어 주세요: sender,identifier,sent",
                          "Name the first Alert in references: sender,identifier,sent.", cause=NOT_ENOUGH)  # fmt: skip
        sender, identifier = parts[0], parts[1]
    for text in filter(None, (ours.get("request_id"), identifier)):
        try:
            return UUID(text)
        except ValueError:
            continue
    return f"{sender},{identifier}"


def _info(root: etree._Element) -> etree._Element | None:
    """In Korean where there is one."""
    found = children(root, "info")
    korean = [one for one in found if text_of(one, "language").lower().startswith("ko")]
    return next(iter(korean + found), None)


def _raised(
    root: etree._Element, info: etree._Element, ours: dict[str, str], request_id: UUID, sent: datetime, is_drill: bool,
    agency_id: str,
) -> Draft:  # fmt: skip
    category = needed(info, "category", "alert.info.category")
    coded = dict(pairs_of(info, "eventCode")).get(f"{OURS}trigger", "")
    trigger = coded or ours.get("trigger") or ("disaster" if category in _DISASTERS else "")
    if not trigger:
        raise Refused("invalid", "alert.info.eventCode", category,
                      "무엇을 요청하는지 eventCode(ansim:trigger)에 넣어 주세요.",
                      "Say what is asked: eventCode with valueName ansim:trigger.", cause=NOT_ENOUGH)  # fmt: skip
    if not ours.get("legal_basis"):
        raise lacks("alert.info.parameter(ansim:legal_basis)")
    area = next(iter(children(info, "area")), None)
    place = None if trigger == "disaster" and _rings(area) else _place(info, ours, sent)
    said = {
        "request_id": str(request_id),
        "agency_id": ours.get("agency_id", agency_id),
        "branch": ours.get("branch", text_of(info, "senderName")[:80]),
        "trigger": trigger,
        "legal_basis": ours["legal_basis"],
        "case_no": ours.get("case_no", text_of(root, "incidents")[:80]),
        "raised_at": sent,
        "position": place and place.model_dump(include={"lat", "lon", "accuracy_m", "fixed_at", "source"}),
        "callback": ours.get("callback", text_of(info, "contact")[:80]),
        "is_drill": is_drill,
        "subject": _subject(trigger, root, info, area, ours, sent),
    }
    return understood(said, agency_id=agency_id, district=_district(area))


def _subject(
    trigger: str, root: etree._Element, info: etree._Element, area: etree._Element | None, ours: dict[str, str],
    sent: datetime,
) -> dict[str, Any]:  # fmt: skip
    said: dict[str, Any] = {}
    for name, text in ours.items():
        if name in _HEAD or not text:
            continue
        above, _, below = name.partition(".")
        if below:
            inner = said.setdefault(above, {})
            if isinstance(inner, dict):
                inner[below] = text
        else:
            said[name] = _fix(text, f"ansim:{name}").model_dump() if name in _PLACES else text
    if trigger != "disaster":
        return said
    about: dict[str, Any] = {
        "title": (text_of(info, "headline") or text_of(info, "event"))[:400],
        "category": text_of(info, "category")[:40],
        "description": text_of(info, "description"),
        "cap": _kept(root, info, area),
    }
    if rings := _rings(area):
        about["ring"] = rings[0]
    elif circle := _circle(area):
        about["radius_m"] = max(circle[2], 1.0)
    return {name: value for name, value in (about | said).items() if value}


def _rings(area: etree._Element | None) -> list[list[tuple[float, float]]]:
    """The polygons. Raises Refused for one that can't be read."""
    return [ring_of(words(polygon)) for polygon in children(area, "polygon")] if area is not None else []


def _circle(area: etree._Element | None) -> tuple[float, float, float] | None:
    """(lat, lon, radius in metres). Raises Refused."""
    text = text_of(area, "circle")
    return circle_of(text) if text else None


def _place(info: etree._Element, ours: dict[str, str], sent: datetime) -> Position | None:
    """`ansim:position`, or the middle of the first circle. Raises Refused."""
    if text := ours.get("position"):
        return _fix(text, "ansim:position")
    circle = _circle(next(iter(children(info, "area")), None))
    if circle is None:
        return None
    onset = text_of(info, "onset")
    at = min(moment(onset, "alert.info.onset"), sent) if onset else sent
    return _checked(circle[0], circle[1], round(circle[2] * R68_OF_R95, 1), at, "alert.info.area.circle")


def _moved(info: etree._Element, ours: dict[str, str], sent: datetime) -> Position | None:
    """Of an Update: the new place; its polygon or circle goes along, for a disaster's area moves. Raises Refused."""
    area = next(iter(children(info, "area")), None)
    if rings := _rings(area):
        ring = rings[0][:: -(-len(rings[0]) // MOST_CORNERS)]
        lat, lon = (sum(corner[axis] for corner in ring) / len(ring) for axis in (0, 1))
        shape = Uncertainty(kind="polygon", ring=ring)
        around = area_of(lat=lat, lon=lon, accuracy_m=None, uncertainty=shape)
        accuracy_m = round(accuracy_m_of(around), 1) if around is not None else 50.0
        position = _checked(lat, lon, accuracy_m, sent, "alert.info.area.polygon")
        return position.model_copy(update={"uncertainty": shape})
    place, circle = _place(info, ours, sent), _circle(area)
    if place is None or circle is None or ours.get("position"):
        return place
    shape = Uncertainty(kind="circle", radius_m=max(circle[2], 1.0), confidence_percent=95.0)
    return place.model_copy(update={"uncertainty": shape})


def _fix(text: str, field: str) -> Position:
    """`lat,lon,accuracy in metres (68 %),time`, as we write it ourselves. Raises Refused."""
    if (found := _FIX.match(text)) is None:
        raise Refused("invalid", field, text, f"{field}: 'lat,lon,정확도(m),시각'으로 써 주세요.",
                      f"{field}: write 'lat,lon,accuracy in metres,time'.")  # fmt: skip
    return _checked(float(found[1]), float(found[2]), float(found[3]), moment(found[4], field), field)


def _checked(lat: float, lon: float, accuracy_m: float, at: datetime, field: str) -> Position:
    try:
        return as_position(Place(lat=lat, lon=lon, accuracy_m=min(accuracy_m, 100_000), fixed_at=at), at)
    except ValueError:
        raise Refused("invalid", field, f"{lat},{lon}", f"{field}: 우리나라의 위치가 아닙니다. 위도가 먼저입니다.",
                      f"{field}: no place in the country; latitude comes first.") from None  # fmt: skip


def _district(area: etree._Element | None) -> str:
    codes = [value for name, value in pairs_of(area, "geocode") if DISTRICT_CODE in name] if area is not None else []
    return next((code[:5] for code in codes if re.fullmatch(r"[0-9]{5}(?:[0-9]{5})?", code)), "")


def _kept(root: etree._Element, info: etree._Element, area: etree._Element | None) -> dict[str, Any]:
    """What the message says besides: shown to people and handed on, understood by nobody here."""
    kept: dict[str, Any] = {}
    for parent, names in ((root, ("identifier", "sender", "source", "scope", "note", "incidents")), (info, (
        "language", "event", "urgency", "severity", "certainty", "effective", "onset", "expires", "senderName",
        "instruction", "web")), (area, ("areaDesc",))):  # fmt: skip
        kept |= {name: text_of(parent, name)[:LONGEST_KEPT] for name in names if text_of(parent, name)}
    for parent, name in ((root, "code"), (info, "responseType")):
        if found := [words(one)[:400] for one in children(parent, name)[:MOST_KEPT]]:
            kept[name] = found
    for pair_of, name in ((info, "eventCode"), (info, "parameter"), (area, "geocode")):
        pairs = [] if pair_of is None else [one for one in pairs_of(pair_of, name) if not one[0].startswith(OURS)]
        if pairs:
            kept[name] = [{"name": one, "value": value[:400]} for one, value in pairs[:MOST_KEPT]]
    return kept
