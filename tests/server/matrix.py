"""What the role matrix needs: the app's operations as its OpenAPI document tells them, bodies that fit their schemas,
and an installation with an object of each kind on either side of the wall between two centers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID, uuid4

import psycopg
from fastapi import FastAPI
from psycopg import sql
from psycopg.rows import dict_row

from location_router.runtime.db import conninfo
from server.dispatch import service as dispatches
from server.openapi import guard_of, routes_of
from server.people import service as people
from server.seed import seed_cameras
from server.staff.permissions import Permission, Role
from tests.server.scene import CENTER, EYES, OTHER, Eye, Scene
from tests.server.walls import fill

CHAIN = ("chain_head", "event", "event_payload", "checkpoint")  # its links have to fit
ROLES: tuple[Role, ...] = get_args(Role)
THIRD = "11140"
SECRET = "건너편-센터의-비밀"
"""Stands in what belongs to the other center: it is in no answer to anybody here."""
BODY_OBJECTS = {"into": "incident_id", "with": "incident_id", "to": "account_id", "hand_to": "account_id"}
"""Fields of bodies that name an object by another word than its column's."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of the document. `guard`: `staff` (a desk's session), `person` (a device token), or None for who is
    not asked at all; `needs`: the permissions, all of them."""

    method: str
    path: str
    guard: str | None
    needs: tuple[Permission, ...]
    path_fields: tuple[str, ...]
    query_fields: tuple[str, ...]
    schema: dict[str, Any] | None
    enums: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def changes(self) -> bool:
        return self.method != "GET"


def operations(app: FastAPI) -> Iterator[Operation]:
    """Every operation of the app's document; its guards are those of the route itself."""
    routes = {(method, route.path): route for route in routes_of(app) for method in route.methods or ()}
    for path, methods in app.openapi()["paths"].items():
        for method, said in methods.items():
            guard, _ = guard_of(routes[method.upper(), path])
            needs = tuple(_permissions(routes[method.upper(), path].dependant))
            assert said.get("x-permission") in (needs or (None,)), f"{method} {path}: the document says otherwise"
            given = {one["name"]: one for one in said.get("parameters", ()) if one["in"] in ("path", "query")}
            content = said.get("requestBody", {}).get("content", {}).get("application/json")
            yield Operation(
                method.upper(),
                path,
                guard,
                needs,
                tuple(re.findall(r"{(\w+)", path)),  # a page's own is not in the document
                tuple(name for name, one in given.items() if one["in"] == "query"),
                content["schema"] if content else None,
                {name: one["schema"]["enum"][0] for name, one in given.items() if "enum" in one["schema"]},
            )


def _permissions(dependant: Any) -> Iterator[Permission]:
    for child in dependant.dependencies:
        if (permission := getattr(child.call, "permission", None)) is not None:
            yield permission
        yield from _permissions(child)


def example(schema: dict[str, Any], components: dict[str, Any], name: str = "") -> Any:
    """A value that fits the schema: what is required, and no more."""
    if "$ref" in schema:
        return example(components[schema["$ref"].rpartition("/")[2]], components, name)
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return example(next(one for one in schema[choice] if one.get("type") != "null"), components, name)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type")
    if kind == "object":
        fields = schema.get("properties", {})
        return {one: example(fields[one], components, one) for one in schema.get("required", ())}
    if kind == "array":
        return [example(schema["items"], components, name)] * schema.get("minItems", 0)
    if kind == "string":
        return _text(schema)
    if kind in ("integer", "number"):
        return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    return kind == "boolean"


def _text(schema: dict[str, Any]) -> str:
    if schema.get("format") == "uuid":
        return str(uuid4())
    if schema.get("format") in ("date-time", "date"):
        at = datetime.now(UTC) + timedelta(days=1)
        return at.isoformat() if schema["format"] == "date-time" else at.date().isoformat()
    word = "사유를 적습니다: the reason is written here"
    return word[: schema.get("maxLength", 80)].ljust(schema.get("minLength", 0), "x")


def object_fields(schema: dict[str, Any] | None, components: dict[str, Any], known: set[str]) -> dict[str, str]:
    """Fields of a body that name an object, with the kind of object."""
    while schema and "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    fields = (schema or {}).get("properties", {})
    return {one: BODY_OBJECTS.get(one, one) for one in fields if BODY_OBJECTS.get(one, one) in known}


@dataclass
class Objects:
    """By the name of their column: one of the own center (or agency, or person), one of the other."""

    own: dict[str, str]
    other: dict[str, str]
    markers: dict[str, str]
    """What must never be seen on this side, by what it is."""
    beyond: dict[str, dict[str, str]]
    """What the center sees, and another of its agencies (`agent`) or people (`person`) does not."""


async def two_sides(scene: Scene, admin_url: str) -> Objects:
    """An emergency, a dispatch, accounts, agreements, cameras and the rest, here and behind the wall."""
    own, other = {"incident_id": str(await scene.emergency())}, {"incident_id": str(await _elsewhere(scene))}
    cameras = [Eye("cam-behind", SECRET, EYES[0].lat, EYES[0].lon)]
    async with scene.services.db.begin() as unit:
        await seed_cameras(
            unit, scene.services.sealer, center_id=OTHER, cameras=cameras, rtsp_base="rtsp://127.0.0.1:1"
        )
        await unit.execute(
            "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES ('guard-behind', 'security', :name, :name)",
            {"name": SECRET},
        )
        await unit.execute(
            "INSERT INTO center (code, name_ko, name_en, desk) VALUES (:code, '중구', 'Jung-gu', 'third')",
            {"code": THIRD},
        )
        for agency in ("112", "119"):
            await dispatches.request(
                unit,
                scene.services,
                incident_id=UUID(own["incident_id"]),
                agency=agency,
                actor=scene.staff["operator"].actor,
            )
    own |= {"camera_id": "cam-1", "agency_id": "112-demo", "code": CENTER, "center": CENTER}
    own["starts_on"] = "2036-01-01"  # no object: a day
    other |= {"camera_id": "cam-behind", "agency_id": "guard-behind", "code": OTHER, "center": OTHER}
    await _people_of_either_side(scene, own, other)
    await _rows_of_either_side(scene, own, other)
    await _all_the_rest(admin_url, scene, own, other)
    return Objects(own, other, *_markers(other))


async def _elsewhere(scene: Scene) -> UUID:
    """An incident of the other center, whose caller's name is the secret."""
    incident_id = await scene.emergency(center=OTHER)
    alert_id = await scene.one("SELECT alert_id FROM alert WHERE incident_id = :id", id=incident_id)
    caller = scene.services.sealer.seal({"nickname": SECRET, "phone": SECRET}, context=f"alert.caller:{alert_id}")
    await scene.sql("UPDATE alert SET caller_sealed = :caller WHERE alert_id = :id", caller=caller, id=alert_id)
    return incident_id


async def _people_of_either_side(scene: Scene, own: dict[str, str], other: dict[str, str]) -> None:
    spare = await scene.add("spare", "operator", desk="main")
    own["account_id"], other["account_id"] = str(spare.account_id), str(scene.staff["stranger"].account_id)
    for side in (own, other):
        side["session_id"] = str(
            await scene.one("SELECT session_id FROM session WHERE account_id = :id", id=UUID(side["account_id"]))
        )
    for side, phone in ((own, "01011112222"), (other, "01033334444")):
        done = await people.sign_up(scene.services, nickname=SECRET if side is other else "보라", phone=phone, token="")
        side["person_id"], side["token"] = str(done.person_id), done.device_token


async def _rows_of_either_side(scene: Scene, own: dict[str, str], other: dict[str, str]) -> None:
    for agency, side in (("112-demo", own), ("119-demo", other)):
        row = (await scene.sql("SELECT dispatch_id, case_no FROM dispatch WHERE agency_id = :a", a=agency))[0]
        side["dispatch_id"], side["case_no"] = str(row["dispatch_id"]), row["case_no"]
    for center, side in ((CENTER, own), (OTHER, other)):
        side["agreement_id"] = str(
            await scene.one("SELECT agreement_id FROM agreement WHERE center_id = :c LIMIT 1", c=center)
        )
        side["alert_id"] = str(await scene.one("SELECT alert_id FROM alert WHERE center_id = :c LIMIT 1", c=center))
    for login, center, side in (("as-operator", OTHER, own), ("stranger", THIRD, other)):
        side["breakglass_id"] = str(uuid4())
        sealed = scene.services.sealer.seal(SECRET, context=f"breakglass.reason:{side['breakglass_id']}")
        viewer = scene.staff[login]
        await scene.sql(
            "INSERT INTO breakglass (breakglass_id, center_id, account_id, session, basis, reason_sealed, requested_at)"
            " VALUES (:id, :center, :account, :session, 'pipa-18-2-3', :reason, now())",
            id=UUID(side["breakglass_id"]),
            center=center,
            account=viewer.account_id,
            session=viewer.session,
            reason=sealed
            if side is other
            else scene.services.sealer.seal("연락 두절", context=f"breakglass.reason:{side['breakglass_id']}"),
        )


async def _all_the_rest(admin_url: str, scene: Scene, own: dict[str, str], other: dict[str, str]) -> None:
    """A row behind the wall in every other table of a center, so that a new route's parameter has one to name."""
    async with await psycopg.AsyncConnection.connect(conninfo(admin_url), row_factory=dict_row) as admin:
        for table, key in await fill(admin, OTHER, without=CHAIN):
            if key not in (None, "center_id", *other):
                cursor = await admin.execute(
                    sql.SQL("SELECT {}::text AS id FROM {} WHERE center_id = %s").format(
                        sql.Identifier(key), sql.Identifier(table)
                    ),
                    [OTHER],
                )
                row = await cursor.fetchone()
                other[key] = row["id"] if row else str(uuid4())
                own[key] = str(uuid4())


def _markers(other: dict[str, str]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Ids and words of the other side (not its center's code, which is on every map), of the other agency, and of the
    other person: both people have their home at the own center."""
    agency = {name: other[name] for name in ("dispatch_id", "case_no")}
    person = {"person_id": other["person_id"]}
    center = {name: value for name, value in other.items() if name not in ("code", "center", "token", *agency, *person)}
    return center | {"secret": SECRET}, {"agent": agency, "person": person}
