"""`ansim conformance`: does an agency's line work at this center? The router's kit, at the center's own door.

What it raises are exercises (they open incidents that say so), and it takes them back: agree a time with the center.
"""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Annotated

import typer


def attach(app: typer.Typer) -> None:
    app.command("conformance")(conformance)


def conformance(
    center: Annotated[str, typer.Option("--center", help="https://center.example.go.kr")],
    agency: Annotated[str, typer.Option("--agency", help="기관 아이디 · your agency's id")],
    key: Annotated[str, typer.Option("--key", envvar="ANSIM_PARTNER_KEY", help="its line's key", show_default=False)],
    trigger: Annotated[str, typer.Option("--trigger", help="협약의 사유 · one of your agreement")] = "help_request",
    legal_basis: Annotated[str, typer.Option("--legal-basis", help="협약의 근거 · its ground")] = "pipa-18-2-3",
    lat: Annotated[float, typer.Option("--lat", min=33, max=39, help="a place in the center's area")] = 37.4015,
    lon: Annotated[float, typer.Option("--lon", min=124, max=132)] = 126.9227,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """기관 회선의 규격 시험(훈련) · does your line work, and what does the center make of typical messages?"""
    from location_router.conformance import for_people, run
    from location_router.conformance_requests import LINE_CHECKS, SAMPLES, LineKit

    if trigger not in SAMPLES:
        raise typer.BadParameter(f"one of {', '.join(sorted(SAMPLES))}", param_hint="--trigger")
    place = {"lat": lat, "lon": lon, "accuracy_m": 15.0}
    kind = partial(LineKit, trigger=trigger, legal_basis=legal_basis, place=place)
    report = asyncio.run(run(center, sender=agency, key=key, checks=LINE_CHECKS, kind=kind))
    print(json.dumps(report, ensure_ascii=False) if as_json else for_people(report))
    if not report["ok"]:
        raise typer.Exit(1)
