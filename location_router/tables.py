"""Every module of the router that has tables, so that migrations see them all. Add a line for yours."""

from location_router.admin import record
from location_router.store import metadata

__all__ = ["metadata", "record"]
