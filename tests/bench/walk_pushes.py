"""How long 500 guardians wait for a push when the service is slow and fails one call in ten.

`python -m tests.bench.walk_pushes --json [--guardians 500] [--delay 0.5]`: durable PostgreSQL, one worker of the
product, Google's SDK, a local endpoint. Prints `{"push_500_s", "guardians", "calls", "delay_s"}`: from the commit of
the cause to the last push taken; each guardian was pushed to exactly once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from location_router.runtime.jobs import work
from location_router.runtime.postgres import PrivateCluster
from location_router.runtime.provision import app_url, provision
from server.jobs import load_tasks
from server.people import notices
from server.services import Services
from server.worker import AT_ONCE
from tests.databases import ROOT
from tests.server.fake_fcm import FakeFcm, fake_fcm
from tests.server.scene import CENTER, installation

MOST_OF_ONE = 5


async def _families(services: Services, guardians: int) -> list[tuple[object, list[object]]]:
    """People with five guardians each, who agreed and have the app: put in by hand, sign-up is not what is measured."""
    made = []
    async with services.db.begin() as unit:
        for number in range(guardians // MOST_OF_ONE):
            person, ids = uuid4(), [uuid4() for _ in range(MOST_OF_ONE)]
            seal = partial(services.sealer.seal, center=CENTER)
            await unit.execute(
                "INSERT INTO person (person_id, center_id, nickname_sealed, phone_sealed, phone_digest)"
                " VALUES (:id, :center, :name, :phone, :digest)",
                {"id": person, "center": CENTER, "name": seal("보라", context=f"person.nickname:{person}"),
                 "phone": seal("01011112222", context=f"person.phone:{person}"), "digest": b""},
            )  # fmt: skip
            for at, one in enumerate(ids):
                token = seal(f"device-{number}-{at}", context=f"guardian.push_token:{one}")
                await unit.execute(
                    "INSERT INTO guardian (guardian_id, center_id, person_id, name_sealed, phone_sealed,"
                    " push_token_sealed, invitation_digest, designated_by, accepted_at) VALUES (:id, :center, :person,"
                    " '', '', :token, :digest, 'app', now())",
                    {"id": one, "center": CENTER, "person": person, "token": token, "digest": one.bytes},
                )
            made.append((person, ids))
    return made


async def measure(url: str, folder: Path, fcm: FakeFcm, guardians: int) -> float:
    account = folder / "account.json"
    account.write_text(json.dumps(fcm.account()))
    settings: dict[str, Any] = {
        "serves": "",
        "push": "firebase",
        "firebase_credentials": account,
        "fcm_url": fcm.fcm_url,
    }
    settings |= {"notice_text_after_s": 600}  # pushes are what is measured
    async with installation(url, **settings) as home:
        services = home.services
        families = await _families(services, guardians)
        worker = asyncio.create_task(
            work(services.settings.database_url, load_tasks(), {"services": services}, concurrency=AT_ONCE)
        )
        await asyncio.sleep(2)
        walk = uuid4()
        async with services.db.begin() as unit:
            for person, ids in families:
                await notices.tell_guardians(unit, services, person, ids, "walk_late", walk)
        began = time.perf_counter()
        while await home.one("SELECT count(*) FROM notice WHERE push_state <> 'sent'"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        took_s = time.perf_counter() - began
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
        await services.shared["push"].close()
    return took_s


def push_500_s(guardians: int = 500, delay_s: float = 0.5) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="ansim-bench-", dir="/tmp") as folder, fake_fcm() as fcm:
        Path(folder).chmod(0o755)
        cluster = PrivateCluster(name="bench", state=Path(folder), on_progress=lambda line: None)
        cluster.start()
        try:
            provision(cluster.admin_url, "pushes", "installation", scripts=ROOT / "server" / "migrations")
            fcm.answers = ["ok", "ok", "ok", "UNAVAILABLE", *["ok"] * 6] * (guardians // 10)
            fcm.delay_s = delay_s
            took_s = asyncio.run(measure(app_url(cluster.url("pushes"), "pushes"), Path(folder), fcm, guardians))
        finally:
            cluster.stop()
    sent = [body["message"]["token"] for body in fcm.bodies]
    assert len(set(sent)) == guardians and len(sent) == guardians + guardians // 10, "each guardian exactly once"
    return {"push_500_s": round(took_s, 1), "guardians": guardians, "calls": len(sent), "delay_s": delay_s}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--guardians", type=int, default=500)
    parser.add_argument("--delay", type=float, default=0.5)
    given = parser.parse_args()
    told = push_500_s(given.guardians, given.delay)
    print(json.dumps(told) if given.json else told)


if __name__ == "__main__":
    main()
