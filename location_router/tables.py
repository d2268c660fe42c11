"""Every module of the router that has tables, so that migrations see them all. Add a line for yours."""

from location_router import cap_warnings, captures, discrepancies, links, nodes, policy_store, requests, steps, talk
from location_router.admin import record, sessions
from location_router.boundaries import tables as boundaries
from location_router.senders import tables as senders
from location_router.store import metadata

__all__ = [
    "boundaries",
    "cap_warnings",
    "captures",
    "discrepancies",
    "links",
    "metadata",
    "nodes",
    "policy_store",
    "record",
    "requests",
    "senders",
    "sessions",
    "steps",
    "talk",
]
