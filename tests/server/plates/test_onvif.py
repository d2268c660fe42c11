"""Plates in ONVIF's words."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import numpy as np
import pytest

from server.plates.onvif import MOST_TAGS, read_xml
from server.plates.reads import BadBatch
from server.plates.rows import MOST_ROWS
from tests.server.plates.onvif_words import frames, notice, pulled

AT = datetime(2026, 11, 23, 1, 2, 3, 250_000, tzinfo=UTC)


def test_notifications_of_plates_are_reads_and_others_are_none() -> None:
    later = AT + timedelta(milliseconds=750)
    body = pulled(
        notice("12가 3456", AT, 0.93),
        notice("13나3456", later, Likelihood="0.5"),
        notice("", later, PlateNumber="14다3456"),
        notice("15라3456", AT, 93),  # per cent is no share: it says nothing
        notice("16마3456", AT, 0.9, operation="Deleted"),
        notice("17바3456", AT, 0.9, topic="tns1:RuleEngine/CellMotionDetector/Motion"),
        notice("18사3456", AT, 0.9, topic="tns1:RuleEngine/Recognition/Face"),
        at=later,
    )
    batch = read_xml(body, "c-1")
    assert [*batch.plates] == ["12가 3456", "13나3456", "14다3456", "15라3456"]
    assert (batch.cameras, batch.after_ms.tolist()) == (["c-1"], [0, 750, 750, 0])
    assert datetime.fromisoformat(batch.begin) == AT
    np.testing.assert_array_equal(batch.confidences, [0.93, 0.5, np.nan, np.nan])


def test_frames_of_the_metadata_stream_are_reads() -> None:
    batch = read_xml(frames(("12가3456", 0.9), ("98하7654", 0.4), at=AT), "c-1")
    assert ([*batch.plates], batch.confidences.tolist()) == (["12가3456", "98하7654"], [0.9, 0.4])
    assert len(read_xml(pulled(at=AT), "c-1").plates) == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"<a>", "body"),
        (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>', "body"),
        (pulled(notice("12가3456", AT), at=AT).replace(AT.isoformat().encode(), b"yesterday"), "[0].at"),
        (pulled(notice("12가3456", AT), at=AT).replace(b"UtcTime", b"Time"), "[0].at"),
    ],
)
def test_what_is_wrong_is_named(body: bytes, field: str) -> None:
    with pytest.raises(BadBatch) as refused:
        read_xml(body, "c-1")
    assert refused.value.field == field
    assert "12가3456" not in str(refused.value)


def test_a_document_of_too_many_elements_or_reads_is_refused_before_they_are_built() -> None:
    with patch("server.plates.onvif._root", None), pytest.raises(BadBatch) as refused:
        read_xml(b"<a>" + b"<b/>" * MOST_TAGS + b"</a>", "c-1")
    assert refused.value.field == "body"
    with pytest.raises(BadBatch) as refused:
        read_xml(pulled(*[notice("12가3456", AT)] * (MOST_ROWS + 5), at=AT), "c-1")
    assert refused.value.shown == str(MOST_ROWS + 1), "the rest is not looked at"
