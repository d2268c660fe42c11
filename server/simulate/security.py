"""A private security firm: a person at a guarded site asks for help. Its alarms stay with the firm."""

from __future__ import annotations

from server.simulate.cases import Case, Scene, case_of, written

BRANCHES = ("평촌지사", "안양지사", "인덕원지사", "범계지사", "비산지사")
SITES = ("역전 상가 1층 편의점", "무인 빨래방", "오피스텔 관리실", "야간 약국", "금은방", "주차 타워 사무실")
EVENTS = (("panic", 6), ("duress_code", 2), ("intruder_present", 3), ("medical", 2), ("fire", 1))
WITHDRAWN = 0.1
"""Share of the cases that the firm takes back itself: somebody leant on the button."""


def case(scene: Scene) -> Case:
    dice = scene.dice
    event = dice.choices([name for name, _ in EVENTS], [share for _, share in EVENTS])[0]
    subject = {
        "event": event,
        "site": dice.choice(SITES),
        "contact_name": "담당자",
        "contact_phone": f"02-0000-{dice.randrange(10**4):04}",
    }
    request_id, letter = case_of(
        scene,
        "help_request",
        subject,
        place=scene.somewhere(),
        branch=dice.choice(BRANCHES),
        callback="02-000-0000",
    )
    lasts_s = dice.uniform(5, 20) if dice.random() < WITHDRAWN else None
    return Case(request_id, written(letter), lasts_s=lasts_s)
