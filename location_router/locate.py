"""`python -m location_router locate`: which center answers for a place, and why. Needs nothing running.

Reads the compiled snapshot, leaves live center states out unless asked, and imports nothing heavy: it must answer in
under a second. Every refusal is one sentence that names the field, its value and the cure.
"""

from __future__ import annotations

import json
import math
import os
import sys
import urllib.error
import urllib.request
from datetime import date
from typing import Any

from location_router import geo
from location_router.assign import Assignment, assign
from location_router.index import Jurisdictions
from location_router.states import CenterFacts

REASONS = {
    "contains": ("관할구역 안", "inside its jurisdiction"),
    "nearest": ("관할구역 밖, 가장 가까운 센터", "in no jurisdiction: the nearest center's border"),
    "failover": ("관할 센터가 받을 수 없어 다음 센터", "its own center can't take it: the next one"),
    "handover": ("경계를 넘어 인계", "handed over at a border"),
    "last_known": ("위치 없음, 마지막 센터", "no position: the last known center"),
    "home": ("위치 없음 또는 국외, 주소지 센터", "no position or abroad: the home center"),
}
FLAGS = {
    "swapped": ("위도와 경도가 바뀐 것으로 보고 바로잡음", "latitude and longitude were exchanged: put right"),
    "abroad": ("국외 위치", "outside the country"),
    "no_position": ("쓸 수 없는 위치", "no usable position"),
    "defaulted": (
        "관할구역 밖이거나 받을 수 있는 센터가 없어 기본값",
        "in no jurisdiction, or no center could take it: by default",
    ),
    "location_asked": ("위치를 다시 요청함", "the place is asked for again"),
}


class BadInput(Exception):
    """One sentence for the person at the keyboard; exit code 2."""


def read_degrees(field: str, text: str, limit: float) -> float:
    """A coordinate from text, at most ±`limit` degrees. Raises BadInput."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadInput(f"{field} is {text!r}: give decimal degrees as a finite number, e.g. 37.4019 126.9227")
    if abs(value) > limit:
        raise BadInput(f"{field} is {text}: it must lie between -{limit:g} and {limit:g} degrees")
    return value


def read_position(lat_text: str, lon_text: str) -> tuple[float, float]:
    """Latitude and longitude in degrees; exchanged axes of a place in the country pass (assignment puts them right).
    Raises BadInput."""
    lat, lon = read_degrees("LAT", lat_text, 180.0), read_degrees("LON", lon_text, 180.0)
    if abs(lat) > 90.0 and geo.sanity(lat=lat, lon=lon) != "swapped":
        raise BadInput(f"LAT is {lat_text}: it must lie between -90 and 90 degrees (latitude comes first)")
    return lat, lon


def read_date(text: str | None) -> date | None:
    """An ISO date. Raises BadInput."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"--as-of is {text!r}: give a date as YYYY-MM-DD, e.g. 2023-07-01") from None


def read_accuracy(text: str | None) -> float | None:
    """A 68 % radius in metres. Raises BadInput."""
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and 0.0 <= value <= 1_000_000.0):
        raise BadInput(f"--accuracy-m is {text!r}: give the 68 % radius in metres, between 0 and 1000000")
    return value


def live_states() -> dict[str, str]:
    """Center states from the running router at ROUTER_URL. Raises BadInput when it can't be asked."""
    return {code: str(facts.state) for code, facts in live_facts().items()}


def live_facts() -> dict[str, CenterFacts]:
    """States, queues and capabilities of the centers from the running router at ROUTER_URL. Raises BadInput."""
    base = os.environ.get("ROUTER_URL", "http://127.0.0.1:8100").rstrip("/")
    url = f"{base}/v1/centers"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            rows = json.load(answer)["centers"]
        return {row["code"]: CenterFacts.from_json(row) for row in rows}
    except (OSError, ValueError, KeyError, TypeError, urllib.error.URLError) as problem:
        raise BadInput(
            f"--live: the router at {url} did not answer with center states ({problem}); "
            "start it, set ROUTER_URL to its address, or leave --live out"
        ) from problem


def answer(jurisdictions: Jurisdictions, assignment: Assignment, *, accuracy_m: float | None) -> dict[str, Any]:
    """The decision as JSON-able facts, centers with both names."""
    record = assignment.as_dict()
    for candidate in record["candidates"]:
        center = jurisdictions.centers[candidate["code"]]
        candidate |= {"name_ko": center.name_ko, "name_en": center.name_en}
    center = jurisdictions.centers[assignment.center]
    return record | {
        "center": {"code": center.code, "name_ko": center.name_ko, "name_en": center.name_en},
        "distance_m": round(assignment.distance_m, 1),
        "accuracy_m": accuracy_m,
        "candidates": [
            {key: one[key] for key in ("code", "name_ko", "name_en", "distance_m", "online", "probability")}
            for one in record["candidates"]
        ],
    }


def locate_one(
    jurisdictions: Jurisdictions,
    *,
    lat: float,
    lon: float,
    accuracy_m: float | None,
    states: dict[str, str],
    as_json: bool,
) -> str:
    """The text to print for one place."""
    decided = assign(jurisdictions, lat=lat, lon=lon, accuracy_m=accuracy_m, states=states, neighbours=True)
    record = answer(jurisdictions, decided, accuracy_m=accuracy_m)
    if as_json:
        return json.dumps(record, ensure_ascii=False)
    return _for_people(record)


def _for_people(record: dict[str, Any]) -> str:
    center, reason = record["center"], REASONS[record["reason"]]
    lines = [
        f"{center['name_ko']} ({center['name_en']})  {center['code']}",
        f"  까닭 · why        {reason[0]} · {reason[1]}  [{record['reason']}]",
        f"  거리 · distance   {_metres(record['distance_m'])}",
        f"  경계 · boundaries {record['boundary_version']}",
    ]
    for flag in record["flags"]:
        lines.append(f"  주의 · note       {FLAGS[flag][0]} · {FLAGS[flag][1]}  [{flag}]")
    lines.append("  후보 · candidates")
    for one in record["candidates"]:
        state = "" if one["online"] else "  받을 수 없음 · not online"
        share = f"  {one['probability']:.0%}" if record["accuracy_m"] else ""
        lines.append(
            f"    {_metres(one['distance_m']):>10}  {one['name_ko']} ({one['name_en']})  {one['code']}{share}{state}"
        )
    return "\n".join(lines)


def _metres(distance_m: float) -> str:
    return f"{distance_m:,.0f} m" if distance_m < 10_000 else f"{distance_m / 1000:,.1f} km"


def say(line: str) -> None:
    """A line for the person, beside the answer on stdout."""
    print(line, file=sys.stderr, flush=True)
