"""What an agency still learns after a right has gone, and addresses that only look public."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from ipaddress import ip_address
from uuid import UUID, uuid4

import pytest

from server import reachable
from server.dispatch import desk
from server.dispatch.parts import Part
from server.dispatch.store import still
from tests.server.dispatch.lines import CENTER, Town, town
from tests.server.scene import client
from tests.server.staff.conftest import told


@pytest.fixture
async def street(installation_database: str) -> AsyncIterator[Town]:
    async with town(installation_database) as made:
        yield made


async def accepted(street: Town, incident_id: UUID) -> dict[str, str]:
    """The dispatch's invitation for an officer, as the 112 desk makes it."""
    from server.dispatch import responders, service

    scene, agent = street.scene, street.scene.staff["police"]
    card = await street.ask(incident_id, note="3층 파란 문, 이름은 보라")
    async with scene.services.db.begin() as unit:
        await desk.views(unit, scene.services, agent)
        await service.move(
            unit,
            scene.services,
            dispatch_id=UUID(card["dispatch_id"]),
            agency_id="112-demo",
            step="accept",
            actor=agent.actor,
        )
    part = Part("dispatch", UUID(card["dispatch_id"]))
    made = await responders.invite(scene.services, agent, part, name="이순경", minutes=60)
    return {"dispatch_id": card["dispatch_id"], "link": made.link, "code": made.code}


@pytest.mark.database
async def test_without_the_switch_for_places_a_list_of_stills_names_none(street: Town) -> None:
    scene, incident_id = street.scene, await street.scene.emergency()
    given = await accepted(street, incident_id)
    still_id = uuid4()
    image = scene.services.sealer.seal(base64.b64encode(b"jpeg").decode(), context=f"still.image:{still_id}")
    row = {"still_id": still_id, "center_id": CENTER, "incident_id": incident_id, "camera_id": "cam-2"}
    async with scene.services.db.begin() as unit:
        row |= {"release_id": uuid4(), "image_sealed": image, "taken_at": scene.services.clock()}
        await unit.execute(still.insert().values(**row))
    await scene.sql("UPDATE agreement SET may_view_still = true")
    async with client(str(street.http.base_url)) as phone:
        path = f"/api/respond/{given['link']}"
        opened = (await phone.post(f"{path}/open", json={"code": given["code"]})).json()
        assert opened["stills"][0]["camera"]["name"] == "안심로 2" and opened["position"]
        await scene.sql("UPDATE agreement SET may_see_position = false")
        view = (await phone.get(path)).json()
    assert view["position"] is None and view["track"] == []
    assert view["stills"][0]["camera"] == {"camera_id": "cam-2", "name": "", "lat": None, "lon": None}


@pytest.mark.database
async def test_when_the_agreement_has_ended_the_operators_words_are_gone_from_the_desk(street: Town) -> None:
    scene = street.scene
    given = await accepted(street, await scene.emergency())

    async def seen() -> dict[str, object]:
        async with scene.services.db.begin() as unit:
            (view,) = await desk.views(unit, scene.services, scene.staff["police"])
        assert view["dispatch_id"] == given["dispatch_id"]
        return {name: view[name] for name in ("note", "caller", "position", "may_view_live")}

    assert "보라" in str((await seen())["note"])
    await scene.sql("UPDATE agreement SET ends_at = now() - interval '1 second'")
    assert await seen() == {"note": "", "caller": None, "position": None, "may_view_live": False}


@pytest.mark.database
async def test_a_signed_message_is_worth_nothing_at_another_dispatch(street: Town) -> None:
    await street.line()
    first, second = [await street.ask(await street.scene.emergency()) for _ in range(2)]
    for card in (first, second):
        assert await street.deliver(card)
    said = {"message_id": "m-1", "at": int(street.scene.services.clock().timestamp())}
    assert (await street.say(first, "accepted", **said)).status_code == 200
    assert told(await street.say(second, "accepted", **said)) == (409, "id_used")
    assert (await street.card(second))["state"] == "delivered"


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("93.184.215.14", True),
        ("2606:4700::1111", True),
        ("64:ff9b::5db8:d70e", True),  # NAT64 of a public one
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::a00:1", False),
        ("::127.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("2002:a00:1::1", False),
        ("fec0::1", False),
        ("224.0.0.1", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
    ],
)
def test_an_address_within_an_address_is_looked_at_too(address: str, is_public: bool) -> None:
    assert reachable.is_public(ip_address(address)) is is_public
