"""What a password must be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.staff.passwords import ROWS, SENTENCES, WORDS, has_run, is_common, weaknesses


@pytest.mark.parametrize(
    ("password", "found"),
    [
        ("correct horse", []),
        ("Tr7!mPq2", []),
        ("골목길 가로등", ["too_short"]),
        ("골목길의 가로등 9", []),
        ("tr7mpq2", ["too_short"]),
        ("onlysmalletters", ["too_few_kinds"]),
        ("밤길에도안심하고걸어요", ["too_few_kinds"]),
        ("xx kim.gwanje xx", ["holds_login"]),
        ("Kim.Gwanje-2026", ["holds_login"]),
        ("김관제의 비밀스런 말", ["holds_name"]),
        ("caaat in a hat", ["run"]),
        ("walk 4321 home", ["run"]),
        ("Qwer home walk", ["run"]),
        ("P@ssw0rd!!", ["common"]),
        ("2026admin!", ["common"]),
        ("$ecret-2026", ["common"]),
        ("관제센터2026!", ["common"]),
        ("a" * 150 + " 1" * 40, ["too_long", "run"]),
    ],
)
def test_each_weakness_is_named_and_nothing_else(password: str, found: list[str]) -> None:
    assert weaknesses(password, login="kim.gwanje", name="김관제") == found
    assert all(len(SENTENCES[one]) == 2 for one in found)  # type: ignore[index]


@given(st.sampled_from(sorted(WORDS)), st.text("0123456789!@#", max_size=6), st.text("0123456789!.", max_size=6))
def test_no_dress_makes_a_well_known_word_uncommon(word: str, before: str, after: str) -> None:
    assert is_common(f"{before}{word}{after}")


@given(st.sampled_from(ROWS), st.integers(0, 20), st.booleans(), st.text("xyzw!", max_size=5))
def test_every_piece_of_a_row_is_a_run_both_ways(row: str, start: int, reverse: bool, around: str) -> None:
    piece = row[start % (len(row) - 3) :][:4]
    assert has_run(around + (piece[::-1] if reverse else piece))


@given(st.text(max_size=300), st.text(max_size=20), st.text(max_size=20))
def test_any_text_gets_a_verdict(password: str, login: str, name: str) -> None:
    assert set(weaknesses(password, login=login, name=name)) <= set(SENTENCES)
