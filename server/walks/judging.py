"""From what she does to a state and its trouble; the expected arrival; when to look again. Pure.

Trouble is rare by design: people stop, wander, take the long way and lose their signal. What is certain to be asked
about: a lateness she named herself, silence, a long stay, being carried away, and pauses without end.
"""

from __future__ import annotations

from math import hypot

from server.walks.memory import Memory, State, Trouble, Walk
from server.walks.track import SET_OUT_M, STAY_S

WALKING_MPS = 1.2
NIGHT_FROM_H, NIGHT_UNTIL_H = 23, 5
SILENT_LEAST_S, SILENT_MOST_S = 120.0, 300.0
TIMER_GRACE_S = 60.0
GRACE_S, GRACE_SHARE, GRACE_MOST_S = 300.0, 0.15, 1800.0
NEARING_S = 180.0
STILL_MPS, STILL_ANYHOW_S = 0.6, 900.0
ONWARD = 0.25
LYING_M = (25.0, 40.0)
"""Whoever lies in the open gives fixes closer to each other than that (by day, by night): else she walks about, or is
indoors."""
FAR_M = 3000.0
AFOOT_LEAST_M, AFOOT_SHARE = 400.0, 0.3
AGAIN_S = 1800.0
"""A stay that was trouble until something drifted is trouble again after so long: indoors that goes to and fro."""
LASTING = ("stopped", "off_route", "no_signal")
"""Trouble that silence does not end: whoever is carried off loses her phone next."""
BRIDGED_S = 90.0
"""What drifts out of a place for so long is still there, once that is trouble."""
OURS = 1.0
"""`late_for` when the end was ours."""


MOST_DETOUR = 5.0
"""A chosen way may end where it begins: what is left of it is then not measured by the line between the two."""


def judge(walk: Walk, memory: Memory, now_t: float) -> tuple[State, Trouble]:
    """The first that holds: arrived, overdue, nothing heard, off the way, stopped, slow, on track. What she was asked
    about when she changed the walk is wrong until something newer is known."""
    state, trouble = _seen(walk, memory, now_t)
    if memory.held and not trouble:
        if _goes_on(walk, memory):
            return state, memory.held
        memory.held = ""
    return state, trouble


def _goes_on(walk: Walk, memory: Memory) -> bool:
    """Nothing since the change says that the trouble before it is over. Lateness only her word ends."""
    if memory.held == "stopped":
        return memory.stay_t <= memory.way_t
    if memory.held == "no_signal":
        return memory.heard_t <= memory.way_t
    if memory.held == "off_route":
        is_inside = walk.has_corridor and memory.middle_t > memory.way_t and not memory.outside_t
        return not is_inside and memory.best_t <= memory.way_t
    return True


def _seen(walk: Walk, memory: Memory, now_t: float) -> tuple[State, Trouble]:
    if memory.is_there:
        return "arrived", ""
    if _is_late(walk, memory, now_t):
        return "overdue", "overdue"
    if now_t - memory.heard_t >= silent_s(memory):
        is_trouble = memory.trouble in LASTING or now_t - memory.heard_t >= _silent_patience_s(walk, memory)
        return "no_signal", "no_signal" if is_trouble else ""
    trouble: Trouble = "stopped" if _stands_too_long(walk, memory) else ""
    if trouble:
        if not memory.trouble and memory.stay_asked_t and now_t - memory.stay_asked_t < AGAIN_S:
            trouble = ""
        else:
            memory.stay_asked_t = now_t
    if memory.is_carried and (memory.trouble == "off_route" or _was_heading_there(walk, memory)):
        return "off_route", "off_route"
    if memory.is_off:
        return "off_route", trouble
    if trouble or _is_still(memory):
        return "stopped", trouble
    return ("slow" if _is_slow(walk, memory, now_t) else "on_track"), ""


def silent_s(memory: Memory) -> float:
    """So long nothing is heard before it is called `no_signal`: four times the usual interval, two to five minutes."""
    return min(max(4.0 * memory.interval_s, SILENT_LEAST_S), SILENT_MOST_S)


def grace_s(walk: Walk, memory: Memory) -> float:
    """How much later than she said she may be; more on a longer way."""
    if walk.kind == "timer":
        return TIMER_GRACE_S
    return min(GRACE_S + GRACE_SHARE * _way_s(walk, memory), GRACE_MOST_S)


def _way_s(walk: Walk, memory: Memory) -> float:
    """What a walker needs for it; a way that she has exchanged for a shorter one counts in full."""
    return max(walk.frame.way_m, memory.former_way_m) / WALKING_MPS


def _at_night(walk: Walk, now_t: float) -> bool:
    hour = (now_t / 3600.0 + walk.frame.utc_offset_h) % 24.0
    return hour >= NIGHT_FROM_H or hour < NIGHT_UNTIL_H


def _silent_patience_s(walk: Walk, memory: Memory) -> float:
    if walk.kind == "timer":
        return float("inf")  # a meeting in a cellar: her own time counts
    patience = walk.patience
    at_night = _at_night(walk, memory.heard_t)
    if memory.set_out_t or not walk.has_way:
        is_far = walk.has_way and hypot(memory.last_x, memory.last_y) > FAR_M
        return (patience.silent_far_s if is_far else patience.silent_s)[at_night]
    return (patience.not_set_out_s if _is_home(walk) else patience.silent_not_set_out_s)[at_night]


def _is_late(walk: Walk, memory: Memory, now_t: float) -> bool:
    end_t = walk.until_t
    key = OURS if end_t is None else end_t
    if memory.late_for == key:
        return True
    if end_t is None:
        is_late = now_t >= _our_end_t(walk, memory, _at_night(walk, now_t))
    else:
        grace = grace_s(walk, memory)
        is_nearing = memory.best_t > 0.0 and now_t - memory.best_t < NEARING_S
        is_late = now_t >= end_t + (2.0 * grace if is_nearing else grace)
    memory.late_for = key if is_late else 0.0
    return is_late


def _our_end_t(walk: Walk, memory: Memory, at_night: bool) -> float:
    """The end follows her: every minute that she moves moves it too, pauses use up what they are given."""
    way_s = _way_s(walk, memory)
    longest_t = walk.begun_t + walk.patience.longest_s + 3.0 * way_s
    if not memory.set_out_t:
        return longest_t
    end_t = memory.set_out_t + 1.5 * memory.moved_s + way_s + walk.patience.idle_s[at_night]
    return min(end_t, longest_t)


def _stands_too_long(walk: Walk, memory: Memory) -> bool:
    if walk.kind == "timer" or not memory.stay_t:
        return False
    if memory.stay_left_t and (memory.trouble != "stopped" or memory.middle_t - memory.stay_left_t >= BRIDGED_S):
        return False
    lasted_s = memory.middle_t - memory.stay_t
    patience = walk.patience
    if lasted_s < patience.shortest_stay_s:
        return False
    at_night = _at_night(walk, memory.stay_t)
    if not memory.set_out_t:
        lasted_s = memory.middle_t - max(memory.stay_t, memory.way_t)
        return not _is_home(walk) and lasted_s >= patience.not_set_out_s[at_night]
    is_walking = memory.stay_moved_s > 0.6 * lasted_s and memory.stay_onward >= ONWARD
    if is_walking or memory.stay_spread_m >= LYING_M[at_night]:
        return lasted_s >= patience.around_s[at_night]
    return lasted_s >= (patience.still_off_route_s if memory.is_off else patience.still_s)[at_night]


def _was_heading_there(walk: Walk, memory: Memory) -> bool:
    """By day a ride elsewhere is an errand unless she was on her way on foot to where she said she goes."""
    return _at_night(walk, memory.outside_t) or memory.ride_afoot_m >= max(
        AFOOT_LEAST_M, AFOOT_SHARE * walk.frame.straight_m
    )


def _is_home(walk: Walk) -> bool:
    """Begin and end are one place, which she has not left yet."""
    return walk.has_way and walk.frame.straight_m <= SET_OUT_M


def _is_still(memory: Memory) -> bool:
    """Within one place for minutes, and hardly moving there."""
    if not memory.stay_t or memory.stay_left_t:
        return False
    lasted_s = memory.middle_t - memory.stay_t
    if lasted_s < STAY_S:
        return False
    last = sorted(memory.speeds[-4:])
    return lasted_s >= STILL_ANYHOW_S or not last or last[len(last) // 2] < STILL_MPS


def _pace_mps(memory: Memory) -> float:
    """Median of the windows in which she moved; a walker's until there are four."""
    paces = memory.paces
    if len(paces) < 4:
        return WALKING_MPS
    return sorted(paces)[len(paces) // 2]


def eta_t(walk: Walk, memory: Memory, now_t: float) -> float | None:
    """Seconds of the epoch; None: without a destination and an end nobody can say."""
    if not walk.has_way:
        return walk.until_t
    frame = walk.frame
    detour = min(frame.way_m / frame.straight_m, MOST_DETOUR) if frame.straight_m else 1.0
    left_m = hypot(memory.last_x, memory.last_y) if memory.last_t else frame.straight_m
    return max(now_t, walk.begun_t) + left_m * detour / _pace_mps(memory)


def _is_slow(walk: Walk, memory: Memory, now_t: float) -> bool:
    if not walk.has_corridor or not memory.set_out_t or len(memory.paces) < 4:
        return False
    planned_t = walk.until_t or memory.set_out_t + walk.frame.way_m / WALKING_MPS
    expected_t = eta_t(walk, memory, now_t) or now_t
    return expected_t > planned_t + grace_s(walk, memory) * (0.5 if memory.state == "slow" else 1.0)


def look_t(walk: Walk, memory: Memory) -> float | None:
    """The first moment after `memory.at` at which time alone may change something."""
    if memory.state == "arrived":
        return None
    moments = [memory.heard_t + silent_s(memory)]
    moments.append(memory.heard_t + _silent_patience_s(walk, memory))
    if walk.until_t is None:
        moments += [_our_end_t(walk, memory, at_night) for at_night in (False, True)]
    else:
        grace = grace_s(walk, memory)
        moments += [walk.until_t + grace, walk.until_t + 2.0 * grace, memory.best_t + NEARING_S]
    moments.append(memory.at + _until_night_changes_s(walk, memory.at))
    return min(moment for moment in moments if memory.at < moment < float("inf"))


def _until_night_changes_s(walk: Walk, now_t: float) -> float:
    hour = (now_t / 3600.0 + walk.frame.utc_offset_h) % 24.0
    return min((border - hour) % 24.0 or 24.0 for border in (NIGHT_FROM_H, NIGHT_UNTIL_H)) * 3600.0
