"""Which way is suggested, whatever stands along it."""

from hypothesis import given
from hypothesis import strategies as st

from server.facilities.model import KINDS, MOST_DECIMALS, NotAsked, box_of, circle_of, kind_of, kinds_of
from server.facilities.safer import LONGEST_SHARE, Way, choose, felt_m, length_m, passed, why

PASSES = st.dictionaries(st.sampled_from(sorted(KINDS)), st.integers(0, 40))
WAYS = st.lists(
    st.builds(Way, st.floats(1, 20_000), PASSES, st.floats(0, 20_000)),
    min_size=2,
    max_size=4,
)
LINE = ((37.3900, 126.9500), (37.3950, 126.9500), (37.3950, 126.9560))


@given(WAYS, st.sampled_from(sorted(KINDS)), st.integers(1, 50), st.data())
def test_a_facility_more_never_makes_a_way_worse(ways, kind, more, data):
    at = data.draw(st.integers(0, len(ways) - 1))
    old = ways[at]
    better = Way(old.distance_m, {**old.passes, kind: old.passes.get(kind, 0) + more}, old.lit_m + more)
    assert felt_m(better) <= felt_m(old)
    if choose(ways).index == at:
        assert choose([*ways[:at], better, *ways[at + 1 :]]).index == at


@given(WAYS)
def test_a_much_longer_way_is_never_suggested(ways):
    choice = choose(ways)
    if choice.index is not None:
        assert ways[choice.index].distance_m <= LONGEST_SHARE * min(way.distance_m for way in ways)
        assert all(why(choice, ways))


def test_a_way_of_a_third_more_is_not_suggested_whatever_stands_there():
    """Where it would feel shorter, if length had no bound of its own."""
    longer = Way(1_350.0, {"police_box": 3, "safe_store": 6}, 1_350.0)
    assert felt_m(longer) < 1_000.0
    assert choose([Way(1_000.0), longer]).index == 0
    assert choose([Way(1_000.0), Way(1_290.0, longer.passes, 1_290.0)]).index == 1


def test_nothing_to_choose_is_said():
    assert choose([Way(900.0, {"police_box": 1})]).code == "only_way"
    assert choose([Way(900.0), Way(950.0)]).code == "no_facilities"
    chosen = choose([Way(900.0), Way(1_000.0, {"police_box": 1}, 400.0)])
    assert (chosen.index, chosen.code) == (1, "past_more")
    assert why(chosen, [Way(900.0), Way(1_000.0, {"police_box": 1}, 400.0)])[0] == (
        "파출소·지구대 1곳을 지납니다. 보안등 곁 400 m입니다. 가장 짧은 길보다 100 m 깁니다."
    )


@given(st.floats(-25, 25), st.floats(0, 1))
def test_what_stands_beside_a_way_is_passed(aside_m, share):
    """Somewhere along the first leg (north), so many metres to the side."""
    lat = 37.3900 + 0.0050 * share
    lon = 126.9500 + aside_m / 88_400
    counts, lit_m = passed(LINE, [("light", lat, lon), ("police_box", lat, 126.9400)])
    assert counts == {"light": 1}, "the police box is 900 m away"
    assert 0 < lit_m <= 100 < length_m(LINE)


def test_lights_closer_than_their_circles_are_not_counted_twice():
    _, lit_m = passed(LINE, [("light", 37.3900 + 0.0001 * n, 126.9500) for n in range(51)])
    assert 540 < lit_m < 600, "the first leg of 556 m and the corner's 30"


def test_the_words_of_files_name_kinds():
    words = {"방범용 비상벨": "emergency_bell", "여성안심지킴이집": "safe_store", "아동안전지킴이집": "shelter"}
    words |= {
        "○○지구대": "police_box",
        "보안등": "light",
        "CCTV 안내판": "camera_sign",
        "LIGHT": "light",
        "기타": "other",
    }
    assert {one: kind_of(one) for one in words} == words
    assert kind_of("정자") is None


def test_an_address_holds_no_exact_place():
    for ask in (lambda: circle_of(37.39431, 126.956, 500, ("light",)), lambda: box_of("126.9,37.3,126.95,37.3512", ())):
        try:
            ask()
        except NotAsked as error:
            assert error.code == "too_exact"
        else:
            raise AssertionError(f"more than {MOST_DECIMALS} digits")
    assert box_of("126.9,37.3,127.0,37.4", kinds_of("light, police_box")).kinds == ("light", "police_box")
