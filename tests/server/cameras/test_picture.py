"""The picture of a decision: whatever was chosen, a person can read it; and it names nobody."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from server.cameras.picture import Drawn, picture
from server.cameras.reasons import WORDS, Reason, words

metres = st.floats(0, 900_000)
turn = st.floats(0, 359.9)
cameras = st.lists(
    st.tuples(st.text(max_size=60), metres, turn, st.one_of(st.none(), turn), st.floats(5, 360), st.booleans()),
    max_size=8,
)


def drawn(rows) -> list[Drawn]:
    reason = itertools.cycle(WORDS)
    return [
        Drawn(number, name, away, bearing, heading, view, 60.0, works, (Reason(next(reason), 7.0),))
        for number, (name, away, bearing, heading, view, works) in enumerate(rows, 1)
    ]


@settings(max_examples=60, deadline=None)
@given(cameras, st.floats(0, 5_000), st.one_of(st.none(), turn), st.floats(0, 40), st.sampled_from(["ko", "en"]))
def test_every_camera_has_its_number_on_the_map_and_in_the_legend(rows, accuracy, heading, speed, language) -> None:
    rows = [(name.translate(dict.fromkeys((*range(32), 127, *range(55296, 57344), 65534, 65535))), *rest)
            for name, *rest in rows]  # fmt: skip
    told = picture(drawn(rows), accuracy_m=accuracy, heading_deg=heading, speed_mps=speed, language=language)
    root = etree.fromstring(told.encode())
    texts = [one.text for one in root.iter("{*}text")]
    assert all(texts.count(str(number)) == 2 for number in range(1, len(rows) + 1))
    assert any(text and text.endswith(" m") for text in texts), "a scale"
    assert ("북" if language == "ko" else "N") in texts
    for one in root.iter("{*}circle"):  # nothing runs off to infinity, no number is not a number
        assert all(abs(float(one.get(name))) < 1e7 for name in ("cx", "cy", "r"))


def test_each_reason_has_words_in_both_languages_and_a_strange_one_is_its_code() -> None:
    every = [Reason(code, 12.0) for code in WORDS]
    assert all(words(every, "ko")) and all(words(every, "en")) and len(set(words(every, "ko"))) == len(WORDS)
    assert words([Reason("of_tomorrow")], "ko") == ["of_tomorrow"]
