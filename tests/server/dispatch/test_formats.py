"""What a 112 or 119 system reads: plain JSON, CAP 1.2, EIDO. The goldens in fixtures/dispatch are the contract.

`python -m tests.server.dispatch.test_formats` writes them anew after a change that was meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from server.dispatch.cap import NAMESPACE, cap_bytes, circle
from server.dispatch.eido import GML, SHAPES, eido, eido_bytes
from server.dispatch.message import DispatchMessage, Place, json_bytes, thinned
from tests.server.dispatch.messages import AT, BARE, CLOSED, EVERY, EXERCISE, REQUEST, UPDATE, WALK

FIXTURES = Path(__file__).parents[3] / "fixtures" / "dispatch"
FORMATS: dict[str, Callable[[DispatchMessage], bytes]] = {
    "json": json_bytes,
    "cap.xml": cap_bytes,
    "eido.json": eido_bytes,
}
C = f"{{{NAMESPACE}}}"

# CAP 1.2: order of elements, which are mandatory (!) and which may repeat (*), and the values that a code may have.
ALERT = (
    "identifier! sender! sent! status! msgType! source scope! restriction addresses code* note references incidents"
    " info*"
)
INFO = (
    "language category!* event! responseType* urgency! severity! certainty! audience eventCode* effective onset"
    " expires senderName headline description instruction web contact parameter* resource* area*"
)
AREA = "areaDesc! polygon* circle* geocode* altitude ceiling"
PAIR = "valueName! value!"
CODES = {
    "status": "Actual Exercise System Test Draft",
    "msgType": "Alert Update Cancel Ack Error",
    "scope": "Public Restricted Private",
    "category": "Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other",
    "urgency": "Immediate Expected Future Past Unknown",
    "severity": "Extreme Severe Moderate Minor Unknown",
    "certainty": "Observed Likely Possible Unlikely Unknown",
}
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
CIRCLE = re.compile(r"-?\d+\.\d+,-?\d+\.\d+ \d+\.\d{3}")


def flaws(document: bytes) -> list[str]:
    """Where the document breaks the schema of CAP 1.2 or the rules of its prose."""
    root = etree.fromstring(document)
    found = [] if root.tag == f"{C}alert" else [f"root is {root.tag}"]
    found += _order(root, ALERT)
    for info in root.iterfind(f"{C}info"):
        found += _order(info, INFO)
        found += [flaw for area in info.iterfind(f"{C}area") for flaw in _order(area, AREA)]
        pairs = [*info.iterfind(f"{C}eventCode"), *info.iterfind(f"{C}parameter")]
        found += [flaw for pair in pairs for flaw in _order(pair, PAIR)]
    return found + list(_values(root))


def _order(element: Any, grammar: str) -> Iterator[str]:
    names = [child.tag.removeprefix(C) for child in element]
    rules = {word.rstrip("!*"): word for word in grammar.split()}
    yield from (f"unknown {name}" for name in names if name not in rules)
    known = [name for name in names if name in rules]
    if known != sorted(known, key=list(rules).index):
        yield f"order of {names}"
    for name, rule in rules.items():
        if "!" in rule and name not in names:
            yield f"{name} is missing"
        if "*" not in rule and names.count(name) > 1:
            yield f"{name} twice"


def _values(root: Any) -> Iterator[str]:
    for element in root.iter():
        name, text = element.tag.removeprefix(C), element.text or ""
        if name in CODES and text not in CODES[name].split():
            yield f"{name} is {text}"
        if name in ("sent", "onset") and not DATE.fullmatch(text):
            yield f"{name} is {text}"
        if name == "circle" and not CIRCLE.fullmatch(text):
            yield f"circle is {text}"
        if name in ("identifier", "sender") and re.search(r"[\s,<&]", text):
            yield f"{name} is {text}"
    scope, addresses = root.findtext(f"{C}scope"), root.findtext(f"{C}addresses")
    if scope == "Private" and not addresses:
        yield "a private alert without addresses"
    references = root.findtext(f"{C}references")
    if (root.findtext(f"{C}msgType") in ("Update", "Cancel")) != (references is not None):
        yield "references"
    if references and not all(len(one.split(",")) == 3 for one in references.split(" ")):
        yield f"references are {references}"


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("form", FORMATS)
def test_every_message_is_what_its_golden_file_says(name: str, form: str) -> None:
    assert FORMATS[form](EVERY[name]).decode() + "\n" == (FIXTURES / f"{name}.{form}").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EVERY)
def test_cap_keeps_the_rules_of_cap(name: str) -> None:
    assert flaws(cap_bytes(EVERY[name])) == []


def test_the_checker_of_cap_sees_what_is_wrong() -> None:
    good = cap_bytes(REQUEST).decode()
    for old, new in (
        ("<status>Actual<", "<status>Real<"),
        ("+09:00</sent>", "Z</sent>"),
        ("<scope>Private</scope>", ""),
        ("<addresses>112-demo</addresses>", ""),
        (" 0.019</circle>", " 19</circle>"),
    ):
        assert old in good, old
        assert flaws(good.replace(old, new).encode()) != [], new
    swapped = re.sub(r"(<status>.*?</status>)\s*(<msgType>.*?</msgType>)", r"\2\1", good)
    assert flaws(swapped.encode()) != []


def test_an_exercise_can_be_told_from_an_emergency_in_every_format() -> None:
    real, drill = (etree.fromstring(cap_bytes(one)).findtext(f"{C}status") for one in (REQUEST, EXERCISE))
    assert (real, drill) == ("Actual", "Exercise")
    assert json.loads(json_bytes(EXERCISE))["status"] == "exercise"
    assert eido(EXERCISE)["incidentComponent"][0]["incidentStatusCommonRegistryText"] == "Exercise"


def test_an_update_and_the_end_name_the_request_they_belong_to() -> None:
    first = etree.fromstring(cap_bytes(REQUEST))
    wanted = ",".join(first.findtext(f"{C}{name}") for name in ("sender", "identifier", "sent"))
    for message in (UPDATE, CLOSED):
        root = etree.fromstring(cap_bytes(message))
        assert root.findtext(f"{C}references") == wanted
        assert root.findtext(f"{C}identifier") != first.findtext(f"{C}identifier")


def test_the_end_tells_neither_place_nor_person_and_no_format_names_a_cameras_address() -> None:
    for render in FORMATS.values():
        over = render(CLOSED).decode()
        assert "37.39" not in over and "보라" not in over and "01012345678" not in over
        bare = render(BARE).decode()
        assert "37.39" not in bare and "보라" not in bare
        assert "rtsp" not in render(REQUEST).decode()


def test_every_reference_of_an_eido_leads_somewhere() -> None:
    for message in EVERY.values():
        document = eido(message)
        parts = [part for value in document.values() if isinstance(value, list) for part in value]
        ids = {part["$id"] for part in parts}
        assert len(ids) == len(parts), "ids are unique"
        assert set(_references(document)) <= ids
        for part in [document, *parts]:
            assert {"$id", "lastUpdateTimeStamp", "updatedByAgencyReference"} <= set(part)
        assert {"eidoVersion", "issuingElementIdentification", "agencyComponent"} <= set(document)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (value[name] for name in value if name == "$ref")
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def test_the_place_in_an_eido_is_a_circle_with_latitude_first() -> None:
    presence = etree.fromstring(eido(REQUEST)["locationComponent"][0]["locationByValue"])
    assert presence.find(f".//{{{SHAPES}}}Circle/{{{GML}}}pos").text == "37.394600 126.956800"
    assert presence.find(f".//{{{SHAPES}}}radius").text == "19"


def test_the_circle_of_cap_is_in_kilometres_and_holds_her_with_95_percent() -> None:
    assert circle(Place(37.5663, 126.9779, 12.0, AT)) == "37.566300,126.977900 0.019"


@given(st.text(max_size=60), st.text(max_size=20))
def test_whatever_an_operator_types_cap_stays_readable(note: str, name: str) -> None:
    message = replace(REQUEST, note=note, installation=name or "x", agency_id=name or "a")
    assert [flaw for flaw in flaws(cap_bytes(message)) if "private" not in flaw] == []


def test_a_long_track_is_thinned_to_its_last_ten_minutes_with_the_newest_fix() -> None:
    long = [
        replace(WALK[0], fixed_at=AT.replace(microsecond=0) - (WALK[1].fixed_at - WALK[0].fixed_at) * n)
        for n in range(200)
    ]
    kept = thinned(list(reversed(long)), now=AT)
    assert len(kept) == 60 and kept[-1] == long[0]
    assert (AT - kept[0].fixed_at).total_seconds() <= 600
    assert thinned(long[-1:], now=AT) == (long[-1],), "an old last place is better than none"


if __name__ == "__main__":
    FIXTURES.mkdir(exist_ok=True)
    for name, message in EVERY.items():
        for form, render in FORMATS.items():
            (FIXTURES / f"{name}.{form}").write_text(render(message).decode() + "\n", encoding="utf-8")
