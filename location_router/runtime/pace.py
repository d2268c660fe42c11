"""How fast somebody may send at a door; pure."""

from __future__ import annotations


class Pace:
    """Who sends faster than agreed waits, and is never refused (invariant 3). Bursts of ten seconds' worth are free.
    What other processes have taken in from a sender is learnt now and then (`spent`, `learn`)."""

    BURST_S = 10.0
    MOST_NAMES = 10_000

    def __init__(self) -> None:
        self._due: dict[str, float] = {}
        self._spent: dict[str, tuple[float, float]] = {}

    def wait_s(self, name: str, *, per_minute: int, now: float, at_most_s: float) -> float:
        """How long this message has to wait; `now` in seconds of any steady clock."""
        step_s, most_s = 60.0 / max(per_minute, 1), self.BURST_S + at_most_s
        due = min(max(self._due.get(name, now), now) + step_s, now + most_s)
        if len(self._due) >= self.MOST_NAMES:  # names may be anybody's: who owes nothing is forgotten
            self._due = {one: at for one, at in self._due.items() if at > now}
            self._spent = {one: spent for one, spent in self._spent.items() if one in self._due}
        self._due[name] = due
        self._spent[name] = (self._spent.get(name, (0.0, 0.0))[0] + step_s, most_s)
        return max(0.0, due - now - self.BURST_S)

    def spent(self) -> dict[str, tuple[float, float]]:
        """By name, the seconds of the agreed rate that were used up since the last call, and the most that may be
        owed; whoever asks tells the other processes."""
        found, self._spent = self._spent, {}
        return found

    def learn(self, name: str, due_s: float, *, now: float) -> None:
        """All processes together owe `due_s`; what came here since `spent` was asked is added."""
        since_s, _ = self._spent.get(name, (0.0, 0.0))
        self._due[name] = max(self._due.get(name, now), now + due_s + since_s)
