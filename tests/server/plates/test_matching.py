"""Reads against the wanted list: what may act by itself, what a person is shown, and what leaves no trace."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.plates.confusion import Told, fit, shipped
from server.plates.grammar import BadPlate, parse
from server.plates.matching import FEW, ROOM, STALE, Because, Entry, Match, Read, WantedList
from server.plates.reads import MOST
from server.plates.rows import decode_any
from server.plates.texts import texts_of
from tests.server.plates.channel import Channel
from tests.server.plates.fleet import MIX, of_kind, random_plate, spelled_anyhow

MODEL = shipped()
NOW = datetime(2026, 11, 23, tzinfo=UTC)
SURE, UNSURE = 1.0, 0.3
CHANCES = st.builds(random.Random, st.integers(0, 2**32))
CHANNEL = Channel(random.Random("reader"))
PLATES = st.builds(of_kind, st.sampled_from(list(MIX)), CHANCES)


def entry(text: str, entry_id: str = "", lasts_s: float = 3600) -> Entry:
    return Entry(entry_id or text, parse(text), NOW + timedelta(seconds=lasts_s))


def listed(*texts: str) -> WantedList:
    return WantedList(MODEL, [entry(text) for text in texts])


def said(wanted: WantedList, text: str, confidence: float | None = SURE, lines: int | None = None) -> Match | None:
    """The match of one read, which a batch has to find as well."""
    match = wanted.match(Read(text, confidence, lines), NOW)
    two_lines = None if lines is None else {0} if lines == 2 else set[int]()
    found = wanted.scan(texts_of([text]), np.array([confidence], dtype=float), NOW, two_lines)
    assert found == ([(0, match)] if match else [])
    return match


def scanned(wanted: WantedList, reads: list[Read]) -> list[tuple[int, Match]]:
    """As the reads of a file are compared, and again as those of a reader's JSON are."""
    two_lines = {at for at, one in enumerate(reads) if one.lines == 2}
    confidences = np.array([one.confidence for one in reads], dtype=float)
    found = wanted.scan(texts_of([one.text for one in reads]), confidences, NOW, two_lines)
    for start in range(0, len(reads), MOST):
        part = reads[start : start + MOST]
        batch = decode_any(columns(part))
        again = wanted.scan(batch.plates, batch.confidences, NOW, batch.two_lines)
        assert again == [(at - start, match) for at, match in found if start <= at < start + MOST]
    return found


def columns(reads: list[Read]) -> bytes:
    said: dict[str, Any] = {"cameras": ["c-1"], "camera": [0] * len(reads), "after_ms": [0] * len(reads)}
    said |= {"from": NOW.isoformat(), "plates": [one.text for one in reads]}
    said |= {"confidences": [one.confidence for one in reads]}
    return orjson.dumps(said | {"two_lines": [at for at, one in enumerate(reads) if one.lines == 2]})


def assert_near(match: Match | None, text: str, because: Because) -> None:
    assert match is not None
    assert (match.kind, match.entries[0].plate.text, match.because) == ("near", text, because)
    assert 0 < match.probability < 1


def test_a_sure_read_of_a_wanted_plate_is_automatic() -> None:
    match = said(listed("12가3456", "13가3456"), "12가3456")
    assert match is not None
    assert (match.kind, match.entries[0].plate.text, match.because) == ("exact", "12가3456", "same")
    assert match.probability > 0.999


@pytest.mark.parametrize(
    ("wanted", "text", "confidence", "lines", "because"),
    [
        ("12가3456", "12가3456", UNSURE, 1, "unsure"),  # an unsure reader can't act
        ("12가3456", "12가3456", None, 1, "unsure"),  # nor one that doesn't say how sure it is
        ("12가3456", "12가3456", SURE, 2, "unsure"),  # two lines: the region may be lost
        ("12가3456", "12가345?", SURE, 1, "unread_sign"),
        ("12가3456", "12가34S6", SURE, 1, "unread_sign"),  # a Latin letter is a sign that was not read
        ("12하3456", "12허3456", UNSURE, 1, "misread"),
        ("12가3456", "12카3456", SURE, 1, "misread"),  # no plate without region has this letter
        ("서울12바3456", "12바3456", SURE, 2, "lost_region"),
        ("서울12바3456", "서올12바3456", SURE, 2, "misread"),
        ("서울12가3456", "12가3456", SURE, 1, "lost_region"),
    ],
)
def test_what_is_not_quite_the_plate_is_for_a_person(
    wanted: str, text: str, confidence: float | None, lines: int | None, because: Because
) -> None:
    assert_near(said(listed(wanted), text, confidence, lines), wanted, because)


@pytest.mark.parametrize(
    ("wanted", "text", "confidence"),
    [
        ("12가3456", "12가3457", SURE),  # a sharply read neighbour is somebody else
        ("12가3456", "98오7712", UNSURE),
        ("12가3456", "12가3?5?", UNSURE),  # too many plates may be this
        ("서울12바3456", "부산12바3456", SURE),
        ("12가3456", "우리동네", SURE),
        ("12가3456", "", None),
        ("12가3456", "1" * 500, None),
    ],
)
def test_nothing_else_is_shown_to_anybody(wanted: str, text: str, confidence: float | None) -> None:
    assert said(listed(wanted), text, confidence) is None


def test_the_likeliest_of_several_comes_first() -> None:
    wanted = listed("12하3456", "12보3456")
    match = said(wanted, "12허3456", UNSURE)
    assert_near(match, "12하3456", "misread")
    alone = said(listed("12하3456"), "12허3456", UNSURE)
    assert match is not None
    assert alone is not None
    assert match.probability < alone.probability


def test_the_less_sure_the_likelier_is_another_plate() -> None:
    wanted = WantedList(MODEL, [entry("12하3456")], near_from=0)
    found = [wanted.match(Read("12허3456", sure), NOW) for sure in (0.2, 0.5, 0.7, 0.9, 1.0)]
    shares = [match.probability for match in found if match is not None]
    assert len(shares) == 5
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 10 * shares[-1]


def test_a_list_changes_between_two_reads() -> None:
    wanted = listed("12가3456")
    assert said(wanted, "77나7777") is None
    wanted.add(entry("77나7777", "second"))
    assert said(wanted, "77나7777") is not None
    wanted.add(entry("78나7777", "second"))  # the same entry, corrected
    assert said(wanted, "77나7777") is None
    assert wanted.remove("second")
    assert not wanted.remove("second")
    assert said(wanted, "78나7777") is None
    assert len(wanted) == 1


def test_two_cases_may_want_one_plate() -> None:
    wanted = WantedList(
        MODEL, [entry("12가3456", "robbery"), entry("12가3456", "missing"), entry("12가3456", "old", 0)]
    )
    match = said(wanted, "12가3456")
    assert match is not None
    assert [one.entry_id for one in match.entries] == ["robbery", "missing"]
    wanted.remove("robbery")
    match = said(wanted, "12가3456", UNSURE)
    assert match is not None
    assert [one.entry_id for one in match.entries] == ["missing"]


def test_an_entry_matches_until_it_expires_and_not_a_moment_longer() -> None:
    wanted = WantedList(MODEL, [entry("12가3456", lasts_s=10), entry("서울12바3456", lasts_s=60)])
    end, before = NOW + timedelta(seconds=10), NOW + timedelta(seconds=9.999999)
    for confidence in (SURE, UNSURE):
        assert wanted.match(Read("12가3456", confidence), before) is not None
        assert wanted.match(Read("12가3456", confidence), end) is None
        assert wanted.scan(texts_of(["12가3456"]), np.array([confidence]), end) == []
    assert [one.plate.text for one in wanted.expire(end)] == ["12가3456"]
    assert len(wanted) == 1


def test_a_plate_without_its_region_is_never_automatic() -> None:
    """Police may know no more of a taxi; then each of 17 may be it."""
    wanted = listed("12바3456")
    assert_near(said(wanted, "12바3456"), "12바3456", "unsure")


@settings(deadline=None)
@given(PLATES, CHANCES)
def test_a_wanted_plate_in_any_spelling_is_found(text: str, chance: random.Random) -> None:
    plate, written = parse(text), spelled_anyhow(text, chance)
    match = said(listed(text), written, SURE, 1)
    assert match is not None
    assert scanned(listed(text), [Read(written, SURE, 1)] * FEW) == [(at, match) for at in range(FEW)]
    assert match.entries[0].plate == plate
    assert match.kind == ("exact" if plate.is_whole else "near")


@settings(max_examples=300, deadline=None)
@given(PLATES, CHANCES)
def test_no_other_plate_is_ever_exact(text: str, chance: random.Random) -> None:
    """Any change of a sign, however sure the reader, and any other plate: exact is only the plate itself."""
    wanted = listed(text)
    other = random_plate(chance) if chance.random() < 0.2 else changed(text, chance)
    for confidence in (SURE, UNSURE, None):
        match = said(wanted, other, confidence, chance.choice((1, 2, None)))
        if match is not None and match.kind == "exact":
            assert parse(other).text == text


def changed(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + chance.choice(("", *"0123456789가나바하서?O")) + text[at + chance.choice((0, 1)) :]


@settings(max_examples=60, deadline=None)
@given(CHANCES, st.sampled_from([1, FEW - 1, FEW, 200]))
def test_a_batch_finds_what_its_reads_find_one_by_one(chance: random.Random, size: int) -> None:
    """With the sieve and without it; entries come and go."""
    texts = [random_plate(chance) for _ in range(size)]
    wanted = WantedList(MODEL, [entry(text, str(at)) for at, text in enumerate(texts[: size // 2])])
    for at, text in enumerate(texts[size // 4 :]):
        wanted.add(entry(text, f"later {at}"))
    for at in range(0, size // 2, 3):
        wanted.remove(str(at))
    reads = []
    for text in texts:
        read = CHANNEL.read(text) if chance.random() < 0.3 else Read(changed(text, chance), sureness(chance))
        reads.append(read._replace(text=spelled_anyhow(read.text, chance)) if chance.random() < 0.2 else read)
    assert scanned(wanted, reads) == [
        (at, match) for at, read in enumerate(reads) if (match := wanted.match(read, NOW)) is not None
    ]


def test_the_short_way_for_common_plates_says_what_the_long_one_says() -> None:
    chance = random.Random("short")
    shown = set()
    with pytest.MonkeyPatch.context() as patch:
        for _ in range(3000):
            text = f"{chance.randint(10, 699)}{chance.choice('가너도루하호')}{chance.randint(1000, 9999)}"
            wanted = WantedList(MODEL, [entry(text)], near_from=10 ** -chance.uniform(0.5, 4))
            read = Read(neighbour(text, chance), chance.choice((None, chance.random(), 0.9 + chance.random() / 14)), 1)
            short = wanted.match(read, NOW)
            patch.setattr(WantedList, "_is_somebody_elses", lambda *_: False)
            assert wanted.match(read, NOW) == short, read
            patch.undo()
            shown.add(short is not None)
    assert shown == {True, False}


def test_a_batch_finds_a_region_that_was_read_as_another() -> None:
    truth, other = "서울12바3456", "부산12바3456"
    model = fit([Told(truth, other, 0.3)] * 30 + [Told(truth, truth, 0.9)] * 70, "a reader that knows no Seoul")
    wanted, read = WantedList(model, [entry(truth)]), Read(other, 0.3, 2)
    assert_near(wanted.match(read, NOW), truth, "misread")
    assert scanned(wanted, [read] * FEW) == [(at, wanted.match(read, NOW)) for at in range(FEW)]


def sureness(chance: random.Random) -> float | None:
    return chance.choice((None, chance.random(), 1.0))


def test_a_sieve_of_plates_no_longer_wanted_is_built_anew() -> None:
    chance = random.Random("stale")
    wanted = listed("12가3456")
    before = wanted._sieve
    for text in {random_plate(chance) for _ in range(STALE + 10)} - {"12가3456"}:
        wanted.add(entry(text))
        wanted.remove(text)
    assert wanted._sieve is not before
    assert scanned(wanted, [Read("12가3456", SURE)] * FEW)


def test_a_list_has_memory_by_its_length_and_grows_with_it() -> None:
    """An installation of 230 centers holds 230 lists, most of them short."""
    chance = random.Random("grown")
    wanted, texts = listed(), sorted({random_plate(chance) for _ in range(5 * ROOM)})
    few = len(wanted._sieve._opened._bits)
    for text in texts:
        wanted.add(entry(text))
    assert few < 20_000 and few * 4 <= len(wanted._sieve._opened._bits) < 200_000
    found = {match.entries[0].plate.text for _, match in scanned(wanted, [Read(text, SURE) for text in texts])}
    assert found == {parse(text).text for text in texts}


def test_the_measured_reader_finds_the_wanted_and_accuses_nobody() -> None:
    """3,000 wanted and 60,000 others read by a reader that errs, and 15,000 of the hardest: plates that differ in one
    digit from a wanted one: matching by text alone would accuse some of these."""
    chance = random.Random("wanted")
    channel = Channel(random.Random("measured"))
    texts = {text for _ in range(3000) if parse(text := random_plate(chance)).is_whole}
    wanted = WantedList(MODEL, [entry(text) for text in texts])
    exact = near = 0
    chosen = sorted(texts)
    for at, match in scanned(wanted, [channel.read(text) for text in chosen]):
        assert match.kind == "near" or match.entries[0].plate.text == chosen[at]
        exact += match.kind == "exact"
        near += match.kind == "near" and match.entries[0].plate.text == chosen[at]
    assert exact / len(texts) > 0.8
    assert near / (len(texts) - exact) > 0.6
    others = [text for _ in range(60_000) if (text := random_plate(chance)) not in texts]
    found = scanned(wanted, [channel.read(text) for text in others])
    assert [others[at] for at, match in found if match.kind == "exact"] == []
    assert len(found) < len(others) / 1000
    hard = [other for text in chosen for _ in range(5) if (other := neighbour(text, chance)) not in texts]
    reads = [channel.read(other) for other in hard]
    found = scanned(wanted, reads)
    by_text = sum(read.text in texts for read in reads)
    assert by_text >= 3
    assert not any(match.kind == "exact" for _, match in found)
    assert len(found) < len(hard) / 20


def neighbour(text: str, chance: random.Random) -> str:
    """A lawful plate with one other digit."""
    while True:
        at = chance.randrange(len(text))
        other = text[:at] + chance.choice("0123456789") + text[at + 1 :]
        try:
            if text[at].isdigit() and other != text and parse(other).text == other:
                return other
        except BadPlate:
            pass
