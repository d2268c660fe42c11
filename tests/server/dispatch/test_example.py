"""A vendor follows docs/dispatch.md: the command sets the line up, the example program takes the case to the scene."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

from click.testing import Result
from typer.testing import CliRunner

from server.line_command import line_app
from tests.server.dispatch.lines import KEY, Town, town

ROOT = Path(__file__).parents[3]


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


async def ansim_line(street: Town, *arguments: str) -> Result:
    app = line_app(lambda: street.scene.services.settings)
    return await asyncio.to_thread(CliRunner().invoke, app, list(arguments))


async def test_command_and_example_take_a_case_to_the_scene(installation_database: str) -> None:
    port = free_port()
    async with town(installation_database) as street:
        program = ["docs/examples/agency_client.py", "--key", KEY, "--center", str(street.http.base_url)]
        agency = await asyncio.create_subprocess_exec(
            sys.executable,
            *program,
            "--port",
            str(port),
            "--pause-s",
            "0.05",
            cwd=ROOT,
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            url = f"http://127.0.0.1:{port}/ansim"
            made = await ansim_line(street, "set", "112-demo", "--kind", "webhook", "--url", url, "--key", KEY)
            assert made.exit_code == 0 and KEY in made.output, made.output
            async with asyncio.timeout(10):
                while (checked := await ansim_line(street, "check", "112-demo", "--center", "41170")).exit_code:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)  # the example is still starting
            assert "R-0001" in checked.output
            unknown = await ansim_line(street, "set", "911", "--kind", "desk")
            assert unknown.exit_code == 2 and "112-demo" in unknown.stderr, "it names the agencies there are"
            assert url in (await ansim_line(street, "list")).output
            card = await street.ask(await street.scene.emergency())
            assert await street.deliver(card)
            async with asyncio.timeout(10):
                while (await street.card(card))["state"] != "on_scene":  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        finally:
            agency.terminate()
            await agency.wait()
