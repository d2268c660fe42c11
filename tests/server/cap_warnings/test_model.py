"""A warning's parts as they are drawn and as a phone is given them, and that the order of messages makes no
difference."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from shapely.geometry import Point, box, shape

from location_router.cap_warning.reading import FUTURE_AFTER, read_warning
from location_router.cap_warning.values import LONGEST_LIFE, told
from location_router.cap_warnings import FORGET
from server.cap_warnings import model
from server.retention.kinds import KINDS
from tests.location_router.cap_warning.messages import area_xml, info_xml, warning_xml

KOREAN = Path(__file__).parents[3] / "fixtures" / "requests" / "disaster_korean_profile.cap.xml"
NOW = datetime(2026, 7, 10, 1, 0, tzinfo=UTC)


def test_no_warning_outlives_what_calls_it_off() -> None:
    longest = read_warning(warning_xml(sent=NOW, life=LONGEST_LIFE))
    assert longest.expires_at == NOW + LONGEST_LIFE
    (kind,) = [one for one in KINDS if one.name == "cap_warnings"]
    assert timedelta(days=kind.least_days) >= LONGEST_LIFE, "a Cancel is kept so long from its sent"
    forgotten = timedelta(days=int(FORGET.split("interval '")[1].split(" days")[0]))
    assert forgotten >= LONGEST_LIFE + FUTURE_AFTER, "the router knows its centers until then"


def test_translations_are_one_part_and_what_is_over_is_left_out() -> None:
    content = told(read_warning(KOREAN.read_bytes()))
    (part,) = model.parts_of(content, NOW)
    assert (
        part["texts"]["ko"]["headline"] == "호우주의보 발표" and part["texts"]["en"]["event"] == "Heavy rain advisory"
    )
    assert part["texts"]["ko"]["areas"] == "경기도 안양시"
    assert model.parts_of(content, NOW + timedelta(days=1)) == []
    home = box(126.9, 37.3, 127.0, 37.5)
    area = model.drawn(part, lambda code: [home] if code == "4117000000" else [])
    assert area is not None and shape(area).equals(home)
    assert model.drawn(part, lambda code: []) is None
    phone = model.on_the_phone(part, ["41170"], lambda code: [code[:5]])
    assert phone["is_whole"] and phone["rings"] == [] and "kept" not in phone
    assert model.on_the_phone(part, ["11110"], lambda code: [code[:5]]) is None


def test_parts_of_two_severities_each_have_their_area_and_end() -> None:
    areas = [area_xml(circle="37.40,126.95 1", codes=("11110",)), area_xml(polygon="37,127 37,128 38,128 37,127")]
    infos = "".join(
        info_xml(area, severity=severity, expires=(NOW + timedelta(hours=hours)).isoformat(), language=language)
        for area, severity, hours, language in zip(areas, ("Minor", "Extreme"), (3, 1), ("ja", "ko-KR"), strict=True)
    )
    content = told(read_warning(warning_xml(sent=NOW, infos=infos)))
    worst, least = model.parts_of(content, NOW)
    assert (worst["severity"], least["severity"]) == ("Extreme", "Minor")
    assert least["texts"]["ko"] == least["texts"]["en"], "another language stands for both"
    drawn = model.drawn(least, lambda code: [box(0, 0, 1, 1)])
    assert drawn is not None and shape(drawn).covers(Point(126.95, 37.40)) and not shape(drawn).covers(Point(0.5, 0.5))
    phone = model.on_the_phone(least, ["11110"], lambda code: [code])
    assert phone["circles"] == [(37.4, 126.95, 1000.0)] and not phone["is_whole"], "the circle is the nearer word"
    assert [one["severity"] for one in model.parts_of(content, NOW + timedelta(hours=2))] == ["Minor"]
