"""A ticket binds one knock to release, camera, viewer and address for a minute."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.video.gateway import create_gateway
from server.video.tickets import BadTicket, Purpose, Ticket, for_purpose, new_ticket, renewed, sign, verify

KEY = "the gateway's secret"
TICKET = Ticket("t1", "live", "0192-release", "i-7", "성남-041 / 북", "kim", "10.1.2.3", "sub", 1_000_060)


def knock(
    text: str,
    *,
    camera_id: str | None = TICKET.camera_id,
    address: str = "10.1.2.3",
    now: float = 1e6,
    purpose: Purpose = "live",
    begun: tuple[str, ...] = (),
) -> Ticket:
    return verify(text, KEY, purpose=purpose, camera_id=camera_id, address=address, now=now, begun=begun)


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
    assert code_of(text, purpose="whep") == "ticket_other_purpose"
    assert code_of(sign(TICKET, "another key")) == "ticket_invalid"


def test_each_purpose_has_its_own_ticket_and_each_ticket_its_own_id() -> None:
    made = new_ticket(
        release_id="r", incident_id="i", camera_id="c", viewer_id="v", address="10.1.2.3", quality="main", now=1e6
    )
    again = renewed(made, 1e6 + 30)
    clip = for_purpose(again, "clip")
    assert len({made.ticket_id, again.ticket_id, clip.ticket_id}) == 3
    assert replace(again, ticket_id=made.ticket_id, expires_at=made.expires_at) == made
    assert (again.expires_at, clip.expires_at, clip.release_id) == (1_000_090, 1_000_090, "r")
    text = sign(clip, KEY)
    assert code_of(text, camera_id="c", purpose="live") == "ticket_other_purpose"
    assert knock(text, camera_id=None, purpose="clip") == clip, "the clip's door names no camera"
    late = {"camera_id": None, "purpose": "clip", "now": 2e6}
    assert code_of(text, **late) == "ticket_expired"
    assert knock(text, **late, begun=(clip.ticket_id,)) == clip, "a film that runs is read on"
    assert code_of(text, **late, begun=(clip.ticket_id,), address="10.1.2.4") == "ticket_other_address"


def test_a_payload_edited_by_hand_is_invalid() -> None:
    payload, _, mac = sign(replace(TICKET, camera_id="a"), KEY).partition(".")
    edited = base64.urlsafe_b64decode(payload + "==").replace(b'"a"', b'"b"')
    assert code_of(base64.urlsafe_b64encode(edited).decode().rstrip("=") + "." + mac, camera_id="b") == "ticket_invalid"


@given(st.text(max_size=80))
def test_any_other_text_is_invalid_and_nothing_worse(text: str) -> None:
    assert code_of(text) == "ticket_invalid"


def test_a_misspelt_gateway_stops_the_start() -> None:
    with pytest.raises(ValueError, match="mediamtx or console, not 'mediamx'"):
        create_gateway("mediamx")


async def test_the_ways_to_watch_are_two_doors_and_a_clip_is_a_third() -> None:
    for gateway in (
        create_gateway("embedded", url="http://127.0.0.1:1", public_url="wss://desk:1/", key=KEY),
        create_gateway("console"),
    ):
        live, whep = await gateway.play(TICKET)
        assert (live.kind, whep.kind) == ("ws-fmp4", "whep")
        assert "/video/%EC%84%B1" in live.url and " " not in live.url and live.url.startswith("ws")
        assert whep.url.startswith("http") and whep.url.endswith("/whep/" + live.url.split("/video/")[1].split("?")[0])
        assert whep.ticket not in whep.url, "the ticket of WHEP goes in a header"
        at = datetime(2026, 3, 1, 2, tzinfo=UTC)
        clip = await gateway.clip(TICKET, begin_at=at, end_at=at)
        assert clip and clip.url.startswith("http") and "/clips/0192-release?ticket=" in clip.url
