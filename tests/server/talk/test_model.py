"""The rules of the talk: the silent caller's questions, the catalogue, who may speak, what follows what in a call."""

from __future__ import annotations

import itertools
import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile_app.core.talk import tapped
from server.talk import model, phrases
from server.talk.model import DANGER, NO, TREE, YES, Facts, may_say, next_question

NOW = datetime(2026, 11, 21, tzinfo=UTC)
WANTED = {"ko", "en", "zh", "ja", "vi", "th", "ru", "mn"}


def asked_through(answers: list[str]) -> tuple[list[str], model.Progress]:
    """The operator asks what comes next; the questions that were asked."""
    talk: list[tuple[str, str]] = []
    asked = []
    for answer in answers:
        question = next_question(talk).next
        if not question:
            break
        asked.append(question)
        talk += [("operator", question), ("person", answer)]
    return asked, next_question(talk)


def test_a_story_by_taps_alone() -> None:
    asked, progress = asked_through([YES, YES, NO, YES, YES, NO, YES, YES])
    assert asked == [
        "is_it_emergency",
        "is_attacker_near",
        "is_there_a_weapon",
        "are_you_hurt",
        "shall_we_send_ambulance",
        "are_you_in_a_vehicle",
        "are_you_alone",
        "shall_we_send_police",
    ]
    assert progress.findings == ("emergency", "attacker_near", "hurt", "wants_ambulance", "alone", "wants_police")
    assert progress.is_urgent and progress.next == ""


@given(st.lists(st.sampled_from([YES, NO]), min_size=12, max_size=12))
def test_every_way_through_the_tree_ends_and_asks_nothing_twice(answers: list[str]) -> None:
    asked, progress = asked_through(answers)
    assert len(asked) == len(set(asked)) <= len(TREE) and progress.next == ""


@given(st.lists(st.tuples(st.sampled_from(["operator", "person"]), st.sampled_from([*TREE, YES, NO, "x", "hurt"]))))
def test_a_hold_is_danger_whenever_it_comes(talk: list[tuple[str, str]]) -> None:
    progress = next_question([*talk, ("person", DANGER)])
    assert progress.is_urgent and progress.findings[-1] == "danger" and progress.next == ""


@given(st.lists(st.tuples(st.sampled_from(["operator", "person"]), st.sampled_from([*TREE, YES, NO, "x"]))))
def test_whatever_is_said_the_next_question_is_one_of_the_tree_or_none(talk: list[tuple[str, str]]) -> None:
    progress = next_question(talk)
    assert progress.next in {*TREE, ""} and (not progress.asked or progress.next == progress.asked)


def test_what_is_no_answer_leaves_the_question_standing_and_a_quick_reply_answers_it() -> None:
    talk = [("operator", "are_you_hurt"), ("person", "hiding")]
    assert next_question(talk).asked == "are_you_hurt"
    assert next_question([*talk, ("person", "hurt")]).next == "shall_we_send_ambulance"


def test_every_code_stands_in_every_language() -> None:
    catalogue = phrases.catalogue()
    languages = set(catalogue["languages"])
    assert languages >= WANTED
    for code, entry in catalogue["codes"].items():
        assert set(entry["text"]) == languages, code
        assert all(text.strip() and len(text) <= 200 for text in entry["text"].values()), code
        assert entry["uses"] and set(entry["uses"]) <= {"quick", "tap", "question", "phrase"}, code
        assert ("question" in entry["uses"]) == bool(entry.get("answers")), code
        assert set(entry.get("answers", ())) <= set(phrases.codes_for("quick")), "she can say each offered answer"
    for texts in zip(*(list(entry["text"].items()) for entry in catalogue["codes"].values()), strict=True):
        words = [text for _, text in texts]
        assert len(words) == len(set(words)), f"two codes say the same in {texts[0][0]}"
    scripts = {"ko": "가-힣", "zh": "一-鿿", "th": "ก-๛", "ru": "а-я", "mn": "а-яөү", "ja": "ぁ-ん"}
    for code, (language, letters) in itertools.product(catalogue["codes"], scripts.items()):
        low, high = letters[0], letters[2]
        text = phrases.words(code, language).lower()
        assert any(low <= letter <= high for letter in text), f"{code} is not written in {language}"
    assert set(TREE) <= set(phrases.codes_for("question")), "each question of the tree can be read"


def test_she_reads_her_language_and_english_where_we_have_none() -> None:
    assert phrases.words("police_on_the_way", "vi-VN") == "Cảnh sát đang đến."
    assert phrases.words("police_on_the_way", "fr") == "The police are on the way."
    assert phrases.words("no_such_code", "ko") == "" and phrases.spoken("ZH_cn") == "zh"


@pytest.mark.parametrize(
    ("presses", "meant"),
    [
        ([], ""),
        ([(0.0, 0.1)], YES),
        ([(0.0, 0.1), (0.4, 0.5)], NO),
        ([(0.0, 0.1), (5.0, 5.1)], YES),
        ([(0.0, 1.2)], DANGER),
        ([(0.0, 0.1), (0.3, 2.0)], DANGER),
    ],
)
def test_taps_are_read_on_the_phone(presses: list[tuple[float, float]], meant: str) -> None:
    assert tapped(presses) == meant


GOOD = Facts("acknowledged", "active", "owner", True, False, True, True)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, ""),
        ({"state": "closed"}, "incident_closed"),
        ({"incident_role": "leaving"}, "not_owner"),
        ({"phase": "pre"}, "not_live"),
        ({"has_owner": False}, "not_acknowledged"),
        ({"is_owner": False}, "already_taken"),
        ({"is_owner": False, "is_supervisor": True}, ""),
        ({"alert_on_the_line": False}, "phone_is_quiet"),
        ({"said_in_the_last_minute": 20}, "too_many_lines"),
        ({"said_in_the_last_minute": 19}, ""),
    ],
)
def test_who_may_say_something(change: dict[str, object], code: str) -> None:
    from dataclasses import replace

    assert may_say(replace(GOOD, **change)) == code  # type: ignore[arg-type]


def test_the_wait_ends_when_the_oldest_of_twenty_is_a_minute_old() -> None:
    said = [NOW - timedelta(seconds=50 - one) for one in range(20)]
    assert model.wait_s(said, NOW) == 10.0 and model.wait_s(said[1:], NOW) == 0.0


@given(st.lists(st.sampled_from(["ringing", "answered", "ended", "failed"]), max_size=8))
def test_a_call_ends_once_whatever_order_the_news_come_in(news: list[str]) -> None:
    state, ends = "dialling", 0
    for one in news:
        if model.follows(state, one):
            state, ends = one, ends + (one in ("ended", "failed"))
    assert ends <= 1 and (ends == 0 or state in ("ended", "failed"))


@pytest.mark.parametrize(
    ("typed", "dialled"),
    [
        ("010-1234-5678", "01012345678"),
        (" +82 (10) 1234.5678 ", "+821012345678"),
        ("0101@evil.example", ""),
        ("0101&PJSIP/0909@trunk", ""),
        ("01012345678/../x", ""),
        ("٠١٠١٢٣٤", ""),
        ("12", ""),
        ("1" * 16, ""),
        ("", ""),
    ],
)
def test_a_typed_number_never_becomes_a_dial_string(typed: str, dialled: str) -> None:
    assert model.dialable(typed) == dialled


def test_a_quiet_phone_is_not_rung_without_asking() -> None:
    assert model.must_confirm(profile={"call": " Silent "}, is_duress=False) == "silent_caller"
    assert model.must_confirm(profile={}, is_duress=True) == "duress"
    assert model.must_confirm(profile={"call": "loud"}, is_duress=False) == ""


def test_codes_are_plain_words() -> None:
    allowed = set(string.ascii_lowercase + "_")
    assert all(set(code) <= allowed for code in phrases.catalogue()["codes"])
