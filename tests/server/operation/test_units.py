"""The systemd units that we hand out: right syntax, commands that exist, settings that are settings."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from location_router.settings import Settings as RouterSettings
from server.relay_requests_serving import RequestRelaySettings
from server.settings import Settings
from server.video.relay_serving import RelaySettings

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "docs" / "operations" / "systemd"
UNITS = sorted([*FOLDER.glob("*.service"), *FOLDER.glob("*.timer")])
KNOWN = {
    "Unit": {"Description", "After", "Wants", "StartLimitIntervalSec"},
    "Service": {
        *("Type", "User", "Group", "WorkingDirectory", "EnvironmentFile", "ExecStart", "Restart", "RestartSec"),
        *("TimeoutStopSec", "KillMode", "LimitNOFILE", "StateDirectory", "NoNewPrivileges", "ProtectSystem"),
        *("ProtectHome", "PrivateTmp", "PrivateDevices", "ProtectKernelTunables", "ProtectKernelModules"),
        *("ProtectControlGroups", "RestrictSUIDSGID", "RestrictAddressFamilies", "LockPersonality", "UMask"),
        *("Nice", "ReadWritePaths"),
    },
    "Timer": {"OnCalendar", "RandomizedDelaySec", "Persistent"},
    "Install": {"WantedBy"},
}


def lines_of(unit: Path) -> list[tuple[str, str, str]]:
    """(section, key, value) of each line; an assertion names the line that is none."""
    section, found = "", []
    for number, line in enumerate(unit.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith(("#", ";")):
            continue
        if head := re.fullmatch(r"\[(\w+)\]", line):
            section = head[1]
            continue
        pair = re.fullmatch(r"([A-Z]\w*)=(\S.*)", line)
        assert pair and section, f"{unit.name}:{number}: {line}"
        found.append((section, pair[1], pair[2]))
    return found


def commands(app: typer.Typer) -> set[str]:
    return set(getattr(get_command(app), "commands", {}))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_well_written_and_starts_what_exists(unit: Path) -> None:
    from location_router.__main__ import app as router
    from server.__main__ import app as center

    said = lines_of(unit)
    assert {(section, key) for section, key, _ in said} <= {(s, k) for s, keys in KNOWN.items() for k in keys}
    values = {key: value for _, key, value in said}
    if unit.suffix == ".timer":
        assert unit.with_suffix(".service") in UNITS and values["OnCalendar"]
        return
    assert values["User"] == "ansim" and values["NoNewPrivileges"] == "yes"
    words = values["ExecStart"].split()
    if words[0].endswith("/ansim"):
        assert words[1] in commands(center)
    else:
        assert words[1:3] == ["-m", "location_router"] and words[3] in commands(router)
    assert (FOLDER / f"{Path(values['EnvironmentFile']).name}.example").is_file()


@pytest.mark.parametrize("example", sorted(FOLDER.glob("*.env.example")), ids=lambda file: file.name)
def test_an_example_names_only_settings(example: Path) -> None:
    own = {"router": RouterSettings, "relay": RelaySettings, "relay-requests": RequestRelaySettings}
    model = own.get(example.name.partition(".")[0], Settings)
    known = {name.upper() for name in model.model_fields} | {"BUS_KEY", "BACKUP_KEY"}
    told = (ROOT / "docs" / "interfaces.md").read_text(encoding="utf-8")
    for line in example.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name = line.partition("=")[0]
            assert name in known and f"`{name}`" in told, f"{example.name}: {name}"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
def test_systemd_itself_has_nothing_to_say(tmp_path: Path) -> None:
    for unit in UNITS:
        text = re.sub(r"/opt/ansim/\.venv/bin/\S+", "/bin/true", unit.read_text(encoding="utf-8"))
        (tmp_path / unit.name).write_text(re.sub(r"User=.*\nGroup=.*\n|WorkingDirectory=.*\n", "", text))
    for unit in UNITS:
        said = subprocess.run(["systemd-analyze", "verify", tmp_path / unit.name], capture_output=True, text=True)
        assert said.returncode == 0, said.stderr
