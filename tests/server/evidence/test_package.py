"""Whatever is done to a package's file afterwards is found, and named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import pyzipper
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from server.evidence.model import MANIFEST, SIGNATURE, Recipient
from server.evidence.package import Material, Read, WrongPassword, read_package, write_package
from server.evidence_command import evidence
from tests.server.evidence.films import a_segment

PASSWORD = "abcde-fghjk"
BEGIN = datetime(2026, 11, 21, 16, 2, 3, tzinfo=UTC)
KEY = Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of two cameras: one with a hole in its recording and a segment that is gone, one that was changed on
    the disk after it had been recorded."""
    folder = tmp_path_factory.mktemp("evidence")
    first = a_segment(folder, center="41170", camera="cam-1", begin_at=BEGIN)
    later = a_segment(folder, center="41170", camera="cam-1", begin_at=BEGIN + timedelta(seconds=5))
    gone = a_segment(folder, center="41170", camera="cam-1", begin_at=BEGIN + timedelta(seconds=9))
    (folder / gone.path).unlink()
    other = a_segment(folder, center="41170", camera="길/2", begin_at=BEGIN)
    with (folder / other.path).open("ab") as file:
        file.write(b"one byte more")
    material = Material(
        package="0d9c2f6e-0000-4000-8000-000000000001",
        login="chief",
        made_at=BEGIN + timedelta(hours=1),
        expires_at=BEGIN + timedelta(days=3),
        recipient=Recipient("김수사", "112-demo", "2026-1234"),
        from_at=BEGIN,
        until_at=BEGIN + timedelta(seconds=11),
        about={"center": "41170", "incident_id": "i", "reason": "수사", "legal_basis": "pipa-18-2-7"},
        cameras={
            "cam-1": [(one, folder / one.path) for one in (first, later, gone)],
            "길/2": [(other, folder / other.path)],
        },
        names={"cam-1": "안심로 1"},
        timeline=[{"seq": 1, "tag": "alert:received"}],
        releases=[],
    )
    heard: list[float] = []
    seen: set[str] = set()

    def hear(share: float) -> None:
        heard.append(share)
        seen.update(path.name for path in folder.glob("p.*"))

    write_package(folder / "p.zip", material, key=KEY, password=PASSWORD, on_progress=hear)
    assert heard == sorted(heard) and heard[-1] == 1.0
    assert seen == {"p.zip", "p.film"}, "what is not encrypted yet lies beside it, where the sweep finds it"
    assert not (folder / "p.film").exists()
    return folder


def read(path: Path, **more: Any) -> Read:
    return read_package(path, PASSWORD, **more)


def test_it_says_what_is_in_it_and_what_is_not(folder: Path) -> None:
    found = read(folder / "p.zip", key=KEY.public_key().public_bytes_raw())
    assert found.manifest is not None
    differing = next(one for one in found.manifest["cameras"] if one["camera_id"] == "길/2")["segments"][0]
    assert [(one.file, one.code) for one in found.findings] == [(differing["file"], "differs")]
    first = found.manifest["cameras"][0]
    assert [one.get("is_missing", False) for one in first["segments"]] == [False, False, True]
    assert len(first["gaps"]) == 2, "the hole, and the end that is gone"
    assert found.manifest["recipient"]["case_no"] == "2026-1234" and found.manifest["expires_at"]
    segment = first["segments"][0]
    assert segment["recorded_sha256"] == found.manifest["files"][segment["file"]]["sha256"]


def test_the_viewing_copy_says_who_and_when_and_shows_a_hole_as_a_hole(folder: Path, tmp_path: Path) -> None:
    with pyzipper.AESZipFile(folder / "p.zip") as archive:
        archive.setpassword(PASSWORD.encode())
        name = next(one for one in archive.namelist() if one.startswith("viewing/cam-1"))
        (tmp_path / "v.mp4").write_bytes(archive.read(name))
    with av.open(str(tmp_path / "v.mp4")) as film:
        pictures = [(float(frame.time), frame.to_ndarray(format="gray")) for frame in film.decode(video=0)]
    times = [at for at, _ in pictures]
    assert times == sorted(times) and 6.5 < times[-1] < 7.0, "each picture stands where it was seen"
    bar = pictures[0][1][:16]
    assert bar.max() > 200 and bar.min() < 80, "words over the picture"
    card = next(picture for at, picture in pictures if 1.9 < at < 2.1)
    assert np.median(card) < 30 and card.max() > 200, "a black card with words, from the end of the first segment on"
    assert not any(2.2 < at < 4.8 for at in times)


def test_a_wrong_password_and_another_file_are_told_apart(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongPassword):
        read_package(folder / "p.zip", "something else")
    for content in (b"", b"PK\x03\x04 no zip", (folder / "p.zip").read_bytes()[:-40]):
        (tmp_path / "x.zip").write_bytes(content)
        with pytest.raises(ValueError, match="no evidence package"):
            read(tmp_path / "x.zip")
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    assert ("manifest.json", "other_key") in [
        (one.file, one.code) for one in read(folder / "p.zip", key=other).findings
    ]


Forge = Callable[[dict[str, bytes]], None]


def _drop_a_segment(files: dict[str, bytes]) -> None:
    del files[next(name for name in files if name.startswith("segments/cam-1"))]


def _change_a_segment(files: dict[str, bytes]) -> None:
    name = next(name for name in files if name.startswith("segments/cam-1"))
    files[name] = files[name][:-1] + bytes([files[name][-1] ^ 1])


def _add_a_file(files: dict[str, bytes]) -> None:
    files["segments/cam-1/better.mp4"] = b"nothing happened"


def _change_the_recipient(files: dict[str, bytes]) -> None:
    files[MANIFEST] = files[MANIFEST].replace("김수사".encode(), "이수사".encode())


def _sign_again(files: dict[str, bytes]) -> None:
    """Whoever has no key of the center signs with his own: only the key that was named tells."""
    from server.evidence.model import signed

    manifest = json.loads(files[MANIFEST])
    manifest["reason"] = "다른 이유"
    files[MANIFEST], files[SIGNATURE] = signed(manifest, Ed25519PrivateKey.generate())


FORGERIES: list[tuple[Forge, str]] = [
    (_drop_a_segment, "missing"),
    (_change_a_segment, "changed"),
    (_add_a_file, "added"),
    (_change_the_recipient, "signature"),
    (_sign_again, "other_key"),
    (lambda files: files.pop(SIGNATURE) and None, "missing"),  # type: ignore[func-returns-value]
]


@pytest.mark.parametrize(("forge", "code"), FORGERIES)
def test_who_knows_the_password_can_still_change_nothing(folder: Path, tmp_path: Path, forge: Forge, code: str) -> None:
    with pyzipper.AESZipFile(folder / "p.zip") as archive:
        archive.setpassword(PASSWORD.encode())
        files = {name: archive.read(name) for name in archive.namelist()}
    forge(files)
    with pyzipper.AESZipFile(tmp_path / "f.zip", "w", encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(PASSWORD.encode())
        for name, content in files.items():
            archive.writestr(name, content)
    found = read(tmp_path / "f.zip", key=KEY.public_key().public_bytes_raw())
    assert code in {one.code for one in found.findings}


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_byte_of_a_file_can_be_changed(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("flip") / "p.zip"
    shutil.copy(folder / "p.zip", path)
    content = bytearray(path.read_bytes())
    with pyzipper.AESZipFile(path) as archive:
        one = data.draw(st.sampled_from(archive.infolist()))
        begin = one.header_offset + 30 + len(one.filename.encode()) + 11 + 20
    at = begin + data.draw(st.integers(0, max(one.compress_size - 48, 0)))
    content[at] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(bytes(content))
    try:
        found = read(path)
    except ValueError:
        return
    assert {one.code for one in found.findings} - {"differs"}


def test_the_command_names_what_was_touched(folder: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke(evidence, ["verify", str(folder / "p.zip"), "--password", PASSWORD, "--json"])
    told = json.loads(run.stdout)
    assert run.exit_code == 1 and [one["code"] for one in told["touched"]] == ["differs"] and not told["key_checked"]
    run = CliRunner().invoke(evidence, ["verify", str(folder / "p.zip")], input=f"{PASSWORD}\n")
    assert "녹화할 때의 해시와 다릅니다" in run.stdout
    run = CliRunner().invoke(evidence, ["verify", str(folder / "p.zip"), "--password", "x"])
    assert run.exit_code == 2 and "비밀번호가 맞지 않습니다" in run.output
    run = CliRunner().invoke(evidence, ["verify", str(folder / "p.zip"), "--password", "x", "--key", "abc"])
    assert run.exit_code == 2 and "32 bytes" in run.output
