"""A wrong setting is told in a sentence that names it: no stack trace, no secret."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from location_router.envelope import seeds_from
from location_router.nodelist import trust_from
from location_router.runtime.door import open_door
from location_router.runtime.seal import Sealer, new_key
from location_router.runtime.told import address_flaw, refuse_bad_address


@pytest.mark.parametrize(
    "url",
    ["garbage", "mysql://u@h/db", "postgres://u@h/db", "postgresql+psycopg://u@h:port/db", "host=a dbname=b"],
)
def test_what_is_no_address_is_said_so(url: str) -> None:
    assert "postgresql+psycopg://user:password@host" in address_flaw(url)


@pytest.mark.parametrize(
    "url",
    ["postgresql://u@h/db", "postgresql+psycopg://u:p@h/db", "postgresql+psycopg://a@/r?host=h1:5432&host=h2:5432"],
)
def test_an_address_has_no_flaw(url: str) -> None:
    assert address_flaw(url) == ""


def test_help_is_given_whatever_the_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "s3cret")
    monkeypatch.setattr(sys, "argv", ["ansim", "migrate", "--help"])
    refuse_bad_address()
    monkeypatch.setattr(sys, "argv", ["ansim", "migrate"])
    with pytest.raises(SystemExit) as ended:
        refuse_bad_address()
    said = capsys.readouterr().err
    assert ended.value.code == 2 and said.startswith("DATABASE_URL: ") and "s3cret" not in said


def test_keys_that_are_no_keys_name_their_setting() -> None:
    for text in ("abc", "가나다", "c2hvcnQ="):
        with pytest.raises(ValueError, match="^DATA_KEY must be base64 of 32 bytes"):
            Sealer(text)
        with pytest.raises(ValueError, match="^DATA_KEY must be base64 of 32 bytes"):
            seeds_from("", data_key=text, node="a")
        with pytest.raises(ValueError, match="^NODE_KEY must be"):
            seeds_from(text, data_key=new_key(), node="a")
        with pytest.raises(ValueError, match="^NODE_TRUST must be"):
            trust_from(text)


@pytest.mark.parametrize("module", ["location_router", "server"])
def test_a_server_says_what_is_wrong_with_each_setting(module: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DATA_KEY")}
    environment |= {"PORT": "port", "BUS_URL": "nats://x"}
    run = [sys.executable, "-m", module, "serve"]
    said = subprocess.run(run, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 2 and "Traceback" not in said.stderr
    assert "DATA_KEY: Field required" in said.stderr and "PORT: Input should be a valid integer" in said.stderr


def test_a_setting_that_is_no_json_is_named() -> None:
    environment = os.environ | {
        "DATABASE_URL": "postgresql://x@/y", "BUS_URL": "nats://x", "DATA_KEY": new_key(),
        "ROUTER_INSTALLATION_KEYS": "s3cret",
    }  # fmt: skip
    run = [sys.executable, "-m", "location_router", "worker"]
    said = subprocess.run(run, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 2 and "ROUTER_INSTALLATION_KEYS: " in said.stderr
    assert "Traceback" not in said.stderr and "s3cret" not in said.stderr


def test_a_port_in_use_is_a_sentence() -> None:
    with open_door("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit, match=f"HOST, PORT: 127.0.0.1:{port} .*in use"):
            open_door("127.0.0.1", port)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("BUS_URL", "nonsense", "BUS_URL must begin with"),
        ("NODE_TRUST", "abc", "NODE_TRUST must be"),
        ("NODE_KEY", "abc", "NODE_KEY must be"),
    ],
)
def test_a_center_does_not_start_with_a_bus_it_can_not_use(name: str, value: str, wanted: str) -> None:
    environment = os.environ | {"DATABASE_URL": "postgresql://x@/y", "DATA_KEY": new_key(), name: value}
    run = [sys.executable, "-m", "server", "serve"]
    said = subprocess.run(run, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 2 and wanted in said.stderr and "Traceback" not in said.stderr
