"""What may pass the relay for requests, and who may send it: the paths, the agreement file, the shape of a body; pure.

The relay judges the envelope. What is inside is signed for the center, which alone verifies it
(docs/operations/relay.md).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_network
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from server.staff.model import is_registered

Call = Literal["requests", "attachments", "cameras", "pictures", "live", "plates", "sources", "reports", "reads"]
CALLS: tuple[Call, ...] = get_args(Call)
JSON, CAP, EIDO = "application/json", "application/cap+xml", "application/emergency.eido+json"
LETTER, PHOTO, BATCH = 64 * 1024, 5 * 1024 * 1024, 5 * 1024 * 1024
MOST_VALUES = 100_000
"""In one JSON body, as at the center's own door: of 5 MB a million could be made, a hundred times as large."""
SIGNED = ("x-ansim-id", "x-ansim-time", "x-ansim-signature")
SIGNED_FOR_ROUTER = ("x-ansim-sender", "x-ansim-time", "x-ansim-signature")
Before = Literal["center", "router"]
"""What the relay stands before. A router knows who speaks by the sender's name, not by the path."""
_WHO = r"(?P<who>[A-Za-z0-9][A-Za-z0-9._-]{0,79})"
_ID = r"(?P<about>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
_IMAGES = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}


@dataclass(frozen=True, slots=True)
class Door:
    """One method and path that passes. `forms`: the content types of its body; none: it has no body."""

    kind: str
    call: Call
    method: str
    path: re.Pattern[str]
    most_bytes: int = LETTER
    forms: tuple[str, ...] = (JSON,)
    is_read: bool = False
    """It brings something back and leaves nothing: shut where the relay is one-way."""
    query: re.Pattern[str] | None = None
    """What stands behind the path; none: nothing may."""


def _door(kind: str, call: Call, method: str, path: str, **more: Any) -> Door:
    return Door(kind, call, method, re.compile(path), **more)


_REQUESTS, _PLATES = f"/api/lines/{_WHO}/requests", f"/api/lines/{_WHO}/plates"
DOORS = (
    _door("raise", "requests", "POST", _REQUESTS, forms=(JSON, CAP, EIDO)),
    _door("state", "requests", "GET", f"{_REQUESTS}/{_ID}", forms=(), is_read=True),
    _door("positions", "requests", "POST", f"{_REQUESTS}/{_ID}/positions"),
    _door("cancel", "requests", "POST", f"{_REQUESTS}/{_ID}/cancel"),
    _door("attachment", "attachments", "POST", f"{_REQUESTS}/{_ID}/attachments", most_bytes=PHOTO,
          forms=(JSON, *_IMAGES)),
    _door("camera_lent", "cameras", "POST", f"{_REQUESTS}/{_ID}/cameras"),
    _door("camera_back", "cameras", "DELETE", f"{_REQUESTS}/{_ID}/cameras/[A-Za-z0-9._:-]{{1,120}}", forms=()),
    _door("video", "pictures", "POST", f"{_REQUESTS}/{_ID}/video", is_read=True),
    _door("still", "pictures", "POST", f"{_REQUESTS}/{_ID}/stills", is_read=True),
    _door("live", "live", "WS", f"{_REQUESTS}/{_ID}/live", forms=(), is_read=True),
    _door("plate", "plates", "PUT", f"{_PLATES}/{_ID}"),
    _door("plate_removed", "plates", "DELETE", f"{_PLATES}/{_ID}"),
    _door("plates", "plates", "GET", _PLATES, forms=(), is_read=True),
    _door("source", "sources", "POST", f"/api/lines/{_WHO}/sources"),
    _door("report", "reports", "POST", f"/api/lines/{_WHO}/dispatches/{_ID}/state", forms=(JSON, CAP, EIDO)),
    _door("reads", "reads", "POST", f"/api/readers/{_WHO}/reads", most_bytes=BATCH),
)  # fmt: skip
_ASKED = "/v1/requests"
ROUTER_DOORS = (
    _door("raise", "requests", "POST", _ASKED, forms=(JSON, CAP, EIDO)),
    _door("state", "requests", "GET", f"{_ASKED}/{_ID}", forms=(), is_read=True),
    _door("positions", "requests", "POST", f"{_ASKED}/{_ID}/positions"),
    _door("cancel", "requests", "POST", f"{_ASKED}/{_ID}/cancel"),
    _door("attachment", "attachments", "POST", f"{_ASKED}/{_ID}/attachments", most_bytes=PHOTO,
          forms=(JSON, *_IMAGES)),
    _door("live", "live", "WS", f"{_ASKED}/{_ID}/live", forms=(), is_read=True,
          query=re.compile(r"token=[A-Za-z0-9._~%-]{1,400}")),
)  # fmt: skip
LETTER_BACK = Door("message", "requests", "POST", re.compile("/out/" + _WHO), 1024 * 1024, (JSON, CAP, EIDO))
"""What a center says to an agency: states, plate hits, dispatches, signed with the key of the line."""

SENTENCES: dict[str, tuple[int, str, str]] = {
    "unknown_path": (404, "이 중계로는 보낼 수 없는 주소입니다.", "Nothing at this address passes this relay."),
    "agency_not_agreed": (
        403, "중계 협약 파일에 없는 기관(판독기)입니다.", "The agreement file names no such agency or reader.",
    ),
    "address_not_agreed": (
        403, "협약에 적힌 망의 주소가 아닙니다. 중계 관리자에게 망을 알려 주세요.",
        "This address lies in none of the agreed networks: tell the relay's administrator yours.",
    ),
    "call_not_agreed": (
        403, "협약에 없는 종류의 호출입니다.", "The agreement file does not name this kind of call.",
    ),
    "one_way": (403, "한 방향 중계라서 조회할 수 없습니다.", "This relay is one-way: nothing can be read through it."),
    "unsigned": (
        401, "서명이 없습니다. X-Ansim-Id(라우터에는 X-Ansim-Sender), X-Ansim-Time, X-Ansim-Signature가 필요합니다.",
        "Not signed: X-Ansim-Id (for a router X-Ansim-Sender), X-Ansim-Time and X-Ansim-Signature are all needed.",
    ),
    "too_large": (413, "본문이 너무 큽니다.", "The body is too large."),
    "unknown_form": (415, "이 주소에 보낼 수 없는 형식(Content-Type)입니다.", "Content-Type: not one of this address."),
    "unreadable": (400, "본문이 Content-Type과 다릅니다.", "The body is not what Content-Type says."),
    "too_slow": (408, "본문이 다 오지 않았습니다. 다시 보내 주세요.", "The body did not come in time: send it again."),
    "relay_full": (
        503, "중계가 붐빕니다. 같은 내용을 같은 아이디로 다시 보내 주세요.",
        "The relay is full: send the same bytes again with the same id.",
    ),
    "relay_log": (
        503, "중계가 기록을 쓸 수 없어 보내지 않았습니다. 중계 관리자에게 알려 주세요.",
        "The relay can't write its log, so nothing was passed on. Tell its administrator.",
    ),
    "other_side_away": (
        502, "건너편에 연결할 수 없습니다. 같은 내용을 같은 아이디로 다시 보내 주세요.",
        "The other side can't be reached: send the same bytes again with the same id.",
    ),
    "other_side_odd": (
        502, "건너편의 답을 전할 수 없습니다(다른 곳으로 보내거나 너무 깁니다).",
        "The other side's answer can't be passed on: it leads elsewhere, or is too long.",
    ),
    "other_side_slow": (
        504, "건너편의 답이 늦습니다. 받았을 수도 있으니 같은 내용을 같은 아이디로 다시 보내 주세요.",
        "No answer in time. It may have been taken: send the same bytes again with the same id.",
    ),
}  # fmt: skip


def say(code: str) -> dict[str, str]:
    """The two messages of a code, for a socket that is refused."""
    _, ko, en = SENTENCES["other_side_away" if code == "upstream_away" else code]
    return {"message_ko": ko, "message_en": en}


class Stopped(Exception):
    """Nothing passes. `code` is one of SENTENCES; `field` and `value` say what was looked at."""

    def __init__(self, code: str, field: str = "", value: str = "") -> None:
        super().__init__(code)
        self.code, self.field, self.value = code, field, value

    @property
    def status(self) -> int:
        return SENTENCES[self.code][0]

    def body(self) -> dict[str, Any]:
        """problem+json (RFC 9457), as the center's own are."""
        status, ko, en = SENTENCES[self.code]
        told = {"type": f"urn:ansim:problem:{self.code}", "code": self.code, "status": status, "title": en}
        about = {"field": self.field, "value": self.value[:120]} if self.field else {}
        return told | {"message_ko": ko, "message_en": en, "by": "relay"} | about


class BookWrong(ValueError):
    """The agreement file can't be used; the message names field, value and cure."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    networks: tuple[str, ...] = Field(min_length=1)

    @field_validator("networks")
    @classmethod
    def _are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for one in networks:
            ip_network(one)
        return networks


class Agency(_Entry):
    """`calls` of CALLS; `sender`: its name at the router, where the relay stands before one; `listens`: where its own
    system takes the center's messages, `https://…`; `ca_file`: who signed that one's certificate, absent: the machine's
    own list."""

    calls: tuple[Call, ...] = ("requests",)
    sender: str = ""
    listens: str = ""
    ca_file: str = ""

    @field_validator("listens")
    @classmethod
    def _is_one_address(cls, text: str) -> str:
        parts = urlsplit(text)
        is_web = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1"))
        if text and (not is_web or not parts.hostname or parts.username or parts.fragment):
            raise ValueError("https://주소여야 합니다 · it is one address, https://host[:port]/path")
        return text


class Reader(_Entry):
    """A plate reader: it sends reads and nothing else."""


class Book(BaseModel):
    """The agreement file: who may send what from where, and where each one listens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    agencies: dict[str, Agency] = {}
    readers: dict[str, Reader] = {}

    @classmethod
    def read(cls, text: str) -> Book:
        """Raises BookWrong for the first thing that is wrong."""
        try:
            return cls.model_validate(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise BookWrong(f"TOML이 아닙니다 · not TOML: {error}") from None
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field, value = ".".join(map(str, first["loc"])), repr(first["input"])[:80]
            raise BookWrong(f"{field}: {value}: {first['msg']}") from None


@dataclass(frozen=True, slots=True)
class Passage:
    """What is about to pass: through which door, of whom, about which request or entry."""

    door: Door
    who: str
    about: str


def inwards(book: Book, method: str, path: str, query: str, address: str, *, is_one_way: bool) -> Passage:
    """The passage of an agency's call. `path` as it came on the wire: what is escaped in it names nothing. Raises
    Stopped."""
    found = _at(DOORS, method, path, query)
    entries: Mapping[str, Agency | Reader] = book.readers if found.door.call == "reads" else book.agencies
    return _agreed(found, entries.get(found.who), address, is_one_way=is_one_way)


def to_router(
    book: Book, method: str, path: str, query: str, address: str, *, sender: str, is_one_way: bool
) -> Passage:
    """The same where the relay stands before a router. The open line bears a token in place of a sender's signature:
    it is of whoever may have one at this address. Raises Stopped."""
    found = _at(ROUTER_DOORS, method, path, query)
    if found.door.kind == "live" and not sender:
        may = [name for name, one in book.agencies.items() if one.sender and is_registered(address, one.networks)]
        name = next((one for one in may if "live" in book.agencies[one].calls), may[0] if may else "")
        if not name:
            raise Stopped("address_not_agreed", "address", address)
    else:
        name = next((name for name, one in book.agencies.items() if sender and one.sender == sender), "")
    told = Passage(found.door, name or sender[:80], found.about)
    return _agreed(told, book.agencies.get(name), address, is_one_way=is_one_way)


def _agreed(found: Passage, entry: Agency | Reader | None, address: str, *, is_one_way: bool) -> Passage:
    if entry is None:
        raise Stopped("agency_not_agreed", "path", found.who)
    if not is_registered(address, entry.networks):
        raise Stopped("address_not_agreed", "address", address)
    if isinstance(entry, Agency) and found.door.call not in entry.calls:
        raise Stopped("call_not_agreed", "path", found.door.call)
    if is_one_way and found.door.is_read:
        raise Stopped("one_way", "path", found.door.kind)
    return found


def outwards(
    book: Book, method: str, path: str, query: str, address: str, *, centers: tuple[str, ...]
) -> tuple[Passage, Agency]:
    """The passage of a center's message, and where it goes. Raises Stopped."""
    found = _at((LETTER_BACK,), method, path, query)
    if not is_registered(address, centers):
        raise Stopped("address_not_agreed", "address", address)
    agency = book.agencies.get(found.who)
    if agency is None or not agency.listens:
        raise Stopped("agency_not_agreed", "path", found.who)
    return found, agency


def _at(doors: tuple[Door, ...], method: str, path: str, query: str) -> Passage:
    for door in doors:
        has_its_query = door.query.fullmatch(query) is not None if door.query else not query
        if method == door.method and has_its_query and (named := door.path.fullmatch(path)):
            told = named.groupdict()
            return Passage(door, told.get("who") or "", told.get("about") or "")
    raise Stopped("unknown_path")


def check_signed(headers: Mapping[str, str], before: Before = "center") -> None:
    """That there is a signature to verify, of a plausible form; whether it is right, the other side knows. Raises
    Stopped."""
    message_id, at, signature = (headers.get(name, "") for name in signed_by(before))
    is_named = 0 < len(message_id) <= 200 and message_id.isascii() and message_id.isprintable()
    if not (is_named and re.fullmatch("[0-9]{1,15}", at) and re.fullmatch("[0-9a-fA-F]{64}", signature.strip())):
        raise Stopped("unsigned")


def signed_by(before: Before) -> tuple[str, str, str]:
    """The headers that sign a call."""
    return SIGNED if before == "center" else SIGNED_FOR_ROUTER


def check_shape(door: Door, content_type: str, body: bytes) -> None:
    """That the bytes are what they are said to be: JSON (or lines of it), XML without a document type, a picture.
    Raises Stopped."""
    if len(body) > door.most_bytes:
        raise Stopped("too_large", "body", f"> {door.most_bytes} bytes")
    form = content_type.partition(";")[0].strip().lower()
    if not door.forms or not body:
        if body:
            raise Stopped("unknown_form", "body", "no body here")
        return
    if form not in door.forms:
        raise Stopped("unknown_form", "Content-Type", f"{form[:60]}: {', '.join(door.forms)}")
    if form in _IMAGES:
        is_right = body.startswith(_IMAGES[form])
    elif form == CAP:
        is_right = _is_plain_xml(body)
    else:
        if len(body) > MOST_VALUES and _values(body) > MOST_VALUES:
            raise Stopped("too_large", "body", f"> {MOST_VALUES} values")
        is_right = _is_json(body) or (door.call == "reads" and all(_is_json(one) for one in body.splitlines() if one))
    if not is_right:
        raise Stopped("unreadable", "body", form)


def _values(body: bytes) -> int:
    """How many values or lines it has at most; counted before anything of it is built."""
    return max(body.count(b",") + body.count(b"[") + body.count(b"{"), body.count(b"\n"), body.count(b"\r"))


def _is_json(body: bytes) -> bool:
    try:
        return isinstance(orjson.loads(body), dict | list)
    except orjson.JSONDecodeError:
        return False


def _is_plain_xml(body: bytes) -> bool:
    try:
        text = body.decode("utf-8-sig").lstrip()
    except UnicodeDecodeError:
        return False
    return text.startswith("<") and "<!DOCTYPE" not in text.upper() and "<!ENTITY" not in text.upper()


def digest_of(headers: Mapping[str, str], body: bytes) -> str:
    """What the log keeps of a call: SHA-256 over its id, its signature and its bytes. Who has the call can find it;
    from the digest alone nobody guesses a place or a plate, since the signature is made with a key."""
    said = "\n".join(headers.get(name, "") for name in ("x-ansim-id", "x-ansim-signature"))
    return sha256(said.encode() + b"\n" + body).hexdigest()


RECEIPT = (
    *("request_id", "entry_id", "attachment_id", "state", "received_at", "type", "status", "title", "code", "cause"),
    *("field", "value", "message_ko", "message_en", "reads", "dispatch_id"),
)


def receipt(body: bytes) -> bytes:
    """Of a center's answer what a one-way relay lets back: which one it is, and whether it was taken or why not."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return b"{}"
    kept = {name: told[name] for name in RECEIPT if name in told} if isinstance(told, dict) else {}
    return orjson.dumps({name: value for name, value in kept.items() if not isinstance(value, dict | list)})
