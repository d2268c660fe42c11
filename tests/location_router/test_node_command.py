"""`nats config`: what no server would take is refused before a file is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from location_router.__main__ import app

LEAF = ("--leaf", "serving-41170=c41170")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--hub", "a", "--hub", "b", *LEAF), "--hub"),
        (("--hub", "a b", *LEAF), "--hub"),
        (("--hub", "10.1.0.1:4222", *LEAF), "without a port"),
        (("--hub", "a", "--leaf", "serving-41170"), "--leaf"),
        (("--hub", "a", "--leaf", "serv ing=c 1"), "--leaf"),
        (("--hub", "a", *LEAF, "--leaf", "serving-2=c41170"), "twice"),
        (("--hub", "a", *LEAF, "--cert", "/etc/ansim/nats.crt"), "there is no TLS"),
    ],
)
def test_options_that_make_no_bus_are_refused(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    done = CliRunner().invoke(app, ["nats", "config", "--out", str(tmp_path / "nats"), *words])
    assert done.exit_code == 2 and told in done.stderr, done.output
    assert not (tmp_path / "nats").exists()


def test_a_folder_that_can_not_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = CliRunner().invoke(app, ["nats", "config", "--out", str(tmp_path / "file"), "--hub", "10.1.0.1", *LEAF])
    assert done.exit_code == 2 and "can't be written" in done.stderr, done.output


def test_the_files_and_addresses_are_told(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["nats", "config", "--out", str(tmp_path), "--hub", "[fd00::1]", *LEAF])
    told = json.loads(done.stdout)
    assert set(told["files"]) == {"hub-1", "leaf-serving-41170"} and set(told["BUS_URL"]) == {"router", "serving-41170"}
