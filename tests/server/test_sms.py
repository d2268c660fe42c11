"""The gateway of a provider: signed, the same id at each attempt, and told apart what to try again."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

from server.sms import HttpSms, SmsLater, SmsMessage, SmsRefused, create_sms
from tests.server.scene import listening

MESSAGE = SmsMessage("0190-1", "01012345678", "[안심] 인증번호 123456")


async def test_a_provider_gets_a_signed_message_and_its_answer_decides() -> None:
    heard: list[dict[str, Any]] = []
    answers = [Response(status_code=503, headers={"Retry-After": "7"}), Response(status_code=400), Response()]
    app = FastAPI()

    @app.post("/sms")
    async def take(request: Request) -> Response:
        body, headers = await request.body(), request.headers
        signed = f"{headers['x-ansim-time']}.{headers['x-ansim-id']}.".encode() + body
        expected = hmac.new(b"key", signed, hashlib.sha256).hexdigest()
        heard.append({**(await request.json()), "is_signed": headers["x-ansim-signature"] == expected})
        return answers.pop(0)

    async with listening(app) as address:
        sms = HttpSms(f"{address}/sms", "key")
        with pytest.raises(SmsLater) as later:
            await sms.send(MESSAGE)
        assert later.value.after_s == 7
        with pytest.raises(SmsRefused):
            await sms.send(MESSAGE)
        await sms.send(MESSAGE)
    wanted = {"id": "0190-1", "to": "01012345678", "text": "[안심] 인증번호 123456", "is_signed": True}
    assert heard == [wanted] * 3
    with pytest.raises(SmsLater):
        await sms.send(MESSAGE)
    await sms.close()


def test_a_message_says_nobodys_number_in_a_log_and_a_typo_is_told() -> None:
    assert "0101" not in repr(MESSAGE) and "123456" not in repr(MESSAGE)
    for url, key in (("", "k"), ("http://sms.example", "k"), ("https://sms.example", "")):
        with pytest.raises(ValueError, match="SMS_URL"):
            create_sms("http", url=url, key=key)
