"""Which form is it, and what does it say: bytes → draft. Pure."""

from __future__ import annotations

from location_router.request_content.cap import read_cap
from location_router.request_content.eido import read_eido
from location_router.request_content.plain import read_plain
from location_router.request_content.values import ABSENT, Draft, Keyed, Refused
from location_router.wire import MAX_BODY_BYTES

FORMS = {
    "application/json": read_plain,
    "application/cap+xml": read_cap,
    "application/emergencycalldata.cap+xml": read_cap,
    "application/xml": read_cap,
    "text/xml": read_cap,
    "application/emergency.eido+json": read_eido,
}


def read_request(body: bytes, content_type: str, *, agency_id: str, keyed: Keyed) -> Draft:
    """What an agency asks. `content_type`: of the message, empty for JSON. `agency_id`: whose signature it bears, which
    counts where the message names none; whoever calls compares the draft's with it. `keyed` makes the id of a request
    that bears none of its own. Raises Refused."""
    if len(body) > MAX_BODY_BYTES:
        raise Refused("too_large", "body", f"{len(body)} bytes", "64KB까지입니다. 사진은 attachments로 보내 주세요.",
                      "64 KB at most; send pictures as attachments.")  # fmt: skip
    if not body.strip():
        raise Refused("empty", "body", "", "본문이 비어 있습니다.", "The body is empty.", cause=ABSENT)
    form = content_type.partition(";")[0].strip().lower() or "application/json"
    if form not in FORMS:
        raise Refused("unknown_form", "Content-Type", form, f"다음 형식을 받습니다: {', '.join(FORMS)}",
                      f"Send one of {', '.join(FORMS)}.")  # fmt: skip
    return FORMS[form](body, agency_id=agency_id, keyed=keyed)
