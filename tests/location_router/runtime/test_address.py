"""One form of a database's address, understood alike by SQLAlchemy and by psycopg itself."""

from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from location_router.runtime.address import DEFAULTS, additions, conninfo
from location_router.runtime.given_server import GivenServer
from location_router.runtime.pool import _Attempt

TCP = "postgresql+psycopg://app:a%40b@/db?host=h1:5432&host=h2:5433&target_session_attrs=read-write&connect_timeout=2"


def words(url: str) -> dict[str, str]:
    return {name: str(value) for name, value in conninfo_to_dict(conninfo(url)).items() if name not in DEFAULTS}


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        (TCP, "h1,h2", "5432,5433"),
        ("postgresql+psycopg://app@/db?host=/run/a:5432&host=/run/b:5432", "/run/a,/run/b", "5432,5432"),
        ("postgresql://app@/db?host=/run/a,/run/b&port=5432,5432", "/run/a,/run/b", "5432,5432"),
    ],
)
def test_several_servers_are_all_told_and_only_one_that_writes_will_do(url: str, host: str, port: str) -> None:
    said = words(url)
    assert (said["host"], said["port"], said["target_session_attrs"]) == (host, port, "read-write")
    engines = {"target_session_attrs": "read-write"} | additions(url)
    assert engines["target_session_attrs"] == "read-write"


def test_one_server_is_taken_as_it_is_and_what_the_address_says_wins() -> None:
    said = words("postgresql+psycopg://app@/db?host=/run/a&port=5432&options=-c+role%3Dansim_app")
    assert said == {"user": "app", "dbname": "db", "host": "/run/a", "port": "5432", "options": "-c role=ansim_app"}
    assert conninfo_to_dict(conninfo(TCP))["connect_timeout"] == "2"
    assert words(TCP)["password"] == "a@b"
    assert "connect_timeout" not in additions(TCP)


def test_a_given_server_keeps_all_its_hosts_in_the_addresses_of_its_databases() -> None:
    inside = GivenServer(TCP).url("router", "ansim_app")
    assert words(inside)["host"] == "h1,h2"
    assert (words(inside)["dbname"], words(inside)["options"]) == ("router", "-c role=ansim_app")


def test_a_pool_asks_for_a_lost_server_as_often_after_an_hour_as_after_a_second() -> None:
    attempt = _Attempt(timeout=1e9)
    for _ in range(7000):
        attempt.update_delay(0.0)
    assert attempt.delay <= 0.6
