"""Batches of reads: what is wrong is named by its field."""

import json
from typing import Any
from unittest.mock import patch

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.plates.grammar import spell
from server.plates.reads import MOST, BadBatch, batch_of, decode_faultless
from server.plates.rows import MOST_VALUES, decode_any

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
    batch = decode_any(orjson.dumps(GOOD))
    assert (batch.cameras, batch.begin) == (GOOD["cameras"], GOOD["from"])
    assert (batch.camera.tolist(), batch.after_ms.tolist()) == (GOOD["camera"], GOOD["after_ms"])
    assert [*batch.plates] == ["12가3456", "?2가3456"]
    np.testing.assert_array_equal(batch.confidences, [0.98, np.nan])
    assert batch.two_lines == {1}
    assert [batch.camera_of(place) for place in (0, 1)] == ["c-18", "c-17"]
    bare = decode_any(orjson.dumps({field: GOOD[field] for field in GOOD if field not in ("confidences", "two_lines")}))
    np.testing.assert_array_equal(bare.confidences, [np.nan, np.nan])
    assert bare.two_lines is None
    nothing = {field: [] for field in GOOD} | {"from": GOOD["from"]}
    assert decode_any(orjson.dumps(nothing)).plates.marks.odd.tolist() == []


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
        decode_any(orjson.dumps(GOOD | change))
    assert refused.value.field == field
    assert refused.value.ko
    assert refused.value.en


def column(*signs: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(signs), min_size=2, max_size=2) | st.lists(st.sampled_from(signs), max_size=4)


_PLATES = ("12가3456", "12 가-34\n56", "", "\\", '"', "[", "🚓", "서울\t12바3456", "1,2", 12, ["가"])
_COLUMN_OF = {
    "cameras": column("c-1", "c-2", "역 앞", 'c"3', 7),
    "camera": column(0, 1, 1, 0, -1, 2**63, 2**70, 1.0, True, None, [0]),
    "after_ms": column(0, 950, -5, 2**63, -(2**70), "0", [1]),
    "plates": column(*_PLATES),
    "confidences": column(0.5, 1, 0, None, 1.5, -0.1, True, "1", [0.5]),
    "two_lines": column(0, 1, 2**70, -1, "0", [0]),
    "from": st.sampled_from(["2026-11-23T00:00:00Z", "", None, 7]),
    "more": column(1, "[", []),
}


@settings(max_examples=300)
@given(st.data(), st.sets(st.sampled_from(sorted(_COLUMN_OF)), max_size=3), st.sampled_from([None, 1]))
def test_what_is_read_fast_is_what_is_read_closely(data: st.DataObject, changed: set[str], indent: int | None) -> None:
    """Right or wrong in any column: the fast way takes nothing that the close one refuses, and finds the same in it."""
    body = json.dumps(GOOD | {field: data.draw(_COLUMN_OF[field]) for field in changed}, indent=indent).encode()
    fast = decode_faultless(body)
    if fast is None:
        return
    close = batch_of(orjson.loads(body))
    assert (fast.cameras, fast.begin, fast.two_lines) == (close.cameras, close.begin, close.two_lines)
    assert [*map(spell, fast.plates)] == [*map(spell, close.plates)]
    for one, other in zip((fast.camera, fast.after_ms), (close.camera, close.after_ms), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(fast.confidences, close.confidences)


@pytest.mark.parametrize("piece", [b"{},", b"[],", b"{}\n", b" \n", b"\r", b'"a":0,'])
def test_a_body_of_too_many_values_is_refused_before_any_is_built(piece: bytes) -> None:
    body = b"{" + piece * (MOST_VALUES + 1) + b"}"
    for start in (b"", b"["):
        with patch("server.plates.rows._parsed", None), pytest.raises(BadBatch) as refused:
            decode_any(start + body)
        assert refused.value.field == "body" and "values" in str(refused.value)
    names = b",".join(b'"%x":0' % number for number in range(40))
    assert decode_faultless(b"{" + names + b"," + orjson.dumps(GOOD)[1:]) is None, "each name is looked up along all"
    most = {field: [GOOD[field][0]] * MOST for field in GOOD if field != "from"} | {"from": GOOD["from"]}
    assert len(decode_any(orjson.dumps(most, option=orjson.OPT_INDENT_2)).plates) == MOST


def test_a_batch_without_a_fault_is_read_fast() -> None:
    for said in (GOOD, GOOD | {"plates": ["12가3456", "서울12\n바 34-56"]}, GOOD | {"more": 1}):
        assert decode_faultless(orjson.dumps(said)) is not None
    assert decode_faultless(b'{"from": "x", ' + orjson.dumps(GOOD)[1:]) is None, "which of two counts?"


@pytest.mark.parametrize("body", [b"", b"[", b"{", b"\xff", b"null"])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(BadBatch, match="body"):
        decode_any(body)
