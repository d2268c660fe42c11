"""Doubts over the real borders: what is wrong with a row, and the suggestion that puts it back; nothing is moved."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pyproj import Transformer

from location_router.index import Index, snapshot_path
from server.cameras.importing.ground import Ground
from server.cameras.importing.judging import Doubtful, Good, Judge, Refused, Verdict
from server.cameras.importing.rows import row_from
from server.cameras.importing.survey import survey

REAL = Path(__file__).resolve().parents[5] / "shared" / "data" / "cctv" / "gangnam_cctv_standard_2019_cp949.csv"
HOME = (37.5129730, 127.0279040)
ADDRESS = "서울특별시 강남구 논현동 126-5"


@cache
def ground() -> Ground:
    return Ground(Index.load(snapshot_path()).version(None))


def verdicts(*rows: dict[str, str], **how: Any) -> list[Verdict]:
    made = [
        row_from({"lot_address": ADDRESS, "purpose": "생활방범", "count": "1", **row}, line)
        for line, row in enumerate(rows, 2)
    ]
    served = frozenset(code for code in ("11680", "11650", "41170", "28177", "11620", "11590"))
    return list(Judge(ground(), survey(made), served, **how).verdicts(made))


def one(lat: object, lon: object, address: str = ADDRESS, **more: str) -> Verdict:
    return verdicts({"lat": str(lat), "lon": str(lon), "lot_address": address, **more})[0]


def doubt(verdict: Verdict) -> tuple[str, tuple[float, float] | None]:
    assert isinstance(verdict, Doubtful), verdict
    told = verdict.suggestion or {}
    return verdict.reason, (round(told["lat"], 5), round(told["lon"], 5)) if "lat" in told else None


def test_a_good_row_and_whose_it_is() -> None:
    found = one(*HOME)
    assert isinstance(found, Good) and (found.center_id, found.lat, found.lon) == ("11680", *HOME)
    bare = one(*HOME, address="")
    assert isinstance(bare, Good) and bare.center_id == "11680"
    old_name = one(37.4563, 126.6510, address="인천광역시 남구 주안동 1")
    assert isinstance(old_name, Good) and old_name.center_id == "28177"


def test_each_doubt_has_its_suggestion() -> None:
    lat, lon = HOME
    place = (round(lat, 5), round(lon, 5))
    assert doubt(one(lon, lat)) == ("swapped_axes", place)
    assert doubt(one(lat, 128.027904)) == ("digit_typo", place)
    assert doubt(one(lat, "129.027904")) == ("digit_typo", place)
    assert doubt(one("37.304670", "127.014045")) == ("degrees_minutes_seconds", place)
    assert doubt(one("37512973", "127027904")) == ("misplaced_point", place)
    assert doubt(one(35.1796, 129.0756)) == ("far_from_address", None)
    rounded = one(37.5, 127.0)
    assert isinstance(rounded, Doubtful) and rounded.reason == "rounded_coordinate"


@pytest.mark.parametrize("system", ["EPSG:5174", "EPSG:5179", "EPSG:5181", "EPSG:5186"])
def test_metres_are_converted_for_the_suggestion(system: str) -> None:
    x, y = Transformer.from_crs("EPSG:4326", system, always_xy=True).transform(HOME[1], HOME[0])
    found = one(f"{y:.3f}", f"{x:,.3f}")
    assert isinstance(found, Doubtful) and found.reason == "projected_coordinates"
    told = found.suggestion or {}
    # the two datums of one belt lie 300 m apart: both are offered
    assert system in (told["how"], *told.get("or", ()))
    assert abs(told["lat"] - HOME[0]) < 0.005 and abs(told["lon"] - HOME[1]) < 0.005


def test_a_rounded_coordinate_in_its_own_district_is_kept_and_says_how_little_it_knows() -> None:
    found = one("37.51", "127.05")
    assert isinstance(found, Doubtful) and found.good is not None
    assert found.reason == "rounded_coordinate" and 500 < found.good.accuracy_m < 1000
    shared = verdicts(*({"lat": "37.513", "lon": "127.028", "lot_address": f"{ADDRESS}{n}"} for n in range(4)))
    assert {(v.reason, v.good is not None) for v in shared if isinstance(v, Doubtful)} == {("rounded_coordinate", True)}
    office = verdicts(*({"lat": "37.517332", "lon": "127.047377", "lot_address": f"{ADDRESS}{n}"} for n in range(9)))
    assert {v.reason for v in office if isinstance(v, Doubtful)} == {"shared_coordinate"}
    few = verdicts(*({"lat": "37.517332", "lon": "127.047377", "lot_address": f"{ADDRESS}{n}"} for n in range(3)))
    assert all(not (isinstance(v, Doubtful) and v.reason == "shared_coordinate") for v in few)


def test_duplicates_are_the_same_place_number_and_direction() -> None:
    lat, lon = map(str, HOME)
    same = {"lat": lat, "lon": lon, "direction": "북"}
    found = verdicts(same, same, {**same, "direction": "남"}, {**same, "installed": "2020-01"})
    assert [type(v).__name__ for v in found] == ["Good", "Doubtful", "Good", "Good"]
    assert isinstance(found[1], Doubtful) and found[1].suggestion == {"same_as_line": 2, "how": "leave_out"}
    numbered = verdicts({**same, "management_no": "7"}, {**same, "management_no": "8"}, {**same, "management_no": "7"})
    assert [type(v).__name__ for v in numbered] == ["Good", "Good", "Doubtful"]


def test_a_whole_file_of_minutes_and_seconds_is_seen_although_each_row_might_pass() -> None:
    rows = [{"lat": f"37.29{n:02d}11", "lon": f"126.56{n:02d}22", "lot_address": ""} for n in range(40)]
    found = verdicts(*rows)
    reasons = {v.reason for v in found if isinstance(v, Doubtful | Refused)}
    assert "degrees_minutes_seconds" in reasons and not any(isinstance(v, Good) for v in found)


def test_what_is_refused_says_why() -> None:
    def reason(verdict: Verdict) -> str:
        assert isinstance(verdict, Refused), verdict
        return verdict.reason

    assert reason(one("", "")) == "no_coordinates"
    assert reason(one("0", "0")) == "no_coordinates"
    assert reason(one("북쪽", "127.1")) == "not_a_number"
    assert reason(one("3.1", "99.2")) == "outside_korea"
    assert reason(one(36.5, 130.2, address="")) == "no_municipality"
    assert reason(one(35.1796, 129.0756, address="부산광역시 연제구 연산동 1")) == "not_served"
    found = verdicts({"lat": "37.3943", "lon": "126.9568", "lot_address": ""}, only="11680")
    assert reason(found[0]) == "other_center"


def test_a_step_across_the_border_is_no_doubt() -> None:
    """Gangnam's own camera some metres inside Seocho: it belongs to where it stands."""
    lat, lon = 37.5040, 127.0243  # a little west of 강남대로
    found = one(lat, lon)
    assert isinstance(found, Good) and found.center_id == "11650"
    assert ground().metres_to(frozenset(("11680",)), lat=lat, lon=lon) < 500


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("서울특별시강남구 논현동", "서울특별시 강남구"),
        ("경기도 수원시장안구 조원동", "경기도 수원시"),
        ("강원 춘천시 x", "강원특별자치도 춘천시"),
        ("전라북도 전주시 완산구", "전북특별자치도 전주시"),
        ("세종특별자치시 한누리대로", "세종특별자치시"),
        ("경상북도 군위군", "대구광역시 군위군"),
        ("강남구청", "서울특별시 강남구"),
        ("경기도 광주시 경안동", "경기도 광주시"),
    ],
)
def test_names_of_municipalities(text: str, name: str) -> None:
    assert [ground().name(code) for code in ground().expected(text)] == [name]


def test_names_that_many_have_and_names_of_none() -> None:
    assert len(ground().expected("중구 명동")) > 4
    assert not ground().expected("한국도로공사") and not ground().expected("서울특별시") and not ground().expected("")


@pytest.mark.skipif(not REAL.exists(), reason="the real file is not beside the checkout")
def test_a_real_file() -> None:
    from server.cameras.importing.reading import open_table
    from server.cameras.importing.rows import rows_of

    table = open_table(REAL)
    told = survey(rows_of(table.rows(), table.columns))
    judge = Judge(ground(), told, frozenset(("11680", "11650", "11710", "11200")))
    found = list(judge.verdicts(rows_of(table.rows(), table.columns)))
    assert (table.encoding, table.columns.width, told.rows) == ("cp949", 13, 1880)
    assert sum(isinstance(v, Good) for v in found) == 1879
    assert [(v.row.line, v.reason) for v in found if isinstance(v, Doubtful)] == [(978, "duplicate")]
