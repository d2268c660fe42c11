"""People from the command line: the first account of an installation, and the ways back when the web is locked."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from typer.testing import CliRunner

from location_router.runtime.problems import Problem
from location_router.runtime.seal import new_key
from server.__main__ import app
from server.account_command import checked, refuse_weak
from server.services import Services, make_services
from server.settings import Settings
from server.staff.service import sign_in
from tests.server.deliveries import rows

KIM = ["create", "kim", "--name", "김관제", "--role", "operator", "--network", "10.20.0.0/24"]
PASSWORD = "a river bank"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"role": "boss"}, "--role boss"),
        ({"role": "agent"}, "--agency"),
        ({"agency": "112-city"}, "--agency"),
        ({"networks": []}, "--network is missing"),
        ({"networks": ["10.20.0"]}, "--network"),
    ],
)
def test_a_wrong_option_is_named_with_its_cure(change: dict[str, object], named: str) -> None:
    good: dict[str, object] = {"role": "operator", "networks": ["10.0.0.1"]}
    with pytest.raises(ValueError, match=named):
        checked(**(good | change))  # type: ignore[arg-type]


def test_a_weak_password_is_refused_with_every_reason() -> None:
    with pytest.raises(ValueError, match="at least 8 characters.*equal"):
        refuse_weak("aaa", login="kim", name="김관제")


@dataclass
class CommandLine:
    services: Services
    env: dict[str, str]

    async def run(self, *words: str, typed: str = "") -> tuple[int, str]:
        """Exit code and all that was printed."""
        runner = CliRunner()
        said = await asyncio.to_thread(runner.invoke, app, ["account", *words], input=typed, env=self.env)
        return said.exit_code, said.output

    async def enter(self, login: str, password: str, address: str = "10.20.0.7") -> str:
        """`in`, or the code of what stands in the way."""
        try:
            await sign_in(self.services, login=login, password=password, address=address)
        except Problem as problem:
            return problem.code
        return "in"


@pytest.fixture
async def line(installation_database: str) -> AsyncIterator[CommandLine]:
    key = new_key()
    services = make_services(Settings(database_url=installation_database, data_key=key, video_gateway="console"))
    yield CommandLine(services, {**os.environ, "DATABASE_URL": installation_database, "DATA_KEY": key})
    await services.close()


async def test_the_account_works_from_its_network_and_nowhere_else(line: CommandLine) -> None:
    code, said = await line.run(*KIM, typed=PASSWORD + "\n")
    assert code == 0 and "kim" in said and PASSWORD not in said
    assert await line.enter("kim", PASSWORD) == "in"
    assert await line.enter("kim", PASSWORD, "10.21.0.7") == "address_not_registered"
    code, said = await line.run(*KIM, typed=PASSWORD + "\n")
    assert code == 2 and "taken" in said
    code, said = await line.run("list", "--json")
    [row] = [json.loads(one) for one in said.splitlines() if one.startswith("{")]
    assert (row["login"], row["name"], row["role"], row["networks"]) == ("kim", "김관제", "operator", ["10.20.0.0/24"])
    assert "password_hash" not in row and "totp_sealed" not in row


async def test_without_the_web_everybody_gets_back_in(line: CommandLine) -> None:
    code, said = await line.run(*KIM, "--temporary")
    first = said.splitlines()[0].removeprefix("kim: ")
    assert code == 0 and await line.enter("kim", first) == "password_change"
    code, said = await line.run("reset", "kim", "--second-factor")
    again = said.splitlines()[0].removeprefix("kim: ")
    assert again != first and await line.enter("kim", first) == "wrong_login"
    assert await line.enter("kim", again) == "password_change"
    for seat in range(9):  # one wrong answer was given above
        line.services.shared.pop("login_throttle", None)
        assert await line.enter("kim", "guess", f"10.20.0.{seat % 2}") == "wrong_login"
    assert await line.enter("kim", again) == "held"
    assert "released" in (await line.run("release", "kim"))[1]
    assert await line.enter("kim", again) == "password_change"
    tags = [row["tag"] for row in await rows(line.services, "SELECT tag FROM event WHERE center_id = '-' ORDER BY seq")]
    assert [tag for tag in tags if tag.startswith("account:")] == [
        "account:created", "account:reset", "account:held", "account:released",
    ]  # fmt: skip
    actors = await rows(line.services, "SELECT DISTINCT actor_id FROM event WHERE tag = 'account:reset'")
    assert [row["actor_id"] for row in actors] == ["command-line"]


async def test_what_goes_wrong_is_one_sentence_with_the_cure(line: CommandLine) -> None:
    await line.run(*KIM, typed=PASSWORD + "\n")
    for words, named in (
        (["change", "kim", "--role", "boss"], "choose one of operator"),
        (["change", "nobody", "--inactive"], "ansim account list"),
        (["change", "kim", "--desk", "nowhere"], "desk"),
        (["reset", "kim", "--keep-password"], "--second-factor"),
    ):
        code, said = await line.run(*words)
        assert code == 2 and named in said and "Traceback" not in said, said
    assert (await line.run("change", "kim", "--inactive"))[0] == 0
    assert await line.enter("kim", PASSWORD) == "wrong_login"
