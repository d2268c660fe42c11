"""Whom to call abroad."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from location_router import emergency_numbers
from location_router.emergency_numbers import country_of, is_foreign, local_emergency


@pytest.mark.parametrize(
    ("network", "country", "police", "ambulance"),
    [
        ("JP", "JP", "110", "119"),
        ("44010", "JP", "110", "119"),
        ("441", "JP", "110", "119"),
        ("us", "US", "911", "911"),
        ("310-260", "US", "911", "911"),
        ("FR", "FR", "17", "15"),
        ("TV", "TV", "112", "112"),
        ("", "", "112", "112"),
        ("999", "", "112", "112"),
        ("４４０", "", "112", "112"),
        ("<script>", "", "112", "112"),
    ],
)
def test_the_network_says_the_country(network: str, country: str, police: str, ambulance: str) -> None:
    told = local_emergency(network)
    assert (told.country, told.police, told.ambulance) == (country, police, ambulance)


def test_what_is_foreign() -> None:
    assert is_foreign("JP") and is_foreign("46000") and is_foreign("TV")
    assert not any(is_foreign(network) for network in ("KR", "kr", "45005", "450", "", "?", "12345678"))


def test_the_table_has_no_slips() -> None:
    with Path(emergency_numbers.__file__).with_name("emergency_numbers.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    codes = [row["country"] for row in rows]
    networks = [mcc for row in rows for mcc in row["mcc"].split()]
    assert codes == sorted(set(codes)) and len(networks) == len(set(networks)) and len(rows) > 100
    for row in rows:
        assert country_of(row["country"]) == row["country"] and all(
            2 <= len(row[f]) <= 5 and row[f].isdigit() for f in ("police", "ambulance", "fire")
        )
