"""The registry of agreements over HTTP: every change is a line of history that nobody can rewrite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from server.agencies import routes
from server.staff.routes import COOKIE
from tests.server.deliveries import Clock
from tests.server.scene import CENTER, OTHER, SEAT, Scene, app_of, installation

TERMS: dict[str, Any] = {
    "center": CENTER,
    "agency_id": "guard-1",
    "triggers": ["help_request"],
    "legal_bases": ["pipa-18-2-3"],
    "may_view_live": True,
    "notice_days": 30,
    "document": "안양시 협약 2026-014",
    "starts_at": "2026-01-01T00:00:00Z",
}


@pytest.fixture
async def scene(installation_database: str) -> AsyncIterator[Scene]:
    async with installation(installation_database) as made:
        made.services.clock = Clock()
        yield made


@pytest.fixture
async def admin(scene: Scene) -> AsyncIterator[httpx.AsyncClient]:
    """The administrator's browser; the security firm is registered already."""
    token = "token-of-admin"
    digest = scene.services.sealer.digest(token, context="session")
    account = scene.staff["admin"].account_id
    await scene.sql("UPDATE session SET token_digest = :digest WHERE account_id = :id", digest=digest, id=account)
    transport = httpx.ASGITransport(app_of(scene.services, routes.router), client=(SEAT, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://center", cookies={COOKIE: token}) as browser:
        firm = {"agency_id": "guard-1", "kind": "security", "name_ko": "안심보안", "name_en": "Ansim Guards"}
        assert (await browser.post("/api/agencies", json=firm)).status_code == 201
        yield browser


async def conclude(admin: httpx.AsyncClient, **change: Any) -> dict[str, Any]:
    answer = await admin.post("/api/agreements", json=TERMS | change)
    assert answer.status_code == 201, answer.text
    card: dict[str, Any] = answer.json()["agreements"][0]
    return card


async def admin_tags(scene: Scene) -> list[str]:
    rows = await scene.sql("SELECT tag FROM event WHERE tag LIKE 'agreement:%' ORDER BY at, seq")
    return [row["tag"] for row in rows]


async def test_the_life_of_an_agreement(scene: Scene, admin: httpx.AsyncClient) -> None:
    clock: Clock = scene.services.clock  # type: ignore[assignment]
    card = await conclude(admin)
    url, seen = f"/api/agreements/{card['agreement_id']}", [clock()]
    assert card["in_force"] and card["version"] == 1 and card["agency"]["name_ko"] == "안심보안"
    clock.forward(60)
    changed = (await admin.patch(url, json={"version": 1, "may_view_live": False})).json()["agreement"]
    assert changed["version"] == 2 and changed["may_view_live"] is False
    seen.append(clock())
    clock.forward(60)
    rests = (await admin.post(f"{url}/suspend", json={"reason": "점검"})).json()["agreement"]
    assert not rests["in_force"]
    seen.append(clock())
    clock.forward(60)
    assert (await admin.post(f"{url}/resume")).json()["agreement"]["in_force"]
    ended = (await admin.post(f"{url}/end", json={"reason": "서면 통보"})).json()["agreement"]
    notice = datetime.fromisoformat(ended["ends_at"]) - clock()
    assert abs(notice - timedelta(days=30)) < timedelta(minutes=1), "written notice runs for thirty days"
    assert (await admin.post(f"{url}/end", json={"reason": "바로", "at_once": True})).json()["agreement"][
        "in_force"
    ] is False
    assert (await admin.patch(url, json={"may_view_live": True})).json()["code"] == "agreement_over"

    history = (await admin.get(url)).json()["history"]
    assert [one["version"] for one in history] == [1, 2, 3, 4, 5, 6]
    assert {one["changed_by"] for one in history} == {str(scene.staff["admin"].account_id)}
    stood = [await as_of(admin, at) for at in seen]
    assert [(one["terms"]["may_view_live"], one["in_force"]) for one in stood] == [
        (True, True),
        (False, True),
        (False, False),
    ]
    assert await admin_tags(scene) == [
        *("agreement:agency_added", "agreement:created", "agreement:changed", "agreement:suspended"),
        *("agreement:resumed", "agreement:ended", "agreement:ended"),
    ]


async def as_of(admin: httpx.AsyncClient, at: datetime) -> dict[str, Any]:
    answer = await admin.get("/api/agreements", params={"as_of": at.isoformat(), "agency_id": "guard-1"})
    rows = answer.json()["agreements"]
    assert len(rows) == 1
    return dict(rows[0])


async def test_history_is_written_by_the_database_and_never_changed(scene: Scene, admin: httpx.AsyncClient) -> None:
    card = await conclude(admin)
    await scene.sql("UPDATE agreement SET may_view_recorded = true WHERE agency_id = 'guard-1'")  # behind our back
    versions = await scene.sql(
        "SELECT version, changed_by, terms->>'may_view_recorded' AS recorded FROM agreement_version"
        " WHERE agreement_id = :id ORDER BY version",
        id=UUID(card["agreement_id"]),
    )
    assert [(one["version"], one["recorded"]) for one in versions] == [(1, "false"), (2, "true")]
    assert versions[1]["changed_by"] is None, "nobody's name stands under what went past the application"
    for rewrite in ("UPDATE agreement_version SET recorded_at = now()", "DELETE FROM agreement_version"):
        with pytest.raises(DBAPIError, match="never changed"):
            await scene.sql(rewrite)


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"agency_id": "nobody"}, "unknown_agency", "agency_id"),
    ({"center": "99999"}, "unknown_center", "center"),
    ({"center": OTHER}, "unknown_center", "center"),  # another desk's
    ({"desk": "main"}, "one_party", "center"),
    ({"triggers": ["burglary"]}, "bad_code", "triggers"),
    ({"legal_bases": ["mou"]}, "bad_code", "legal_bases"),
    ({"ends_at": "2025-12-31T00:00:00Z"}, "ends_before_start", "ends_at"),
    ({"starts_at": "2026-01-01T00:00:00"}, "invalid", "body.starts_at"),
    ({"starts_at": "0001-01-01T00:00:00Z"}, "invalid", "body.starts_at"),
    ({"may_view_everything": True}, "invalid", "body.may_view_everything"),
]


async def test_what_can_not_be_concluded_is_told_by_field(scene: Scene, admin: httpx.AsyncClient) -> None:
    for change, code, field in WRONG:
        answer = await admin.post("/api/agreements", json=TERMS | change)
        said = answer.json()
        assert (answer.status_code, said["code"], said["fields"][0]["field"]) == (422, code, field), change
        assert said["message_ko"] and said["message_en"]
    assert await scene.one("SELECT count(*) FROM agreement WHERE agency_id = 'guard-1'") == 0


async def test_two_agreements_never_speak_of_the_same_at_the_same_time(scene: Scene, admin: httpx.AsyncClient) -> None:
    first = await conclude(admin, ends_at="2999-01-01T00:00:00Z".replace("2999", "2190"))
    clash = (await admin.post("/api/agreements", json=TERMS | {"triggers": ["disaster", "help_request"]})).json()
    assert clash["code"] == "overlaps"
    assert (clash["agreement_id"], clash["triggers"]) == (first["agreement_id"], ["help_request"])
    assert (await admin.post("/api/agreements", json=TERMS | {"triggers": ["disaster"]})).status_code == 201
    assert (await admin.post("/api/agreements", json=TERMS | {"starts_at": "2190-01-01T00:00:00Z"})).status_code == 201
    wider = await admin.patch(f"/api/agreements/{first['agreement_id']}", json={"ends_at": None})
    assert wider.json()["code"] == "overlaps", "stretching it over the next one"


async def test_whoever_looks_at_an_old_page_changes_nothing(scene: Scene, admin: httpx.AsyncClient) -> None:
    url = f"/api/agreements/{(await conclude(admin))['agreement_id']}"
    assert (await admin.patch(url, json={"version": 1, "notice_days": 7})).status_code == 200
    late = await admin.patch(url, json={"version": 1, "notice_days": 90})
    assert (late.status_code, late.json()["code"], late.json()["version"]) == (409, "changed_meanwhile", 2)
    begun = await admin.patch(url, json={"starts_at": "2027-01-01T00:00:00Z"})
    assert begun.json()["code"] == "has_begun"
    soon = await admin.post(f"{url}/end", json={"reason": "x", "at": datetime.now(UTC).isoformat()})
    assert soon.json()["code"] == "notice_period"


async def test_a_desk_concludes_for_all_its_centers_and_no_other(scene: Scene, admin: httpx.AsyncClient) -> None:
    await scene.sql("INSERT INTO center (code, name_ko, name_en, desk) VALUES ('41190', '부천시', 'Bucheon', 'main')")
    body = {name: value for name, value in TERMS.items() if name != "center"} | {"desk": "main"}
    answer = await admin.post("/api/agreements", json=body)
    # the viewer's own center is 41170; 41190 was added to the desk and is the viewer's from the next request on
    assert sorted(one["center"] for one in answer.json()["agreements"]) == [CENTER, "41190"]
    assert {one["desk"] for one in answer.json()["agreements"]} == {"main"}
    foreign = await scene.one("SELECT agreement_id FROM agreement WHERE center_id = :other LIMIT 1", other=OTHER)
    for method, path in (("GET", ""), ("PATCH", ""), ("POST", "/suspend"), ("POST", "/resume"), ("POST", "/end")):
        answer = await admin.request(method, f"/api/agreements/{foreign}{path}", json={"reason": "x"} if path else {})
        assert answer.status_code == 404, (method, path, answer.text)
