"""The window's colours, letters and words: what can be computed without a window."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from mobile_app.ui import map_ink, phrases, theme
from mobile_app.ui.i18n import WORDS

UI = Path(theme.__file__).parent
ROOT = UI.parents[1]
PALETTES = list(product((False, True), (False, True)))


@pytest.mark.parametrize(("is_dark", "is_strong"), PALETTES)
def test_words_and_signs_stand_out_from_what_they_stand_on(is_dark: bool, is_strong: bool) -> None:
    palette = theme.palette(is_dark=is_dark, is_strong=is_strong)
    weak = {
        (fore, back): round(theme.contrast(getattr(palette, fore), getattr(palette, back)), 2)
        for fore, back, least in theme.PAIRS
        if theme.contrast(getattr(palette, fore), getattr(palette, back)) < least
    }
    assert weak == {}


@pytest.mark.parametrize(("is_dark", "is_strong"), PALETTES)
def test_names_on_the_map_and_the_pin_can_be_read(is_dark: bool, is_strong: bool) -> None:
    ink, palette = (
        map_ink.ink(is_dark=is_dark, is_strong=is_strong),
        theme.palette(is_dark=is_dark, is_strong=is_strong),
    )
    for ground in (ink.land, ink.sea):
        assert min(theme.contrast(name, ground) for name in (ink.name, ink.name_strong)) >= theme.TEXT
        assert theme.contrast(palette.primary_ink, ground) >= theme.SIGN
    least = theme.SIGN if is_strong else 1.3
    assert min(theme.contrast(getattr(ink, level), ink.land) for level in map_ink.LEVELS) >= least


@pytest.mark.parametrize("is_dark", [False, True])
def test_the_strong_palettes_keep_the_enhanced_contrast_for_all_words_on_the_ground(is_dark: bool) -> None:
    palette = theme.palette(is_dark=is_dark, is_strong=True)
    for ink, ground in product(
        ("ink", "quiet", "primary_ink", "danger_ink", "good_ink", "warn_ink"), ("ground", "card")
    ):
        assert theme.contrast(getattr(palette, ink), getattr(palette, ground)) >= theme.ENHANCED, ink


def test_contrast_is_the_one_of_wcag() -> None:
    black, white, grey = (0.0, 0.0, 0.0, 1.0), (1.0, 1.0, 1.0, 1.0), (0x76 / 255,) * 3 + (1.0,)
    assert theme.contrast(black, white) == pytest.approx(21.0)
    assert theme.contrast(grey, white) == theme.contrast(white, grey) == pytest.approx(4.54, abs=0.01)


def test_letters_grow_with_the_person_and_the_device_but_not_without_end() -> None:
    assert theme.type_sp("body", chosen=1.0, system=1.0) == theme.TYPE_SP["body"]
    assert theme.type_sp("body", chosen=2.0, system=1.0) == 2 * theme.TYPE_SP["body"]
    assert theme.type_sp("body", chosen=1.5, system=2.0) == 2 * theme.TYPE_SP["body"]
    assert theme.type_sp("body", chosen=0.1, system=1.0) == theme.LEAST_SCALE * theme.TYPE_SP["body"]
    assert theme.type_sp("huge", chosen=2.0, system=1.0) < 1.2 * theme.TYPE_SP["huge"]


def _sources() -> list[Path]:
    return [*UI.rglob("*.kv"), *UI.rglob("*.py")]


def test_every_colour_that_a_screen_names_is_in_the_palette_and_none_is_written_by_hand() -> None:
    looks = {*theme.COLOURS, *theme.TYPE_SP, "is_dark", "is_large", "signs"}
    for path in _sources():
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"app\.look\.(\w+)", text)) - looks <= {"choose", "bind"}, path.name
        assert not re.search(r"#[0-9a-fA-F]{6}\b", text), path.name


def test_every_word_that_a_screen_says_is_there_in_both_languages() -> None:
    for key, (korean, english) in WORDS.items():
        assert korean.strip() and english.strip(), key
        assert set(re.findall(r"{(\w+)}", korean)) == set(re.findall(r"{(\w+)}", english)), key
        assert not re.search(r"[가-힣]", english), key
    said = {
        key
        for path in _sources()
        for key in re.findall(r'\bsay\((?:[\w.]+), "(\w+)"[,)]', path.read_text(encoding="utf-8"))
    }
    assert len(said) > 60 and said - set(WORDS) == set()


def test_the_phone_knows_the_center_s_phrases_word_for_word() -> None:
    theirs = (ROOT / "server" / "talk" / "phrases.json").read_bytes()
    assert (UI / "phrases.json").read_bytes() == theirs
    codes = phrases.catalogue()["codes"]
    assert {code for code, entry in codes.items() if "quick" in entry["uses"]} == {*phrases.ORDER, "yes", "no"}
    for code in codes:
        assert set(phrases.answers(code)) <= set(codes)
    assert phrases.words("hiding", "vi") != phrases.words("hiding", "xx") == phrases.words("hiding", "en") != ""
    assert phrases.words("no_such_code", "ko") == ""
