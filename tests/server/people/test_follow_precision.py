"""How exactly a guardian sees where she is: decided on the server, by her own word, the center's, or the default."""

from __future__ import annotations

from math import hypot
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from location_router.wire import Phase, State
from server.people import account_routes, follow_routes, precision, routes, service
from tests.server.people.test_follow import family, links, moved, status
from tests.server.scene import LAT, LON, app_of, client, installation, listening

KOREA = {"lat": st.floats(33.0, 38.6), "lon": st.floats(124.6, 131.9)}


@given(
    st.fixed_dictionaries(KOREA | {"accuracy_m": st.floats(0, 5000)}), st.floats(-0.45, 0.45), st.floats(-0.45, 0.45)
)
def test_an_area_holds_the_place_and_is_the_same_for_all_of_its_cell(
    position: dict[str, float], north: float, east: float
) -> None:
    shown = precision.coarse(position)
    metres = hypot((shown["lat"] - position["lat"]) * 111_320, (shown["lon"] - position["lon"]) * 88_000)
    assert metres <= shown["accuracy_m"] + 15 and shown["accuracy_m"] >= precision.CELL_M / 2
    step = precision.CELL_M / 111_320
    beside = {"lat": shown["lat"] + north * step, "lon": shown["lon"] + east * step}
    again = precision.coarse(position | beside)
    assert (again["lat"], again["lon"]) == (shown["lat"], shown["lon"]), "moving inside a cell moves nothing"
    assert set(shown) == {"lat", "lon", "accuracy_m", "fixed_at", "sent_at", "source"}, "no speed, no heading"


@given(st.sets(st.sampled_from(State)))
def test_the_rule_is_her_own_or_opens_with_the_centers_word(reached: set[State]) -> None:
    assert precision.is_exact("exact", reached) and not precision.is_exact("coarse", reached)
    looked = reached & {State.ACKNOWLEDGED, State.DISPATCHED, State.EN_ROUTE, State.ON_SCENE}
    assert precision.is_exact("acknowledged", reached) is bool(looked)


async def test_about_where_until_the_center_has_it_and_as_she_says(installation_database: str) -> None:
    async with installation(installation_database, serves="", public_url="http://home.test") as home:
        signed = await service.sign_up(home.services, nickname="보라", phone="010-1111-2222")
        user = await service.device_user(home.services, signed.device_token)
        named = await service.designate(home.services, user, name="엄마", phone="010-9999-1234")
        await service.accept(home.services, named["invitation"], push_token=None)
        person, alert_id = signed.person_id, uuid4()
        await service.receive_home_status(home.services, status(alert_id, person))
        await moved(home, alert_id)
        (link,) = await links(home)
        modules = (routes.router, account_routes.router, follow_routes.router)
        async with listening(app_of(home.services, *modules)) as address, client(address) as mother:

            async def seen() -> dict[str, Any]:
                answer = await mother.get(f"/api/follow/{link}", headers=cookie)
                return dict(answer.json())

            opened = await mother.post(f"/api/follow/{link}/open", json={"last4": "1234"})
            cookie = {"Cookie": opened.headers["set-cookie"].split(";")[0]}
            first = opened.json()
            assert (first["precision"], first["exact_later"]) == ("coarse", True)
            assert str(LAT) not in opened.text and str(LON) not in opened.text, "the place itself is nowhere in it"
            assert abs(first["position"]["lat"] - LAT) < 0.004

            await service.receive_home_status(home.services, status(alert_id, person, State.ACKNOWLEDGED))
            assert ((await seen())["precision"], (await seen())["position"]["lat"]) == ("exact", LAT)
            await _her_own_word(mother, signed.device_token, seen)

            closed = status(alert_id, person, State.CLOSED, phase=Phase.ENDED, detail="handled")
            await service.receive_home_status(home.services, closed)
            end = await seen()
            assert (end["over"], end["position"], end["address"]) == ("safe", None, None)


async def _her_own_word(mother: Any, token: str, seen: Any) -> None:
    """By her phone, at once on the open page; what is no rule is refused; null gives it back to the center."""
    path, bearer = "/api/people/me/precision", {"Authorization": f"Bearer {token}"}
    assert (await mother.put(path, json={"precision": "coarse"})).status_code == 401
    assert (await mother.put(path, json={"precision": "none"}, headers=bearer)).status_code == 422
    assert (await mother.put(path, json={"precision": "coarse"}, headers=bearer)).is_success
    assert ((await seen())["precision"], (await seen())["exact_later"]) == ("coarse", False)
    account = (await mother.get("/api/people/me", headers=bearer)).json()["follow_precision"]
    assert account == {"chosen": "coarse", "in_force": "coarse"}
    assert (await mother.put(path, json={"precision": None}, headers=bearer)).json()["in_force"] == "acknowledged"
    assert (await seen())["precision"] == "exact"


async def test_an_end_without_a_word_about_her_is_never_called_safe(installation_database: str) -> None:
    async with installation(installation_database, serves="", follow_precision="exact") as home:
        person = await family(home)
        for state, detail, over in (
            (State.CLOSED, "no_contact", "unclear"),
            (State.CLOSED, "", "unclear"),
            (State.CLOSED, "false_alarm", "safe"),
            (State.CANCELLED, "", "cancelled"),
        ):
            alert_id = uuid4()
            await service.receive_home_status(home.services, status(alert_id, person))
            end = status(alert_id, person, state, phase=Phase.ENDED, detail=detail)
            await service.receive_home_status(home.services, end)
            assert await home.one("SELECT outcome FROM followed_alert WHERE alert_id = :a", a=alert_id) == over
