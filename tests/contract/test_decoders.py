"""Every decoder of bytes that come from outside, fed for a fixed time with damaged copies of good ones.

A decoder either understands or refuses in the way that it says; anything else (an exception that nobody expects, a
hang) would be an alert that is lost, or a process that falls. `ANSIM_FUZZ_S` seconds each (0.4; `make soak`: 60);
a failure prints the bytes, and the seed is the decoder's own name, so it comes again.
"""

from __future__ import annotations

import io
import json
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID, uuid4

import orjson
import pytest
from pydantic import BaseModel, ValidationError

from location_router import devices, els, envelope, intake, sms_text, talk, wire
from location_router.cap_warning.reach import shape_of
from location_router.cap_warning.reading import read_warning
from location_router.cap_warning.values import told
from location_router.lost.reading import read_query
from location_router.lost.values import Refusal
from location_router.request_content.reading import FORMS, read_request
from location_router.request_content.values import Refused
from location_router.runtime import tokens
from location_router.runtime.seal import Sealer, SealError, new_key
from mobile_app.core import messages
from server.cap_warnings.model import drawn, parts_of
from server.operation import vault
from server.plates import confusion, grammar, reads, rows
from server.plates.matching import Entry, WantedList
from server.plates.onvif import read_xml
from server.video import h264, tickets
from tests.location_router.cap_warning.messages import warning_xml
from tests.server.plates.onvif_words import frames, notice, pulled

ROOT = Path(__file__).resolve().parents[2]
WIRE = ROOT / "fixtures" / "wire"
SMS = ROOT / "fixtures" / "sms"
FUZZ_S = float(os.environ.get("ANSIM_FUZZ_S", "0.4"))
SLOW_S = 2.0  # of this process's own time
NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
KEYS = {"home-1": "a shared secret", "home-2": "another"}
ALERT = UUID("01936c5e-0000-7000-8000-000000000001")
PHONE = (KeyError, TypeError, ValueError, AttributeError)
"""What the phone catches around each message (`mobile_app/net/live.py`)."""


@dataclass(frozen=True)
class Decoder:
    name: str
    decode: Callable[[bytes], Any]
    good: tuple[bytes, ...]
    refuses: tuple[type[BaseException], ...] = ()


def golden(*names: str) -> tuple[bytes, ...]:
    return tuple((WIRE / f"{name}.json").read_bytes() for name in names)


def _text(decode: Callable[[str], Any]) -> Callable[[bytes], Any]:
    return lambda data: decode(data.decode(errors="replace"))


def _json(decode: Callable[[Any], Any]) -> Callable[[bytes], Any]:
    def read(data: bytes) -> Any:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return None
        return decode(value)

    return read


def _model(model: type[BaseModel], *names: str) -> Decoder:
    return Decoder(f"wire.{model.__name__}", model.model_validate_json, golden(*names), (ValidationError,))


def _phone(model: Any, *names: str) -> Decoder:
    return Decoder(f"phone.{model.__name__}", _json(model.from_json), golden(*names), PHONE)


_SEALER, _TICKET_KEY = Sealer(new_key()), "key"
_PRIVATE, _PUBLIC = tokens.new_device_keys()
_TICKET = tickets.sign(
    tickets.Ticket(**dict.fromkeys(tickets.Ticket.__dataclass_fields__, "x") | {"expires_at": 9e9, "purpose": "live"}),  # type: ignore[arg-type]
    _TICKET_KEY,
)
_SPS = bytes.fromhex("6764001eacd940a02ff970110000030001000003003c0f162d96")
_PICTURE = b"\0\0\0\1" + _SPS + b"\0\0\0\1" + bytes.fromhex("68ebe3cb22c0") + b"\0\0\1" + b"\x65\x88\x84" + bytes(40)


def _backup() -> bytes:
    target = io.BytesIO()
    vault.write(target, {"n": 1}, iter([b"x" * 500]), key=bytes(32))
    return target.getvalue()


def _read_backup(data: bytes) -> bytes:
    source = io.BytesIO(data)
    told, line = vault.read_header(source)
    return b"".join(vault.read(source, told, line, key=bytes(32)))


_KOREAN = ROOT / "fixtures" / "requests" / "disaster_korean_profile.cap.xml"


def _warned(data: bytes) -> object:
    warning = read_warning(data)
    parts = parts_of(told(warning), NOW)
    return [shape_of(area) for area in warning.areas()], [drawn(part, lambda code: []) for part in parts]


def _request(kind: str, ending: str) -> Decoder:
    keyed = partial(Sealer(new_key()).digest, context="name")
    files = sorted((ROOT / "fixtures" / "requests").glob(f"*{ending}"))
    good = tuple(file.read_bytes() for file in files if ending != ".json" or file.name.count(".") == 1)
    return Decoder(
        f"a request as {FORMS[kind].__name__}",
        lambda data: (
            read_request(data, kind, agency_id="security-demo", keyed=keyed).alert(sender="x").model_dump_json()
        ),
        good,
        (Refused,),
    )


_READS = orjson.dumps(
    {"cameras": ["c1"], "camera": [0] * 64, "from": "2026-11-22T01:00:00Z", "after_ms": [7] * 64}
    | {"plates": ["12가3456"] * 64, "confidences": [0.9] * 64, "two_lines": [0]}
)
_LINE = orjson.dumps(
    {"camera": "c1", "at": "2026-11-22T01:00:00Z", "plate": "12가 3456", "confidence": 0.9, "lines": 2}
)
_ROWS = b"[" + _LINE + b"]"
_WANTED = WantedList(
    confusion.shipped(), [Entry("1", grammar.parse("12가3456"), NOW + timedelta(days=1))], near_from=0.0
)


def _compared(data: bytes) -> object:
    return _scanned(rows.decode_any(data))


def _scanned(batch: reads.Batch) -> object:
    return [
        (batch.camera_of(at), int(batch.after_ms[at]), match)
        for at, match in _WANTED.scan(batch.plates, batch.confidences, NOW, batch.two_lines)
    ]


_ONVIF = (pulled(notice("12가3456", NOW, 0.9), at=NOW), frames(("12가3456", 0.4), at=NOW))
_TOLD = [confusion.Told("12가3456", "12가3466", 0.4), confusion.Told("12가3456", "12가3456", 0.9)]
_CONFUSIONS = confusion.dumps(confusion.fit(_TOLD, "two reads")).encode()

DECODERS = (
    Decoder(
        "an alert",
        lambda data: intake.read(data, now=NOW),
        golden("alert_active", "alert_pre", "alert_ended_duress", "alert_drill_without_position"),
    ),
    Decoder("a position", _json(lambda value: intake.read_position(value, now=NOW)), golden("position")),
    Decoder(
        "a line of talk", _json(lambda value: talk.read_said(value, alert_id=ALERT, now=NOW)), golden("said_person")
    ),
    Decoder(
        "a text message",
        _text(lambda text: sms_text.decode(text, KEYS)),
        tuple(
            json.loads(file.read_text())["text"].encode() for file in sorted((ROOT / "fixtures" / "sms").glob("*.json"))
        ),
    ),
    Decoder(
        "an AML message",
        _text(lambda text: els.read_aml(text, number="01012345678", now=NOW)),
        (
            b'A"ML=1;lt=+37.394300;lg=+126.956800;rd=12;top=20261122010000;lc=90;pm=G;si=450;ei=35;mcc=450;mnc=05;ml=128',
        ),
    ),
    Decoder(
        "ELS form fields",
        lambda data: els.read_els(dict(parse_qsl(data.decode(errors="replace"))), now=NOW),
        (
            urlencode(
                {
                    "v": 3,
                    "device_number": "+821012345678",
                    "location_latitude": 37.39,
                    "location_longitude": 126.95,
                    "location_accuracy": 12,
                    "location_time": 1_790_000_000_000,
                    "location_source": "gps",
                    "time": 1_790_000_000_000,
                }
            ).encode(),
        ),
    ),
    Decoder(
        "a device's message",
        lambda data: devices.read(data, KEYS),
        (b'{"device":"0123456789abcdefghijklmnop","seq":7,"kind":"press","lat":37.3943,"lon":126.95,"mac":"x"}',),
    ),
    Decoder(
        "an envelope of the bus",
        envelope.read_envelope,
        (b"ansim1 router abcd 1790000000000 " + b"A" * 86 + b"==\n{}",),
        (envelope.Refused,),
    ),
    Decoder(
        "a LoST query",
        read_query,
        tuple(file.read_bytes() for file in sorted((ROOT / "fixtures" / "lost").glob("*.xml"))),
        (Refusal,),
    ),
    Decoder(
        "a device token",
        _text(lambda text: tokens.verify_device_token(text, {"home-1": _PUBLIC})),
        (b"eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJob21lLTEiLCJzdWIiOiJ4IiwiZXhwIjo5OTk5OTk5OTk5fQ." + b"A" * 86,),
        (tokens.BadToken,),
    ),
    Decoder(
        "a sealed value",
        lambda data: _SEALER.open(data, context="x"),
        (_SEALER.seal({"n": 1}, context="x"),),
        (SealError,),
    ),
    Decoder(
        "a video ticket",
        _text(lambda text: tickets.verify(text, _TICKET_KEY, purpose="live", camera_id="x", address="x", now=0)),
        (_TICKET.encode(),),
        (tickets.BadTicket,),
    ),
    Decoder("a disaster warning", _warned, (_KOREAN.read_bytes(), warning_xml(sent=NOW)), (Refused,)),
    Decoder("a picture", h264.read_access_unit, (_PICTURE,)),
    Decoder("a sequence parameter set", h264.read_sps, (_SPS,), (ValueError,)),
    Decoder("a backup", _read_backup, (_backup(),), (vault.BadBackup,)),
    Decoder("reads of plates", _compared, (_READS, _ROWS, b"\n".join([_LINE] * 2), _LINE), (reads.BadBatch,)),
    Decoder("plates of an ONVIF device", lambda data: _scanned(read_xml(data, "c1")), _ONVIF, (reads.BadBatch,)),
    Decoder("a reader's confusions", confusion.loads, (_CONFUSIONS,), (confusion.BadModel,)),
    _request("application/json", ".json"),
    _request("application/cap+xml", ".cap.xml"),
    _request("application/emergency.eido+json", ".eido.json"),
    _model(wire.AlertMessage, "alert_active", "alert_ended_cancel"),
    _model(wire.Status, "status"),
    _model(wire.Said, "said_operator"),
    _phone(messages.Accepted, "accepted"),
    _phone(messages.Status, "status"),
    _phone(messages.Said, "said_operator"),
    _phone(messages.Position, "position"),
)

ODD = (
    *(b"", b"\0", b"\xff", b"\xed\xa0\x80", b"{", b"}", b"[", b'"', b"\\u0000", b"\\ud800", b"null", b"NaN", b"1e999"),
    *(b"-0", b"9" * 400, b"true", b"{}", b"[[[[", b"[" * 5000, b";", b"=", b"<", b"]]>", b"&x;", b"%00", b"0x10"),
    *("１２".encode(), "가".encode(), b"9999-99-99T99:99:99Z", b"-1", b"1.7976931348623157e308", b"\r\n", b" " * 300),
)


def damaged(good: bytes, rng: random.Random) -> bytes:
    """One to four changes of the kinds that lines, gateways and attackers make."""
    data = bytearray(good)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(6):
            case 0 if data:
                data[at % len(data)] ^= 1 << rng.randrange(8)
            case 1:
                del data[at : at + rng.randint(1, 30)]
            case 2:
                data[at:at] = rng.choice(ODD)
            case 3:
                data[at:at] = data[at : at + rng.randint(1, 60)]
            case 4:
                del data[at:]
            case _:
                _exchange_a_value(data, rng)
    return bytes(data)


def _exchange_a_value(data: bytearray, rng: random.Random) -> None:
    """A whole JSON value for another, so that the damage gets past the parser."""
    try:
        value = orjson.loads(bytes(data))
    except ValueError:
        return
    if isinstance(value, dict) and value:
        value[rng.choice(list(value))] = rng.choice(
            [None, True, -1, 0, 1e308, 2**53, "", "x" * 5000, [], {}, [[]], {"a": {"b": []}}, "가", "\0", str(uuid4())]
        )
        data[:] = orjson.dumps(value)


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder.name)
def test_a_decoder_understands_or_refuses(decoder: Decoder) -> None:
    for good in decoder.good:
        _feed(decoder, good)
    rng = random.Random(decoder.name)
    until, fed = time.monotonic() + FUZZ_S, 0
    while time.monotonic() < until:
        _feed(decoder, damaged(rng.choice(decoder.good), rng))
        fed += 1
    assert fed > 3


def _feed(decoder: Decoder, data: bytes) -> None:
    started = time.process_time()
    try:
        decoder.decode(data)
    except decoder.refuses:
        pass
    except BaseException as error:
        raise AssertionError(f"{decoder.name} fell over {data[:3000]!r}: {error!r}") from error
    assert time.process_time() - started < SLOW_S, f"{decoder.name} thought too long over {data[:3000]!r}"
