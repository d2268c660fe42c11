"""Pieces of photos and sound: on disk before the answer, to the owner until it has them, gone when they may be."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI, Request, Response

from location_router.captures import REASSIGN
from location_router.runtime.signing import verify
from location_router.worker import forget
from tests.location_router.routers import KEYS, World, a_world, an_alert, served, until

pytestmark = pytest.mark.database


class Album:
    """A desk's server, as far as captures go: what it was given, and whether it answers."""

    def __init__(self) -> None:
        self.pieces: list[tuple[dict[str, Any], bytes]] = []
        self.status = 200

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/v1/captures")
        async def captures(request: Request) -> Response:
            body = await request.body()
            verify(request.headers, KEYS, method="POST", path="/v1/captures", body=body, now=time.time())
            if self.status == 200:
                about, _, piece = body.partition(b"\n")
                self.pieces.append((json.loads(about), piece))
            return Response(status_code=self.status)

        return app


async def put(
    world: World, alert: dict[str, Any], token: str, body: bytes, *, piece_no: int = 0, **odd: Any
) -> tuple[int, str]:
    capture_id = odd.pop("capture_id", str(uuid4()))
    way = f"/v1/alerts/{alert['alert_id']}/captures/{capture_id}/{piece_no}"
    header = {"alert_id": alert["alert_id"], "capture_id": capture_id, "piece_no": piece_no, "size": len(body)} | odd
    headers = {"Authorization": f"Bearer {token}", "X-Ansim-Capture": json.dumps(header)}
    answer = await world.client.put(way, content=body, headers=headers)
    return answer.status_code, capture_id


async def pieces(world: World, alert: dict[str, Any], token: str) -> list[list[Any]]:
    answer = await world.client.get(
        f"/v1/alerts/{alert['alert_id']}/captures", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 200, answer.text
    return list(answer.json()["pieces"])


async def test_a_piece_is_kept_until_its_owner_has_it_and_a_pin_looks_the_same(
    router_database: str, bus_database: str
) -> None:
    album, second = Album(), Album()
    async with (
        served(album.app()) as address,
        served(second.app()) as elsewhere,
        a_world(router_database, bus_database) as world,
    ):
        await world.register("serving-1", "all", https_url=address)
        alert = an_alert()
        token = (await world.post(alert)).json()["live_token"]

        album.status = 503
        secret = b"\xff\xd8 her picture" * 100
        assert (await put(world, alert, "wrong", secret))[0] == 403
        assert (await put(world, alert, token, secret, size=3))[0] == 422
        assert (await put(world, alert, token, b"x" * (48 * 1024 + 1)))[0] == 413
        code, first = await put(world, alert, token, secret)
        assert code == 202
        assert (await put(world, alert, token, secret, capture_id=first))[0] == 202, "the same again"
        await asyncio.sleep(0.2)
        assert await pieces(world, alert, token) == [[first, 0, False]], "the desk is away"
        [(kept,)] = world.rows("SELECT body_sealed FROM capture_piece")
        assert b"her picture" not in bytes(kept)

        album.status = 200
        await until(lambda: bool(album.pieces), within_s=15)
        about, body = album.pieces[0]
        assert body == secret and about["alert_id"] == alert["alert_id"] and about["assignment_no"] == 1
        assert json.loads(about["header"])["size"] == len(secret)
        await until(lambda: world.rows("SELECT 1 FROM capture_piece WHERE is_confirmed") != [], within_s=15)
        assert await pieces(world, alert, token) == [[first, 0, True]]

        # who takes over is owed what is still here, and what comes from now on
        await world.register("serving-2", "all", https_url=elsewhere)
        world.rows("UPDATE alert SET served_by = 'serving-2'")
        await world.router.pool.run(REASSIGN, (alert["alert_id"],))
        await until(lambda: len(second.pieces) == 1, within_s=15)
        await put(world, alert, token, b"later")
        await until(lambda: len(second.pieces) == 2, within_s=15)
        assert len(album.pieces) == 1
        await until(
            lambda: (
                world.rows("SELECT 1 FROM capture_piece WHERE NOT is_confirmed OR next_attempt_at IS NOT NULL") == []
            )
        )

        # a quarter of an hour later nothing of it is here
        world.rows("UPDATE capture_piece SET confirmed_at = now() - interval '16 minutes'")
        await forget(world.router.pool)
        assert world.rows("SELECT 1 FROM capture_piece WHERE body_sealed IS NOT NULL") == []


async def test_after_her_pin_only_a_forced_alerts_pieces_go_on(router_database: str, bus_database: str) -> None:
    album = Album()
    async with served(album.app()) as address, a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all", https_url=address)
        seen = {}
        for outcome in ("cancel", "duress"):
            alert = an_alert()
            token = (await world.post(alert)).json()["live_token"]
            assert (await world.post(alert | {"phase": "ended", "outcome": outcome})).status_code == 202
            album.status = 503
            code, capture_id = await put(world, alert, token, outcome.encode())
            unanswered = [one[1:] for one in await pieces(world, alert, token)]
            assert unanswered == [[0, True]], "a desk out of reach must not tell which PIN it was"
            album.status = 200
            await until(
                lambda: (
                    world.rows("SELECT 1 FROM capture_piece WHERE capture_id = %s AND is_confirmed", capture_id)  # noqa: B023
                    != []
                ),
                within_s=15,
            )
            seen[outcome] = code, [one[1:] for one in await pieces(world, alert, token)]
        assert seen["cancel"] == seen["duress"] == (202, [[0, True]])
        assert [body for _, body in album.pieces] == [b"duress"]
        [(kept,)] = world.rows("SELECT count(*) FROM capture_piece WHERE body_sealed IS NOT NULL")
        assert kept == 1


async def test_what_one_alert_may_send_is_bounded(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database, worker=False) as world:
        await world.register("serving-1", "all")
        alert = an_alert()
        token = (await world.post(alert)).json()["live_token"]
        fill = "INSERT INTO capture_piece (alert_id, capture_id, piece_no, bytes, received_at)"
        world.rows(f"{fill} SELECT %s, gen_random_uuid(), n, 1, now() FROM generate_series(1, 60) n", alert["alert_id"])
        assert (await put(world, alert, token, b"x"))[0] == 429
        world.rows("UPDATE capture_piece SET received_at = now() - interval '1 minute', bytes = 420000")
        assert (await put(world, alert, token, b"x"))[0] == 413
