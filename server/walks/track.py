"""From fixes to what she does: which are believed, windows, pace, where she stays, the corridor, the door. Pure.

Fixes are believed first (order, jumps), then gathered in windows of half a minute, and only the windows' middles are
looked at: noise of every kind is smaller there, and most assessments cost a few additions. A trace of one fix a
minute has one fix in a window.
"""

from __future__ import annotations

from math import hypot, isfinite

from server.walks.memory import Located, Memory, Walk

FASTEST_MPS = 60.0
SLACK_M = 50.0
UNTOLD_ACCURACY_M = 20.0
COARSE_M = 200.0
"""A fix that is less exact is a sign of life, and a place only when it is farther off than twice its error."""
BELIEVE_COUNT, BELIEVE_AFTER_S = 3, 10.0
"""So many fixes that agree with each other and not with the track: the track was wrong."""
DOUBT_S = 300.0
"""After such a change of mind: so long it is not held against her."""
WINDOW_S = 30.0
GAP_S = 150.0
MOVING_MPS, MOVING_OVER_GAP_MPS = 0.5, 0.25
WINDOWS_KEPT = 9
STAY_M, STAY_S, STAY_LEFT_S = 120.0, 180.0, 300.0
SET_OUT_M = 150.0
DWELL_S = 180.0
NEARER_M = 25.0
RIDE_MPS, RIDE_COUNT, RIDE_M = 4.5, 4, 300.0
AFOOT_MPS = 2.5
THERE_M, THERE_S, THERE_LONG_S, THERE_STAY_S, THERE_MOST_M = 60.0, 60.0, 180.0, 600.0, 150.0
THERE_MPS = 0.5


def take(walk: Walk, memory: Memory, position: Located, now_t: float) -> None:
    """A position has come at `now_t`: kept in `memory`. What is no place on earth, or not newer than what is known,
    changes nothing."""
    lat, lon = position.lat, position.lon
    if not (isfinite(lat) and isfinite(lon) and -90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
        return
    if lat == 0.0 and lon == 0.0:
        return
    at_t = min(position.fixed_at.timestamp(), now_t)
    if at_t <= memory.newest_t or at_t < walk.begun_t - GAP_S:
        return
    told = position.accuracy_m
    accuracy_m = UNTOLD_ACCURACY_M if told is None or not isfinite(told) else max(told, 3.0)
    if memory.newest_t:
        memory.interval_s += (min(at_t - memory.newest_t, 120.0) - memory.interval_s) * 0.2
    memory.newest_t, memory.heard_t = at_t, now_t
    x, y = walk.frame.at(lat=lat, lon=lon)
    if _is_believed(memory, at_t, x, y, accuracy_m):
        _gather(walk, memory, at_t, x, y)


def _is_believed(memory: Memory, t: float, x: float, y: float, accuracy_m: float) -> bool:
    """Whether the fix goes into the track; one that does not may found another track."""
    if not memory.last_t:
        if accuracy_m > COARSE_M:
            return False
        return _believe(memory, t, x, y, accuracy_m)
    far_m = hypot(x - memory.last_x, y - memory.last_y)
    if accuracy_m > COARSE_M and far_m < 2.0 * accuracy_m:
        return False
    slack_m = SLACK_M + min(accuracy_m + memory.last_accuracy_m, 500.0)
    since_s = t - memory.last_t
    fits = far_m <= FASTEST_MPS * since_s + slack_m
    if not memory.odd_count:
        return _believe(memory, t, x, y, accuracy_m) if fits else _found(memory, t, x, y)
    odd_m = hypot(x - memory.odd_x, y - memory.odd_y)
    if fits and far_m * (t - memory.odd_t) <= odd_m * since_s:  # as fast from the track as from the odd one, or slower
        return _believe(memory, t, x, y, accuracy_m)
    if odd_m > FASTEST_MPS * (t - memory.odd_t) + slack_m:
        return _believe(memory, t, x, y, accuracy_m) if fits else _found(memory, t, x, y)
    memory.odd_t, memory.odd_x, memory.odd_y = t, x, y
    memory.odd_count += 1
    if memory.odd_count < BELIEVE_COUNT or t - memory.odd_from_t < BELIEVE_AFTER_S:
        return False
    _change_mind(memory, t, x, y, slack_m)
    return _believe(memory, t, x, y, accuracy_m)


def _change_mind(memory: Memory, t: float, x: float, y: float, slack_m: float) -> None:
    """The track goes on elsewhere. Where it goes back to the one before, that one was right and nothing is in doubt."""
    back_m = hypot(x - memory.former_x, y - memory.former_y)
    is_back = memory.former_t > 0.0 and back_m <= FASTEST_MPS / 2 * (t - memory.former_t) + slack_m
    if t < memory.doubt_until_t and is_back:
        memory.doubt_until_t, memory.former_t = t, 0.0
    else:
        memory.doubt_until_t = t + DOUBT_S
        memory.former_t, memory.former_x, memory.former_y = memory.last_t, memory.last_x, memory.last_y
    memory.window_count, memory.middle_t, memory.there_t = 0, 0.0, 0.0


def _believe(memory: Memory, t: float, x: float, y: float, accuracy_m: float) -> bool:
    memory.last_t, memory.last_x, memory.last_y, memory.last_accuracy_m = t, x, y, accuracy_m
    memory.odd_count = 0
    return True


def _found(memory: Memory, t: float, x: float, y: float) -> bool:
    memory.odd_t, memory.odd_x, memory.odd_y = t, x, y
    memory.odd_count, memory.odd_from_t = 1, t
    return False


def _gather(walk: Walk, memory: Memory, t: float, x: float, y: float) -> None:
    count = memory.window_count
    if count and t - memory.window_t >= WINDOW_S:
        first_t = memory.window_t
        _close(
            walk,
            memory,
            first_t + memory.window_sum_t / count,
            memory.window_sum_x / count,
            memory.window_sum_y / count,
        )
        count = 0
    if not count:
        memory.window_t = t
        memory.window_sum_t = memory.window_sum_x = memory.window_sum_y = 0.0
    memory.window_count = count + 1
    memory.window_sum_t += t - memory.window_t
    memory.window_sum_x += x
    memory.window_sum_y += y


def _close(walk: Walk, memory: Memory, t: float, x: float, y: float) -> None:
    """A window is full: its middle is where she was."""
    before_t, before_x, before_y = memory.middle_t, memory.middle_x, memory.middle_y
    memory.middle_t, memory.middle_x, memory.middle_y = t, x, y
    step_m, step_s, is_moving, onward = 0.0, 0.0, False, 0.0
    if before_t:
        step_x, step_y = x - before_x, y - before_y
        step_m, step_s = hypot(step_x, step_y), t - before_t
        is_moving = _pace(memory, step_m, step_s)
        both = step_m * hypot(memory.step_x, memory.step_y)
        onward = (step_x * memory.step_x + step_y * memory.step_y) / both if both else 0.0
        memory.step_x, memory.step_y = step_x, step_y
    is_doubtful = t < memory.doubt_until_t
    if not is_doubtful:
        _set_out(walk, memory, t, x, y)
    _stay(memory, t, x, y, step_s if is_moving else 0.0, onward, is_doubtful)
    if not walk.has_way or t < memory.way_t:
        return
    left_m = hypot(x, y)
    if walk.has_corridor:
        nearer_m = hypot(before_x, before_y) - left_m if before_t else 0.0
        _ride(memory, step_m, step_s, nearer_m, is_doubtful)
        _corridor(walk, memory, t, x, y, left_m)
    if not memory.best_t or left_m < memory.best_m - NEARER_M:
        memory.best_m, memory.best_t = left_m, t
    if not memory.held:
        _door(walk, memory, t, x, y, left_m)


def _pace(memory: Memory, step_m: float, step_s: float) -> bool:
    """Speeds of the last windows, and of those in which she moved; whether she moved in this one."""
    speed = step_m / step_s
    is_moving = speed >= (MOVING_MPS if step_s <= GAP_S else MOVING_OVER_GAP_MPS)
    memory.speeds = (*memory.speeds[1 - WINDOWS_KEPT :], speed)
    if is_moving:
        memory.moved_s += step_s
        memory.paces = (*memory.paces[1 - WINDOWS_KEPT :], speed)
    return is_moving


def _set_out(walk: Walk, memory: Memory, t: float, x: float, y: float) -> None:
    if memory.set_out_t:
        return
    begin = walk.frame.begin
    if begin is None or hypot(x - begin[0], y - begin[1]) > SET_OUT_M:
        memory.away_count += 1
        if memory.away_count >= 2:
            memory.set_out_t = t
    else:
        memory.away_count = 0


def _stay(memory: Memory, t: float, x: float, y: float, moved_s: float, onward: float, is_doubtful: bool) -> None:
    """A place where she stays is left when she has been out of it for some minutes, or is far: what drifts comes back
    and a stay goes on."""
    far_m = hypot(x - memory.stay_x, y - memory.stay_y)
    reach_m = STAY_M + min(memory.last_accuracy_m, 80.0)
    if memory.stay_t and far_m <= reach_m:
        memory.stay_left_t = 0.0
        memory.stay_count = count = min(memory.stay_count + 1, 20)
        memory.stay_x += (x - memory.stay_x) / count
        memory.stay_y += (y - memory.stay_y) / count
        memory.stay_spread_m += (far_m - memory.stay_spread_m) / count
        memory.stay_moved_s += moved_s
        memory.stay_onward += (onward - memory.stay_onward) / count
        return
    lasted_s = (memory.stay_left_t or t) - memory.stay_t
    if memory.stay_t and lasted_s >= STAY_S:
        if not memory.stay_left_t:
            memory.stay_left_t = t
            return
        out_s = t - memory.stay_left_t
        if out_s < STAY_LEFT_S and (is_doubtful or out_s < 2 * WINDOW_S or far_m < 3.0 * reach_m):
            return
    memory.stay_t, memory.stay_x, memory.stay_y = t, x, y
    memory.stay_count, memory.stay_spread_m, memory.stay_moved_s = 1, 0.0, 0.0
    memory.stay_left_t = memory.stay_onward = memory.stay_asked_t = 0.0


def _ride(memory: Memory, step_m: float, step_s: float, nearer_m: float, is_doubtful: bool) -> None:
    """Counts windows at a vehicle's speed away from the destination; stops at lights count neither way. And how much
    nearer she came on foot: that is where she was heading."""
    if not step_s or is_doubtful or step_s > 2 * GAP_S:
        return
    if step_m < RIDE_MPS * step_s:
        if step_m < AFOOT_MPS * step_s:
            memory.afoot_m = max(0.0, memory.afoot_m + nearer_m)
        return
    if nearer_m < -0.4 * step_m:
        if not memory.ride_count:
            memory.ride_afoot_m = memory.afoot_m
        memory.ride_count = min(memory.ride_count + 1, 2 * RIDE_COUNT)
    elif nearer_m > 0.2 * step_m:
        memory.ride_count = 0


def _corridor(walk: Walk, memory: Memory, t: float, x: float, y: float, left_m: float) -> None:
    """Off the way: outside the corridor for a while and not coming nearer; or carried away from it."""
    beside_m = walk.frame.off_m(x, y) - min(memory.last_accuracy_m, 200.0)
    if beside_m <= walk.frame.half_width_m:
        memory.outside_t, memory.is_off, memory.is_carried = 0.0, False, False
        return
    if not memory.outside_t:
        memory.outside_t = max(t, memory.doubt_until_t)
        memory.outside_near_m, memory.outside_near_t, memory.outside_far_m = left_m, t, left_m
        return
    memory.outside_far_m = max(memory.outside_far_m, left_m)
    back_m = memory.outside_far_m - left_m
    if left_m < memory.outside_near_m - NEARER_M:
        memory.outside_near_m, memory.outside_near_t = left_m, t
        memory.is_off = memory.is_carried = False
    elif back_m > 100.0 and back_m > 0.2 * (memory.outside_far_m - memory.outside_near_m):
        memory.outside_near_m, memory.outside_near_t, memory.outside_far_m = left_m, t, left_m  # she has turned back
        memory.is_off = memory.is_carried = False
    elif t - max(memory.outside_t, memory.outside_near_t) >= DWELL_S:
        memory.is_off = True
    if memory.ride_count >= RIDE_COUNT and left_m >= memory.outside_near_m + RIDE_M:
        memory.is_carried = memory.is_off = True


def _door(walk: Walk, memory: Memory, t: float, x: float, y: float, left_m: float) -> None:
    """Arrived: near the destination and hardly moving, or there for some minutes; what drifts (indoors) may be
    farther off if it stays long. On a way out and back she must have left first."""
    begin = walk.frame.begin
    if begin is not None and not memory.set_out_t and walk.frame.straight_m <= SET_OUT_M:
        return
    if left_m > THERE_M + min(memory.last_accuracy_m, 60.0):
        memory.there_t = 0.0
        if not memory.stay_left_t and t - memory.stay_t >= THERE_STAY_S:
            reach_m = min(THERE_M + 2.0 * memory.stay_spread_m, THERE_MOST_M)
            memory.is_there = hypot(memory.stay_x, memory.stay_y) <= reach_m
        return
    if not memory.there_t:
        memory.there_t, memory.there_x, memory.there_y = t, x, y
        return
    lasted_s = t - memory.there_t
    went_m = hypot(x - memory.there_x, y - memory.there_y)
    if lasted_s >= THERE_LONG_S or (lasted_s >= THERE_S and went_m < THERE_MPS * lasted_s):
        memory.is_there = True
