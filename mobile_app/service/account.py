"""The person's account at her home center: what the sign-up brings becomes settings."""

from __future__ import annotations

from typing import Any

from mobile_app.net.client import HomeClient
from mobile_app.problem import Problem

CODE_PROBLEMS = ("code_needed", "code_ended")


async def sign_up(home: HomeClient, *, nickname: str, phone: str, code: str) -> dict[str, Any] | None:
    """Changes of the settings, or None: the home center has sent a code to the number and wants it. Raises Problem."""
    try:
        answer = await home.sign_up(nickname=nickname, phone=phone, code=code)
    except Problem as problem:
        if problem.code not in CODE_PROBLEMS:
            raise
        await home.verify(phone=phone)
        return None
    center = answer.get("home") or {}
    given = {name: str(answer.get(name) or "") for name in
             ("person_id", "device_id", "device_token", "device_ref", "device_key", "sos_text_number")}  # fmt: skip
    return given | {
        "nickname": nickname, "phone": phone, "home": str(center.get("code", "")),
        "home_name_ko": str(center.get("name_ko", "")), "home_name_en": str(center.get("name_en", "")),
    }  # fmt: skip
