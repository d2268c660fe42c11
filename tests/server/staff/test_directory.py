"""The house in words: every role and permission has a name in both languages, and nobody sees others' centers."""

from __future__ import annotations

from typing import get_args

import pytest

from server.staff.permissions import Permission, Role
from server.staff.role_words import ROLES, WORDS
from tests.server.staff.conftest import House


def test_every_role_and_permission_is_in_words() -> None:
    assert tuple(ROLES) == get_args(Role)
    assert tuple(WORDS) == get_args(Permission), "in the order of the table, so that the matrix reads like it"
    assert all(ko and en and ko != en for ko, en in (*ROLES.values(), *WORDS.values()))


@pytest.mark.database
async def test_the_centers_of_the_own_desk_with_who_is_there(house: House) -> None:
    admin = await house.enter("choi")
    told = (await admin.get("/api/centers")).json()
    assert {one["desk"] for one in told["centers"]} == {"main"}, "of this desk only"
    [desk] = told["desks"]
    assert desk["desk"] == "main" and desk["staff"] >= 2 and desk["on_shift"] == 0
    operator = await house.enter("kim")
    assert (await operator.get("/api/centers")).json()["desks"] == [], "who is where is for who runs the house"
    table = (await operator.get("/api/roles")).json()
    [police] = [one for one in table["roles"] if one["role"] == "agent"]
    assert police["permissions"] == ["dispatch.answer"]
