"""`ansim doctor` finds what is not well and says what to do; a healthy installation gets no false alarm."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.operation import findings
from tests.server.scene import CENTER, Scene, installation

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


@pytest.fixture
async def scene(installation_database: str):
    async with installation(installation_database) as found:
        yield found


async def found(scene: Scene) -> dict[str, tuple[bool, str]]:
    async with scene.services.db.begin() as unit:
        return {name: (ok, said) for name, ok, said in await findings.of_database(unit, scene.services)}


async def test_each_trouble_is_found_and_named(scene: Scene) -> None:
    well = await found(scene)
    assert {name for name, (ok, _) in well.items() if not ok} == {"jobs"}, "only that no worker runs here"
    await scene.sql("INSERT INTO procrastinate_workers DEFAULT VALUES")
    assert (await found(scene))["jobs"][0]

    await scene.sql(
        "INSERT INTO outbox (message_id, subject, body_sealed, created_at)"
        " VALUES (gen_random_uuid(), 'status', 'x', now() - interval '1 minute')"
    )
    await scene.sql(
        "INSERT INTO quarantine (quarantine_id, source, reason, body_sealed)"
        " VALUES (gen_random_uuid(), 'bus', 'x', 'x')"
    )
    await scene.sql("INSERT INTO allowed_address SELECT account_id, '0.0.0.0/0' FROM account WHERE login = 'operator'")
    await scene.sql("UPDATE account SET active = false WHERE role = 'admin'")
    await scene.sql(
        "UPDATE agreement SET ends_at = now() + interval '3 days' WHERE agency_id = '119-demo' AND center_id = :center",
        center=CENTER,
    )
    ill = await found(scene)
    assert {name for name, (ok, _) in ill.items() if not ok} == {
        "outbox",
        "quarantine",
        "addresses",
        "accounts",
        "agreements",
    }
    assert "admin" in ill["accounts"][1]
    assert f"{CENTER}/119" in ill["agreements"][1] and "30 days" in ill["agreements"][1]
    await scene.sql("UPDATE agreement SET suspended_at = now() WHERE agency_id = '119-demo' AND center_id = '41170'")
    assert "can't be sent" in (await found(scene))["agreements"][1]


def test_clocks_and_certificates() -> None:
    assert findings.clock_finding("x", 1.5)[1] and not findings.clock_finding("x", -3)[1]
    assert findings.certificate_finding(NOW + timedelta(days=60), NOW)[1]
    assert not findings.certificate_finding(NOW + timedelta(days=5), NOW)[1]
    assert not findings.certificate_finding(NOW - timedelta(days=1), NOW)[1]


async def test_a_public_address_wants_tls() -> None:
    assert (await findings.certificate("http://127.0.0.1:8200"))[1]
    assert not (await findings.certificate("http://ansim.example.kr"))[1]
    assert not (await findings.certificate("https://127.0.0.1:9"))[1]


@pytest.mark.parametrize(
    ("network", "wide"), [("10.20.0.0/24", False), ("127.0.0.0/8", False), ("0.0.0.0/0", True), ("::/0", True)]
)
def test_a_network_that_means_everybody(network: str, wide: bool) -> None:
    assert findings.is_wide(network) is wide


def test_backups_are_fresh_and_not_kept_beyond_the_purge(tmp_path: Path) -> None:
    def told() -> bool:
        return findings.backups(tmp_path, 30, now=NOW)[1]

    def file(name: str, age: timedelta) -> None:
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, ((NOW - age).timestamp(),) * 2)

    assert not told(), "none at all"
    file("a.ansim", timedelta(hours=30))
    assert not told(), "yesterday's has failed"
    file("b.ansim", timedelta(hours=3))
    assert told()
    file("c.ansim", timedelta(days=31))
    assert not told(), "an old one still holds what was purged"
