"""That a number is hers: six digits by text message, good for five minutes, five tries, once.

Nothing that is answered tells whether the number is known here. Codes are paced per number and per address; the
address is kept as a keyed digest for an hour. Many phones of one carrier share an address, so its limit is wide.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.people import model
from server.people.store import phone_proof
from server.people.texts import number_digest, queue_text

if TYPE_CHECKING:
    from server.services import Services

CODE_LIFE = timedelta(minutes=5)
MAX_WRONG = 5
BETWEEN_CODES = timedelta(seconds=30)
CODES_AN_HOUR = 5
ADDRESS_WINDOW = timedelta(minutes=10)
CODES_OF_ADDRESS = 60


def new_code() -> str:
    return f"{secrets.randbelow(1_000_000):06d}"


async def ask(services: Services, *, phone: str, address: str) -> dict[str, Any]:
    """Send a code to the number. The same answer for a known number and a new one, except 422 `bad_phone` and 429
    `too_soon` with Retry-After; 503 `no_home`."""
    number, center, now = checked_phone(phone), home_of(services), services.clock()
    digest, asker = number_digest(services, number), _address_digest(services, address)
    proof_id, code = uuid4(), new_code()
    async with services.db.begin(center=center) as unit:
        for one in sorted((digest, asker)):  # parallel requests are counted too
            await unit.execute("SELECT pg_advisory_xact_lock(hashtextextended(:key, 15))", {"key": one.hex()})
        await _pace(unit, digest, asker, now)
        await unit.execute(
            phone_proof.insert().values(
                proof_id=proof_id,
                center_id=center,
                phone_digest=digest,
                address_digest=asker,
                code_digest=code_digest(services, proof_id, code),
                asked_at=now,
                expires_at=now + CODE_LIFE,
            )
        )
        words = f"[안심] 인증번호 {code} (5분). 다른 사람에게 알려 주지 마세요. Ansim code: keep it to yourself."
        await queue_text(unit, services, center=center, number=number, words=words, life=CODE_LIFE)
    return {"expires_at": (now + CODE_LIFE).isoformat(), "again_after_s": int(BETWEEN_CODES.total_seconds())}


def home_of(services: Services) -> str:
    """The center that people sign up at. Problem 503 `no_home`."""
    if not services.settings.home_center:
        raise Problem(503, "no_home", "이 서버에서는 가입할 수 없습니다.", "Nobody can sign up at this server.")
    return services.settings.home_center


def checked_phone(text: str) -> str:
    """The number as it is kept. Problem 422 `bad_phone`."""
    try:
        return model.normalise_phone(text)
    except model.BadPhone:
        raise Problem(
            422,
            "bad_phone",
            "휴대전화 번호를 확인해 주세요. 예: 010-1234-5678",
            "Check the mobile number, like 010-1234-5678.",
            field="phone",
        ) from None


def code_digest(services: Services, proof_id: UUID, code: str) -> bytes:
    return services.sealer.digest(f"{proof_id}/{code}", context="phone_proof.code")


def _address_digest(services: Services, address: str) -> bytes:
    try:
        read = ip_address(address)
        if isinstance(read, IPv6Address):  # a household has a /64
            address = str(IPv6Address(int(read) >> 64 << 64))
    except ValueError:
        pass
    return services.sealer.digest(address, context="phone_proof.address")


async def _pace(unit: Unit, digest: bytes, asker: bytes, now: datetime) -> None:
    times = [
        row["asked_at"]
        for row in await unit.all(
            "SELECT asked_at FROM phone_proof WHERE phone_digest = :digest AND asked_at > :since ORDER BY asked_at",
            {"digest": digest, "since": now - timedelta(hours=1)},
        )
    ]
    if times and now - times[-1] < BETWEEN_CODES:
        raise _too_soon(times[-1] + BETWEEN_CODES - now)
    if len(times) >= CODES_AN_HOUR:
        raise _too_soon(times[-CODES_AN_HOUR] + timedelta(hours=1) - now)
    first = await unit.one(
        "SELECT count(*) AS codes, min(asked_at) AS since FROM phone_proof"
        " WHERE address_digest = :asker AND asked_at > :since",
        {"asker": asker, "since": now - ADDRESS_WINDOW},
    )
    if first is not None and first["codes"] >= CODES_OF_ADDRESS:
        raise _too_soon(first["since"] + ADDRESS_WINDOW - now)


def _too_soon(wait: timedelta) -> Problem:
    wait_s = max(1, int(wait.total_seconds()) + 1)
    return Problem(
        429,
        "too_soon",
        f"인증번호를 너무 자주 요청했습니다. {wait_s}초 뒤에 다시 해 주세요.",
        f"Too many codes were asked for; try again in {wait_s} seconds.",
        headers={"Retry-After": str(wait_s)},
        again_after_s=wait_s,
    )


async def use(unit: Unit, services: Services, *, number: str, code: str) -> Problem | None:
    """Whether the code is the newest one sent to the number; it is used up by that. The problem (403 `wrong_code` with
    `attempts_left`, `code_ended`) is to be raised **after** the commit, since the wrong answer is counted in the unit;
    the row's lock makes parallel answers wait for each other."""
    now = services.clock()
    row = await unit.one(
        "SELECT * FROM phone_proof WHERE phone_digest = :digest ORDER BY asked_at DESC, proof_id LIMIT 1 FOR UPDATE",
        {"digest": number_digest(services, number)},
    )
    if row is None or row["used_at"] or row["expires_at"] <= now or row["wrong_answers"] >= MAX_WRONG:
        return _code_ended()
    if not hmac.compare_digest(
        bytes(row["code_digest"]), code_digest(services, row["proof_id"], model.clean_answer(code))
    ):
        left = MAX_WRONG - row["wrong_answers"] - 1
        await unit.execute(
            "UPDATE phone_proof SET wrong_answers = wrong_answers + 1 WHERE proof_id = :id", {"id": row["proof_id"]}
        )
        return wrong_code(left)
    await unit.execute(
        "UPDATE phone_proof SET used_at = :now WHERE proof_id = :id", {"now": now, "id": row["proof_id"]}
    )
    return None


def wrong_code(left: int) -> Problem:
    return Problem(
        403,
        "wrong_code",
        f"인증번호가 맞지 않습니다. {left}번 남았습니다."
        if left
        else "인증번호를 여러 번 틀렸습니다. 다시 받아 주세요.",
        f"This is not the code; {left} attempts left." if left else "Wrong too often; ask for a new code.",
        field="code",
        attempts_left=left,
    )


def _code_ended() -> Problem:
    return Problem(
        403,
        "code_ended",
        "인증번호가 끝났습니다. 새 인증번호를 받아 주세요.",
        "This code has ended or was used; ask for a new one.",
        field="code",
    )


def code_needed() -> Problem:
    return Problem(
        422,
        "code_needed",
        "문자로 받은 인증번호 여섯 자리를 적어 주세요.",
        "Write the six digits of the text message.",
        field="code",
    )
