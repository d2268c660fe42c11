"""An id is one thing: an alert of a person never becomes an agency's request nor the other way round, and a request of
one agency none of another's, whoever learned or guessed the id.

The person's alert then opens an incident of its own, under an id that follows from the one it came with (invariant 3);
a request is refused, with its row. What stands is not touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from location_router.runtime.db import Unit
from location_router.wire import Delivery
from server.requests.store import note_refusal

if TYPE_CHECKING:
    from server.services import Services

ASKED_BY = "(SELECT min(q.agency_id) FROM agency_request q WHERE q.request_id = a.alert_id AND q.state <> 'refused')"
"""Of alert `a`: the agency whose request it is; null for a person's."""
_CAME_AS = "the alert_id that the delivery came with"


def is_foreign(delivery: Delivery, known: dict[str, Any] | None) -> bool:
    """Whether the id that the delivery bears is of something else here. Takes `asked_by` out of `known`."""
    if known is None:
        return False
    asked_by: str | None = known.pop("asked_by")
    return asked_by != (delivery.alert.request.agency_id if delivery.alert.request else None)


def renamed(unit: Unit, delivery: Delivery) -> Delivery:
    """The person's alert under an id of its own; her receipt says the one that it came with."""
    alert_id = delivery.alert.alert_id
    unit.state[_CAME_AS] = alert_id
    return delivery.model_copy(update={"alert": delivery.alert.model_copy(update={"alert_id": own_id(alert_id)})})


def own_id(alert_id: UUID) -> UUID:
    return uuid5(alert_id, "person")


def came_as(unit: Unit, delivery: Delivery) -> UUID:
    alert_id: UUID = unit.state.get(_CAME_AS, delivery.alert.alert_id)
    return alert_id


async def refuse(unit: Unit, services: Services, delivery: Delivery) -> None:
    """The row of a request whose id is of something else."""
    request = delivery.alert.request
    assert request is not None
    await note_refusal(
        unit,
        code="id_used",
        at=services.clock(),
        center_id=delivery.assignment.center.code,
        agency_id=request.agency_id,
        trigger=request.trigger,
        request_id=delivery.alert.alert_id,
        detail={"field": "request_id"},
    )
