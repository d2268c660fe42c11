"""The rules of coming in: which step is next, when guessing closes a door, when a code counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from server.events import INSTALLATION_CHAIN
from server.qr import qr_path
from server.staff import factor, model
from server.staff.model import Entry, Failure, Viewer, hold_reason, is_idle, next_step
from server.staff.permissions import Role, may

NOW = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)
roles = st.sampled_from(get_args(Role))
entries = st.builds(
    Entry, roles, st.booleans(), st.booleans(), st.integers(0, 400).map(lambda days: NOW - timedelta(days=days))
)
settings = st.sampled_from(("off", "admins", "all"))


@given(entries, settings, st.sampled_from((0, 90)), st.sampled_from((["password"], ["oidc"], ["oidc", "mfa"])))
def test_every_way_in_ends_and_passes_what_is_due(entry: Entry, setting, max_days: int, first: list[str]) -> None:
    passed, steps = list(first), []
    while step := next_step(entry, passed, setting=setting, password_max_days=max_days, now=NOW):
        assert step not in steps
        steps.append(step)
        passed.append(step)
    if entry.has_factor and "mfa" not in first:
        assert steps[0] == "second", "nothing of the account changes before it"
    if model.needs_factor(entry.role, setting) and "mfa" not in first:
        assert {"second", "setup"} & set(steps)
    assert ("change" in steps) <= ("oidc" not in first)
    if entry.is_temporary and first == ["password"]:
        assert "change" in steps, "a temporary password opens nothing else"


def test_admins_means_who_manages_accounts_or_carries_the_log_away() -> None:
    required = {role for role in get_args(Role) if model.needs_factor(role, "admins")}
    assert required == {"admin", "privacy", "auditor"}
    assert all(may(role, "accounts.manage") or may(role, "log.export") for role in required)


failures = st.builds(
    Failure,
    st.integers(0, 3600).map(lambda seconds: NOW - timedelta(seconds=seconds)),
    st.sampled_from(("password", "second")),
    st.sampled_from(("10.0.0.1", "10.0.0.2")),
)


@given(st.lists(failures, max_size=40))
def test_one_seat_alone_never_closes_a_door_by_passwords(found: list[Failure]) -> None:
    reason = hold_reason(found, NOW)
    recent = [one for one in found if NOW - one.at < model.FAILURE_WINDOW]
    seats = {one.address for one in recent if one.kind == "password"}
    assert reason != "passwords" or len(seats) >= 2
    assert reason in (None, "passwords", "second_factor")
    if len([one for one in recent if one.kind == "second"]) >= model.WRONG_CODES:
        assert reason == "second_factor"
    assert hold_reason([one for one in found if one not in recent], NOW) is None, "old ones are forgotten"


@given(st.binary(min_size=20, max_size=20), st.integers(0, 2**33), st.integers(-3, 3))
def test_a_code_counts_within_a_step_and_once(secret: bytes, second: int, shift: int) -> None:
    now = datetime.fromtimestamp(second, UTC)
    shown = factor.code_at(secret, now + timedelta(seconds=30 * shift)) if second + 30 * shift >= 0 else None
    if shown is None or second < 30 or second + 30 * shift < 30:  # step 0 is before every code
        return
    step = factor.matching_step(secret, shown, now, after=0)
    if abs(shift) <= 1:
        assert step is not None and (second < 60 or factor.matching_step(secret, shown, now, after=step) != step)


def test_the_codes_are_those_of_rfc_6238() -> None:
    secret = b"12345678901234567890"
    for second, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert factor.code_at(secret, datetime.fromtimestamp(second, UTC)) == code


def test_a_desk_that_waits_is_not_idle() -> None:
    long_ago = NOW - timedelta(hours=5)
    idle = {role for role in get_args(Role) if is_idle(role, long_ago, NOW, idle_timeout_s=1800)}
    assert idle == {"admin", "association", "privacy", "auditor", "traffic", "cyber"}
    assert not is_idle("admin", long_ago, NOW, idle_timeout_s=0)


def test_the_installations_own_log_is_no_centers() -> None:
    assert model.INSTALLATION_CHAIN == INSTALLATION_CHAIN
    viewer = Viewer(None, "a", "a", "operator", "main", None, "all", "127.0.0.1")  # type: ignore[arg-type]
    assert viewer.sees("41170") and not viewer.sees(INSTALLATION_CHAIN)


def test_a_qr_code_is_data_that_draws_every_dark_square() -> None:
    drawn = qr_path("otpauth://totp/x")
    assert set(drawn["path"]) <= set("Mhvz-0123456789 ") and drawn["size"] >= 21
