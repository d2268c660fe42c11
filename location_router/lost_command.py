"""`python -m location_router lost`: asks a LoST server from the command line, ours or anybody's."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from location_router.lost.values import (
    MEDIA_TYPE,
    Answer,
    Area,
    Errors,
    FindService,
    FindServiceResponse,
    Mapping,
    Place,
    Redirect,
)

_WORDS = {
    "defaultMappingReturned": "기본값 · by default",
    "serviceSubstitution": "다른 서비스 · another service",
    "locationValidationUnavailable": "주소 확인 안 함 · not validated",
}


def lost(
    lat: Annotated[str, typer.Argument(help="위도 · latitude, degrees")],
    lon: Annotated[str, typer.Argument(help="경도 · longitude, degrees")],
    service: Annotated[str, typer.Option("--service", help="service URN")] = "urn:service:sos",
    url: Annotated[str, typer.Option("--url", help="default: ROUTER_URL/lost")] = "",
    accuracy_m: Annotated[float, typer.Option("--accuracy-m", min=0, max=1_000_000, help="a circle, 95 %")] = 0.0,
    as_of: Annotated[str, typer.Option("--as-of", help="the borders in force on this date")] = "",
    recursive: Annotated[bool, typer.Option("--recursive", help="let the server ask others")] = False,
    by_value: Annotated[bool, typer.Option("--boundary", help="the boundary itself, not its key")] = False,
    xml: Annotated[bool, typer.Option("--xml", help="the answer as it came")] = False,
) -> None:
    """LoST(RFC 5222)로 묻기 · ask a LoST server which center and number serve a place."""
    from location_router.locate import BadInput, read_date, read_position
    from location_router.lost.answers import Unusable, read_answer
    from location_router.lost.writing import write_query

    try:
        place = read_position(lat, lon)
        day = read_date(as_of or None)
    except BadInput as problem:
        raise _refuse(str(problem)) from None
    query = FindService(
        Place("loc-1", Area("circle" if accuracy_m else "point", *place, radius_m=accuracy_m)),
        service,
        recursive=recursive,
        by_value=by_value,
        as_of=datetime(day.year, day.month, day.day, 12, tzinfo=UTC) if day else None,
    )
    address = url or os.environ.get("ROUTER_URL", "http://127.0.0.1:8100").rstrip("/") + "/lost"
    body = _post(address, write_query(query))
    if xml:
        print(body.decode("utf-8", "replace"))
        return
    try:
        answer = read_answer(body)
    except Unusable as problem:
        raise _refuse(f"{address}: LoST 답이 아닙니다 · not a LoST answer: {problem}", 1) from None
    print(for_people(answer))
    if not isinstance(answer, FindServiceResponse):
        raise typer.Exit(1)


def _refuse(sentence: str, code: int = 2) -> typer.Exit:
    print(sentence, file=sys.stderr)
    return typer.Exit(code)


def _post(address: str, body: bytes) -> bytes:
    import httpx

    headers = {"content-type": f"{MEDIA_TYPE};charset=utf-8", "cache-control": "no-cache", "accept-language": "ko"}
    try:
        answer = httpx.post(address, content=body, headers=headers, timeout=10, trust_env=False)
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        raise _refuse(
            f"{address}: 답이 없습니다 · no answer ({problem or type(problem).__name__}); "
            "라우터를 켜거나 --url을 주세요 · start the router or give --url",
            1,
        ) from None
    return answer.content


def for_people(answer: Answer) -> str:
    """The answer in lines, both languages."""
    if isinstance(answer, Errors):
        return "\n".join(f"{note.kind}  {note.ko or note.en}" for note in answer.notes)
    if isinstance(answer, Redirect):
        return f"redirect  {answer.target}  {answer.ko or answer.en}"
    if not isinstance(answer, FindServiceResponse):
        return type(answer).__name__
    lines = [line for each in answer.mappings for line in _mapping(each)]
    for each in answer.warnings:
        lines += [f"  주의 · note       {_WORDS.get(one.kind, one.kind)}: {one.ko or one.en}" for one in each.notes]
    return "\n".join([*lines, f"  경로 · path       {' → '.join(answer.path)}"])


def _mapping(given: Mapping) -> list[str]:
    names = dict(given.names)
    first = names.get("ko") or names.get("en") or next(iter(names.values()), given.source_id)
    until = given.expires.isoformat().replace("+00:00", "Z") if given.expires else "-"
    corners = sum(len(ring) for rings in given.boundary for ring in rings)
    border = f"{len(given.boundary)} polygons, {corners} points" if given.boundary else given.boundary_key or "-"
    return [
        f"{first} ({names['en']})" if "en" in names and names["en"] != first else first,
        f"  서비스 · service  {given.service}",
        f"  번호 · number     {given.number or '-'}",
        f"  주소 · uri        {' '.join(given.uris) or '-'}",
        f"  유효 · expires    {until}",
        f"  자료 · source     {given.source} {given.source_id}",
        f"  경계 · boundary   {border}",
    ]
