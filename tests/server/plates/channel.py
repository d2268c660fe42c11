"""A reader that errs as the measured one did (fixtures/plates/channel.json): a plate in, what it says out."""

import json
import random
from pathlib import Path

from server.plates.grammar import shape_of
from server.plates.matching import Read

FIXTURE = Path(__file__).resolve().parents[3] / "fixtures" / "plates" / "channel.json"
READY = 4096


class Channel:
    """Whole reads are drawn: how sure the reader was, and how many signs were wrong, come from the same read. Which
    signs these are goes by how often each was misread, so that a plate of difficult signs is misread more often."""

    def __init__(self, chance: random.Random) -> None:
        told = json.loads(FIXTURE.read_text(encoding="utf-8"))
        self._chance = chance
        bins: int = told["bins"]
        drawn = chance.choices([int(at) for at in told["right"]], list(told["right"].values()), k=READY)
        self._right = [(at + chance.random()) / bins for at in drawn]
        self._wrong: list[tuple[float, int]] = told["wrong"]
        self._short: list[float] = told["short"]
        self._short_share = len(self._short) / told["long_plates"]
        self._region_lost: float = told["region_lost"]
        self._other = {
            truth: ([read for read in said if read != truth], [count for read, count in said.items() if read != truth])
            for truth, said in told["read_as"].items()
        }
        sizes = {truth: sum(said.values()) for truth, said in told["read_as"].items()}
        self._errs = {truth: sum(counts) / sizes[truth] for truth, (_, counts) in self._other.items()}
        # Several wrong signs come together: fewer plates are wrong than signs.
        self._together = len(self._wrong) / sum(count for _, count in self._wrong)

    def read(self, plate: str) -> Read:
        """`lines` is 2 where a region stands above: the reader sees the frame even when the upper line is lost."""
        chance = self._chance
        shape = shape_of(plate)
        assert shape is not None, plate
        lines = 2 if shape.region else 1
        signs = [*([shape.region] if shape.region else []), *shape.core]
        errs = [self._errs.get(sign, 0.0) for sign in signs]
        if len(shape.class_no) == 3 and self._short and chance.random() < self._short_share:
            return Read(plate[1:], chance.choice(self._short), lines)
        if chance.random() >= self._together * sum(errs):
            sure = self._right[int(chance.random() * READY)]
        else:
            sure, count = chance.choice(self._wrong)
            for _ in range(count):
                (at,) = chance.choices(range(len(signs)), errs)
                others, counts = self._other.get(signs[at], ([], []))
                if others:
                    signs[at] = chance.choices(others, counts)[0]
        lost = shape.region and chance.random() < self._region_lost
        return Read("".join(signs[1:] if lost else signs), round(sure, 4), lines)
