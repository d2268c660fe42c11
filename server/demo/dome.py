"""The demo's camera that moves: an ONVIF device of its own process, bound by the administrator as in a city.

What the operator turns turns the picture: the device tells the simulated camera where it looks.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx

from server.demo.children import python
from server.demo.scene import DOME

if TYPE_CHECKING:
    from server.demo.world import World

USER, PASSWORD = "admin", "camera"


async def bind_dome(world: World) -> str | None:
    """Start the device of the scene's dome and bind it over the center's API; why not, in a sentence, or None."""
    dome = next((camera for camera in world.cameras if camera.camera_id.endswith(DOME)), None)
    if dome is None:
        return "the scene has no dome"
    ready = world.children["cameras"].ready
    streams = f"rtsp://127.0.0.1:{ready['port']}/{dome.camera_id}"
    turns = f"http://127.0.0.1:{ready['control_port']}/cameras/{dome.camera_id}/turn"
    command = python("-m", "server.demo.onvif", "--rtsp", streams, "--port", "0", "--turns", turns)
    device = world.spawn("dome", command, {})
    url = (await asyncio.to_thread(device.wait_ready))["url"]
    admin = world.logins["admin"]
    async with httpx.AsyncClient(base_url=world.urls["serving"], trust_env=False, timeout=60) as http:
        await http.post("/api/login", json={"login": admin.login, "password": admin.password})
        asked = {"url": url, "user": USER, "password": PASSWORD}
        answer = await http.post(f"/api/cameras/{dome.camera_id}/device", json=asked)
    return None if answer.is_success else answer.text
