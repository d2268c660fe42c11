"""What an earlier run of the demo left open is closed before the next one: a newcomer sees one case, the new one."""

from __future__ import annotations

import httpx

from server.demo.world import World

NOTE = "앞선 시연의 사건이라 시연을 다시 시작하며 닫았습니다 · left by an earlier run of the demo"


async def close_leftovers(world: World) -> int:
    """How many incidents were closed, by the leader's own commands and with a note; a pre-alert ends by itself."""
    leader = world.logins["supervisor"]
    async with httpx.AsyncClient(base_url=world.urls["serving"], timeout=10, trust_env=False) as http:
        (await http.post("/api/login", json={"login": leader.login, "password": leader.password})).raise_for_status()
        closed = 0
        for card in (await http.get("/api/incidents")).raise_for_status().json()["incidents"]:
            if card["phase"] == "pre" or card["role"] != "owner":
                continue
            at = f"/api/incidents/{card['incident_id']}"
            await http.post(f"{at}/acknowledge", json={})  # refused where somebody has it already, which is as well
            answer = await http.post(f"{at}/close", json={"disposition": "drill", "note": NOTE})
            closed += answer.status_code == 200
        return closed
