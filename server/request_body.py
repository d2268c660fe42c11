"""What only the center may read of an agency's request: case number, callback, subject, and where its area is
now; sealed in its row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from server.services import Services


def body_of(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    """`{"case_no", "callback", "subject"}` in full; empty where it was refused or can't be opened any more."""
    sealed = row["body_sealed"]
    opened = services.sealer.open(sealed, context=_context(row["request_id"])) if sealed is not None else None
    return opened or {"case_no": "", "callback": "", "subject": {}}


def sealed_body(services: Services, body: dict[str, Any], *, request_id: UUID, center_id: str) -> bytes:
    """For `body_sealed`; `body_of` opens it."""
    return services.sealer.seal(body, context=_context(request_id), center=center_id)


def area_of(services: Services, row: dict[str, Any]) -> dict[str, Any] | None:
    """Where a disaster's area is now, once it has moved: `lat`, `lon`, `ring` or `radius_m`, `at`; `first`: the same of
    the area it was raised with."""
    sealed = row["area_sealed"]
    return services.sealer.open(sealed, context=_area_context(row["request_id"])) if sealed is not None else None


def sealed_area(services: Services, area: dict[str, Any], *, request_id: UUID, center_id: str) -> bytes:
    """For `area_sealed`; `area_of` opens it."""
    return services.sealer.seal(area, context=_area_context(request_id), center=center_id)


def _area_context(request_id: UUID) -> str:
    return f"agency_request.area:{request_id}"


def _context(request_id: UUID) -> str:
    return f"agency_request.body:{request_id}"
