"""Plates as ONVIF devices tell them: bytes of XML → a batch of reads; pure.

Two ways, both of ONVIF Profile M: notifications of the topic `tns1:RuleEngine/Recognition/LicensePlate` (Analytics
Service Specification; the answer to PullMessages, or a Notify), and the metadata stream's frames with an object's
`Appearance/LicensePlateInfo`. A plate is `PlateNumber`, its `Likelihood` the reader's confidence; where the device
names none for the plate, that of the whole recognition. Other notifications are no reads, and a property that ends
(`PropertyOperation="Deleted"`) is none either. A device says nothing of lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from lxml import etree

from server.plates.reads import BadBatch, Batch
from server.plates.rows import MOST_ROWS, batch_of_rows

TOPIC = "RuleEngine/Recognition/LicensePlate"
FORMS = ("application/xml", "text/xml", "application/soap+xml")
MOST_TAGS = 200_000
"""In one document: what a device says of a thousand plates has a quarter of that."""
_NAMES = ("PlateNumber", "LicensePlate")


def read_xml(body: bytes, camera: str) -> Batch:
    """The reads of one camera. Raises BadBatch."""
    if body.count(b"<") > MOST_TAGS:
        ko, en = "XML이 너무 깁니다. 나눠 보내 주세요.", "Too many elements: send several."
        raise BadBatch("body", ko, en, f"> {MOST_TAGS}")
    root = _root(body)
    return batch_of_rows([*islice(chain(_notified(root, camera), _framed(root, camera)), MOST_ROWS + 1)])


def _root(body: bytes) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadBatch("body", "XML이 아닙니다.", f"Not XML: {str(error)[:80]}", "") from None
    if root.getroottree().docinfo.doctype:
        raise BadBatch("body", "DTD가 있는 문서는 받지 않습니다.", "A document type is not accepted: leave it out.", "")
    return root


def _notified(root: Any, camera: str) -> Iterator[dict[str, Any]]:
    for notice in root.iter("{*}NotificationMessage"):
        topic = "/".join(step.rpartition(":")[2] for step in (notice.findtext("{*}Topic") or "").strip().split("/"))
        message = notice.find("{*}Message/{*}Message")
        if topic != TOPIC or message is None or message.get("PropertyOperation") == "Deleted":
            continue
        items = {one.get("Name"): one.get("Value") for one in message.iterfind("{*}Data/{*}SimpleItem")}
        said = next(message.iterfind("{*}Data/{*}ElementItem//{*}PlateNumber"), None)
        plain = next((items[name] for name in _NAMES if items.get(name)), "")
        plate, sure = (plain, None) if said is None else (said.text, said.get("Likelihood"))
        if plate:
            yield _read(camera, message.get("UtcTime"), plate, items.get("Likelihood") if sure is None else sure)


def _framed(root: Any, camera: str) -> Iterator[dict[str, Any]]:
    for frame in root.iter("{*}Frame"):
        for said in frame.iterfind("{*}Object/{*}Appearance/{*}LicensePlateInfo/{*}PlateNumber"):
            if said.text:
                yield _read(camera, frame.get("UtcTime"), said.text, said.get("Likelihood"))


def _read(camera: str, at: str | None, plate: str, sure: str | None) -> dict[str, Any]:
    return {"camera": camera, "at": at, "plate": plate, "confidence": _share(sure)}


def _share(text: str | None) -> float | None:
    """None where it tells none, or one that is no share of 1: such a read can't act by itself."""
    try:
        share = float(text or "")
    except ValueError:
        return None
    return share if 0 <= share <= 1 else None
