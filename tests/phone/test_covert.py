"""Invariant 9 on the screen: what the window shows after a duress PIN, and during a covert alert, is byte for byte what
it shows after a cancel, and when nothing goes on. Views come from the real brain; the clocks stand still."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mobile_app.core import session as brain
from mobile_app.core.session import Moment, Session
from mobile_app.service.view import view_of
from mobile_app.settings import Settings
from tests.phone import views
from tests.phone.stage import NOW, NOW_S, Stage


def moment(after_s: float = 0.0) -> Moment:
    return Moment(NOW_S - 60 + after_s, NOW, 7)


def lived(*happened: tuple[float, brain.Input], settings: Settings) -> Session:
    state = Session(rules=settings.rules)
    for after_s, one in happened:
        state, _ = brain.step(state, one, moment(after_s))
    return state


def pictures(stage: Stage, state: Session, settings: Settings) -> list[bytes]:
    """The first screen, the keypad there, and the opened window."""
    view = view_of(state, settings, reconnecting=False, fixed_at=NOW, delivered_at=None)
    stage.app.is_unlocked = False
    stage.show(view)
    stage.app.shell.notice.tell(stage.app.facts.notice)
    taken = [stage.picture()]
    if settings.is_covert:
        stage.app.shell.notice.tell("")
        taken = [stage.picture()]
        stage.tap(stage.screen.ids.plus)
        for digit in "12":
            stage.tap(stage.button(digit))
        taken.append(stage.picture())
        for digit in "34":
            stage.tap(stage.button(digit))
        stage.until(lambda: stage.app.screens.current == "home")
        taken.append(stage.picture())
    return taken


@pytest.mark.parametrize("is_covert", [True, False])
def test_cancel_duress_and_nothing_look_the_same(stage: Stage, is_covert: bool) -> None:
    settings = replace(views.idle().settings, is_covert=is_covert)
    stage.phone.answers["enter_pin"] = True
    raised = ((0.0, brain.Shaken()), (1.0, brain.Tick()))
    covert = tuple((place * 0.2, brain.Tapped()) for place in range(5))
    stories = {
        "cancel": (*raised, (2.0, brain.PinChecked("cancel"))),
        "duress": (*raised, (2.0, brain.PinChecked("duress"))),
        "idle": (),
        "duress at rest": ((0.0, brain.PinChecked("duress")),),
        "covert alert": (*covert, (9.0, brain.Tick())),
    }
    seen = {name: pictures(stage, lived(*story, settings=settings), settings) for name, story in stories.items()}
    assert seen["cancel"] == seen["duress"]
    assert seen["idle"] == seen["duress at rest"] == seen["covert alert"]
    assert (seen["cancel"] == seen["idle"]) == is_covert  # an open window says "cancelled", the covert one nothing
