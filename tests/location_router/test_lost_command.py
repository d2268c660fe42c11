"""`python -m location_router lost` against a running endpoint."""

from __future__ import annotations

import asyncio

from typer.testing import CliRunner, Result

from location_router.__main__ import app
from tests.contract.test_lost import a_lost, serving
from tests.location_router.lost.worlds import assert_strict


async def run(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["lost", *words])


async def test_a_person_reads_the_center_and_the_number() -> None:
    async with serving(a_lost()) as client:
        url = f"{client.base_url}/lost"
        said = await run("37.4015", "126.9227", "--service", "urn:service:sos.fire", "--url", url)
        assert said.exit_code == 0, said.output
        assert "경기도 안양시 (Anyang-si, Gyeonggi-do)" in said.output and "119" in said.output
        before = await run("36.2428", "128.5728", "--as-of", "2023-06-30", "--url", url, "--boundary")
        assert "경상북도 군위군" in before.output and "polygons" in before.output
        sea = await run("37.2", "125.5", "--accuracy-m", "100", "--url", url)
        assert "기본값" in sea.output
        raw = await run("37.4015", "126.9227", "--xml", "--url", url)
        assert_strict(raw.stdout.strip().encode())
        abroad = await run("35.68", "-139.76", "--url", url)
        assert abroad.exit_code == 1 and abroad.output.startswith("notFound")


async def test_what_cannot_be_asked_is_said_in_one_sentence() -> None:
    odd = await run("drei", "126.9", "--url", "http://127.0.0.1:1/lost")
    assert odd.exit_code == 2 and "LAT is 'drei'" in odd.output
    silent = await run("37.4", "126.9", "--url", "http://127.0.0.1:1/lost")
    assert silent.exit_code == 1 and "no answer" in silent.output
