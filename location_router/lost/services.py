"""Which emergency services this router maps, and what a question for another one is answered with (RFC 5031)."""

from __future__ import annotations

from typing import Final

SOS: Final = "urn:service:sos"
DRILL: Final = "urn:service:test.sos"
NUMBERS: Final = {
    SOS: "112",
    "urn:service:sos.police": "112",
    "urn:service:sos.fire": "119",
    "urn:service:sos.ambulance": "119",
    DRILL: "",
}
"""Every service served, with the number to dial in Korea; a drill has none, so that nobody dials 112 for a test."""

_INSTEAD = {
    "mountain": "fire",
    "marine": "fire",
    "gas": "fire",
    "animal-control": "fire",
    "physician": "ambulance",
    "poison": "ambulance",
}
_OTHER_TREES = ("urn:emergency:service:", "urn:nena:service:")


def served(service: str) -> tuple[str, bool] | None:
    """The service that answers for `service` and whether that is a substitution; None when we serve nothing like it.

    119 rescues on mountains, at sea and from gas leaks; what else begins with sos is answered by the center.
    """
    if service in NUMBERS:
        return service, False
    for tree in _OTHER_TREES:
        if service.startswith(tree):
            known = served("urn:service:" + service.removeprefix(tree))
            return (known[0], True) if known else None
    if service.startswith(DRILL + ".") or service == "urn:service:test":
        return DRILL, True
    if not service.startswith(SOS + "."):
        return None
    kind = service.removeprefix(SOS + ".").partition(".")[0]
    near = f"{SOS}.{_INSTEAD.get(kind, kind)}"
    return (near if near in NUMBERS else SOS), True


def children(service: str) -> tuple[str, ...]:
    """The served services directly below `service`; all of them for none."""
    if not service:
        return tuple(NUMBERS)
    depth = service.count(".") + 1
    if service == "urn:service":
        return tuple(name for name in NUMBERS if "." not in name)
    return tuple(name for name in NUMBERS if name.startswith(service + ".") and name.count(".") == depth)
