"""The police's wanted vehicles: a car was read somewhere, and the officers ask for the cameras about it."""

from __future__ import annotations

from random import Random

from server.simulate.cases import Case, Scene, case_of, written

BASIS = "pipa-18-2-7"
CRIMES = ("murder", "robbery", "abduction", "sexual_violence", "life_at_risk")
LETTERS = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주"


def case(scene: Scene) -> Case:
    dice = scene.dice
    subject = {"plate": plate(dice), "crime": dice.choice(CRIMES)}
    request_id, letter = case_of(scene, "wanted_vehicle", subject, place=scene.somewhere(), basis=BASIS)
    return Case(request_id, written(letter))


def plate(dice: Random) -> str:
    """A private car's plate of today: `123가4567`."""
    return f"{dice.randrange(100, 700)}{dice.choice(LETTERS)}{dice.randrange(1000, 10_000)}"
