"""What matching plate reads against a wanted list costs and how often it errs, one core, no database; and how soon
two real processes know of a push (`tests/bench/plate_list.py`).

`python -m tests.bench.plates --json [--wanted 100000] [--reads 1000000] [--batch 2000] [--rounds 7] [--trials 20]`
prints one object; `--trials 0` starts no processes.

- `reads_per_s`: JSON bytes in (columns of camera, time, plate, confidence; 1 read of 200 spelled with gaps or in
  NFD), decoded, normalised, matched; processor time, median of the rounds. Nobody's plates, as nearly all reads are.
  `reads_per_s_rows`: the same as lists of 1,000 objects. Both through what the readers' door calls. `floor_per_s`: the
  columns parsed by orjson and looked up in a set, without a rule: the shortest program. `national_ratio`: ÷ 510,000,
  the cameras of the country at one read a second.
- `added_s`: from an entry added to its first match, the slowest of 1,000; in the process. `list_update_s` and the
  others of `plate_list`: from the push over HTTP to the hit on disk that the slower of two processes found.
- `false_hits_per_million`: reads of nobody's plates through the measured reader that became an automatic hit;
  `near_per_million`: those that a person is shown for nothing. `exact_by_text_per_million`: what matching by text
  alone, without the confidence bar, would have hit falsely.
- `recall_exact`: reads of wanted plates that were an automatic hit on the right one; `recall_near`: of the others,
  those shown to a person with the right one first; `recall`: either. The reader that errs and the model that judges
  were measured on the same drawn plates: a city's reader will differ, and `fit` is for that.

Asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import orjson

from server.plates.confusion import shipped
from server.plates.grammar import parse
from server.plates.matching import Entry, Read, WantedList
from server.plates.reads import Confidences
from server.plates.rows import MOST_ROWS, decode_any
from server.plates.texts import Texts, texts_of
from tests.bench import plate_list
from tests.server.plates.channel import Channel
from tests.server.plates.fleet import random_plate, spelled_anyhow

NATIONAL = 510_000
NOW = datetime(2026, 11, 23, tzinfo=UTC)
LATER = NOW + timedelta(days=30)


def wanted_plates(count: int, chance: random.Random) -> list[str]:
    """Different plates that can be told from others: those without their region are not pushed."""
    found: dict[str, None] = {}
    while len(found) < count:
        plate = parse(random_plate(chance))
        if plate.is_whole:
            found[plate.text] = None
    return list(found)


def nobodys(count: int, wanted: set[str], chance: random.Random) -> Iterator[str]:
    while count:
        if (plate := random_plate(chance)) not in wanted:
            count -= 1
            yield plate


CAMERAS = [f"c{number:04d}" for number in range(2000)]
BEGIN = "2026-11-23T00:00:00Z"


def bodies(reads: Sequence[Read], size: int, chance: random.Random, *, rows: bool) -> list[bytes]:
    found = []
    for start in range(0, len(reads), size):
        part = [
            one if chance.random() >= 0.005 else one._replace(text=spelled_anyhow(one.text, chance))
            for one in reads[start : start + size]
        ]
        found.append(orjson.dumps(as_rows(part, chance) if rows else as_columns(part, chance)))
    return found


def as_rows(part: Sequence[Read], chance: random.Random) -> list[dict[str, Any]]:
    return [
        {"camera": chance.choice(CAMERAS), "at": f"{BEGIN[:-1]}.{chance.randrange(1000):03d}Z", "plate": one.text}
        | {"confidence": one.confidence, "lines": one.lines}
        for one in part
    ]


def as_columns(part: Sequence[Read], chance: random.Random) -> dict[str, Any]:
    return {
        "cameras": CAMERAS,
        "camera": [chance.randrange(len(CAMERAS)) for _ in part],
        "from": BEGIN,
        "after_ms": [chance.randrange(1000) for _ in part],
        "plates": [one.text for one in part],
        "confidences": [one.confidence for one in part],
        "two_lines": [at for at, one in enumerate(part) if one.lines == 2],
    }


def reads_per_s(wanted: WantedList, sent: list[bytes], count: int, rounds: int) -> float:
    speeds = []
    for _ in range(rounds):
        began = time.process_time()
        for body in sent:
            batch = decode_any(body)
            wanted.scan(batch.plates, batch.confidences, NOW, batch.two_lines)
        speeds.append(count / (time.process_time() - began))
    return statistics.median(speeds)


def floor_per_s(texts: set[str], sent: list[bytes], count: int, rounds: int) -> float:
    """The same bodies, parsed and looked up in a set, nothing else."""
    speeds = []
    for _ in range(rounds):
        began = time.process_time()
        for body in sent:
            texts.isdisjoint(orjson.loads(body)["plates"])
        speeds.append(count / (time.process_time() - began))
    return statistics.median(speeds)


def added_s(wanted: WantedList, chance: random.Random) -> float:
    slowest = 0.0
    for number, text in enumerate(wanted_plates(1000, chance)):
        plate = parse(text)
        began = time.perf_counter()
        wanted.add(Entry(f"pushed-{number}", plate, LATER))
        found = wanted.match(Read(text, 1.0, 1), NOW)
        slowest = max(slowest, time.perf_counter() - began)
        assert found is not None and found.entries[-1].entry_id == f"pushed-{number}", text
        wanted.remove(f"pushed-{number}")
    return slowest


def errors(wanted: WantedList, texts: set[str], reads: Sequence[Read]) -> dict[str, float]:
    hits = [match for _, match in wanted.scan(*columns(reads))]
    by_text = sum(one.text in texts for one in reads)
    million = len(reads) / 1e6
    return {
        "false_hits_per_million": round(sum(match.kind == "exact" for match in hits) / million, 3),
        "near_per_million": round(sum(match.kind == "near" for match in hits) / million, 1),
        "exact_by_text_per_million": round(by_text / million, 1),
    }


def columns(reads: Sequence[Read]) -> tuple[Texts, Confidences, datetime, set[int]]:
    two_lines = {at for at, one in enumerate(reads) if one.lines == 2}
    confidences = np.array([one.confidence for one in reads], dtype=float)
    return texts_of([one.text for one in reads]), confidences, NOW, two_lines


def recall(wanted: WantedList, texts: Sequence[str], channel: Channel, count: int) -> dict[str, float]:
    exact = near = 0
    chosen = random.Random("recall").choices(texts, k=count)
    reads = [channel.read(text) for text in chosen]
    for at, match in wanted.scan(*columns(reads)):
        if match.entries[0].plate.text == chosen[at]:
            exact += match.kind == "exact"
            near += match.kind == "near"
    return {
        "recall_exact": round(exact / count, 4),
        "recall_near": round(near / max(1, count - exact), 4),
        "recall": round((exact + near) / count, 4),
    }


def measure(count: int, reads: int, batch: int, rounds: int) -> dict[str, Any]:
    chance = random.Random(510)
    model = shipped()
    texts = wanted_plates(count, chance)
    entries = [Entry(str(number), parse(text), LATER) for number, text in enumerate(texts)]
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    wanted = WantedList(model, entries)
    built_s = time.process_time() - began
    list_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1024
    channel, known = Channel(chance), set(texts)
    told = [channel.read(plate) for plate in nobodys(reads, known, chance)]
    timed = told[:200_000]
    sent = bodies(timed, batch, chance, rows=False)
    speed = reads_per_s(wanted, sent, len(timed), rounds)
    by_rows = reads_per_s(wanted, bodies(timed, MOST_ROWS, chance, rows=True), len(timed), rounds)
    return {
        "wanted": count,
        "reads": reads,
        "reads_per_s": round(speed),
        "national_ratio": round(speed / NATIONAL, 2),
        "floor_per_s": round(floor_per_s(known, sent, len(timed), rounds)),
        "reads_per_s_rows": round(by_rows),
        "looked_at_closely": round(sum((one.confidence or 0) < wanted.sure_from for one in told) / len(told), 4),
        "sure_from": wanted.sure_from,
        "automatic_from": model.automatic_from,
        "added_s": round(added_s(wanted, chance), 6),
        "build_s": round(built_s, 2),
        "list_mb": round(list_mb),
        **errors(wanted, known, told),
        **recall(wanted, texts, channel, min(reads, 200_000)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="as always")
    parser.add_argument("--wanted", type=int, default=100_000)
    parser.add_argument("--reads", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=2_000, help="reads in a body")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--trials", type=int, default=20, help="pushes that two processes have to hear of")
    given = parser.parse_args()
    found = measure(given.wanted, given.reads, given.batch, given.rounds)
    if given.trials:
        found |= plate_list.measure(given.wanted, given.trials)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
