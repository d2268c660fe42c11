"""A camera leads nowhere but where the city says: not by a redirect, however it is written or cut into packets."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.video.ingest import Ingest
from server.video.pinned import Answers, Redirected, followed, networks_of

PLAIN = (
    b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: DESCRIBE, SETUP, TEARDOWN, PLAY\r\n\r\n"
    b"RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\n\r\n$\x00\x00\x04\x80`\x00\x01RTSP/1.0 200 OK\r\n\r\n"
)
LEADS = (
    b"RTSP/1.0 302 Found\r\nLocation: rtsp://10.0.0.1/\r\n\r\n",
    b"RTSP/1.0  302 Found\n",
    b"RTSP/1.0\t302 Found\n",
    b"R\rTSP/1.0 \r3\r02 Found\n",
    b"RTSP/9 301\n",
    b"RTSP/1.0 +302 Found\n",
    b"RTSP/1.0 0302 Found\n",
    b"RTSP/x 399\n",
)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[begin:end] for begin, end in zip(places, places[1:], strict=False)]


@given(st.lists(st.integers(0, 10_000), max_size=12))
@example(list(range(300)))
def test_a_plain_answer_passes_however_it_is_cut(cuts: list[int]) -> None:
    answers, passed = Answers(), b""
    for piece in pieces(PLAIN, cuts):
        answers.judge(piece)
        passed += piece
    assert passed == PLAIN


@given(st.sampled_from(LEADS), st.binary(max_size=40), st.lists(st.integers(0, 10_000), max_size=12))
@example(LEADS[0], b"", list(range(300)))
def test_an_answer_that_leads_elsewhere_is_stopped_before_its_line_is_whole(
    leads: bytes, before: bytes, cuts: list[int]
) -> None:
    answers, passed = Answers(), b""
    with pytest.raises(Redirected):
        for piece in pieces(PLAIN + before + leads, cuts):
            answers.judge(piece)
            passed += piece
    whole = len(PLAIN + before) + leads.index(b"\n")
    assert len(passed) <= whole, "FFmpeg reads whole lines: this one never ends"


class _Camera:
    """Answers each request in one way, and counts who came."""

    def __init__(self, answer: bytes) -> None:
        self._answer, self.asked = answer, 0
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                who, _ = self._door.accept()
                self.asked += 1
                threading.Thread(target=self._talk, args=(who,), daemon=True).start()

    def _talk(self, who: socket.socket) -> None:
        with who, suppress(OSError):
            while said := who.recv(4096):
                number = said.split(b"CSeq:")[1].split(b"\r\n")[0].strip()
                first, rest = self._answer.split(b"\r\n", 1)
                if said.startswith(b"OPTIONS"):
                    first, rest = b"RTSP/1.0 200 OK", b"Public: DESCRIBE\r\n\r\n"
                who.sendall(first + b"\r\nCSeq: " + number + b"\r\n" + rest)

    def close(self) -> None:
        self._door.close()


class _Lost:
    def __init__(self) -> None:
        self.reasons: list[str] = []

    def on_fragment(self, fragment: object) -> None:
        raise AssertionError("a picture of a camera that nobody has asked for")

    def on_lost(self, state: str, reason: str) -> None:
        self.reasons.append(reason)

    def on_unplayable(self, code: str) -> None:
        raise AssertionError(code)


@pytest.mark.parametrize(
    ("camera_id", "may_lead", "comes_there"),
    [
        ("lent-1", "", False),
        ("lent-1", "127.0.0.0/8", False),
        ("gate-1", "", False),
        ("gate-1", "10.0.0.0/8", False),
        ("gate-1", "127.0.0.0/8", True),
    ],
)
def test_our_process_comes_to_the_camera_that_another_names_only_where_the_city_says_so(
    camera_id: str, may_lead: str, comes_there: bool
) -> None:
    other = _Camera(b"RTSP/1.0 404 Not Found\r\n\r\n")
    where = f"rtsp://admin:city@127.0.0.1:{other.port}/gate".encode()
    first, lost = _Camera(b"RTSP/1.0 302 Found\r\nLocation: " + where + b"\r\n\r\n"), _Lost()
    ingest = Ingest(camera_id, f"rtsp://127.0.0.1:{first.port}/lobby", lost, networks_of(may_lead))
    ingest.start()
    deadline = time.monotonic() + 30
    while len(lost.reasons) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    ingest.stop()
    ingest.join(10)
    for one in (first, other):
        one.close()
    assert first.asked and len(lost.reasons) >= 2
    assert bool(other.asked) is comes_there
    assert set(lost.reasons) == {"not_found" if comes_there else "redirected"}


@pytest.mark.parametrize(
    ("url", "leads_to", "gone_to"),
    [
        ("rtsp://me:pass@10.0.0.1/1", "rtsp://10.1.0.2:8554/2", "rtsp://me:pass@10.1.0.2:8554/2"),
        ("rtsp://me:pass@10.0.0.1/1", "rtsp://token@10.1.0.2/2?a=b", "rtsp://token@10.1.0.2:554/2?a=b"),
        ("rtsps://10.0.0.1/1", "rtsps://10.1.0.2/2", "rtsps://10.1.0.2:322/2"),
        ("rtsp://10.0.0.1/1", "rtsp://[fd00::2]/2", "rtsp://[fd00::2]:554/2"),
        ("rtsp://10.0.0.1/1", "rtsp://[::ffff:10.1.0.2]/2", "rtsp://10.1.0.2:554/2"),
        ("rtsp://10.0.0.1/1", "rtsp://10.0.0.1/2", None),
        ("rtsp://10.0.0.1/1", "rtsp://10.2.0.2/2", None),
        ("rtsp://10.0.0.1/1", "rtsp://[::ffff:10.2.0.2]/2", None),
        ("rtsps://10.0.0.1/1", "rtsp://10.1.0.2/2", None),
        ("rtsp://10.0.0.1/1", "http://10.1.0.2/2", None),
        ("rtsp://10.0.0.1/1", "file:///etc/passwd", None),
        ("rtsp://10.0.0.1/1", "rtsp://10.1.0.2:port/2", None),
        ("rtsp://10.0.0.1/1", "/2", None),
        ("rtsp://10.0.0.1/1", "", None),
    ],
)
def test_where_a_redirect_is_followed_to(url: str, leads_to: str, gone_to: str | None) -> None:
    networks = networks_of("10.1.0.0/16, fd00::/8")
    if gone_to is None:
        with pytest.raises(Redirected):
            followed(url, leads_to, networks)
    else:
        assert followed(url, leads_to, networks) == gone_to
