"""Nothing personal leaves in a line of a log, whoever wrote it; what is needed to find a fault does."""

from __future__ import annotations

import json
import subprocess
import sys
from uuid import uuid4

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from location_router.runtime.hiding import HIDDEN, hide, hide_all
from location_router.runtime.logs import told

NUMBERS = (
    "010-1234-5678",
    "01012345678",
    "+82 10-1234-5678",
    "821012345678",
    "031-389-1234",
    "02)123-4567",
    "+1 415 555 2671",
)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("around", ["{}", "번호는{}입니다", '{{"phone_or_so":"{}"}}', "call {} now", "({})"])
def test_a_phone_number_is_hidden_wherever_it_stands(number: str, around: str) -> None:
    shown = hide(around.format(number))
    assert number not in shown and "[number]" in shown


@pytest.mark.parametrize(
    "text",
    [
        "lat=37.39431 lon=126.95681",
        "at (37.39431, 126.95681)",
        "POINT(126.95681 37.39431)",
        "'latitude': 37.39431",
        '{"lat":37.39431,"lon":126.95681}',
        "Bearer eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln",
        "토큰eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln",
        "GET /follow/c2lnLWxpbms1234",
        "GET /api/respond/c2lnLWxpbms1234/open",
        "/v1/alerts/x/live?token=c2lnLWxpbms1234&x=1",
        "ansim_session=c2lnLWxpbms1234; Path=/",
        "postgresql://ansim:c2lnLWxpbms1234@h/d",
        "DETAIL:  Key (phone)=(c2lnLWxpbms1234) already exists.",
        "lat\n  Input should be valid [type=float, input_value='c2lnLWxpbms1234', input_type=str]",
        "ValueError('c2lnLWxpbms1234 보라')",
    ],
)
def test_places_tokens_links_and_values_are_hidden(text: str) -> None:
    shown = hide(text)
    for secret in ("37.39431", "126.95681", "c2ln", "보라"):
        assert secret not in shown


@given(st.uuids(), st.datetimes(), st.integers(0, 10**10))
def test_ids_times_and_counts_stay_as_they_are(number: object, at: object, count: int) -> None:
    for text in (f"alert {number}", f"at {at.isoformat()}Z", f"{number!s}"):  # type: ignore[attr-defined]
        assert hide(text) == text
    assert hide_all({"count": count, "alert_id": str(number)}) == {"count": count, "alert_id": str(number)}


def test_personal_keys_are_hidden_at_any_depth_and_exceptions_do_not_speak_of_values() -> None:
    line = {"caller": {"x": 1}, "deep": [{"nickname": "보라", "state": "open"}], "phone": "", "error": KeyError("보라")}
    assert hide_all(line) == {
        "caller": HIDDEN,
        "deep": [{"nickname": HIDDEN, "state": "open"}],
        "phone": "",
        "error": "KeyError: [words left out]",
    }


def test_a_traceback_shows_where_and_what_kind_and_no_value() -> None:
    try:
        try:
            int("보라 010-1234-5678")
        except ValueError as error:
            raise RuntimeError("the row could not be read") from error
    except RuntimeError as error:
        shown = told(error)
    assert "test_hiding.py" in shown and "ValueError" in shown and "the row could not be read" in shown
    assert "invalid literal" not in shown


_PROGRAM = """
import asyncio, logging, sys, threading, warnings
import structlog
from location_router.runtime.logs import set_up_logs
set_up_logs(level="DEBUG")
structlog.contextvars.bind_contextvars(request_id="r-12345678")
structlog.get_logger("x").debug("seen", number=%(n)r, detail="call %(n)s")
logging.getLogger("uvicorn.error").error("failed for %%s", %(n)r)
logging.getLogger("websockets.server").debug("frame %(n)s")
try:
    {}[%(n)r + "보라"]
except KeyError:
    logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
warnings.warn(%(n)r + " 37.39431, 126.95681")
async def fails():
    raise ValueError("보라 " + %(n)r)
async def main():
    asyncio.create_task(fails()); await asyncio.sleep(0.01)
    import gc; gc.collect()
asyncio.run(main())
threading.Thread(target=lambda: int("보라")).start()
raise ValueError("보라", %(n)r)
"""


def test_every_way_out_of_a_process_goes_by_the_same_look() -> None:
    """structlog, the standard library, warnings, a task nobody waited for, a thread, what nobody caught."""
    program = _PROGRAM % {"n": "01012345678"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    told_by = [line.get("logger", line["event"]) for line in lines]
    assert told_by == ["seen", "uvicorn.error", "uvicorn.error", "py.warnings", "asyncio", "uncaught", "uncaught"]
    assert all(line["request_id"] == "r-12345678" for line in lines[:4])
    said = done.stderr + done.stdout
    # the program's own source stands in no frame: it came by -c
    assert "보라" not in said and "01012345678" not in said and "37.39431" not in said
    assert done.returncode == 1


def test_an_id_of_a_request_is_taken_over_when_it_is_one() -> None:
    from location_router.runtime.request_ids import named

    async def send(_: object) -> None:
        return None

    def bound(given: bytes, path: str = "/") -> dict[str, str]:
        structlog.contextvars.clear_contextvars()
        named({"type": "http", "path": path, "headers": [(b"x-request-id", given)]}, send)  # type: ignore[arg-type]
        return structlog.contextvars.get_contextvars()

    number = str(uuid4())
    assert bound(b"edge-7f3a9c20", f"/api/incidents/{number}/close") == {
        "request_id": "edge-7f3a9c20",
        "incident_id": number,
    }
    assert bound(b"x" * 12, f"/v1/alerts/{number}/positions")["alert_id"] == number
    for bad in (
        b"010-1234-5678",
        b"\xeb\xb3\xb4\xeb\x9d\xbc-12345678",
        b"short",
        b"a b c d e f g",
        b"x" * 65,
        b'x"\n{12345',
    ):
        assert bound(bad)["request_id"] not in bad.decode("latin-1")
    structlog.contextvars.clear_contextvars()
