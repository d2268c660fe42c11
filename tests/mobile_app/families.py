"""Families of motions for the shake detector's robustness map: what a phone feels on a body, in a hand, on wheels.

Physics with the spread of people, all synthetic: each family draws its numbers from the `random.Random` it is given
and returns `force(t_s) -> (x, y, up)` in m/s² as `motions.sampled` takes it. A jogger's trunk flies and strikes; a
thigh or a forearm adds its pendulum (tangential `L·θ''`, centripetal `L·θ'²`, gravity turned by θ); heel strikes ring;
roads are sums of many sines. A hand that shakes goes along a line, an arc or an ellipse, never in quite the same beat.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from tests.mobile_app.motions import Force, G, Vector

TAU = 2 * math.pi
Family = Callable[[random.Random], Force]


def _beat(rng: random.Random, hz: float, wander: float) -> Callable[[float], float]:
    """Phase in radians of something that keeps `hz` but for a share `wander`."""
    a, b = rng.uniform(0, TAU), rng.uniform(0, TAU)
    slow, fast = rng.uniform(0.1, 0.3), rng.uniform(0.5, 1.1)

    def phase(t: float) -> float:
        shift = math.sin(TAU * slow * t + a) / slow + math.sin(TAU * fast * t + b) / fast
        return TAU * hz * t + 0.7 * wander * hz * shift

    return phase


def _road(rng: random.Random, low_hz: float, high_hz: float, rms: float) -> Force:
    """Random vibration in three directions, most of it up and down."""
    parts = [(rng.uniform(low_hz, high_hz), rng.uniform(0, TAU), axis) for axis in (0, 1, 2, 2, 2) for _ in range(4)]
    size = rms * math.sqrt(2 / len(parts))

    def force(t: float) -> Vector:
        out = [0.0, 0.0, G]
        for hz, at, axis in parts:
            out[axis] += size * math.sin(TAU * hz * t + at)
        return (out[0], out[1], out[2])

    return force


def _gait(rng: random.Random, *, hz: float, duty: float, ring: float, limb_m: float, swing_rad: float) -> Force:
    """Steps at `hz`; the phone on a limb that swings once every two steps; strikes that ring with `ring` m/s²."""
    phase_of = _beat(rng, hz, 0.02)
    push = G * math.pi / (2 * duty)
    fore, sway = rng.uniform(0.5, 6), rng.uniform(0.5, 4)
    limp, ring_hz, dying_s = rng.uniform(0.75, 1.25), rng.uniform(9, 22), rng.uniform(0.02, 0.05)
    lead, lean = rng.uniform(0, TAU), rng.uniform(-0.5, 0.9)
    pull = [rng.gauss(0, 1) for _ in range(3)]
    length = math.hypot(*pull)

    def force(t: float) -> Vector:
        steps, phase = divmod(phase_of(t) / TAU, 1.0)
        strength = limp if int(steps) % 2 else 2 - limp
        up = strength * push * math.sin(math.pi * phase / duty) if phase < duty else 0.0
        since_s = phase / hz
        rung = strength * ring * math.exp(-since_s / dying_s) * math.sin(TAU * ring_hz * since_s)
        stride = phase_of(t) / 2 + lead
        omega = math.pi * hz
        angle = lean + swing_rad * math.sin(stride)
        tangential = -limb_m * swing_rad * omega * omega * math.sin(stride)
        centripetal = limb_m * (swing_rad * omega * math.cos(stride)) ** 2
        forward = fore * math.sin(TAU * phase) + tangential * math.cos(angle)
        upward = up + centripetal * math.cos(angle) + tangential * math.sin(angle) * 0.5
        turned_x = forward * math.cos(angle) + upward * math.sin(angle)
        turned_z = upward * math.cos(angle) - forward * math.sin(angle)
        side = sway * math.sin(stride)
        return tuple(v + rung * p / length for v, p in zip((turned_x, side, turned_z), pull, strict=True))  # type: ignore[return-value]

    return force


def walk(rng: random.Random) -> Force:
    return _gait(rng, hz=rng.uniform(1.4, 2.3), duty=rng.uniform(0.95, 1.0), ring=rng.uniform(0, 9),
                 limb_m=rng.choice((0.0, 0.25, 0.5)), swing_rad=rng.uniform(0.1, 0.5))  # fmt: skip


def jog_at_the_waist(rng: random.Random) -> Force:
    return _gait(rng, hz=rng.uniform(2.3, 2.95), duty=rng.uniform(0.45, 0.85), ring=rng.uniform(0, 30),
                 limb_m=rng.uniform(0, 0.05), swing_rad=rng.uniform(0, 0.15))  # fmt: skip


def jog_in_a_pocket(rng: random.Random) -> Force:
    return _gait(rng, hz=rng.uniform(2.3, 2.95), duty=rng.uniform(0.5, 0.85), ring=rng.uniform(3, 40),
                 limb_m=rng.uniform(0.15, 0.4), swing_rad=rng.uniform(0.3, 0.9))  # fmt: skip


def jog_in_the_hand(rng: random.Random) -> Force:
    return _gait(rng, hz=rng.uniform(2.3, 2.95), duty=rng.uniform(0.5, 0.85), ring=rng.uniform(0, 8),
                 limb_m=rng.uniform(0.3, 0.6), swing_rad=rng.uniform(0.2, 0.95))  # fmt: skip


def jog_with_a_strong_second_harmonic(rng: random.Random, least_step_mps2: float = 8.6) -> Force:
    """Two beats to a step, each in a direction of its own: a loose pocket, a heel and a toe, an arm against its swing.

    The trunk goes up and down by at least 3 cm at 2.7 Hz (`least_step_mps2`): less, and no foot leaves the ground.
    """
    phase_of, limp = _beat(rng, rng.uniform(2.3, 2.95), 0.02), rng.uniform(-0.2, 0.2)
    parts = []
    for beats, least, most in ((0.5, 3, 8), (1, least_step_mps2, 15), (1.5, 0, 5), (2, 5, 18), (3, 0, 8)):
        way = [rng.gauss(0, 1) for _ in range(3)]
        size = rng.uniform(least, most) / math.hypot(*way)
        parts.append((beats, rng.uniform(0, TAU), [size * one for one in way]))

    def force(t: float) -> Vector:
        phase = phase_of(t)
        step = 1 + (limp if int(phase / TAU) % 2 else -limp)
        x, y, z = 0.0, 0.0, G
        for beats, at, (a, b, c) in parts:
            push = step * math.sin(beats * phase + at)
            x, y, z = x + push * a, y + push * b, z + push * c
        return (x, y, z)

    return force


def sprint(rng: random.Random) -> Force:
    return _gait(rng, hz=rng.uniform(3.0, 4.2), duty=rng.uniform(0.45, 0.65), ring=rng.uniform(3, 18),
                 limb_m=rng.uniform(0.05, 0.4), swing_rad=rng.uniform(0.3, 0.9))  # fmt: skip


def stairs_down_fast(rng: random.Random) -> Force:
    return _gait(rng, hz=rng.uniform(1.8, 3.2), duty=rng.uniform(0.6, 1.0), ring=rng.uniform(5, 20),
                 limb_m=rng.choice((0.0, 0.3)), swing_rad=rng.uniform(0.1, 0.4))  # fmt: skip


def jumping(rng: random.Random) -> Force:
    """On the spot, with a rope, on a trampoline."""
    hz, duty = rng.choice(((2.2, 0.45), (2.8, 0.5), (3.2, 0.6), (1.0, 0.35)))
    return _gait(rng, hz=hz * rng.uniform(0.9, 1.1), duty=duty, ring=rng.uniform(2, 20),
                 limb_m=rng.choice((0.0, 0.3)), swing_rad=rng.uniform(0, 0.2))  # fmt: skip


def sitting_down_falling_dropping(rng: random.Random) -> Force:
    """Every four seconds a free fall of 0 to 0.6 s, a blow, its ringing, and another posture."""
    falls = rng.uniform(0, 0.6)
    blow, ring_hz, dying_s = rng.uniform(15, 80), rng.uniform(4, 15), rng.uniform(0.05, 0.2)

    def force(t: float) -> Vector:
        n, at = divmod(t, 4.0)
        lying = int(n) % 2
        if 1.0 - falls <= at < 1.0:
            return (0.5, 0.3, 0.5)
        rung = blow * math.exp(-(at - 1) / dying_s) * math.cos(TAU * ring_hz * (at - 1)) if at >= 1 else 0.0
        level = at >= 1.0 if lying else at < 1.0
        return (G + rung, 0.4 * rung, 0.3 * rung) if level else (0.3 * rung, 0.4 * rung, G + rung)

    return force


def driving(rng: random.Random) -> Force:
    """Car, bus, train: the body at 1 to 3 Hz, wheels at 8 to 15 Hz, now and then a bump."""
    body, wheels = _road(rng, 0.8, 3, rng.uniform(0.5, 3)), _road(rng, 8, 15, rng.uniform(0.3, 3))
    every, size = rng.uniform(4, 15), rng.uniform(5, 20)

    def force(t: float) -> Vector:
        since = t % every
        bump = size * math.exp(-since / 0.3) * math.sin(TAU * 1.6 * since)
        a, b = body(t), wheels(t)
        return (a[0] + b[0], a[1] + b[1], a[2] + b[2] - G + bump)

    return force


def bicycle_on_cobbles(rng: random.Random) -> Force:
    return _road(rng, rng.uniform(3, 6), rng.uniform(12, 22), rng.uniform(5, 15))


def motorbike(rng: random.Random) -> Force:
    road, engine_hz, size = _road(rng, 1, 6, rng.uniform(1, 5)), rng.uniform(25, 90), rng.uniform(2, 12)

    def force(t: float) -> Vector:
        x, y, z = road(t)
        return (x, y + 0.5 * size * math.cos(TAU * engine_hz * t), z + size * math.sin(TAU * engine_hz * t))

    return force


def washing_machine(rng: random.Random) -> Force:
    """Spinning at 7 to 20 turns a second: a circle, not a line."""
    hz, size = rng.uniform(7, 20), rng.uniform(5, 30)
    return lambda t: (size * math.cos(TAU * hz * t), size * math.sin(TAU * hz * t), G)


def _arm(rng: random.Random, *, hz: float, peak: float, spike: float = 0.0, wander: float = 0.08) -> Force:
    """A forearm to and fro about an elbow: tangential, centripetal and turned gravity, with blows on one side."""
    phase_of, radius_m = _beat(rng, hz, wander), rng.uniform(0.2, 0.45)
    omega = TAU * hz
    swing = peak / (radius_m * omega * omega)
    lean, breath = rng.uniform(-1.2, 1.2), rng.uniform(0.05, 0.25)
    breath_hz, other = rng.uniform(0.2, 0.6), rng.uniform(0.05, 0.3)

    def force(t: float) -> Vector:
        phase = phase_of(t)
        size = 1 + breath * math.sin(TAU * breath_hz * t)
        angle = lean + size * swing * math.sin(phase)
        along = -size * peak * math.sin(phase) + G * math.sin(angle)
        inward = radius_m * (size * swing * omega * math.cos(phase)) ** 2 + G * math.cos(angle)
        blow = spike * max(0.0, math.sin(phase)) ** 12
        return (along + blow, other * peak * math.sin(phase / 2 + 0.4), inward + 0.3 * blow)

    return force


def waving(rng: random.Random) -> Force:
    """Hello, a fan, dancing arms, washing a car, an eraser: 0.7 to 3 Hz."""
    return _arm(rng, hz=rng.uniform(0.7, 3.0), peak=rng.uniform(3, 13))


def small_and_fast(rng: random.Random) -> Force:
    """Scratching, brushing teeth, trembling, a rattle: quick but weak."""
    return _arm(rng, hz=rng.uniform(3.5, 8), peak=rng.uniform(1, 10))


def striking(rng: random.Random) -> Force:
    """Drumming, clapping, hammering, chopping: a blow on one side of each beat."""
    return _arm(rng, hz=rng.uniform(1.5, 4.5), peak=rng.uniform(3, 9), spike=rng.uniform(15, 60))


def gesturing(rng: random.Random) -> Force:
    """Strong bursts of up to 0.8 s with rests, as when someone talks with the hands or plays with the phone."""
    hz, peak = rng.uniform(2.0, 7.0), rng.uniform(10, 30)
    arm, burst_s, every_s = _arm(rng, hz=hz, peak=peak), rng.uniform(0.2, 0.8), rng.uniform(1.2, 4.0)
    return lambda t: arm(t) if t % every_s < burst_s else (0.0, 0.0, G)


QUIET: dict[str, Family] = {
    "walk": walk,
    "jog, waist": jog_at_the_waist,
    "jog, pocket": jog_in_a_pocket,
    "jog, hand": jog_in_the_hand,
    "jog, strong second harmonic": jog_with_a_strong_second_harmonic,
    "stairs down, fast": stairs_down_fast,
    "jump, rope, trampoline": jumping,
    "sit down, fall, drop": sitting_down_falling_dropping,
    "car, bus, train": driving,
    "bicycle on cobbles": bicycle_on_cobbles,
    "motorbike": motorbike,
    "washing machine": washing_machine,
    "wave, dance, wash a car": waving,
    "brush teeth, scratch": small_and_fast,
    "drum, clap, hammer": striking,
    "gestures up to 0.8 s": gesturing,
    "sprint (3.0 to 4.2 Hz)": sprint,
}


def shaking(
    rng: random.Random, *, hz: float, peak: float, lasting_s: float, below: Force | None = None, start_s: float = 1.5,
    roundness: float = 0.35, turning_rad: float = 0.7, wander: float = 0.07,
) -> Force:  # fmt: skip
    """A hand that means it: on an arc, up to `roundness` of an ellipse, the phone turning, gathering way in 0.1 s."""
    phase_of, radius_m = _beat(rng, hz, wander), rng.uniform(0.15, 0.5)
    omega = TAU * hz
    swing = min(1.2, peak / (radius_m * omega * omega))
    across, late = rng.uniform(0.0, roundness), rng.uniform(0.5, 2.6)
    lean, turn_hz, turn = rng.uniform(-1.5, 1.5), rng.uniform(0.1, 0.4), rng.uniform(0, turning_rad)
    harmonic, at = rng.uniform(0, 0.2), rng.uniform(0, TAU)
    tired, plane = rng.uniform(0.0, 0.3), rng.uniform(-1.5, 1.5)

    def force(t: float) -> Vector:
        carried = below(t) if below else (0.0, 0.0, G)
        if not start_s <= t < start_s + lasting_s:
            return carried
        since = t - start_s
        size = min(1.0, since / 0.1 + 0.3, (lasting_s - since) / 0.1 + 0.3) * (1 - tired * since / lasting_s)
        phase = phase_of(since)
        push = size * peak * (math.sin(phase) + harmonic * math.sin(2 * phase + at))
        cross = size * across * peak * math.sin(phase + late)
        inward = radius_m * (size * swing * omega * math.cos(phase)) ** 2
        angle = plane + turn * math.sin(TAU * turn_hz * since) + 0.5 * size * swing * math.sin(phase)
        x = push * math.cos(angle) - inward * math.sin(angle)
        z = push * math.sin(angle) + inward * math.cos(angle)
        tilted = lean + 0.5 * size * swing * math.sin(phase)
        up, side = carried[2] * math.cos(tilted), carried[2] * math.sin(tilted)
        return (x + carried[0], cross + carried[1] + side, z + up)

    return force
