"""The administrators' API: centers, policies, senders, nodes, what partners get wrong, and the record of all changes.

Every change and its event stand in one transaction: what is not on record has not happened.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from location_router import nodes, policy, policy_store
from location_router.admin import record
from location_router.admin.access import Admin, admin_of
from location_router.app import Router
from location_router.discrepancies import Discrepancies
from location_router.registry import states_of
from location_router.runtime.pool import Connection
from location_router.runtime.problems import Problem
from location_router.senders import store as senders
from location_router.senders.gateways import quarantined as quarantined_texts
from location_router.states import StaffedHours

admin_routes = APIRouter(prefix="/admin", tags=["admin"])
Administrator = Annotated[Admin, Depends(admin_of)]


class CenterChange(BaseModel):
    """Only what is given is changed; `hours` and `capabilities` null: back to always staffed, to what the desk says."""

    model_config = ConfigDict(extra="forbid")
    callback: str | None = Field(default=None, max_length=40, pattern=r"^[0-9+ ()*#-]*$")
    is_draining: bool | None = None
    hours: StaffedHours | None = None
    capabilities: list[Annotated[str, Field(max_length=20)]] | None = Field(default=None, max_length=20)
    note: str = Field(default="", max_length=500)


class PolicyChange(BaseModel):
    """A rule of `kind` with its `parameters`, from `valid_from` (default: now) until `valid_until`."""

    model_config = ConfigDict(extra="forbid")
    kind: str
    parameters: dict[str, Any]
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    note: str = Field(default="", max_length=500)


class NewSender(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sender_id: str = Field(max_length=60)
    name: str = Field(max_length=200)
    scopes: list[str] = Field(max_length=20)
    contact: str = Field(default="", max_length=200)
    rate_per_minute: int = Field(default=600, ge=1, le=1_000_000)
    certificate_sha256: str = Field(default="", max_length=120)
    agency_id: str = Field(default="", max_length=40)


class SenderChange(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(default="", min_length=1, max_length=200)
    contact: str = Field(default="", max_length=200)
    scopes: list[str] = Field(default_factory=list, max_length=20)
    rate_per_minute: int = Field(default=600, ge=1, le=1_000_000)
    state: Literal["active", "suspended"] = "active"
    agency_id: str = Field(default="", max_length=40)
    note: str = Field(default="", max_length=500)


def router_of(request: Request) -> Router:
    found: Router = request.app.state.router
    return found


def aware(value: datetime | None) -> datetime | None:
    """A time without a zone is UTC, as everywhere on the wire."""
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


async def change(
    request: Request, admin: Admin, action: str, subject: str, work: Callable[[Connection], Awaitable[dict[str, Any]]]
) -> dict[str, Any]:
    """Do `work` in a transaction and write its event; the event's detail is what `work` returns."""
    async with router_of(request).pool.transaction() as conn:
        detail = await work(conn)
        event = await record.record(conn, admin.name, action, subject, **detail)
    return {"event_no": event.event_no, **detail}


# -- centers


@admin_routes.get("/centers")
async def list_centers(request: Request, _: Administrator) -> dict[str, Any]:
    registry = router_of(request).registry
    return {"boundary_version": registry.jurisdictions.boundary_version, "centers": states_of(registry)}


CENTER = "SELECT callback, is_draining, hours, capabilities FROM center WHERE code = %s FOR UPDATE"


@admin_routes.patch("/centers/{code}")
async def change_center(code: str, given: CenterChange, request: Request, admin: Administrator) -> dict[str, Any]:
    said = given.model_fields_set - {"note"}

    async def work(conn: Connection) -> dict[str, Any]:
        before = await _center(conn, code)
        if "callback" in said:
            await policy_store.set_callback(conn, code, given.callback or "")
        if "is_draining" in said:
            await policy_store.set_draining(conn, code, is_draining=bool(given.is_draining))
        if "hours" in said:
            await policy_store.set_hours(conn, code, given.hours)
        if "capabilities" in said:
            await policy_store.set_capabilities(conn, code, given.capabilities)
        return {"before": before, "after": await _center(conn, code), "note": given.note}

    answer = await change(request, admin, "center:changed", code, work)
    await router_of(request).registry.refresh()
    return answer


async def _center(conn: Connection, code: str) -> dict[str, Any]:
    row = await (await conn.execute(CENTER, (code,))).fetchone()
    if row is None:
        raise Problem(
            404,
            "no_center",
            f"코드 {code}인 센터가 없습니다. GET /admin/centers에서 찾아 주세요.",
            f"There is no center {code}; see GET /admin/centers.",
            field="code",
            value=code,
        )
    return dict(zip(("callback", "is_draining", "hours", "capabilities"), row, strict=True))


# -- policies


@admin_routes.get("/policies")
async def list_policies(request: Request, _: Administrator) -> dict[str, Any]:
    now = datetime.now(UTC)
    async with router_of(request).pool.connection() as conn:
        rows = await policy_store.list_policies(conn)
    return {
        "kinds": list(policy.KINDS),
        "policies": [_policy(row) | {"in_force": row.is_in_force(now)} for row in rows],
    }


def _policy(row: policy.PolicyRow) -> dict[str, Any]:
    return {
        "rule_id": row.rule_id,
        "kind": row.rule.kind,
        "parameters": row.rule.model_dump(mode="json", exclude={"kind"}),
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
        "created_by": row.created_by,
        "note": row.note,
        "policy_no": row.policy_no,
    }


@admin_routes.put("/policies/{rule_id}")
async def put_policy(rule_id: str, given: PolicyChange, request: Request, admin: Administrator) -> dict[str, Any]:
    rule = _rule(given)
    start, end = aware(given.valid_from) or datetime.now(UTC), aware(given.valid_until)
    if end is not None and end <= start:
        raise Problem(
            422,
            "bad_dates",
            "valid_until은 valid_from보다 뒤여야 합니다.",
            "valid_until must be later than valid_from.",
            field="valid_until",
            value=str(given.valid_until),
        )

    async def work(conn: Connection) -> dict[str, Any]:
        before = [_policy(row) for row in await policy_store.list_policies(conn) if row.rule_id == rule_id]
        number = await policy_store.put_policy(
            conn, rule_id=rule_id, rule=rule, valid_from=start, valid_until=end, created_by=admin.name, note=given.note
        )
        return {"policy_no": number, "before": before, "after": given.model_dump(mode="json")}

    answer = await change(request, admin, "policy:put", rule_id, work)
    await router_of(request).registry.refresh()
    return answer


def _rule(given: PolicyChange) -> policy.Rule:
    try:
        return policy.read_rule(given.kind, given.parameters)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(["parameters", *map(str, first["loc"][1:])]) if given.kind in policy.KINDS else "kind"
        raise Problem(
            422,
            "bad_policy",
            f"{field}: 읽을 수 없습니다. 종류는 {', '.join(policy.KINDS)} 가운데 하나입니다.",
            f"{field}: {first['msg']}. Kinds are {', '.join(policy.KINDS)}.",
            field=field,
            value=str(first.get("input"))[:80],
        ) from error


@admin_routes.delete("/policies/{rule_id}")
async def end_policy(rule_id: str, request: Request, admin: Administrator) -> dict[str, Any]:
    """The rule ends now; what it decided keeps it on record."""

    async def work(conn: Connection) -> dict[str, Any]:
        ended = await policy_store.end_policy(conn, rule_id=rule_id, at=datetime.now(UTC))
        if not ended:
            raise Problem(
                404, "no_policy", "그런 정책이 없습니다.", "There is no such policy in force.", field="rule_id"
            )
        return {"ended": ended}

    answer = await change(request, admin, "policy:ended", rule_id, work)
    await router_of(request).registry.refresh()
    return answer


# -- senders


@admin_routes.get("/senders")
async def list_senders(request: Request, _: Administrator) -> dict[str, Any]:
    async with router_of(request).pool.connection() as conn:
        return {"senders": await senders.list_senders(conn)}


@admin_routes.post("/senders", status_code=201)
async def create_sender(given: NewSender, request: Request, admin: Administrator) -> dict[str, Any]:
    """The key is in this answer and nowhere else."""
    return await _issue(
        request,
        admin,
        "sender:created",
        given.sender_id,
        lambda conn: senders.create(conn, router_of(request).sealer, **given.model_dump()),
        after=given.model_dump(),
    )


@admin_routes.patch("/senders/{sender_id}")
async def change_sender(sender_id: str, given: SenderChange, request: Request, admin: Administrator) -> dict[str, Any]:
    """Only what is given is changed. `suspended` works like revoked (its alerts are flagged, the rest is refused), and
    `active` takes it back; what was revoked stays so."""

    async def work(conn: Connection) -> dict[str, Any]:
        said = given.model_dump(exclude_unset=True, exclude={"note"})
        before, after = await senders.change(conn, sender_id, **said)
        return {"before": before, "after": after, "note": given.note}

    return await change(request, admin, "sender:changed", sender_id, work)


@admin_routes.post("/senders/{sender_id}/rotate")
async def rotate_sender(sender_id: str, request: Request, admin: Administrator) -> dict[str, Any]:
    return await _issue(
        request,
        admin,
        "sender:rotated",
        sender_id,
        lambda conn: senders.rotate(conn, router_of(request).sealer, sender_id),
    )


async def _issue(
    request: Request,
    admin: Admin,
    action: str,
    sender_id: str,
    work: Callable[[Connection], Awaitable[senders.Issued]],
    **detail: Any,
) -> dict[str, Any]:
    """A new key: told to the administrator, kept out of the record."""
    async with router_of(request).pool.transaction() as conn:
        issued = await work(conn)
        event = await record.record(conn, admin.name, action, sender_id, **detail)
    return {
        "event_no": event.event_no,
        "sender_id": sender_id,
        "key": issued.key,
        "signing_secret": issued.signing_secret,
        "older_keys_end_at": issued.older_keys_end_at,
    }


@admin_routes.post("/senders/{sender_id}/revoke")
async def revoke_sender(sender_id: str, request: Request, admin: Administrator) -> dict[str, Any]:
    async def work(conn: Connection) -> dict[str, Any]:
        await senders.revoke(conn, sender_id)
        return {"state": "revoked"}

    return await change(request, admin, "sender:revoked", sender_id, work)


# -- nodes of the bus


class Revocation(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: str = Field(min_length=1, max_length=300)
    key_id: str = Field(default="", max_length=40)


class Retirement(BaseModel):
    model_config = ConfigDict(extra="forbid")
    key_id: str = Field(min_length=1, max_length=40)
    at: datetime | None = None


@admin_routes.get("/nodes")
async def list_nodes(request: Request, _: Administrator) -> dict[str, Any]:
    return {"nodes": await nodes.listed(router_of(request).pool)}


@admin_routes.post("/nodes/{node_id}/revoke")
async def revoke_node(node_id: str, given: Revocation, request: Request, admin: Administrator) -> dict[str, Any]:
    """Nothing that this node (or one key of it) signs is believed from now on."""
    return await _change_node(
        request,
        node_id,
        lambda conn: nodes.revoke(conn, node_id, reason=given.reason, by=admin.name, key=given.key_id),
    )


@admin_routes.post("/nodes/{node_id}/reinstate")
async def reinstate_node(node_id: str, request: Request, admin: Administrator) -> dict[str, Any]:
    return await _change_node(request, node_id, lambda conn: nodes.reinstate(conn, node_id, by=admin.name))


@admin_routes.post("/nodes/{node_id}/retire")
async def retire_key(node_id: str, given: Retirement, request: Request, admin: Administrator) -> dict[str, Any]:
    """The end of a key's rolling: what it signs after `at` (default: now) is refused."""
    at = aware(given.at) or datetime.now(UTC)
    return await _change_node(
        request, node_id, lambda conn: nodes.retire(conn, node_id, given.key_id, at=at, by=admin.name)
    )


async def _change_node(request: Request, node_id: str, work: Callable[[Connection], Awaitable[bool]]) -> dict[str, Any]:
    router = router_of(request)
    async with router.pool.transaction() as conn:
        if not await work(conn):
            raise Problem(
                404,
                "no_node",
                "그런 노드나 키가 없거나 이미 그렇게 되어 있습니다. GET /admin/nodes에서 확인해 주세요.",
                "There is no such node or key, or it is so already; see GET /admin/nodes.",
                field="node_id",
                value=node_id,
            )
    await router.nodes.look_again()
    return {"node_id": node_id}


# -- what went wrong between partners, what could not be read, and the record


@admin_routes.get("/discrepancies")
async def discrepancies(request: Request, _: Administrator) -> dict[str, Any]:
    """What partners send that is not as the standards say, counted."""
    return {"discrepancies": await Discrepancies(router_of(request).pool).report()}


@admin_routes.get("/quarantine/texts")
async def unreadable_texts(request: Request, _: Administrator) -> dict[str, Any]:
    router = router_of(request)
    return {"texts": await quarantined_texts(router.pool, router.sealer)}


@admin_routes.get("/events")
async def list_events(
    request: Request, _: Administrator, after: int = 0, limit: Annotated[int, Query(ge=1, le=1000)] = 200
) -> dict[str, Any]:
    async with router_of(request).pool.connection() as conn:
        return {"events": [one.as_dict() for one in await record.events(conn, after=after, limit=limit)]}


@admin_routes.get("/events/newest")
async def newest_events(
    request: Request,
    _: Administrator,
    before: Annotated[int, Query(ge=0)] = 0,
    admin: Annotated[str, Query(max_length=80)] = "",
    action: Annotated[str, Query(max_length=60)] = "",
    subject: Annotated[str, Query(max_length=120)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """The record from its end, for people: by who, by what (`sender`, or `sender:created`), by what it was about."""
    async with router_of(request).pool.connection() as conn:
        found = await record.newest(conn, before=before, admin=admin, action=action, subject=subject, limit=limit)
    return {"events": [one.as_dict() for one in found]}


@admin_routes.get("/events/verify")
async def verify_events(request: Request, _: Administrator) -> dict[str, Any]:
    """Whether anybody changed the record quietly; keep `head` elsewhere to find a cut tail."""
    async with router_of(request).pool.connection() as conn:
        return await record.verify(conn)
