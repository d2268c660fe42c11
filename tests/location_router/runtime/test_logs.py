"""An error in a log tells what is wrong, and nothing about the person in the message."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from location_router.runtime.logs import why
from location_router.wire import Receipt, Status


@pytest.mark.parametrize("model", [Receipt, Status])
def test_a_broken_message_is_named_without_its_values(model: type) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate({"alert_id": "지영 010-1234-5678", "center": {"name_ko": ["보라"]}, "at": "37.4015"})
    said = why(caught.value)
    assert "alert_id" in said and said.startswith("ValidationError")
    assert not any(secret in said for secret in ("지영", "010-1234", "보라", "37.4015"))
