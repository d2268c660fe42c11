"""A telco's photo for a request that it raised at the router: by its sender alone, to the desk that has the request."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from tests.location_router.routers import a_world, served, until
from tests.location_router.senders.vendors import a_sender, send, signed
from tests.location_router.test_captures import Album
from tests.location_router.test_requests import PATH, a_request

pytestmark = pytest.mark.database


async def test_a_photo_goes_to_the_desk_that_has_the_request(router_database: str, bus_database: str) -> None:
    album, about, out = Album(), Image.Exif(), io.BytesIO()
    about[0x010E] = "secret"
    Image.effect_noise((700, 500), 90).save(out, "JPEG", exif=about, quality=95)
    async with served(album.app()) as address, a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all", https_url=address)
        firm = await a_sender(world, "firm", scopes=("requests",))
        other = await a_sender(world, "other", scopes=("requests",))
        asked = a_request()
        assert (await send(world, firm, PATH, asked)).status_code == 202
        path = f"{PATH}/{asked['request_id']}/attachments"

        async def attach(body: bytes, form: str, sender: object = firm) -> tuple[int, dict[str, object]]:
            headers = signed(sender, path, body) | {"Content-Type": form}  # type: ignore[arg-type]
            answer = await world.client.post(path, content=body, headers=headers)
            return answer.status_code, answer.json()

        code, told = await attach(out.getvalue(), "image/jpeg")
        assert (code, told["kind"]) == (202, "photo")
        assert await attach(out.getvalue(), "image/jpeg") == (code, told), "the same again"
        await until(
            lambda: bool(album.pieces) and len(album.pieces) == json.loads(album.pieces[0][0]["header"])["pieces"]
        )
        pieces = sorted(album.pieces, key=lambda one: json.loads(one[0]["header"])["piece_no"])
        assert len(pieces) > 1 and {json.loads(one["header"])["lens"] for one, _ in pieces} == {"agency"}
        whole = b"".join(body for _, body in pieces)
        assert Image.open(io.BytesIO(whole)).size == (700, 500) and b"secret" not in whole
        assert b"secret" not in b"".join(bytes(one[0]) for one in world.rows("SELECT body_sealed FROM capture_piece"))

        for body, form, sender, status, reason in (
            (out.getvalue(), "image/jpeg", other, 404, "unknown_request"),
            (out.getvalue()[:500], "image/jpeg", firm, 400, "unreadable"),
            (bytes(5 * 1024 * 1024 + 1), "image/jpeg", firm, 413, "too_large"),
        ):
            code, told = await attach(body, form, sender)
            assert (code, told["code"]) == (status, reason), told
        await send(world, firm, f"{PATH}/{asked['request_id']}/cancel", None)
        code, told = await attach(out.getvalue() + b" ", "image/jpeg")
        assert (code, told["code"]) == (409, "not_open")
