"""What a camera's picture is worth, from small grey copies of its key frames; pure.

A camera's own writing (name, clock) stays legible on a covered lens, so light and structure are judged without the
bands at the top and the bottom; but a running clock proves that the encoder is alive, so repetition is judged over all.

`frozen` must not be said of a really still street at night. A sensor always has some noise: several key frames in a
row whose pictures are the same to the last grey step, while the encoder sends next to nothing in between, or whose
bytes come again and again (an encoder that seeks its bit rate may waver between two), come from no lens. `obstructed`
is a lens with no structure before it, or a fixed camera that sees something else than all it has seen before. Day and
night, lamps and snow change a view too; so the comparison is coarse, by the better of light and edges, it follows slow
change, and a new view that has stayed for an hour is accepted, since a camera wrongly called bad would not be chosen.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Health = Literal["working", "dark", "frozen", "obstructed", "down"]
Grey = NDArray[np.uint8]

WIDTH, HEIGHT = 160, 90
_BAND = 12  # rows of writing at the top and the bottom
_GRID = (6, 10)

DARK_P98, DARK_STD = 34.0, 6.0
FLAT_STD, FLAT_EDGE = 9.0, 1.6
SAME_STEPS, SAME_PICTURES, REMEMBERED, STILL_SHARE = 1, 3, 8, 0.02
OTHER_VIEW, KNOWN_VIEWS, FEWEST_LOOKS, ACCEPT_S = 0.3, 6, 3, 3600.0
IN_A_ROW = 2
LEAST_GAP_S = 3.0


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a camera. `at` in seconds of any one clock. `picture`: (HEIGHT, WIDTH), None when no picture came;
    then `fault` says which way. `key_bytes` is the size of the key frame, `digest` of its bytes, `step_bytes` the
    median size of the pictures after it (None: not known). No two looks may be at the same key frame."""

    at: float
    picture: Grey | None
    fault: Literal["down", "frozen"] = "down"
    digest: bytes = b""
    key_bytes: int = 0
    step_bytes: float | None = None


@dataclass(slots=True)
class _View:
    """Something this camera has seen: block means and edge strengths, both with mean 0 and length 1."""

    light: NDArray[np.float64]
    edges: NDArray[np.float64]
    looks: int = 1


@dataclass(slots=True)
class Judge:
    """One camera's history. `see()` each look in order; `health` is what holds, None before the first verdict; `said`
    is what the last look alone said."""

    is_fixed: bool = True
    health: Health | None = None
    said: Health | None = None
    _recent: deque[Look] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _views: list[_View] = field(default_factory=list)
    _strange: _View | None = None
    _strange_since: float = 0.0
    _times: int = 0
    _counted_at: float = -1e9

    @property
    def is_settled(self) -> bool:
        """Working, and the last look said so too."""
        return self.health == self.said == "working"

    def see(self, look: Look) -> Health | None:
        """The health that holds after this look. It changes only when IN_A_ROW looks, at least LEAST_GAP_S apart, say
        the same; a new bad sign begins the count anew."""
        said = self.judge(look)
        if said != self.said:
            self.said, self._times, self._counted_at = said, 1, look.at
        elif look.at - self._counted_at >= LEAST_GAP_S:
            self._times, self._counted_at = self._times + 1, look.at
        if self._times >= IN_A_ROW:
            self.health = said
        return self.health

    def judge(self, look: Look) -> Health:
        """What this look alone says, beside the looks before it."""
        if look.picture is None:
            self._recent.clear()
            return look.fault
        self._recent.append(look)
        if is_dark(look.picture):
            return "dark"
        if self._repeats():
            return "frozen"
        if is_flat(look.picture) or (self.is_fixed and self._is_elsewhere(look)):
            return "obstructed"
        return "working"

    def _repeats(self) -> bool:
        newest = self._recent[-1]
        if newest.digest and sum(one.digest == newest.digest for one in self._recent) >= SAME_PICTURES:
            return True
        last = list(self._recent)[-SAME_PICTURES:]
        if len(last) < SAME_PICTURES or not all(_is_still(one) for one in last):
            return False
        return all(_steps(one.picture, newest.picture) <= SAME_STEPS for one in last)

    def _is_elsewhere(self, look: Look) -> bool:
        assert look.picture is not None
        seen = _view(look.picture)
        near, likeness = _nearest(self._views, seen)
        known = sum(view.looks for view in self._views) >= FEWEST_LOOKS
        if near is not None and (likeness >= OTHER_VIEW or not known):
            _learn(near if likeness >= OTHER_VIEW else None, seen, self._views)
            self._strange = None
            return False
        if near is None:
            self._views.append(seen)
            return False
        if self._strange is None or _likeness(self._strange, seen) < OTHER_VIEW:
            self._strange, self._strange_since = seen, look.at
        elif look.at - self._strange_since >= ACCEPT_S:
            _learn(None, seen, self._views)
            self._strange = None
            return False
        return True


def is_dark(picture: Grey) -> bool:
    """No light worth the name: nearly all black, and nothing that stands out (a street with one lamp is not dark)."""
    scene = _scene(picture)
    return bool(np.percentile(scene, 98) < DARK_P98 and scene.std() < DARK_STD)


def is_flat(picture: Grey) -> bool:
    """Something hangs before the lens, or it is blind: no edges, and light that hardly differs from place to place."""
    scene = _scene(picture).astype(np.float64)
    return bool(scene.std() < FLAT_STD and _gradient(scene).mean() < FLAT_EDGE)


def likeness(one: Grey, other: Grey) -> float:
    """How much two pictures show the same view, from -1 to 1: the better of light and edges, coarsely."""
    return _likeness(_view(one), _view(other))


def _scene(picture: Grey) -> Grey:
    return picture[_BAND:-_BAND]


def _gradient(scene: NDArray[np.float64]) -> NDArray[np.float64]:
    across, down = np.abs(np.diff(scene, axis=1)), np.abs(np.diff(scene, axis=0))
    return np.add(across[:-1], down[:, :-1], dtype=np.float64)


def _view(picture: Grey) -> _View:
    scene = _scene(picture).astype(np.float64)
    return _View(_blocks(scene), _blocks(np.sqrt(_gradient(scene))))


def _blocks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = _GRID
    cut = values[: values.shape[0] // rows * rows, : values.shape[1] // columns * columns]
    means = cut.reshape(rows, cut.shape[0] // rows, columns, cut.shape[1] // columns).mean(axis=(1, 3)).ravel()
    return _unit(means)


def _unit(values: NDArray[np.float64]) -> NDArray[np.float64]:
    centered = values - values.mean()
    length = float(np.linalg.norm(centered))
    unit: NDArray[np.float64] = centered / length if length > 1e-9 else centered
    return unit


def _likeness(one: _View, other: _View) -> float:
    return float(max(one.light @ other.light, one.edges @ other.edges))


def _nearest(views: list[_View], seen: _View) -> tuple[_View | None, float]:
    near = max(views, key=lambda view: _likeness(view, seen), default=None)
    return near, -1.0 if near is None else _likeness(near, seen)


def _learn(near: _View | None, seen: _View, views: list[_View]) -> None:
    """Follow slow change; a new view takes the place of the one seen least."""
    if near is not None:
        share = 1 / min(near.looks + 1, 20)
        near.light = _unit(near.light * (1 - share) + seen.light * share)
        near.edges = _unit(near.edges * (1 - share) + seen.edges * share)
        near.looks += 1
        return
    if len(views) >= KNOWN_VIEWS:
        views.remove(min(views, key=lambda view: view.looks))
    views.append(seen)


def _steps(one: Grey | None, other: Grey | None) -> int:
    assert one is not None and other is not None
    return int(np.abs(one.astype(np.int16) - other).max())


def _is_still(look: Look) -> bool:
    """The encoder found next to nothing to say between two key frames."""
    return look.step_bytes is None or look.step_bytes <= max(200.0, look.key_bytes * STILL_SHARE)
