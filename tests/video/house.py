"""A real center with a real video process beside it: database, gate, tickets, cameras that really send."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from server.cameras.service import open_cameras
from server.gate import Refused
from server.seed import seed_cameras
from server.staff.model import Viewer
from server.video.gateway import EmbeddedGateway
from tests.server.scene import CENTER, EYES, Scene, installation
from tests.video.conftest import KEY, RunningCity

ROOT = Path(__file__).resolve().parents[2]
# as `ansim video`, only that who has gone has left after two seconds instead of sixty-one
PROGRAM = """
import sys
import server.video.viewings as viewings
viewings.AWAY_S, viewings.SWEEP_S = float(sys.argv.pop()), 0.3
from server.__main__ import main
sys.argv[1:] = ["video"]
main()
"""


@dataclass
class House:
    """The center `scene`, the video process at `port`, and what it was started with."""

    scene: Scene
    city: RunningCity
    away_s: float
    port: int = 0
    process: subprocess.Popen[str] | None = None
    env: dict[str, str] = field(default_factory=dict)

    async def start(self) -> None:
        """The video process, on the port it had before."""
        program = [sys.executable, "-c", PROGRAM, str(self.away_s)]
        env = {**os.environ, **self.env, "PORT": str(self.port)}
        self.process = _spawned(program, env)
        assert self.process.stdout
        line = json.loads(await asyncio.to_thread(self.process.stdout.readline))
        self.port = int(line["url"].rpartition(":")[2])
        base = f"127.0.0.1:{self.port}"
        self.scene.services.gateway = EmbeddedGateway(url=f"http://{base}", public_url=f"ws://{base}", key=KEY)

    async def stop(self, *, at_once: bool = False) -> None:
        """SIGTERM, or kill -9 when `at_once`."""
        if self.process is not None:
            self.process.kill() if at_once else self.process.terminate()
            await asyncio.to_thread(self.process.wait, 15)
            assert self.process.stdout
            self.process.stdout.close()
            self.process = None
            await self.scene.services.gateway.close()  # type: ignore[attr-defined]

    async def open(self, login: str, incident_id: UUID) -> list[dict[str, Any]]:
        """CameraTickets for this person, or none when the gate refuses."""
        with suppress(Refused):
            return await open_cameras(self.scene.services, self.scene.staff[login], incident_id)
        return []

    def viewer(self, login: str) -> Viewer:
        return self.scene.staff[login]


def _spawned(program: list[str], env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(program, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)


@asynccontextmanager
async def house(
    url: str,
    city: RunningCity,
    folder: Path,
    *,
    away_s: float,
    env: dict[str, str] | None = None,
    settings: dict[str, Any] | None = None,
) -> AsyncIterator[House]:
    """Everything is up when this yields, and nothing is left of it afterwards. `settings` are the center's."""
    async with installation(url, **settings or {}) as scene:
        async with scene.services.db.begin() as unit:
            base = f"rtsp://127.0.0.1:{city.port}"
            await seed_cameras(unit, scene.services.sealer, center_id=CENTER, cameras=EYES[:5], rtsp_base=base)
            await unit.execute("DELETE FROM camera WHERE camera_id = 'cam-6'")
        made = House(scene, city, away_s)
        made.env = {
            "DATABASE_URL": url,
            "DATA_KEY": scene.services.settings.data_key,
            "INSTALLATION": "home-1",
            "SERVES": "all",
            "HOME_CENTER": CENTER,
            "HOST": "127.0.0.1",
            "VIDEO_KEY": KEY,
            "VIDEO_RECORD": "off",
            "VIDEO_DIR": str(folder),
            "VIDEO_WHEP_ADDRESSES": "127.0.0.1",
            **(env or {}),
        }
        await made.start()
        try:
            yield made
        finally:
            await made.stop()
