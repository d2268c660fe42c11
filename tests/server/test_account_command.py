"""The first account of a real installation is made on the command line; nothing but the demo makes samples."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from location_router.runtime.problems import Problem
from location_router.runtime.seal import new_key
from server.account_command import checked
from server.services import make_services
from server.settings import Settings
from server.staff.service import sign_in

ARGUMENTS = ["account", "kim", "--name", "김관제", "--role", "operator", "--network", "10.20.0.0/24"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"role": "agent"}, "--role agent"),
        ({"networks": []}, "--network is missing"),
        ({"networks": ["10.20.0"]}, "--network"),
        ({"password": "short"}, "5 characters"),
    ],
)
def test_a_wrong_option_is_named_with_its_cure(change: dict[str, object], named: str) -> None:
    good: dict[str, object] = {"role": "operator", "networks": ["10.0.0.1"], "password": "long enough 1"}
    with pytest.raises(ValueError, match=named):
        checked(**(good | change))  # type: ignore[arg-type]


async def test_the_account_works_from_its_network_and_nowhere_else(installation_database: str) -> None:
    key = new_key()
    env = {**os.environ, "DATABASE_URL": installation_database, "DATA_KEY": key}
    command = [sys.executable, "-m", "server", *ARGUMENTS]
    said = subprocess.run(command, input="a good password\n", env=env, capture_output=True, text=True)  # noqa: ASYNC221
    assert said.returncode == 0, said.stderr
    services = make_services(Settings(database_url=installation_database, data_key=key, video_gateway="console"))
    try:
        _, viewer = await sign_in(services, login="kim", password="a good password", address="10.20.0.7")
        assert (viewer.name, viewer.role) == ("김관제", "operator")
        with pytest.raises(Problem) as refused:
            await sign_in(services, login="kim", password="a good password", address="10.21.0.7")
        assert refused.value.status == 403
    finally:
        await services.close()
