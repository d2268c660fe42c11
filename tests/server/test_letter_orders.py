"""Whatever order an alert's letters come in, and however often: the newest word decides who acts here, once.

Each history is what a router could have said to this desk about one alert. Every order of its letters, each with some
of them repeated, must leave the center as the order of writing does.
"""

from __future__ import annotations

import random
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest

from location_router.wire import Delivery, Phase, Reason
from server.intake import receive
from server.services import Services
from tests.server.deliveries import rows
from tests.server.test_roles import HERE, THERE, letter

pytestmark = pytest.mark.database
OURS: dict[str, Any] = {"center": HERE}
THEIRS: dict[str, Any] = {"center": THERE, "served_by": "serving-2"}
AWAY: dict[str, Any] = THEIRS | {"reason": Reason.FAILOVER}
NEXT: dict[str, Any] = {"center": THERE, "served_by": "serving-1"}
LEAVING = ("leaving", "active")
BACK: dict[str, Any] = OURS | {"reason": Reason.FAILOVER}

# (role, number, phase, more), and what stands at the end: the role of the open incident or nothing, and its phase.
HISTORIES: dict[str, tuple[list[tuple[str, int, Phase, dict[str, Any]]], tuple[str, str] | None]] = {
    "press": ([("owner", 1, Phase.PRE, OURS), ("owner", 1, Phase.ACTIVE, OURS)], ("owner", "active")),
    "cancelled": ([("owner", 1, Phase.PRE, OURS), ("owner", 1, Phase.ENDED, OURS | {"outcome": "cancel"})], None),
    "lost": ([("owner", 1, Phase.ACTIVE, OURS), ("former", 2, Phase.ACTIVE, AWAY)], None),
    "lost and back": (
        [("owner", 1, Phase.ACTIVE, OURS), ("former", 2, Phase.ACTIVE, AWAY), ("owner", 3, Phase.ACTIVE, BACK)],
        ("owner", "active"),
    ),
    "over the border": (
        [("owner", 1, Phase.PRE, OURS), ("owner", 1, Phase.ACTIVE, OURS), ("leaving", 2, Phase.ACTIVE, THEIRS)],
        LEAVING,
    ),
    "between two of ours": (
        [("owner", 1, Phase.ACTIVE, OURS), ("owner", 2, Phase.ACTIVE, NEXT), ("leaving", 2, Phase.ACTIVE, NEXT)],
        ("owner", "active"),
    ),
    "between two of ours, accepted": (
        [
            ("owner", 1, Phase.ACTIVE, OURS),
            ("owner", 2, Phase.ACTIVE, NEXT),
            ("leaving", 2, Phase.ACTIVE, NEXT),
            ("former", 2, Phase.ACTIVE, NEXT),
        ],
        ("owner", "active"),
    ),
    "gone for good": (
        [("owner", 1, Phase.ACTIVE, OURS), ("leaving", 2, Phase.ACTIVE, THEIRS), ("former", 2, Phase.ACTIVE, THEIRS)],
        None,
    ),
    "there and back": (
        [("owner", 1, Phase.ACTIVE, OURS), ("leaving", 2, Phase.ACTIVE, THEIRS), ("owner", 3, Phase.ACTIVE, OURS)],
        ("owner", "active"),
    ),
    "looked on": (
        [("runner_up", 1, Phase.PRE, THEIRS), ("runner_up", 1, Phase.ACTIVE, THEIRS)],
        ("runner_up", "active"),
    ),
    "looked on and got it": (
        [("runner_up", 1, Phase.PRE, THEIRS), ("runner_up", 1, Phase.ACTIVE, THEIRS), ("owner", 2, Phase.ACTIVE, BACK)],
        ("owner", "active"),
    ),
    "looked on and done": ([("runner_up", 1, Phase.ACTIVE, THEIRS), ("former", 1, Phase.ACTIVE, THEIRS)], None),
    "got it and lost it again": (
        [("runner_up", 1, Phase.ACTIVE, THEIRS), ("owner", 2, Phase.ACTIVE, BACK), ("former", 3, Phase.ACTIVE, AWAY)],
        None,
    ),
}


def letters_of(history: list[tuple[str, int, Phase, dict[str, Any]]], alert_id: UUID) -> list[Delivery]:
    return [
        letter(role, alert_id=alert_id, number=number, phase=phase, **more) for role, number, phase, more in history
    ]


async def standing(services: Services, alert_id: UUID) -> list[tuple[str, str]]:
    """Role and phase of the open incidents that show the alert."""
    found = await rows(
        services,
        "SELECT i.role, i.phase FROM incident i WHERE i.state NOT IN ('closed', 'cancelled', 'transferred') AND "
        "i.incident_id IN (SELECT incident_id FROM alert WHERE alert_id = :id"
        " UNION SELECT incident_id FROM handed_alert WHERE alert_id = :id)",
        id=alert_id,
    )
    return [(row["role"], row["phase"]) for row in found]


@pytest.mark.parametrize("name", HISTORIES)
async def test_every_order_ends_as_the_order_of_writing(name: str, services: Services) -> None:
    history, end = HISTORIES[name]
    chance = random.Random(name)
    for order in permutations(range(len(history))):
        alert_id = uuid4()
        letters = letters_of(history, alert_id)
        said = [role for role, *_ in history]
        coming = list(order)
        for number in chance.sample(order, k=chance.randint(0, len(order))):
            coming.insert(chance.randint(0, len(coming)), number)
        for number in coming:
            receipt = await receive(services, letters[number])
            assert receipt.delivery_id == letters[number].delivery_id
        found = await standing(services, alert_id)
        assert [one for one in found if one != LEAVING] == ([end] if end and end != LEAVING else []), coming
        # Warm is who had it: where the news comes before the alert itself there is nothing to keep.
        assert found.count(LEAVING) <= ("leaving" in said and "former" not in said), coming
        assert end != LEAVING or LEAVING in found or coming.index(said.index("leaving")) < coming.index(0), coming
