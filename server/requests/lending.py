"""A camera that an agency lends for the time of one request: its own, by its own consent, and for nothing else.

It is none of the city's cameras. The gate opens it (`server/gate_facts.py`) to the operators of the request's center,
and to who is dispatched where the consent says so, while the request is open and the consent holds; then its pictures
end and its address is deleted. Where it may stand is written in the agreement (`camera_networks`): an address and no
name, so that nothing can be led elsewhere afterwards.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from location_router.request_content.values import Refused
from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.actor import Actor
from server.agencies.model import agreement_from_row
from server.cameras.onvif.where import BadWhere, is_inside, networks_of, stream_host, with_credentials
from server.events import record
from server.incidents.cards import iso
from server.releases import end_releases
from server.requests.store import lent_camera
from server.video.pinned import LENT

if TYPE_CHECKING:
    from server.services import Services

MOST_LENT = 8
PURPOSE = "this_request"
WITHDRAWN = "withdrawn"
_TERMS = "SELECT * FROM agreed WHERE agreement_id = :agreement AND agency_id = :agency"
_HELD = """
SELECT * FROM lent_camera WHERE request_id = :request AND center_id = :center AND (CAST(:id AS text) IS NULL
  OR camera_id = :id) ORDER BY lent_at, camera_id
"""
_END = """
UPDATE lent_camera SET ended_at = :now, end_reason = :reason, url_sealed = NULL
WHERE request_id = :request AND center_id = :center AND ended_at IS NULL
  AND (CAST(:id AS text) IS NULL OR camera_id = :id) RETURNING camera_id
"""
_SHOWN = "SELECT release_id FROM release WHERE camera_id = ANY(:ids) AND ended_at IS NULL AND kind = 'live'"
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class LentConsent(BaseModel):
    """`by`: who of the agency, or whose camera it is; `purpose`: nothing but this request."""

    model_config = ConfigDict(extra="forbid")

    by: Text
    at: AwareDatetime
    until: AwareDatetime | None = None
    purpose: Annotated[str, Field(pattern=f"^{PURPOSE}$")]
    for_dispatched: bool = False


class LentCamera(BaseModel):
    """`url`: rtsp:// or rtsps:// with an IP address, without credentials; `lat`, `lon`: the request's place without."""

    model_config = ConfigDict(extra="forbid")

    name: Text
    url: Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)]
    user: Annotated[str, StringConstraints(max_length=80)] = ""
    password: Annotated[str, StringConstraints(max_length=120)] = ""
    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)
    heading_deg: float | None = Field(default=None, ge=0, le=360)
    consent: LentConsent


def read(body: bytes) -> LentCamera:
    """Raises Refused `no_consent` or `invalid`, with the field and what to do."""
    try:
        return LentCamera.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "body"
        if field.startswith("consent"):
            ko = "동의를 적어 주세요: consent {by, at, purpose: this_request}."
            raise Refused(
                "no_consent", field, "", ko, "Say who consents: consent {by, at, purpose: this_request}."
            ) from None
        raise Refused("invalid", field, "", f"{field}을(를) 고쳐 주세요.", f"{field}: {first['msg']}") from None


def address_of(said: LentCamera, networks: tuple[str, ...]) -> str:
    """The stream's address with its credentials. Raises Refused `camera_not_agreed`, `camera_address`."""
    if not networks:
        ko, en = "협약에 카메라 대역이 없습니다.", "The agreement names no network of your cameras."
        raise Refused("camera_not_agreed", "url", "", ko, en)
    try:
        host = stream_host(said.url)
    except BadWhere:
        ko, en = "rtsp://주소:포트/경로 꼴이어야 합니다.", "Write rtsp://address:port/path."
        raise Refused("camera_address", "url", "", ko, en) from None
    if "@" in said.url.partition("://")[2].partition("/")[0]:
        ko, en = (
            "아이디와 비밀번호는 user, password에 적습니다.",
            "Credentials have fields of their own: user, password.",
        )
        raise Refused("camera_address", "url", "", ko, en)
    if not is_inside(host, networks_of(",".join(networks))):
        ko = "협약에 적힌 카메라 대역의 IP 주소여야 합니다."
        raise Refused("camera_address", "url", host, ko, "Not an IP address of the agreement's camera networks.")
    return with_credentials(said.url, said.user, said.password)


async def lend(
    unit: Unit, services: Services, row: dict[str, Any], said: LentCamera, place: tuple[float, float], actor: Actor
) -> dict[str, Any]:
    """The lent camera; the same address again is the same camera, with the consent that was said last. `row`: the
    request's, which is open; `place`: (lat, lon). Raises Refused, Problem 409 `too_many`."""
    now, asked = services.clock(), {"request": row["request_id"], "center": row["center_id"]}
    await unit.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('lent:' || :id, 0))", {"id": str(row["request_id"])}
    )
    _refuse_a_follower(services.settings.video_gateway)
    url = address_of(said, await networks_for(unit, row, now))
    until_at = min(one for one in (said.consent.until, row["ends_at"]) if one is not None)
    if until_at <= now:
        ko, en = "동의 기간이 지났습니다.", "That consent is over already."
        raise Refused("no_consent", "consent.until", iso(said.consent.until) or "", ko, en)
    digest = services.sealer.digest(f"{row['request_id']} {said.url}", context="lent_camera.id")
    camera_id = f"{LENT}{digest.hex()[:32]}"
    held = {one["camera_id"]: one for one in await unit.all(_HELD, asked | {"id": None})}
    _refuse_withdrawn(held.get(camera_id), said)
    if camera_id not in held and len(held) >= MOST_LENT:
        raise Problem(409, "too_many", "이 요청에 더 붙일 수 없습니다.", "This request takes no more cameras.")
    center = row["center_id"]
    values = {
        "center_id": center,
        "request_id": row["request_id"],
        "agency_id": row["agency_id"],
        "name": said.name,
        "lat": place[0] if said.lat is None or said.lon is None else said.lat,
        "lon": place[1] if said.lat is None or said.lon is None else said.lon,
        "heading_deg": said.heading_deg,
        "url_sealed": services.sealer.seal(url, context=f"lent_camera.url:{camera_id}", center=center),
        "consent_sealed": services.sealer.seal(
            {"by": said.consent.by}, context=f"lent_camera.consent:{camera_id}", center=center
        ),
        "consented_at": said.consent.at,
        "is_for_dispatched": said.consent.for_dispatched,
        "lent_at": now,
        "until_at": until_at,
        "ended_at": None,
        "end_reason": "",
    }
    await unit.execute("DELETE FROM lent_camera WHERE camera_id = :id", {"id": camera_id})
    await unit.execute(lent_camera.insert().values(camera_id=camera_id, **values))
    payload = {"camera_id": camera_id, "name": said.name, "until": iso(until_at), "by": said.consent.by}
    _record(unit, row, "request:camera_lent", actor, payload | {"for_dispatched": said.consent.for_dispatched}, now)
    return {"camera_id": camera_id, "name": said.name, "until_at": iso(until_at)}


async def networks_for(unit: Unit, row: dict[str, Any], now: datetime) -> tuple[str, ...]:
    """Where a camera may stand that is lent to this request, by the agreement in force; () for nowhere."""
    terms = await unit.one(_TERMS, {"agreement": row["agreement_id"], "agency": row["agency_id"]})
    is_agreed = terms is not None and agreement_from_row(terms).in_force(now)
    return tuple(terms["camera_networks"]) if terms and is_agreed else ()


def _refuse_a_follower(gateway: str) -> None:
    """MediaMTX goes where a camera's answer leads; the embedded gateway does not (`server/video/pinned.py`)."""
    if gateway == "mediamtx":
        ko = "이 관제센터의 영상 게이트웨이(MediaMTX)로는 카메라를 붙일 수 없습니다. 사진은 첨부로 보낼 수 있습니다."
        en = "This center's video gateway (MediaMTX) takes no lent cameras; pictures can be sent as attachments."
        raise Refused("camera_not_agreed", "url", "", ko, en)


def _refuse_withdrawn(before: dict[str, Any] | None, said: LentCamera) -> None:
    """A call that comes again, or late, lends nothing that was taken back since: that needs a new consent."""
    if before is not None and before["end_reason"] == WITHDRAWN and said.consent.at <= before["ended_at"]:
        ko, en = "그 뒤에 동의를 거두었습니다. 새 동의를 적어 주세요.", "Withdrawn since: say a new consent."
        raise Refused("no_consent", "consent.at", iso(said.consent.at) or "", ko, en)


def _record(unit: Unit, row: dict[str, Any], tag: str, actor: Actor, payload: dict[str, Any], now: datetime) -> None:
    said = {"request_id": str(row["request_id"]), "agency_id": row["agency_id"], **payload}
    record(
        unit,
        center_id=row["center_id"],
        incident_id=row["incident_id"],
        tag=tag,
        actor=actor,
        payload=said,
        at=now,
    )


async def end_lent(
    unit: Unit, services: Services, row: dict[str, Any], actor: Actor, reason: str, *, camera_id: str | None = None
) -> int:
    """Nobody is shown these any more; their addresses are gone with the unit. How many were lent still."""
    now = services.clock()
    asked = {"request": row["request_id"], "center": row["center_id"], "id": camera_id, "now": now, "reason": reason}
    ids = [one["camera_id"] for one in await unit.all(_END, asked)]
    if not ids:
        return 0
    for one in ids:
        _record(unit, row, "request:camera_ended", actor, {"camera_id": one, "reason": reason}, now)
    rows = await unit.all(_SHOWN, {"ids": ids})
    streams = [str(one) for one in await end_releases(unit, {one["release_id"]: "camera_ended" for one in rows})]
    if streams:
        unit.after_commit(
            lambda: services.soon(lambda: services.gateway.kick(streams, "unknown_camera"), name="kick:lent")
        )
    return len(ids)


async def of_incident(unit: Unit, services: Services, incident_id: UUID) -> dict[UUID, list[dict[str, Any]]]:
    """By request what is lent to it or was, for the operators of its center: who consented, until when, to whom."""
    rows = await unit.all(
        "SELECT l.* FROM lent_camera l JOIN agency_request r USING (request_id, center_id)"
        " WHERE r.incident_id = :id ORDER BY l.lent_at, l.camera_id",
        {"id": incident_id},
    )
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in rows:
        consent = services.sealer.open(row["consent_sealed"], context=f"lent_camera.consent:{row['camera_id']}") or {}
        names = ("camera_id", "name", "lat", "lon", "heading_deg", "is_for_dispatched", "end_reason")
        times = {name: iso(row[name]) for name in ("consented_at", "lent_at", "until_at", "ended_at")}
        card = {name: row[name] for name in names} | times | {"consent_by": consent.get("by", "")}
        found.setdefault(row["request_id"], []).append(card)
    return found
