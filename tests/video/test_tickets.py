"""A ticket binds one knock to release, camera, viewer and address for a minute."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.video.gateway import create_gateway
from server.video.tickets import BadTicket, Ticket, sign, verify

KEY = "the gateway's secret"
TICKET = Ticket("0192-release", "성남-041 / 북", "kim", "10.1.2.3", "sub", 1_000_060)


def knock(text: str, *, camera_id: str = TICKET.camera_id, address: str = "10.1.2.3", now: float = 1e6) -> Ticket:
    return verify(text, KEY, camera_id=camera_id, address=address, now=now)


def code_of(text: str, **how) -> str:
    with pytest.raises(BadTicket) as bad:
        knock(text, **how)
    return bad.value.code


def test_a_good_ticket_comes_back_whole() -> None:
    assert knock(sign(TICKET, KEY)) == TICKET
    assert knock(sign(TICKET, KEY), address="::ffff:10.1.2.3") == TICKET


def test_each_binding_is_checked() -> None:
    text = sign(TICKET, KEY)
    assert code_of(text, now=1_000_060.0) == "ticket_expired"
    assert code_of(text, camera_id="another") == "ticket_other_camera"
    assert code_of(text, address="10.1.2.4") == "ticket_other_address"
    assert code_of(sign(TICKET, "another key")) == "ticket_invalid"


def test_a_payload_edited_by_hand_is_invalid() -> None:
    payload, _, mac = sign(replace(TICKET, camera_id="a"), KEY).partition(".")
    edited = base64.urlsafe_b64decode(payload + "==").replace(b'"a"', b'"b"')
    assert code_of(base64.urlsafe_b64encode(edited).decode().rstrip("=") + "." + mac, camera_id="b") == "ticket_invalid"


@given(st.text(max_size=80))
def test_any_other_text_is_invalid_and_nothing_worse(text: str) -> None:
    assert code_of(text) == "ticket_invalid"


def test_a_misspelt_gateway_stops_the_start() -> None:
    with pytest.raises(ValueError, match="mediamtx"):
        create_gateway("mediamtx")
    url = create_gateway("embedded", url="http://127.0.0.1:1", public_url="ws://desk:1/", key=KEY).ticket_url(TICKET)
    assert url.startswith("ws://desk:1/video/%EC%84%B1") and " " not in url
