"""CAP 1.2 (OASIS) → a warning. Strict where people are told by it: what can't be read is refused with the field and the
cure, and nothing of it is guessed. The Korean profile's codes, eventCodes, geocodes and parameters are kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lxml import etree

from location_router.cap_warning.values import (
    LONGEST_LIFE,
    SEVERITIES,
    USUAL_LIFE,
    Area,
    CapWarning,
    Info,
    Kind,
    key_of,
)
from location_router.lost.document import words
from location_router.request_content.cap_document import (
    DISTRICT_CODE,
    children,
    circle_of,
    needed,
    pairs_of,
    ring_of,
    root_of,
    text_of,
)
from location_router.request_content.values import ABSENT, NOT_ENOUGH, Refused, moment
from location_router.wire import MAX_BODY_BYTES

_KINDS: dict[str, Kind] = {"Alert": "Alert", "Update": "Update", "Cancel": "Cancel"}
_STATUSES = {"Actual": False, "Exercise": True, "Test": True}
_SCOPES = {"Public": True, "Restricted": False, "Private": False}
_URGENCIES = dict.fromkeys(("Immediate", "Expected", "Future", "Past", "Unknown"), True)
_CERTAINTIES = dict.fromkeys(("Observed", "Likely", "Possible", "Unlikely", "Unknown"), True)
_SEVERITIES = dict.fromkeys(SEVERITIES, True)
_TEXTS = ("event", "headline", "description", "instruction", "senderName", "contact", "web")
_CODE = re.compile(r"[0-9]{2}(?:[0-9]{3}(?:[0-9]{5})?)?\Z")
TOO_OLD_AFTER, FUTURE_AFTER = timedelta(hours=24), timedelta(minutes=5)
_LAST_MOMENT = datetime.max.replace(tzinfo=UTC)
MOST_INFOS, MOST_AREAS, MOST_KEPT, LONGEST_KEPT, MOST_REFERENCES = 20, 200, 60, 400, 50


def read_warning(body: bytes) -> CapWarning:
    """Raises Refused."""
    if len(body) > MAX_BODY_BYTES:
        raise Refused("too_large", "body", f"{len(body)} bytes", "64KB까지입니다. 구역을 단순하게 그려 주세요.",
                      "64 KB at most: draw the areas with fewer corners.")  # fmt: skip
    if not body.strip():
        raise Refused("empty", "body", "", "본문이 비어 있습니다.", "The body is empty.", cause=ABSENT)
    root = root_of(body)
    kind = _KINDS[_one_of(_KINDS, needed(root, "msgType", "alert.msgType"), "alert.msgType")]
    sent_at = moment(needed(root, "sent", "alert.sent"), "alert.sent")
    sender, identifier = needed(root, "sender", "alert.sender"), needed(root, "identifier", "alert.identifier")
    for text, field in ((sender, "alert.sender"), (identifier, "alert.identifier")):
        if re.search(r"[\s,<&]", text) or len(text) > 400:
            raise Refused("invalid", field, text, "빈칸, 쉼표, <, & 없이 400자까지입니다.",
                          "No space, comma, < or &, and 400 characters at most.")  # fmt: skip
    return CapWarning(
        kind=kind,
        key=key_of(sender, identifier, sent_at),
        references=_references(root, kind),
        sent_at=sent_at,
        is_drill=_STATUSES[_one_of(_STATUSES, needed(root, "status", "alert.status"), "alert.status")],
        is_public=_SCOPES[_one_of(_SCOPES, needed(root, "scope", "alert.scope"), "alert.scope")],
        codes=tuple(words(one)[:LONGEST_KEPT] for one in children(root, "code")[:MOST_KEPT]),
        note=text_of(root, "note"),
        infos=_infos(root, kind, sent_at),
    )


def check_time(warning: CapWarning, now: datetime) -> None:
    """What a warning may be refused for at its first coming only. Raises Refused."""
    sent = warning.sent_at.isoformat()
    if now - warning.sent_at > TOO_OLD_AFTER:
        raise Refused("too_old", "alert.sent", sent, "24시간이 지난 경보입니다.", "Sent more than 24 hours ago.")
    if warning.sent_at - now > FUTURE_AFTER:
        raise Refused("invalid", "alert.sent", sent, "sent가 미래입니다. 시계를 맞춰 주세요.",
                      "sent lies in the future; set the clock.")  # fmt: skip


def _one_of(known: Iterable[str], said: str, field: str) -> str:
    if said not in known:
        names = ", ".join(known)
        raise Refused("invalid", field, said, f"{names} 가운데 하나여야 합니다.", f"One of {names}.")
    return said


def _references(root: etree._Element, kind: Kind) -> tuple[str, ...]:
    found = []
    for triple in text_of(root, "references").split():
        parts = triple.split(",")
        if len(parts) != 3:
            raise Refused("invalid", "alert.references", triple, "sender,identifier,sent 세 값을 쉼표로 이어 주세요.",
                          "Each is sender,identifier,sent.")  # fmt: skip
        found.append(key_of(parts[0], parts[1], moment(parts[2], "alert.references")))
    if kind != "Alert" and not found:
        raise Refused("invalid", "alert.references", "", "어느 경보를 바꾸거나 끝내는지 references에 넣어 주세요.",
                      "Say in references which warning it changes or ends.", cause=NOT_ENOUGH)  # fmt: skip
    if len(found) > MOST_REFERENCES:
        raise Refused("invalid", "alert.references", str(len(found)), f"{MOST_REFERENCES}개까지입니다.",
                      f"{MOST_REFERENCES} at most.")  # fmt: skip
    return tuple(dict.fromkeys(found))


def _infos(root: etree._Element, kind: Kind, sent_at: datetime) -> tuple[Info, ...]:
    found = children(root, "info")
    count = sum(len(children(one, "area")) for one in found)
    if len(found) > MOST_INFOS or count > MOST_AREAS:
        raise Refused("invalid", "alert.info", f"{len(found)}, {count}",
                      f"info {MOST_INFOS}개, area {MOST_AREAS}개까지입니다.",
                      f"{MOST_INFOS} info and {MOST_AREAS} area at most.")  # fmt: skip
    if kind == "Cancel":
        return ()
    if not found:
        raise Refused("invalid", "alert.info", "", "alert.info 값이 필요합니다.", "alert.info is needed.",
                      cause=NOT_ENOUGH)  # fmt: skip
    read = [_info(one, sent_at) for one in found]
    areas = next((one.areas for one in read if one.areas), ())
    if not areas:
        raise Refused("invalid", "alert.info.area", "", "어디인지 area로 알려 주세요.", "Say where: area.",
                      cause=NOT_ENOUGH)  # fmt: skip
    return tuple(one if one.areas else replace(one, areas=areas) for one in read)  # a translation often names none


def _info(info: etree._Element, sent_at: datetime) -> Info:
    at = "alert.info"
    said = {name: needed(info, name, f"{at}.{name}") for name in ("severity", "urgency", "certainty", "event")}
    begins = text_of(info, "onset") or text_of(info, "effective")
    expires = text_of(info, "expires")
    expires_at = moment(expires, f"{at}.expires") if expires else sent_at + min(USUAL_LIFE, _LAST_MOMENT - sent_at)
    if expires_at <= sent_at:
        raise Refused("invalid", f"{at}.expires", expires, "sent보다 뒤여야 합니다.", "expires comes after sent.")
    if expires_at - sent_at > LONGEST_LIFE:
        raise Refused("invalid", f"{at}.expires", expires,
                      f"sent부터 {LONGEST_LIFE.days}일까지입니다. 더 가면 그 전에 Update를 보내 주세요.",
                      f"{LONGEST_LIFE.days} days after sent at most; send an Update before for longer.")  # fmt: skip
    return Info(
        language=text_of(info, "language")[:35] or "en-US",
        severity=_one_of(_SEVERITIES, said["severity"], f"{at}.severity"),
        urgency=_one_of(_URGENCIES, said["urgency"], f"{at}.urgency"),
        certainty=_one_of(_CERTAINTIES, said["certainty"], f"{at}.certainty"),
        categories=tuple(words(one)[:40] for one in children(info, "category")[:12]),
        begins_at=moment(begins, f"{at}.onset") if begins else sent_at,
        expires_at=expires_at,
        texts={name: text for name in _TEXTS if (text := text_of(info, name))},
        areas=tuple(_area(one) for one in children(info, "area")),
        kept=_kept(info),
    )


def _area(area: etree._Element) -> Area:
    field = "alert.info.area"
    rings = tuple(tuple(map(_placed, ring_of(words(one)))) for one in children(area, "polygon"))
    circles = tuple(circle_of(words(one)) for one in children(area, "circle"))
    for lat, lon, _ in circles:
        _placed((lat, lon))
    codes = [value for name, value in pairs_of(area, "geocode") if DISTRICT_CODE in name]
    for code in codes:
        if not _CODE.match(code):
            raise Refused("invalid", f"{field}.geocode", code, "행정구역코드는 숫자 2, 5, 10자리입니다.",
                          "An administrative code has 2, 5 or 10 digits.")  # fmt: skip
    if not rings and not circles and not codes:
        raise Refused("invalid", f"{field}.polygon", "",
                      "polygon, circle, 행정구역코드 가운데 하나로 구역을 알려 주세요.",
                      "Say the area by polygon, circle or 행정구역코드.", cause=NOT_ENOUGH)  # fmt: skip
    return Area(text_of(area, "areaDesc")[:LONGEST_KEPT], rings, circles, tuple(dict.fromkeys(codes)))


def _placed(point: tuple[float, float]) -> tuple[float, float]:
    lat, lon = point
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        raise Refused("invalid", "alert.info.area", f"{lat},{lon}", "위도가 먼저입니다: lat,lon",
                      "Latitude comes first: lat,lon.")  # fmt: skip
    return point


def _kept(info: etree._Element) -> tuple[tuple[str, str, str], ...]:
    found = [("responseType", "", words(one)[:LONGEST_KEPT]) for one in children(info, "responseType")]
    for tag in ("eventCode", "parameter"):
        found += [(tag, name, value[:LONGEST_KEPT]) for name, value in pairs_of(info, tag)]
    for area in children(info, "area"):
        found += [("geocode", name, value[:LONGEST_KEPT]) for name, value in pairs_of(area, "geocode")]
    return tuple(found[:MOST_KEPT])
