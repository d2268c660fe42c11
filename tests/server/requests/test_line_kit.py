"""The kit for integrators at a center's own door: it passes with a good line, and a bad key is told what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from location_router.conformance import for_people, run
from location_router.conformance_requests import LINE_CHECKS, LineKit
from server import line_view_routes
from server.operation import health
from tests.server.requests.asking import FIRM, KEY, Office, agree, office


@pytest.fixture
async def room(installation_database: str) -> AsyncIterator[Office]:
    async with office(installation_database, health.router, line_view_routes.router) as made:
        yield made


async def test_a_good_line_passes_every_check_and_leaves_nothing_open(room: Office) -> None:
    await agree(room.scene)
    report = await run(str(room.http.base_url), sender=FIRM, key=KEY, checks=LINE_CHECKS, kind=LineKit)
    assert report["ok"] and {"live_line", "video"} <= {one[0] for one in LINE_CHECKS}, for_people(report)
    states = await room.scene.sql("SELECT DISTINCT state, is_drill FROM agency_request")
    assert [(one["state"], one["is_drill"]) for one in states] == [("cancelled", True)]

    wrong = await run(str(room.http.base_url), sender=FIRM, key="not the key", checks=LINE_CHECKS, kind=LineKit)
    assert [one["name"] for one in wrong["checks"] if not one["ok"]] == ["signed_request"]
    last = wrong["checks"][-1]
    assert "wrong_signature" in last["why"] and "line's key" in last["cure"]
    assert "in.time.METHOD.path.id." in last["cure"], "what to sign, as docs/agencies.md section 2 says it"
