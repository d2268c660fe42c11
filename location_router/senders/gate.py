"""Who sent this request, how fast may it send, and what follows: an alert is never refused, the rest is.

An alert of an unknown, revoked or badly signed sender is accepted and flagged `unverified` (invariant 3). Positions,
text messages, ELS locations and the sandbox are refused, with the reason: nobody's help depends on them alone.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from fastapi import Request

from location_router.origin import PHONE, Origin
from location_router.runtime.pace import Pace
from location_router.runtime.pool import Pool
from location_router.runtime.problems import Problem
from location_router.runtime.signing import SIGNATURE_HEADER
from location_router.senders.keys import (
    CERTIFICATE_HEADER,
    MOST_UNVERIFIED_PER_MINUTE,
    Claim,
    Sender,
    claims_anything,
    identify,
)
from location_router.senders.store import FRESH_S, LOOK_AGAIN_S, Senders
from location_router.wire import Flag

SHARE = """
INSERT INTO sender_pace AS p (name, due_at)
SELECT name, statement_timestamp() + least(spent, most) * interval '1 s'
FROM unnest(%s::text[], %s::float8[], %s::float8[]) AS t(name, spent, most) ORDER BY name
ON CONFLICT (name) DO UPDATE SET due_at = least(greatest(p.due_at, statement_timestamp())
  + (excluded.due_at - statement_timestamp()), statement_timestamp() + %s * interval '1 s')
RETURNING name, extract(epoch FROM due_at - statement_timestamp())::float8"""
MAY_BE_NEW = ("unknown_sender", "wrong_key", "wrong_signature")
ALERT_WAITS_AT_MOST_S, OTHERS_WAIT_AT_MOST_S = 3.0, 20.0
CURES = {
    "": ("X-Ansim-Sender와 키 또는 서명을 보내 주세요.", "Send X-Ansim-Sender with a key or a signature."),
    "unsigned": (
        "서명이 없습니다. X-Ansim-Sender, X-Ansim-Time, X-Ansim-Signature를 보내 주세요.",
        "Not signed: send X-Ansim-Sender, X-Ansim-Time and X-Ansim-Signature.",
    ),
    "unknown_sender": ("등록되지 않은 송신자입니다.", "This sender is not registered."),
    "revoked": ("해지된 송신자입니다. 관리자에게 문의해 주세요.", "This sender is revoked; ask the administrator."),
    "wrong_key": ("API 키가 맞지 않거나 만료되었습니다.", "The API key is wrong or has expired."),
    "wrong_signature": (
        "서명이 올바르지 않습니다. 서명 대상은 시각.메서드.경로.본문입니다.",
        "The signature is not right: sign time.METHOD.path.body with the signing secret.",
    ),
    "clock_skew": (
        "X-Ansim-Time이 5분 넘게 다릅니다. 시계를 맞춰 주세요.",
        "X-Ansim-Time is more than 300 s off; set the clock.",
    ),
}


@dataclass(frozen=True, slots=True)
class Delayed:
    """How long a sender was made to wait, for the answer's header."""

    seconds: float

    def headers(self) -> dict[str, str]:
        return {"X-Ansim-Delayed": f"{self.seconds:.1f}"} if self.seconds else {}


class Gate:
    """`trusted_proxies` are the addresses whose word about a client certificate is believed."""

    def __init__(self, senders: Senders, *, trusted_proxies: str) -> None:
        self._senders = senders
        self._proxies = frozenset(one.strip() for one in trusted_proxies.split(",") if one.strip())
        self._pace = Pace()

    async def claim(self, request: Request, body: bytes) -> Claim:
        certificate = self._certificate(request)
        if not certificate and not claims_anything(request.headers):
            return Claim(None)
        for at_most_s in (FRESH_S, LOOK_AGAIN_S):  # a key may be newer than our copy of the register
            claim = identify(
                request.headers,
                await self._senders.known(at_most_s=at_most_s),
                method=request.method,
                path=request.url.path,
                body=body,
                now=time.time(),
                certificate_sha256=certificate,
            )
            if claim.code not in MAY_BE_NEW:
                break
        return claim

    async def origin(self, request: Request, body: bytes) -> tuple[Origin, Delayed]:
        """Of an alert; who sends too fast has waited when this returns."""
        claim = await self.claim(request, body)
        channel = "web" if request.headers.get("origin") else "data"
        if claim.sender is None and not claim.code:
            return (PHONE if channel == "data" else Origin(channel)), Delayed(0)
        waited = await self._wait(claim, at_most_s=ALERT_WAITS_AT_MOST_S)
        if claim.sender is not None and claim.may("alerts"):
            return Origin(channel, claim.sender.sender_id, is_vouched=True), waited
        name = claim.sender.sender_id if claim.sender else claim.name
        return Origin(channel, name, flags=frozenset({Flag.UNVERIFIED})), waited

    async def require(
        self, request: Request, body: bytes, scope: str, *, is_strict: bool = False
    ) -> tuple[Sender, Delayed]:
        """The sender, who may do this. `is_strict`: only by a signature or a certificate, and nobody waits longer than
        for an alert. Raises Problem 401 or 403 `no_scope`."""
        claim = await self.claim(request, body)
        at_most_s = ALERT_WAITS_AT_MOST_S if is_strict else OTHERS_WAIT_AT_MOST_S
        if is_strict and not self._is_bound_to(request):
            claim = Claim(None, "unsigned", claim.sender.sender_id if claim.sender else claim.name)
        if claim.sender is None and is_strict:
            await self._wait(claim, at_most_s=at_most_s)
        if claim.sender is None:
            ko, en = CURES.get(claim.code, CURES[""])
            raise Problem(401, claim.code or "no_sender", ko, en, headers={"WWW-Authenticate": "Bearer"})
        if not claim.may(scope):
            raise Problem(
                403, "no_scope", f"권한 {scope}이(가) 없습니다.", f"This sender lacks the scope {scope}.", scope=scope
            )
        return claim.sender, await self._wait(claim, at_most_s=at_most_s)

    def _is_bound_to(self, request: Request) -> bool:
        """Whether what proves the sender proves it for these bytes or this connection: a key alone does not."""
        return bool(request.headers.get(SIGNATURE_HEADER) or self._certificate(request))

    async def _wait(self, claim: Claim, *, at_most_s: float) -> Delayed:
        sender = claim.sender
        wait_s = self._pace.wait_s(
            # a busy sandbox does not slow the same sender's alerts
            f"{sender.sender_id if sender else ''}/{at_most_s}",
            per_minute=sender.rate_per_minute if sender else MOST_UNVERIFIED_PER_MINUTE,
            now=time.monotonic(),
            at_most_s=at_most_s,
        )
        if wait_s:
            await asyncio.sleep(wait_s)
        return Delayed(wait_s)

    async def share(self, pool: Pool) -> None:
        """Any number of processes behind one address keep one pace: what this one has taken in is added in PostGIS,
        what all have taken in is learnt. In between, and while PostGIS is away, each goes by what it knows. Raises
        Unavailable."""
        if not (spent := self._pace.spent()):
            return
        names = sorted(spent)
        spent_s, most_s = [spent[name][0] for name in names], [spent[name][1] for name in names]
        for name, due_s in await pool.run(SHARE, (names, spent_s, most_s, max(most_s))):
            self._pace.learn(name, due_s, now=time.monotonic())

    def _certificate(self, request: Request) -> str:
        given = request.headers.get(CERTIFICATE_HEADER, "")
        if not given or request.client is None or request.client.host not in self._proxies:
            return ""
        return given.lower().replace(":", "")
