"""Who did something: the actor of an event; pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """`kind` is operator, agent, person, guardian or system; `name` is sealed with the event's payload."""

    kind: str
    id: str
    name: str = ""


SYSTEM = Actor("system", "system", "Ansim")
