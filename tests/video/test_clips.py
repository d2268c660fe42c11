"""Films over recorded files: range, a format that changes, and a download that is cut off in the middle."""

from __future__ import annotations

import asyncio
import io
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import av
import httpx
import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st

from server.video.app import create_app, server_config
from server.video.clips import Piece, Recorded, clips_router, shown
from server.video.film import NotOurs, film_of, read_reel
from server.video.fmp4 import fragment, init_segment
from server.video.gateway import Refused, clip_of
from server.video.h264 import PictureFormat
from server.video.ranges import Unsatisfiable, byte_range
from server.video.tickets import Ticket, new_ticket
from tests.video.conftest import KEY, LedgerGate

BEGIN = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
SPS, PPS = bytes.fromhex("6742c016d900a02ff97010000003001000000303c8f162e480"), bytes.fromhex("68cb8cb2")


def write(path: Path, *, seconds: int, first_pts: int = 0, size: int = 2000, sps: bytes = SPS) -> Path:
    """A file like the recorder's: ten pictures a second, a key frame each second; content is noise."""
    parts = [init_segment(PictureFormat("avc1.42c016", 640, 360), sps=sps, pps=PPS)]
    for n in range(seconds * 10):
        sample = bytes([n % 251]) * size
        parts.append(fragment(n, sample, pts=first_pts + n * 9000, duration=9000, is_key=n % 10 == 0))
    path.write_bytes(b"".join(parts))
    return path


@dataclass
class Allowed:
    """The rows: what each release shows."""

    gate: LedgerGate
    pieces: dict[str, Piece]

    async def open(self, ticket: Ticket, address: str) -> Piece:
        if ticket.release_id in self.gate.ended or ticket.release_id not in self.pieces:
            raise Refused("incident_closed", "사건이 종결되었습니다.", "The incident is closed.")
        return self.pieces[ticket.release_id]


@asynccontextmanager
async def serving(piece: Piece) -> AsyncIterator[tuple[LedgerGate, str]]:
    gate = LedgerGate()
    app = create_app(gate, None, key=KEY, extra_routers=[clips_router(Allowed(gate, {piece.release_id: piece}))])  # type: ignore[arg-type]
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(server_config(app))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    ticket = new_ticket(
        release_id=piece.release_id,
        incident_id="i",
        camera_id="c",
        viewer_id="v",
        address="127.0.0.1",
        now=time.time(),
        purpose="clip",
    )
    public = f"ws://127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield gate, clip_of(public, ticket, KEY, begin_at=BEGIN, end_at=BEGIN).url
    finally:
        server.should_exit = True
        await task


async def test_a_download_ends_within_a_second_of_its_release(tmp_path: Path) -> None:
    """30 MB to a reader that takes its time: the release ends, and the connection breaks off short of its length."""
    path = write(tmp_path / "a.mp4", seconds=30, size=100_000)
    piece = Piece("r", BEGIN, BEGIN + timedelta(seconds=30), (Recorded(path, BEGIN, "f"),), False)
    async with serving(piece) as (gate, url):
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=65536)
        writer.write(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)[b"content-length"])
        assert length > 30_000_000 and gate.first_bytes == ["r"], "noted before the first byte"
        got = len(await reader.readexactly(1_000_000))
        gate.ended["r"] = "incident_closed"
        await asyncio.sleep(1.0)  # a player that has enough for now reads nothing
        async with asyncio.timeout(15):
            while data := await reader.read(65536):
                got += len(data)
        assert got < length, "cut off in the middle"
        writer.close()
        await writer.wait_closed()
        async with httpx.AsyncClient(trust_env=False) as browser:
            assert (await browser.get(url)).status_code == 403


async def test_not_a_byte_when_the_release_ends_while_the_files_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.mp4", seconds=1)
    piece = Piece("r", BEGIN, BEGIN + timedelta(seconds=1), (Recorded(path, BEGIN, "f"),), False)
    async with serving(piece) as (gate, url), httpx.AsyncClient(trust_env=False) as browser:

        def slow(piece: Piece, files: object) -> object:
            gate.ended["r"] = "incident_closed"
            return shown(piece, files)  # type: ignore[arg-type]

        monkeypatch.setattr("server.video.clips.shown", slow)
        answer = await browser.get(url)
        assert answer.status_code == 403 and answer.content == b"" and gate.first_bytes == []


async def test_a_gate_that_is_silent_cuts_off_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.video.clips.GATE_SILENCE_S", 0.3)
    path = write(tmp_path / "a.mp4", seconds=30, size=100_000)
    piece = Piece("r", BEGIN, BEGIN + timedelta(seconds=30), (Recorded(path, BEGIN, "f"),), True)
    async with serving(piece) as (gate, url):
        gate.is_broken = True
        async with httpx.AsyncClient(trust_env=False, timeout=15) as browser, browser.stream("GET", url) as answer:
            await asyncio.sleep(1.0)
            with pytest.raises(httpx.RemoteProtocolError):
                await answer.aread()


async def test_what_is_missing_is_cut_out_and_a_new_format_is_a_new_film(tmp_path: Path) -> None:
    """Ten seconds, a hole, ten seconds, then another parameter set; and a file that is damaged."""
    other = SPS[:-1] + b"\x81"
    files = (
        Recorded(write(tmp_path / "1.mp4", seconds=10), BEGIN, "f"),
        Recorded(write(tmp_path / "2.mp4", seconds=10, first_pts=25 * 90_000), BEGIN + timedelta(seconds=25), "f"),
        Recorded(tmp_path / "gone.mp4", BEGIN + timedelta(seconds=35), "f"),
        Recorded(write(tmp_path / "3.mp4", seconds=10, sps=other), BEGIN + timedelta(seconds=45), "g"),
    )
    piece = Piece("r", BEGIN + timedelta(seconds=3.5), BEGIN + timedelta(seconds=50), files, True)
    async with serving(piece) as (_, url), httpx.AsyncClient(trust_env=False, timeout=15) as browser:
        first, second = await browser.get(url), await browser.get(url + "&part=2")
        assert first.headers["x-ansim-parts"] == "2"
        assert datetime.fromisoformat(first.headers["x-ansim-begin"]) == BEGIN + timedelta(seconds=3), "its key frame"
        assert datetime.fromisoformat(first.headers["x-ansim-end"]) == BEGIN + timedelta(seconds=35)
        for answer, seconds in ((first, 17), (second, 5)):
            with av.open(io.BytesIO(answer.content)) as film:
                packets = [packet for packet in film.demux(video=0) if packet.size]
            assert len(packets) == seconds * 10 and {len(bytes(one)) for one in packets} == {2000}
            assert [one.pts for one in packets] == [n * 9000 for n in range(len(packets))]
        times = (await browser.get(url.replace("?", "/times?"))).json()["times"]
        assert [row["second"] for row in times] == [0, 7.0], "the hole takes no time of the film"
        assert (await browser.get(url + "&part=3")).status_code == 404


def test_a_file_of_somebody_else_is_none_of_ours(tmp_path: Path) -> None:
    for content in (b"", b"short", b"\0" * 5000, b"\0\0\0\x10ftyp" + b"x" * 8 + b"\0\0\0\x08moov"):
        (tmp_path / "x.mp4").write_bytes(content)
        with pytest.raises(NotOurs):
            read_reel(tmp_path / "x.mp4")


@settings(max_examples=25, deadline=None)
@given(torn=st.integers(0, 2108))
def test_a_torn_file_keeps_its_whole_pictures(tmp_path_factory: pytest.TempPathFactory, torn: int) -> None:
    path = write(tmp_path_factory.mktemp("torn") / "x.mp4", seconds=1)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - torn])
    reel = read_reel(path)
    assert len(reel.samples) == (10 if torn == 0 else 9) and reel.good_bytes == len(whole) - 2108 * (torn > 0)


@given(size=st.integers(1, 10_000), data=st.data())
def test_ranges_are_those_of_the_standard(size: int, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, size - 1))
    end = data.draw(st.integers(begin, size * 2))
    assert byte_range(f"bytes={begin}-{end}", size) == (begin, min(end + 1, size))
    assert byte_range(f"bytes={begin}-", size) == (begin, size)
    assert byte_range(f"bytes=-{end + 1}", size) == (max(0, size - end - 1), size)
    for ignored in ("", "bytes=0-1,4-5", "items=0-1", "bytes=-", f"bytes={begin + 1}-{begin}"):
        assert byte_range(ignored, size) is None
    for beyond in (f"bytes={size}-", "bytes=-0"):
        with pytest.raises(Unsatisfiable):
            byte_range(beyond, size)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_range_is_that_piece_of_the_film(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("film")
    reels = [read_reel(write(folder / f"{n}.mp4", seconds=2, size=50)) for n in range(3)]
    film = film_of([reel.between(0.5 * n, 5) for n, reel in enumerate(reels)])

    def read(begin: int, end: int, most: int) -> bytes:
        pieces = film.pieces(begin, end, most=most)
        return b"".join(
            one if isinstance(one, bytes) else one.path.read_bytes()[one.begin : one.begin + one.length]
            for one in pieces
        )

    whole = read(0, film.size, 1 << 20)
    assert len(whole) == film.size
    begin = data.draw(st.integers(0, film.size - 1))
    end = data.draw(st.integers(begin, film.size))
    assert read(begin, end, data.draw(st.integers(1, 500))) == whole[begin:end]
