"""An association and its firms: entered from a file, given accounts and keys, asking by the umbrella's agreement, and
never by more than that."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from random import Random
from typing import Any
from unittest.mock import patch
from uuid import UUID

import httpx
import pytest

from server.agencies import routes as agencies
from server.agencies.model import Agreement, agreement_from_row
from server.firms import routes
from server.gate import Facts, judge, look_again
from server.requests import deciding, reading, service
from server.requests.model import fitting
from server.rights import RightsWatch
from server.seed import AGENCIES
from server.staff.routes import COOKIE
from tests.server.requests.asking import BASIS, CENTER, FIRM, OTHER, Office, agree, office
from tests.server.scene import SEAT, app_of

URL = "https://firm.example/ansim"
UNION, ALPHA, BETA = "security-union", "alpha-guard", "beta-guard"
HEAD = "agency_id,name_ko,name_en,triggers,centers,ends_at,login,person,networks\n"


@dataclass
class House:
    """`desk` is the association's administrator's browser."""

    room: Office
    desk: httpx.AsyncClient
    agreement_id: UUID

    async def ok(self, method: str, path: str, status: int = 200, **more: Any) -> dict[str, Any]:
        answer = await self.desk.request(method, path, **more)
        assert answer.status_code == status, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def key_of(self, firm: str) -> str:
        return str((await self.ok("PUT", f"/api/firms/{firm}/line", json={"url": URL}))["key"])

    async def ask(self, firm: str, key: str, status: int = 202, **changed: Any) -> dict[str, Any]:
        answer = await self.room.send("", self.room.letter(agency_id=firm, **changed), agency=firm, key=key)
        assert answer.status_code == status, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def accepted(self, firm: str, key: str) -> UUID:
        """The incident of a request that an operator has accepted."""
        told = await self.ask(firm, key)
        incident_id = (await self.room.row(told["request_id"]))["incident_id"]
        services, operator = self.room.scene.services, self.room.viewer("operator")
        await deciding.accept(services, operator, incident_id, UUID(told["request_id"]))
        return UUID(str(incident_id))


@pytest.fixture
async def house(installation_database: str) -> AsyncIterator[House]:
    async with office(installation_database, agencies.router) as room:
        scene = room.scene
        await scene.sql(
            "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES (:id, 'association', '협회', 'Union')",
            id=UNION,
        )
        terms = {"triggers": ["help_request", "disaster"], "covers_firms": True, "auto_triggers": ["disaster"]}
        agreement_id = await agree(scene, UNION, **terms)
        with patch.dict(AGENCIES, {UNION: ("association", "협회", "Union")}):
            viewer = await scene.add("union", "association", agency_id=UNION)
        digest = scene.services.sealer.digest("token-of-union", context="session")
        await scene.sql("UPDATE session SET token_digest = :d WHERE account_id = :id", d=digest, id=viewer.account_id)
        transport = httpx.ASGITransport(app_of(scene.services, routes.router), client=(SEAT, 1))
        cookies = {COOKIE: "token-of-union"}
        async with httpx.AsyncClient(transport=transport, base_url="http://center", cookies=cookies) as desk:
            yield House(room, desk, agreement_id)


async def agent_of(house: House, firm: str, login: str) -> None:
    """A seated agent of the firm, as after its link was used."""
    with patch.dict(AGENCIES, {firm: ("security", firm, firm)}):
        await house.room.scene.add(login, "agent", agency_id=firm)


async def test_seventeen_hundred_firms_from_one_file_and_each_refused_row_by_its_line(house: House) -> None:
    rows = [f"firm-{n:04},업체 {n},Firm {n},,,,,," for n in range(1, 1701)]
    rows[9] = "Bad Id,업체,Firm,,,,,,"
    rows[19] = "firm-0001,둘째,Twice,,,,,,"
    rows[29] = f"{FIRM},남의 것,Not ours,,,,,,"
    rows[39] = "firm-0040,업체 40,Firm 40,wanted_vehicle,,,,,"
    rows[49] = f"firm-0050,업체 50,Firm 50,,{OTHER},,,,"
    rows[59] = "firm-0060,업체 60,Firm 60,,,내일,,,"
    rows[69] = "firm-0070,업체 70,Firm 70,help_request,41170,2027-03-31,kim.firm70,김경비,203.0.113.7 203.0.113.8"
    rows[79] = "firm-0080,업체 80,Firm 80,,,,lee.firm80,이경비,everywhere"
    body = (HEAD + "\n".join(rows)).encode()
    told = await house.ok("POST", "/api/firms/import", content=body)
    assert (told["made"], told["known"]) == (1693, 0)
    assert [(one["line"], one["field"], one["code"]) for one in told["refused"]] == [
        (11, "agency_id", "bad_id"), (21, "agency_id", "twice"), (31, "agency_id", "known_agency"),
        (41, "triggers", "wider"), (51, "centers", "wider"), (61, "ends_at", "bad_day"),
        (81, "networks", "bad_network"),
    ]  # fmt: skip
    assert all(one["message_ko"] and one["message_en"] for one in told["refused"])
    again = await house.ok("POST", "/api/firms/import", content=(HEAD + "\n".join(rows)).encode("cp949"))
    assert (again["made"], again["known"], again["to_invite"]) == (0, 1693, []), "the same file changes nothing"

    (invited,) = told["to_invite"]
    assert invited["networks"] == ["203.0.113.7", "203.0.113.8"]
    made = await house.ok("POST", "/api/firms/accounts", 201, json={"accounts": [invited]})
    assert "/login#login=kim.firm70&code=" in made["made"][0]["enrolment"]["link"]
    twice = await house.ok("POST", "/api/firms/accounts", 201, json={"accounts": [invited]})
    assert [one["code"] for one in twice["refused"]] == ["login_taken"] and not twice["made"]
    foreign = await house.ok("POST", "/api/firms/accounts", 201, json={"accounts": [invited | {"agency_id": FIRM}]})
    assert [one["code"] for one in foreign["refused"]] == ["no_firm"], "an account of nobody else's agency"

    listed = await house.ok("GET", "/api/firms")
    assert len(listed["firms"]) == 1693 and [one["center_id"] for one in listed["agreements"]] == [CENTER]
    card = next(one for one in listed["firms"] if one["agency_id"] == "firm-0070")
    assert card["centers"] == [CENTER] and card["ends_at"].startswith("2027-03-31T15:00"), "the day is over in Korea"
    assert card["accounts"] == 1 and card["state"] == "in_force"
    whole = await house.ok("GET", "/api/firms/firm-0070")
    account_id = whole["accounts"][0]["account_id"]
    path = f"/api/firms/firm-0070/accounts/{account_id}"
    assert not (await house.ok("PATCH", path, json={"active": False}))["account"]["active"]
    assert (await house.desk.patch(path.replace("0070", "0071"), json={"active": True})).status_code == 404
    for bad, code in ((b"name\n", "no_head"), (b"\xff\xfe\x00", "no_text"), (b"", "no_head")):
        answer = await house.desk.post("/api/firms/import", content=bad)
        assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_firm_asks_by_its_umbrellas_agreement_and_never_by_more(house: House) -> None:
    scene = house.room.scene
    for firm in (ALPHA, BETA):
        body = {"agency_id": firm, "name_ko": firm, "name_en": firm, "triggers": ["help_request"]}
        assert (await house.ok("POST", "/api/firms", 201, json=body))["firm"]["triggers"] == ["help_request"]
        await agent_of(house, firm, f"agent-{firm}")
    keys = {firm: await house.key_of(firm) for firm in (ALPHA, BETA)}
    incident_id = await house.accepted(ALPHA, keys[ALPHA])
    (row,) = await scene.sql("SELECT * FROM agency_request")
    assert (row["agreement_id"], row["agency_id"]) == (house.agreement_id, ALPHA)
    look = house.room.look
    assert await look(f"agent-{ALPHA}", incident_id) == "5 views"
    assert await look(f"agent-{BETA}", incident_id) == "no_dispatch", "another firm of the same umbrella"
    assert await look("union", incident_id) == "not_your_incident", "numbers, and never a picture"
    async with scene.services.db.begin() as unit:
        assert len(await reading.of_agency(unit, scene.services, ALPHA)) == 1
        assert await reading.of_agency(unit, scene.services, BETA) == []
        assert await reading.of_agency(unit, scene.services, UNION) == []
    whole = await house.ok("GET", f"/api/firms/{ALPHA}")
    assert [one["state"] for one in whole["requests"]] == ["accepted"] and "subject" not in whole["requests"][0]
    assert whole["firm"]["taken"] == whole["firm"]["decided"] == 1 and whole["firm"]["false_rate"] == 0.0

    assert (await house.ok("PATCH", f"/api/firms/{ALPHA}", json={"branches": ["평촌", "안양"]}))["firm"]["branches"]
    for branch, is_known in (("평촌", True), ("강남", False), ("", True)):
        told = await house.ask(ALPHA, keys[ALPHA], branch=branch)
        async with scene.services.db.begin() as unit:
            (row,) = await service.of_incident(unit, (await house.room.row(told["request_id"]))["incident_id"])
        card = reading.card(scene.services, row)
        assert (card["branch"], card["is_branch_known"]) == (branch, is_known), "taken, and noted"

    disaster = {"trigger": "disaster", "subject": {"title": "화재", "category": "Fire", "radius_m": 300}}
    assert (await house.ask(ALPHA, keys[ALPHA], 403, **disaster))["code"] == "trigger_not_agreed", "its own limit"
    wider = await house.desk.patch(f"/api/firms/{ALPHA}", json={"triggers": ["help_request", "wanted_vehicle"]})
    assert (wider.status_code, wider.json()["code"]) == (422, "wider")
    await scene.sql(
        "UPDATE firm SET triggers = ARRAY['help_request', 'wanted_vehicle'] WHERE agency_id = :id", id=ALPHA
    )
    (agreed,) = await scene.sql("SELECT triggers FROM agreed WHERE agency_id = :id", id=ALPHA)
    assert agreed["triggers"] == ["help_request"], "whatever somebody writes into its row"
    await house.ok("PATCH", f"/api/firms/{BETA}", json={"triggers": None, "centers": [CENTER]})
    assert (await house.ask(BETA, keys[BETA], **disaster))["state"] == "accepted", "the umbrella's rule is the firm's"
    await _whatever_both_say(house)


FEW = ("help_request", "disaster", "missing_child")
BASES = (BASIS, "lia-29")
WEST = {"type": "MultiPolygon", "coordinates": [[[[126, 37], [127, 37], [127, 38], [126, 38], [126, 37]]]]}
SWITCHES = {"live": "may_view_live", "still": "may_view_still", "position": "may_see_position"}


def some(dice: Random, now: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    """An umbrella's terms and a firm's limits. Each is often wide, so that the other decides."""

    def at(*hours: int) -> datetime | None:
        chosen = dice.choice((None, None, None, None, *hours))
        return None if chosen is None else now + timedelta(hours=chosen)

    terms = {name: dice.random() < 0.8 for name in (*SWITCHES.values(), "covers_firms")}
    terms |= {"triggers": dice.sample(FEW, 2), "legal_bases": dice.sample(BASES, dice.randint(1, 2))}
    terms |= {"starts_at": at(1) or now - timedelta(hours=5), "ends_at": at(-1, 2), "suspended_at": at(-1)}
    terms["areas"] = dice.choice((None, WEST))
    limits = {
        "triggers": dice.choice((None, dice.sample(FEW, 2))), "centers": dice.choice((None, None, [CENTER], [OTHER])),
        "ends_at": at(-1, 2), "suspended_at": at(-1),
    }  # fmt: skip
    return terms, limits


async def _whatever_both_say(house: House) -> None:
    """Random terms, limits and requests: a firm's is taken, and something released by it, exactly where the umbrella's
    agreement and the firm's own limits both allow it. An agreement of the firm's own counts for nothing."""
    scene, dice, kept = house.room.scene, Random(20261123), Counter[str]()
    now = scene.services.clock()
    for number in range(150):
        umbrella, firm = f"some-union-{number}", f"some-firm-{number}"
        terms, limits = some(dice, now)
        for agency, kind in ((umbrella, "association"), (firm, "security")):
            query = "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES (:id, :kind, :id, :id)"
            await scene.sql(query, id=agency, kind=kind)
        await agree(scene, umbrella, **terms)
        await agree(scene, firm, **dict.fromkeys(SWITCHES.values(), True), triggers=list(FEW), legal_bases=list(BASES))
        await scene.sql(
            "INSERT INTO firm (agency_id, umbrella_id, triggers, centers, ends_at, suspended_at, added_at)"
            " VALUES (:id, :umbrella, :triggers, :centers, :ends_at, :suspended_at, :now)",
            id=firm, umbrella=umbrella, now=now, **limits,
        )  # fmt: skip
        (own,) = await scene.sql("SELECT * FROM agreement WHERE agency_id = :id", id=umbrella)
        held = await scene.sql("SELECT * FROM agreed WHERE agency_id = :id AND center_id = :at", id=firm, at=CENTER)
        agreed = [agreement_from_row(one) for one in held]
        for trigger, basis, place in product(FEW, BASES, ((37.5, 126.5), (37.5, 128.0), None)):
            found = fitting(agreed, trigger=trigger, basis=basis, place=place, now=now)
            above = fitting([agreement_from_row(own)], trigger=trigger, basis=basis, place=place, now=now)
            within = own["covers_firms"] and within_limits(limits, trigger, now)
            assert isinstance(found, Agreement) == (isinstance(above, Agreement) and within), (terms, limits, found)
            kept[f"{'taken' if isinstance(above, Agreement) else 'refused'} above, {within}"] += 1
            for kind, switch in SWITCHES.items():
                shown = isinstance(found, Agreement) and judge(seen_by(found, kind, trigger, basis), now) is None
                assert shown == (isinstance(found, Agreement) and terms[switch]), (kind, terms, limits)
                kept[f"{kind} {shown}"] += 1
    assert len(kept) == 10 and min(kept.values()) > 50, "each case came, and not seldom"


def within_limits(limits: dict[str, Any], trigger: str, now: datetime) -> bool:
    ends_at, suspended_at = limits["ends_at"], limits["suspended_at"]
    return (
        (limits["triggers"] is None or trigger in limits["triggers"])
        and (limits["centers"] is None or CENTER in limits["centers"])
        and (ends_at is None or now < ends_at)
        and (suspended_at is None or now < suspended_at)
    )


def seen_by(agreement: Agreement, kind: Any, trigger: str, basis: str) -> Facts:
    """An agent of the firm whose accepted request it is, at a registered seat: all that is left is the agreement."""
    return Facts(
        "acknowledged", role="agent", networks=("127.0.0.0/8",), session_addresses=(SEAT,), address=SEAT, kind=kind,
        legal_basis=basis, is_party=True, trigger=trigger, agreement=agreement, center_id=CENTER,
    )  # fmt: skip


async def test_who_suspends_the_firm_or_its_umbrella_takes_all_of_it_away(house: House) -> None:
    scene, look = house.room.scene, house.room.look
    for firm in (ALPHA, BETA):
        await house.ok("POST", "/api/firms", 201, json={"agency_id": firm, "name_ko": firm, "name_en": firm})
        await agent_of(house, firm, f"agent-{firm}")
    keys = {firm: await house.key_of(firm) for firm in (ALPHA, BETA)}
    cases = {firm: await house.accepted(firm, keys[firm]) for firm in (ALPHA, BETA)}
    watch = RightsWatch(scene.services)

    async def standing() -> dict[str, int]:
        await watch.look()
        rows = await scene.sql(
            "SELECT a.agency_id, count(*) AS n FROM release r JOIN account a ON a.account_id = r.viewer_id"
            " WHERE r.ended_at IS NULL GROUP BY 1"
        )
        return {row["agency_id"]: row["n"] for row in rows}

    async def seen() -> dict[str, str]:
        return {firm: await look(f"agent-{firm}", cases[firm]) for firm in cases}

    assert await seen() == {ALPHA: "5 views", BETA: "5 views"} and await standing() == {ALPHA: 5, BETA: 5}
    releases = [row["release_id"] for row in await scene.sql("SELECT release_id FROM release")]
    await house.ok("POST", f"/api/firms/{ALPHA}/suspend", json={"reason": "허위 요청"})
    async with scene.services.db.begin() as unit:
        gone = await look_again(unit, releases, scene.services.clock())
    assert len(gone) == 5 and set(gone.values()) == {"no_agreement"}, "the video process's next look ends them"
    assert await standing() == {BETA: 5}
    assert await seen() == {ALPHA: "no_agreement", BETA: "5 views"}
    assert (await house.ask(ALPHA, keys[ALPHA], 403))["code"] == "suspended"
    assert (await house.desk.post(f"/api/firms/{ALPHA}/suspend", json={"reason": "x"})).status_code == 409
    await house.ok("POST", f"/api/firms/{ALPHA}/resume")
    assert (await seen())[ALPHA] == "5 views"

    for column in ("suspended_at", "ends_at"):
        await scene.sql(f"UPDATE agreement SET {column} = now() WHERE agreement_id = :id", id=house.agreement_id)
        assert await standing() == {} and await seen() == {ALPHA: "no_agreement", BETA: "no_agreement"}
        await scene.sql(f"UPDATE agreement SET {column} = NULL WHERE agreement_id = :id", id=house.agreement_id)
        assert await seen() == {ALPHA: "5 views", BETA: "5 views"}
    await scene.sql("UPDATE agreement SET covers_firms = false WHERE agreement_id = :id", id=house.agreement_id)
    assert await standing() == {} and set((await seen()).values()) == {"no_dispatch"}, "the center's switch"
    assert (await house.ask(ALPHA, keys[ALPHA], 403))["code"] == "no_agreement"
    answer = await house.desk.post("/api/firms", json={"agency_id": "gamma", "name_ko": "감마", "name_en": "Gamma"})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_umbrella")
    await scene.sql("UPDATE agreement SET covers_firms = true WHERE agreement_id = :id", id=house.agreement_id)
    own = await agree(scene, ALPHA, triggers=["help_request", "missing_child"])
    rows = await scene.sql("SELECT agreement_id FROM agreed WHERE agency_id = :id", id=ALPHA)
    assert [row["agreement_id"] for row in rows] == [house.agreement_id] != [own], "one of its own widens nothing"

    old = keys[BETA]
    line = {"url": URL, "new_key": True}
    fresh = (await house.ok("PUT", f"/api/firms/{BETA}/line", json=line))["key"]
    assert (await house.ask(BETA, old, 401))["code"] == "wrong_signature"
    await house.ask(BETA, fresh)
    assert (await house.ok("PUT", f"/api/firms/{BETA}/line", json={"url": f"{URL}/2"}))["key"] is None
    await _a_line_leads_into_no_network_of_ours(house, fresh)
    await house.ok("DELETE", f"/api/firms/{BETA}/line")
    assert (await house.ask(BETA, fresh, 401))["code"] == "unknown_line"
    tags = {row["tag"] for row in await scene.sql("SELECT tag FROM event WHERE tag LIKE 'agreement:%'")}
    assert tags >= {f"agreement:{what}" for what in ("firms_added", "firm_suspended", "firm_resumed", "line_set")}


async def _a_line_leads_into_no_network_of_ours(house: House, key: str) -> None:
    """Whatever the lines of the center's own choice may: only where the center knows this firm to be."""
    room, path = house.room, f"/api/firms/{BETA}/line"
    port = room.ledger_url.rpartition(":")[2]
    for url in (room.ledger_url, "https://10.9.0.2/", "http://169.254.169.254/", "https://[::ffff:10.0.0.1]/"):
        assert (await house.ok("PUT", path, 422, json={"url": url}))["code"] == "bad_line"
    # by a name, or another way of writing it: found out each time that something is sent
    await house.ok("PUT", path, json={"url": f"http://127.1:{port}"})
    request_id = (await house.ask(BETA, key))["request_id"]

    async def trouble() -> str:
        await room.tell(request_id, 1)
        return str((await room.row(request_id))["trouble"])

    assert await trouble() == "private_address" and not room.ledger.refused
    registered = "INSERT INTO agency_address (agency_id, network) VALUES (:id, '127.0.0.0/8')"
    await room.scene.sql(registered, id=BETA)
    assert await trouble() != "private_address" and room.ledger.refused, "it came there: the ledger has another key"
    await house.ok("PUT", path, json={"url": room.ledger_url})
    await room.scene.sql("DELETE FROM agency_address WHERE agency_id = :id", id=BETA)
    assert await trouble() == "private_address"
    await room.scene.sql("UPDATE agency_line SET by_umbrella = false WHERE agency_id = :id", id=BETA)
    await house.ok("PUT", path, json={"url": room.ledger_url})
    assert await trouble() != "private_address", "the center's own word stands"
