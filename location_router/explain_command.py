"""`python -m location_router explain`: a stored decision, or one for a place, in words or JSON."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer

SIZES = {
    "circle": ("radius_m",),
    "ellipse": ("semi_major_m", "semi_minor_m"),
    "polygon": ("ring",),
    "arc_band": ("outer_radius_m", "opening_angle_deg"),
}
"""What makes a shape of each kind. A telephone's shape that is none is passed over; a person who asks is told."""


def _refuse(sentence: str, code: int = 2) -> typer.Exit:
    print(sentence, file=sys.stderr)
    return typer.Exit(code)


def explain(
    lat: Annotated[str | None, typer.Argument(help="위도 · latitude, degrees", show_default=False)] = None,
    lon: Annotated[str | None, typer.Argument(help="경도 · longitude, degrees", show_default=False)] = None,
    alert: Annotated[str | None, typer.Option("--alert", help="신고 번호 · the id of a stored alert")] = None,
    accuracy_m: Annotated[str | None, typer.Option("--accuracy-m", help="68 % radius in metres")] = None,
    shape: Annotated[str | None, typer.Option("--shape", help='JSON, {"kind":"ellipse","semi_major_m":900,…}')] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="the borders in force on this date")] = None,
    live: Annotated[bool, typer.Option("--live", help="center states from the router at ROUTER_URL")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """왜 이 센터인가 · why this center: a stored alert (DATABASE_URL, DATA_KEY), or a place by today's policies."""
    from location_router.index import NoVersionError, SnapshotError
    from location_router.locate import BadInput

    try:
        if alert is not None:
            if lat is not None or lon is not None:
                raise BadInput(f"--alert is {alert} beside a place: give one of them")
            answers = _stored(alert)
        elif lat is None or lon is None:
            raise BadInput("give LAT LON, e.g. 37.4019 126.9227, or --alert ALERT_ID")
        else:
            answers = [_place(lat, lon, accuracy_m, shape, as_of, live)]
    except NoVersionError as problem:
        raise _refuse(f"--as-of is {as_of}: {problem}") from None
    except BadInput as problem:
        raise _refuse(str(problem)) from None
    except SnapshotError as problem:
        raise _refuse(str(problem), 1) from None
    _show(answers, as_json)
    if any(answer["is_reproduced"] is False for answer in answers):
        raise typer.Exit(1)


def _show(answers: list[dict[str, Any]], as_json: bool) -> None:
    from location_router.explain import for_people

    if as_json:
        print(json.dumps(answers, ensure_ascii=False))
    else:
        print(for_people(answers))


def _stored(alert: str) -> list[dict[str, Any]]:
    import psycopg

    from location_router.explain import explanation, read_alert
    from location_router.locate import BadInput, say
    from location_router.ready import index_in_force
    from location_router.runtime.seal import Sealer, SealError

    try:
        alert_id = UUID(alert)
    except ValueError:
        raise BadInput(f"--alert is {alert!r}: give the alert's id (a UUID)") from None
    missing = [name for name in ("DATABASE_URL", "DATA_KEY") if not os.environ.get(name)]
    if missing:
        raise BadInput(f"{', '.join(missing)} must be set to read a stored alert")
    try:
        found = asyncio.run(read_alert(os.environ["DATABASE_URL"], Sealer(os.environ["DATA_KEY"]), alert_id))
    except psycopg.Error as problem:
        raise BadInput(f"DATABASE_URL: {' '.join(str(problem).split())[:200]}") from None
    except (ValueError, SealError) as problem:
        raise BadInput(f"DATA_KEY does not open this alert: {problem}") from None
    if not found:
        raise BadInput(f"there is no alert {alert_id}")
    return explanation(index_in_force(progress=say), found)


def _place(
    lat_text: str, lon_text: str, accuracy_text: str | None, shape: str | None, as_of: str | None, live: bool
) -> dict[str, Any]:
    from location_router.assign import assign
    from location_router.locate import live_facts, read_accuracy, read_date, read_position, say
    from location_router.ready import index_in_force

    day, accuracy_m = read_date(as_of), read_accuracy(accuracy_text)
    lat, lon = read_position(lat_text, lon_text)
    uncertainty = _read_shape(shape, lat=lat, lon=lon)
    states, policies = live_facts() if live else {}, _policies_now()
    version = index_in_force(progress=say).version(day)
    made = assign(
        version,
        lat=lat,
        lon=lon,
        accuracy_m=accuracy_m,
        uncertainty=uncertainty,
        states=states,
        policies=policies,
        neighbours=True,
    )
    center = version.centers[made.center]
    record = made.as_dict() | {
        "assignment_no": 0,
        "center": {"code": center.code, "name_ko": center.name_ko, "name_en": center.name_en},
        "served_by": "(시험 · trial)",
        "decided_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return {
        "record": record,
        "names": {
            one.code: {"ko": version.centers[one.code].name_ko, "en": version.centers[one.code].name_en}
            for one in made.candidates
        },
        "policies": json.loads(policies.body),
        "is_reproduced": True,
        "differs_in": [],
        "why_not": "",
        "made_again": None,
    }


def _read_shape(text: str | None, *, lat: float, lon: float) -> Any:
    from pydantic import ValidationError

    from location_router.locate import BadInput
    from location_router.shapes import area_of
    from location_router.wire import Uncertainty

    if text is None:
        return None
    try:
        shape = Uncertainty.model_validate_json(text)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "JSON"
        raise BadInput(f"--shape, {where}: {first['msg']}") from None
    if unknown := sorted(set(json.loads(text)) - set(Uncertainty.model_fields)):
        raise BadInput(
            f"--shape, {unknown[0]}: there is no such field; {shape.kind} takes {', '.join(SIZES[shape.kind])}"
        )
    if area_of(lat=lat, lon=lon, accuracy_m=None, uncertainty=shape) is None:
        raise BadInput(f"--shape: this is no {shape.kind}; give {', '.join(SIZES[shape.kind])}")
    return shape


def _policies_now() -> Any:
    """Those in force now at DATABASE_URL; none without it."""
    import psycopg

    from location_router.locate import BadInput
    from location_router.policy import Policies
    from location_router.policy_store import list_policies
    from location_router.runtime.db import conninfo

    url = os.environ.get("DATABASE_URL")
    if not url:
        return Policies()

    async def read() -> Policies:
        async with await psycopg.AsyncConnection.connect(conninfo(url), connect_timeout=5) as conn:
            return Policies.in_force(await list_policies(conn), datetime.now(UTC))

    try:
        return asyncio.run(read())
    except psycopg.Error as problem:
        raise BadInput(f"DATABASE_URL: {' '.join(str(problem).split())[:200]}") from None
