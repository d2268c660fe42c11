"""`ansim simulate security|anklet|wanted|telco|disaster|112|119`: each linked agency's own system, to try things with.

One JSON line for each thing raised, each state heard, and `done` at the end. It uses the public API and nothing else.
An address that is not on this machine gets exercises only.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from enum import StrEnum
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

ANYANG = (37.4015, 126.9227)


class PartnerName(StrEnum):
    """Who asks, and (112, 119) who is asked."""

    security = "security"
    anklet = "anklet"
    wanted = "wanted"
    telco = "telco"
    disaster = "disaster"
    police = "112"
    fire = "119"


def attach(app: typer.Typer) -> None:
    app.command("simulate")(simulate)


def simulate(
    partner: Annotated[PartnerName, typer.Argument(help="security anklet wanted telco disaster 112 119")],
    router: Annotated[str, typer.Option(help="라우터에 요청 · ask at the router, http://127.0.0.1:8100")] = "",
    center: Annotated[str, typer.Option(help="관제센터에 요청 · ask at a center, http://127.0.0.1:8300")] = "",
    key: Annotated[
        str, typer.Option(envvar="ANSIM_PARTNER_KEY", help="its line's key, or at the router its signing secret")
    ] = "",
    agency: Annotated[str, typer.Option(help="기관 아이디 · the agency's id; default: PARTNER-demo")] = "",
    sender: Annotated[str, typer.Option(help="its sender at the router; default: the agency's id")] = "",
    rate: Annotated[float, typer.Option(min=0.01, help="requests a minute, on average")] = 6.0,
    count: Annotated[int, typer.Option(min=1, help="how many; 112 and 119: until so many are over")] = 1,
    seconds: Annotated[float, typer.Option(min=0.1, help="ends after so long in any case")] = 300.0,
    seed: Annotated[int, typer.Option(help="the same chance again")] = 1,
    lat: Annotated[float, typer.Option(min=-90, max=90)] = ANYANG[0],
    lon: Annotated[float, typer.Option(min=-180, max=180)] = ANYANG[1],
    port: Annotated[int, typer.Option(min=0, max=65535, help="listen for the center on the line; 0: 112, 119 any")] = 0,
    hurry: Annotated[float, typer.Option(min=0.1, help="112, 119: so many times faster than life")] = 1.0,
    drill: Annotated[bool, typer.Option("--drill", help="훈련 · exercises")] = False,
    as_list: Annotated[bool, typer.Option("--list", help="wanted: entries of the list instead, at a center")] = False,
    reader: Annotated[str, typer.Option(help="wanted --list: READER:CAMERA:KEY, plays this reader, too")] = "",
    take_back: Annotated[bool, typer.Option("--take-back", help="cancels at the end what is still open")] = False,
) -> None:
    """연계 기관 흉내 내기 · play a linked agency's own system."""
    if not key or (not center and (not router or partner in (PartnerName.police, PartnerName.fire))):
        print(
            "--key와 --center(또는 --router)를 주세요 · give --key and --center, or for who asks --router",
            file=sys.stderr,
        )
        raise typer.Exit(2)
    from server.simulate.running import Pace

    pace = Pace(count=count, per_minute=rate, seconds=seconds, takes_back=take_back)
    agency = agency or f"{partner.value}-demo"
    try:
        if partner in (PartnerName.police, PartnerName.fire):
            work = _be_asked(partner.value, key, center, pace, seed=seed, port=port, hurry=hurry)
        else:
            known = {"agency_id": agency, "lat": lat, "lon": lon, "is_drill": drill or not is_here(router or center)}
            if as_list and center and partner is PartnerName.wanted:
                return tell(asyncio.run(_watch(center, key, known, pace, seed=seed, reader=reader)))
            where = (router, sender or agency) if router else (center, "")
            work = _ask(partner.value, key, where, known, pace, seed=seed, port=port)
        tell(asyncio.run(work))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def is_here(url: str) -> bool:
    """Whether the address is on this machine, so that nobody's real desk is asked."""
    host = urlsplit(url).hostname or ""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def tell(line: dict[str, Any]) -> None:
    print(json.dumps(line, ensure_ascii=False), flush=True)


async def _be_asked(
    kind: str, key: str, center: str, pace: Any, *, seed: int, port: int, hurry: float
) -> dict[str, Any]:
    from random import Random

    from server.simulate.rooms import Room

    room = Room(kind, key, center, tell, Random(seed), hurry=hurry)
    return await room.run(port=port, count=pace.count, seconds=pace.seconds)


async def _ask(
    name: str, key: str, where: tuple[str, str], known: dict[str, Any], pace: Any, *, seed: int, port: int
) -> dict[str, Any]:
    from contextlib import AsyncExitStack
    from random import Random

    import httpx

    from server.simulate.cases import Scene
    from server.simulate.doors import center_door, router_door
    from server.simulate.rooms import listening_for_states
    from server.simulate.running import Partner

    url, sender = where
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, trust_env=False, timeout=10))
        if port:
            await stack.enter_async_context(listening_for_states(key, tell, port=port))
        if sender:
            door = router_door(http, sender=sender, secret=key)
        else:
            door = center_door(http, agency=known["agency_id"], key=key)
        return await Partner(name, door, Scene(dice=Random(seed), **known), pace, tell).run()


async def _watch(center: str, key: str, known: dict[str, Any], pace: Any, *, seed: int, reader: str) -> dict[str, Any]:
    from random import Random

    import httpx

    from server.simulate.cases import Scene
    from server.simulate.doors import center_door, line_sign
    from server.simulate.watching import Roadside, Watch

    name, _, rest = reader.partition(":")
    camera, _, reader_key = rest.partition(":")
    roadside = Roadside(name, camera, line_sign(reader_key)) if reader else None
    async with httpx.AsyncClient(base_url=center, trust_env=False, timeout=10) as http:
        door = center_door(http, agency=known["agency_id"], key=key, what="plates")
        return await Watch(door, Scene(dice=Random(seed), **known), pace, tell, roadside).run()
