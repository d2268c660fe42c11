"""The model of a reader's errors: fitted on reads whose truth is known, kept as JSON, refused when it is broken."""

import random

import pytest

from server.plates.confusion import NEVER, BadModel, Told, dumps, fit, loads, shipped
from server.plates.grammar import LETTERS, REGIONS, parse
from tests.server.plates.channel import Channel
from tests.server.plates.fleet import random_plate


def read_many(count: int) -> list[Told]:
    chance = random.Random("fit")
    channel = Channel(chance)
    found = []
    for _ in range(count):
        truth = parse(random_plate(chance)).text
        read = channel.read(truth)
        found.append(Told(truth, read.text, read.confidence or 0.0))
    return found


def test_fitting_finds_what_was_put_in() -> None:
    told = [Told("12가3456", "12가3456", 0.9)] * 90 + [Told("12가3456", "12거3456", 0.4)] * 10
    told += [Told("서울12바3456", "12바3456", 0.9)] * 5 + [Told("서울12바3456", "서울12바3456", 0.9)] * 15
    told += [Told("123가4567", "23가4567", 0.9)] * 2 + [Told("123가4567", "123가4567", 0.9)] * 8
    model = fit(told, "made up")
    assert model.wrong["가"]["거"] == pytest.approx(10 / 110)
    assert model.odds("가", "거") > 5 * model.odds("가", "너")
    assert model.region_lost == pytest.approx(0.25, abs=0.02)
    assert model.digit_lost == pytest.approx(0.2, abs=0.05)
    assert model.right_share(0.4) < 0.25 < 0.9 < model.right_share(0.95)
    assert model.automatic_from == NEVER, "130 reads can't show that a sure one is never wrong"


def test_what_ships_is_what_its_reader_does() -> None:
    """Reads of the channel, which the model has not seen, are as often right as the model says of their confidence."""
    model, told = shipped(), read_many(20_000)
    again = fit(told, "channel")
    assert abs(again.usual_share - model.usual_share) < 0.01
    sure = [one for one in told if one.confidence >= model.automatic_from]
    assert len(sure) > 0.8 * len(told)
    assert sum(one.read not in (one.truth, parse(one.truth).shape.core) for one in sure) <= 10
    for least, most in ((0.0, 0.6), (0.6, 0.8), (0.8, 1.01)):
        part = [one for one in told if least <= one.confidence < most]
        right = sum(one.read in (one.truth, parse(one.truth).shape.core) for one in part) / len(part)
        expected = sum(model.right_share(one.confidence) for one in part) / len(part)
        assert right == pytest.approx(expected, abs=0.08)


def test_the_model_knows_every_sign_and_survives_its_file() -> None:
    model = shipped()
    assert {*"0123456789", *LETTERS, *REGIONS} <= set(model.wrong)
    assert loads(dumps(model)) == model
    shares = [model.right_share(step / 100) for step in range(101)]
    assert shares == sorted(shares)
    assert all(0 < share < 1 for share in shares)


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ('"right"', '"left"', "not a confusion model"),
        ('"digit_lost": ', '"digit_lost": 7', "digit_lost"),
        ('"automatic_from": ', '"automatic_from": -', "automatic_from"),
        ("{", "[", "not a confusion model"),
    ],
)
def test_a_broken_file_is_refused(old: str, new: str, part: str) -> None:
    with pytest.raises(BadModel, match=part):
        loads(dumps(shipped()).replace(old, new, 1))


def test_probabilities_add_up_to_one_at_most() -> None:
    with pytest.raises(BadModel, match="add up"):
        loads('{"source":"","reads":1,"usual_share":0.9,"wrong":{"1":{"7":0.9,"2":0.9}},"right":[[0,0.9]],'
              '"automatic_from":1,"region_lost":0.1,"digit_lost":0.1}')  # fmt: skip


def test_nothing_to_fit() -> None:
    with pytest.raises(BadModel):
        fit([Told("no plate", "12가3456", 0.9)], "nothing")
