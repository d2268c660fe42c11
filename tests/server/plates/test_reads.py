"""Batches of reads: what is wrong is named by its field."""

from typing import Any

import numpy as np
import orjson
import pytest

from server.plates.reads import MOST, BadBatch, decode

GOOD: dict[str, Any] = {
    "cameras": ["c-17", "c-18"],
    "camera": [1, 0],
    "from": "2026-11-23T00:00:00Z",
    "after_ms": [0, 950],
    "plates": ["12가3456", "?2가 3456"],
    "confidences": [0.98, None],
    "two_lines": [1],
}


def test_a_batch_is_its_columns() -> None:
    batch = decode(orjson.dumps(GOOD))
    assert batch[:5] == (["c-17", "c-18"], [1, 0], GOOD["from"], [0, 950], GOOD["plates"])
    np.testing.assert_array_equal(batch.confidences, [0.98, np.nan])
    assert batch.two_lines == {1}
    assert [batch.camera_of(place) for place in (0, 1)] == ["c-18", "c-17"]
    bare = decode(orjson.dumps({field: GOOD[field] for field in GOOD if field not in ("confidences", "two_lines")}))
    np.testing.assert_array_equal(bare.confidences, [np.nan, np.nan])
    assert bare.two_lines is None
    nothing = {field: [] for field in GOOD} | {"from": GOOD["from"]}
    assert decode(orjson.dumps(nothing)).plates == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"plates": "12가3456"}, "plates"),
        ({"plates": ["12가3456", 12]}, "plates[1]"),
        ({"plates": ["1"] * (MOST + 1)}, "plates"),
        ({"cameras": [17, 18]}, "cameras[0]"),
        ({"camera": [0]}, "camera"),
        ({"camera": [0, 2]}, "camera"),
        ({"camera": [-1, 0]}, "camera"),
        ({"camera": [0, "c-18"]}, "camera[1]"),
        ({"from": None}, "from"),
        ({"after_ms": None}, "after_ms"),
        ({"confidences": [0.9]}, "confidences"),
        ({"confidences": [0.9, 98]}, "confidences[1]"),
        ({"confidences": [None, -0.1]}, "confidences[1]"),
        ({"confidences": [True, 1]}, "confidences[0]"),
        ({"two_lines": ["1"]}, "two_lines[0]"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(BadBatch) as refused:
        decode(orjson.dumps(GOOD | change))
    assert refused.value.field == field
    assert refused.value.ko
    assert refused.value.en


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"null"])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(BadBatch, match="body"):
        decode(body)
