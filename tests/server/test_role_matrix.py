"""Every operation of the app's OpenAPI document × every role, nobody, a person, an ended session, a foreign page ×
what is one's own and what is another center's, agency's or person's.

A new route is in here by itself: who may call it is read from its guards (`permitted("…")`) and the table of
`server/staff/permissions.py`; its parameters are filled from `tests/server/matrix.py`. A route without a guard has to
stand in `UNGUARDED`, with what guards it instead. When an operation with somebody else's object answers 422, its body
was no good: put one into `BODIES`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from location_router.runtime.db import conninfo
from server.app import create_app
from server.staff.permissions import AGENCY_ROLES, may
from server.staff.routes import COOKIE
from tests.databases import TestServer
from tests.server.matrix import ROLES, SECRET, Objects, Operation, example, object_fields, operations, two_sides
from tests.server.scene import SEAT, Scene, installation

UNGUARDED: dict[str, str] = {
    **dict.fromkeys(("GET /healthz", "GET /readyz", "GET /metrics", "GET /api/phrases"), "public"),
    **dict.fromkeys(("GET /", "GET /login", "GET /account", "GET /console", "GET /agency"), "page"),
    **dict.fromkeys(("GET /admin", "GET /admin/{section}"), "page"),
    **dict.fromkeys(("GET /wall", "GET /map", "GET /queue"), "page"),
    **dict.fromkeys(("GET /api/basemap", "GET /basemap/{z}/{x}/{y}"), "public"),  # boundaries that anybody may have
    "GET /basemap/country": "public",  # the same in one file, for phones
    "GET /basemap/streets/{look}/{z}/{x}/{y}": "public",  # decides by itself (server/basemap): docs/operations/maps.md
    **dict.fromkeys(("GET /follow/{link}", "GET /respond/{link}"), "page"),
    **dict.fromkeys(("GET /invitation/{invitation}", "GET /representative/{link}", "GET /notice/{link}"), "page"),
    **dict.fromkeys(("GET /scouts", "GET /scout/{link}"), "page"),
    **dict.fromkeys(("GET /api/scout/{link}", "POST /api/scout/{link}/open", "POST /api/scout/{link}/sos"), "secret"),
    **dict.fromkeys(("POST /api/scout/{link}/bookings/{booking_id}/step", "POST /api/scout/{link}/safe"), "secret"),
    **dict.fromkeys(("POST /api/scout/{link}/bookings/{booking_id}/code", "POST /api/scout/{link}/longer"), "secret"),
    **dict.fromkeys(("POST /api/scout/{link}/position", "POST /api/scout/{link}/off_duty"), "secret"),
    "POST /api/notices/{link}/walk/place": "secret",
    **dict.fromkeys(("GET /api/web_push", "GET /api/facilities"), "public"),  # the latter: what the city publishes
    **dict.fromkeys(("POST /api/follow/{link}/push", "DELETE /api/follow/{link}/push/{subscription_id}"), "secret"),
    "POST /api/invitations/{invitation}/push": "secret",
    "DELETE /api/invitations/{invitation}/push/{subscription_id}": "secret",
    **dict.fromkeys(("GET /api/notices/{link}", "POST /api/notices/{link}/{what}"), "secret"),
    **dict.fromkeys(("POST /api/follow/{link}/acknowledge", "PUT /api/invitations/{invitation}/push-token"), "secret"),
    **dict.fromkeys(
        (f"{method} /api/invitations/{{invitation}}/quiet-hours" for method in ("PUT", "DELETE")), "secret"
    ),
    **dict.fromkeys(
        ("POST /api/invitations/{invitation}/questions", "POST /api/invitations/{invitation}/alarm"), "secret"
    ),
    "GET /api/invitations/{invitation}/questions": "secret",
    "GET /api/invitations/{invitation}/questions/{question_id}": "secret",
    "POST /api/invitations/{invitation}/questions/{question_id}/place": "secret",
    **dict.fromkeys(("GET /api/login", "POST /api/people", "GET /api/login/oidc"), "public"),
    **dict.fromkeys(("POST /api/login", "POST /api/login/second", "POST /api/login/password"), "secret"),
    **dict.fromkeys(("POST /api/login/totp", "POST /api/login/totp/confirm"), "secret"),
    "GET /api/login/oidc/callback": "page",  # back to the login page, with what went wrong
    **dict.fromkeys(("POST /api/people/verify", "POST /api/people/recover"), "secret"),
    **dict.fromkeys(("GET /sos", "GET /mine"), "page"),
    "POST /api/people/browsers": "secret",
    "POST /api/people/browsers/token": "public",  # nothing, in a browser that nobody has enrolled
    **dict.fromkeys(("POST /api/sos/alerts", "POST /api/sos/alerts/{alert_id}/positions"), "public"),  # passed on
    "POST /api/sos/alerts/{alert_id}/say": "public",
    "GET /api/consents": "public",
    **dict.fromkeys(("GET /api/invitations/{invitation}", "DELETE /api/invitations/{invitation}"), "secret"),
    **dict.fromkeys(("POST /api/invitations/{invitation}/decline", "GET /api/representatives/{link}"), "secret"),
    "POST /api/representatives/{link}/confirm": "secret",
    **dict.fromkeys(("POST /api/invitations/{invitation}/accept", "POST /api/follow/{link}/open"), "secret"),
    **dict.fromkeys(("GET /api/follow/{link}", "GET /api/respond/{link}", "POST /api/respond/{link}/open"), "secret"),
    **dict.fromkeys(("GET /api/respond/{link}/stills/{still_id}", "POST /api/respond/{link}/messages"), "secret"),
    "GET /api/respond/{link}/traffic": "secret",
    **dict.fromkeys(("POST /api/respond/{link}/step", "POST /api/respond/{link}/unit"), "secret"),
    "POST /v1/walks/dots": "signed",
    **dict.fromkeys(
        (
            f"POST /api/lines/{{agency_id}}/requests{path}"
            for path in (
                *("", "/{request_id}/positions", "/{request_id}/cancel", "/{request_id}/attachments"),
                "/{request_id}/cameras",
            )
        ),
        "signed",
    ),
    **dict.fromkeys(
        (f"POST /api/lines/{{agency_id}}/requests/{{request_id}}/{what}" for what in ("video", "stills")), "signed"
    ),
    "POST /api/lines/{agency_id}/sources": "signed",
    "DELETE /api/lines/{agency_id}/requests/{request_id}/cameras/{camera_id}": "signed",
    "POST /api/lines/{agency_id}/warnings": "signed",
    "GET /api/lines/{agency_id}/requests/{request_id}": "signed",
    **dict.fromkeys(
        (f"{method} /api/lines/{{agency_id}}/plates/{{entry_id}}" for method in ("PUT", "DELETE")), "signed"
    ),
    **dict.fromkeys(("GET /api/lines/{agency_id}/plates", "POST /api/readers/{reader_id}/reads"), "signed"),
    **dict.fromkeys(
        ("POST /v1/inbox", "POST /v1/captures", "POST /api/lines/{agency_id}/dispatches/{dispatch_id}/state"), "signed"
    ),
}
"""What is no guard of ours: `public` (nothing about anybody), `page` (an empty page), `secret` (a password, ticket or
link in the request opens it), `signed` (by a key that two programs share)."""

SHARED: dict[str, str] = {
    "GET /api/jurisdictions/{code}": "outlines of municipalities are public",
    "GET /api/agencies": "the registry of agencies is the installation's: names of organisations",
    "POST /api/breakglass": "asks to look at another center's incident: that is what it is for",
}
"""Operations that may name what is the other side's, and why."""

BODIES: dict[str, dict[str, Any]] = {
    "POST /api/warnings/{warning_id}/hide": {"reason": "over"},
    "POST /api/agencies": {"agency_id": "guard-9", "kind": "security", "name_ko": "안심보안", "name_en": "Guards"},
    "POST /api/firms": {"agency_id": "guard-8", "name_ko": "안심보안", "name_en": "Guards"},
    "POST /api/firms/accounts": {
        "accounts": [{"agency_id": "guard-8", "login": "kim.guard8", "name": "김보안", "networks": ["127.0.0.0/8"]}]
    },
    "PUT /api/addresses/account/{account_id}": {"networks": ["127.0.0.0/8"]},
    "PUT /api/addresses/agency/{agency_id}": {"networks": ["127.0.0.0/8"]},
    "POST /api/breakglass/{breakglass_id}/renew": {"reason": "x" * 40},
    "POST /api/agency/requests/{request_id}/field/messages": {"asks": "photo"},
    "POST /api/agency/requests/{request_id}/cameras": {
        "name": "로비",
        "url": "rtsp://127.0.0.1:9/1",
        "consent": {"by": "당직", "at": "2026-01-01T00:00:00Z", "purpose": "this_request"},
    },
    "POST /api/incidents/{incident_id}/requests/{request_id}/asks/{ask_id}/refuse": {"reason": "busy"},
    "POST /api/agency/requests": {
        "request_id": str(uuid4()),
        "trigger": "help_request",
        "legal_basis": "pipa-18-2-3",
        "position": {"lat": 37.4015, "lon": 126.9227},
        "subject": {"event": "panic", "site": "안심빌딩"},
    },
    "POST /api/incidents/{incident_id}/evidence": {
        "camera_ids": ["cam-1"],
        "from_at": "2026-01-01T00:00:00Z",
        "until_at": "2026-01-01T00:10:00Z",
        "expires_at": "2026-01-02T00:00:00Z",
        "reason": "수사 협조",
        "recipient": {"name": "담당", "agency": "112-demo"},
    },
    "POST /api/incidents/{incident_id}/recordings": {
        "camera_id": "cam-1",
        "from_at": (datetime.now(UTC) - timedelta(seconds=60)).isoformat(),
        "until_at": (datetime.now(UTC) - timedelta(seconds=30)).isoformat(),
        "reason": "되감아 확인",
    },
    "POST /api/incidents/{incident_id}/recordings/fetch": {
        "camera_id": "cam-1",
        "from_at": (datetime.now(UTC) - timedelta(seconds=60)).isoformat(),
        "until_at": (datetime.now(UTC) - timedelta(seconds=30)).isoformat(),
        "reason": "되감아 확인",
    },
    **{
        f"POST /api/{path}/sources": {"entry_id": str(uuid4()), "kind": "telco", "lat": 37.4, "lon": 126.9}
        | {"fixed_at": datetime.now(UTC).isoformat()}
        for path in ("incidents/{incident_id}", "agency/dispatches/{dispatch_id}")
    },
    **dict.fromkeys(
        ("PUT /api/scouts/offers/{code}/{starts_on}", "POST /api/scouts/offers/{code}/{starts_on}/preview"),
        {"hours": {"fri": ["22:00-25:00"]}},
    ),
    "PUT /api/scouts/bookings/{booking_id}": {
        "name": "보라",
        "phone": "01012345678",
        "at": "2036-01-04T13:00:00Z",
        "meet": {"lat": 37.4015, "lon": 126.9227},
        "destination": "시청",
    },
    "POST /api/incidents/{incident_id}/say": {"kind": "text", "text": "괜찮으세요?", "language": "ko"},
}


@dataclass
class Hall:
    """The app, what stands on both sides of the wall, and a browser for whoever calls."""

    scene: Scene
    objects: Objects
    app: FastAPI
    http: httpx.AsyncClient
    admin: psycopg.AsyncConnection[Any]
    wrong: list[str] = field(default_factory=list)
    calls: int = 0
    served: set[str] = field(default_factory=set)

    @property
    def components(self) -> dict[str, Any]:
        schemas: dict[str, Any] = self.app.openapi()["components"]["schemas"]
        return schemas

    def headers(self, who: str) -> dict[str, str]:
        if who == "nobody":
            return {}
        if who == "person":
            return {"authorization": f"Bearer {self.objects.own['token']}"}
        return {"cookie": f"{COOKIE}=token-of-{who}"}

    async def call(self, one: Operation, who: str, objects: dict[str, str], **more: Any) -> httpx.Response:
        """`more`: query, body fields that replace the example's, headers."""
        values = {name: objects.get(name) or one.enums.get(name) or str(uuid4()) for name in one.path_fields}
        body = None
        if one.schema is not None:
            body = BODIES.get(one.name) or example(one.schema, self.components)
            body = body | more.get("body", {}) if isinstance(body, dict) else body
        self.calls += 1
        self.scene.services.shared.pop("login_throttle", None)  # wrong passwords delay; what is refused, not how fast
        answer = await self.http.request(
            one.method,
            one.path.format(**values),
            json=body,
            params=more.get("query"),
            headers=self.headers(who) | more.get("headers", {}),
        )
        if answer.is_success:
            self.served.add(one.name)
        if one.changes and answer.status_code < 400:
            await self.admin.execute("SELECT mend()")
        return answer

    def hold(self, answer: httpx.Response, says: bool, one: Operation, who: str, about: str) -> None:
        """Note what should not be; the whole table is shown at the end."""
        if not says:
            code = answer.headers.get("content-type", "").startswith("application/problem") and answer.json()["code"]
            self.wrong.append(f"{one.name} as {who}: {about}, but {answer.status_code} {code or ''}")

    def blind(self, answer: httpx.Response, one: Operation, who: str, sent: tuple[str, ...] = ()) -> None:
        """Nothing of the other side stands in the answer, except what the request itself named."""
        markers = self.objects.markers | self.objects.beyond.get(who, {})
        for name, marker in markers.items() if one.name not in SHARED else ():
            if marker in answer.text and marker not in sent:
                self.wrong.append(f"{one.name} as {who}: shows the other side's {name}")


# What the calls that were let in have changed is put back after each of them.
_MEND = """
CREATE TABLE kept_account AS SELECT * FROM account; CREATE TABLE kept_address AS SELECT * FROM allowed_address;
CREATE TABLE kept_session AS SELECT * FROM session; CREATE TABLE kept_agreement AS SELECT * FROM agreement;
CREATE TABLE kept_breakglass AS SELECT * FROM breakglass;
CREATE TABLE kept_incident AS SELECT * FROM incident; CREATE TABLE kept_dispatch AS SELECT * FROM dispatch;
CREATE FUNCTION mend() RETURNS void LANGUAGE plpgsql AS $$
DECLARE kept text; own text; cols text; BEGIN
  SET LOCAL session_replication_role = replica;
  FOREACH kept IN ARRAY ARRAY['account', 'session', 'agreement', 'incident', 'dispatch', 'breakglass'] LOOP
    SELECT string_agg(format('%1$I = k.%1$I', attname), ', ') INTO cols FROM pg_attribute
      WHERE attrelid = kept::regclass AND attnum > 0 AND NOT attisdropped;
    SELECT a.attname INTO own FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
      WHERE i.indrelid = kept::regclass AND i.indisprimary;
    EXECUTE format('UPDATE %1$I t SET %2$s FROM kept_%1$s k WHERE t.%3$I = k.%3$I', kept, cols, own);
  END LOOP;
  DELETE FROM agreement_version v USING kept_agreement k
    WHERE v.agreement_id = k.agreement_id AND v.version > k.version;
  DELETE FROM allowed_address; INSERT INTO allowed_address SELECT * FROM kept_address; DELETE FROM agency_address;
  SET LOCAL session_replication_role = origin;
END $$;
"""


@asynccontextmanager
async def hall(url: str, admin_url: str) -> AsyncIterator[Hall]:
    async with installation(url) as scene:
        for role in ROLES:
            agency = "112-demo" if role in AGENCY_ROLES else None
            await scene.add(f"as-{role}", role, desk=None if agency else "main", agency_id=agency)
        await scene.add("ended", "admin", desk="main")
        for login in (*(f"as-{role}" for role in ROLES), "ended"):
            viewer = scene.staff[login]
            digest = scene.services.sealer.digest(f"token-of-{login.removeprefix('as-')}", context="session")
            await scene.sql(
                "UPDATE session SET token_digest = :d WHERE account_id = :id", d=digest, id=viewer.account_id
            )
        await scene.sql(
            "UPDATE session SET ended_at = now() WHERE account_id = :id", id=scene.staff["ended"].account_id
        )
        objects = await two_sides(scene, admin_url)
        app = create_app(scene.services.settings, services=scene.services)
        transport = httpx.ASGITransport(app, client=(SEAT, 1), raise_app_exceptions=False)
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://center") as http,
            await psycopg.AsyncConnection.connect(conninfo(admin_url), autocommit=True) as admin,
        ):
            await admin.execute(_MEND)
            yield Hall(scene, objects, app, http, admin)


def allowed(one: Operation, role: str) -> bool:
    return one.guard == "staff" and all(may(role, permission) for permission in one.needs)


async def doors(the: Hall, one: Operation) -> None:
    """Who is let in, and who is not: each role, nobody, a person, an ended session, another page."""
    own = the.objects.own
    for role in ROLES:
        answer = await the.call(one, role, own)
        the.blind(answer, one, role)
        refused = answer.status_code == 403 and answer.json()["code"] in ("wrong_role", "ptz_not_yours")
        if allowed(one, role):
            the.hold(answer, answer.status_code not in (401, 405) and not refused, one, role, "is let in")
            the.hold(answer, answer.status_code < 500, one, role, "is answered")
        else:
            the.hold(answer, refused, one, role, "has no permission for this")
    for who in ("nobody", "person", "ended"):
        answer = await the.call(one, who, own)
        the.hold(answer, answer.status_code == 401, one, who, "has to sign in")
    if one.changes:
        who = next(role for role in ROLES if allowed(one, role))
        answer = await the.call(one, who, own, headers={"origin": "https://evil.example"})
        refused = answer.status_code == 403 and answer.json()["code"] == "foreign_page"
        the.hold(answer, refused, one, who, "is sent by a foreign page")


async def walls(the: Hall, one: Operation) -> None:
    """Whoever is let in names what is the other side's: in the path, in the query, in the body."""
    own, other = the.objects.own, the.objects.other
    for role in (role for role in ROLES if allowed(one, role)):
        for name in (name for name in one.path_fields if name in other and one.name not in SHARED):
            answer = await the.call(one, role, own | {name: other[name]})
            refused = answer.status_code == 403 and answer.json()["code"] in ("unknown_camera", "unknown_incident")
            fits = answer.status_code == 404 or refused
            the.hold(answer, fits, one, role, f"names the other side's {name}")
            the.blind(answer, one, role, (other[name],))
        for name in (name for name in one.query_fields if name in other):
            answer = await the.call(one, role, own, query={name: other[name]})
            the.hold(answer, answer.status_code < 500, one, role, f"asks for the other side's {name}")
            the.blind(answer, one, role, (other[name],))
        for name, kind in object_fields(one.schema, the.components, set(other)).items():
            value = [other[kind]] if name.endswith("s") else other[kind]
            answer = await the.call(one, role, own, body={name: value})
            if one.name not in SHARED:
                the.hold(answer, 400 <= answer.status_code < 500, one, role, f"sends the other side's {name}")
            the.blind(answer, one, role, (other[kind],))


async def people_only(the: Hall, one: Operation) -> None:
    """A person's device token opens her own things, and no desk's session does."""
    own, other = the.objects.own, the.objects.other
    for who in ("nobody", "admin", "operator", "agent", "ended"):
        answer = await the.call(one, who, own)
        the.hold(answer, answer.status_code == 401, one, who, "is no person's device")
    answer = await the.call(one, "person", own)
    the.hold(answer, answer.status_code not in (401, 403) and answer.status_code < 500, one, "person", "is let in")
    the.blind(answer, one, "person")
    for name in (name for name in one.path_fields if name in other):
        answer = await the.call(one, "person", own | {name: other[name]})
        the.hold(answer, answer.status_code == 404, one, "person", f"names somebody else's {name}")


async def without_guard(the: Hall, one: Operation) -> None:
    kind = UNGUARDED.get(one.name)
    if kind is None:
        the.wrong.append(f"{one.name}: has no guard. Say permitted(…), or add it to UNGUARDED with what guards it.")
        return
    for who in ("nobody", "admin"):
        answer = await the.call(one, who, the.objects.own)
        the.blind(answer, one, who)
        if kind == "signed":
            the.hold(answer, answer.status_code in (401, 403), one, who, "sends no signature")
        elif kind == "secret":
            the.hold(answer, 400 <= answer.status_code < 500, one, who, "knows no secret")
        else:
            the.hold(answer, answer.status_code < 500 or answer.status_code == 503, one, who, "is answered")


@pytest.fixture
def database(database_server: TestServer):
    made = database_server.fresh("installation")
    yield made
    database_server.drop(made.name)


async def test_every_operation_for_everybody_on_both_sides_of_the_wall(database: Any) -> None:
    async with hall(database.url, database.admin) as the:
        every = list(operations(the.app))
        assert len(every) > 100 and SECRET in str(the.objects.markers)
        for one in every:
            if one.guard is None:
                await without_guard(the, one)
            elif one.guard == "person":
                await people_only(the, one)
            else:
                await doors(the, one)
        for one in sorted(every, key=lambda one: one.changes):  # what is refused is written down, and read by the logs
            if one.guard == "staff":
                await walls(the, one)
        unknown = set(UNGUARDED) - {one.name for one in every}
        print(f"{len(every)} operations, {len(the.served)} served, {the.calls} calls; not there: {sorted(unknown)}")
        assert len(the.served) > 0.38 * len(every), "who is let in is served, or all this proves little"
        assert the.wrong == [], "\n" + "\n".join(the.wrong)
