"""The log of one center and period as a signed file for an auditor; making it is itself a release (kind `export`).

A ZIP with `events` and `releases` (CSV or JSON lines), `manifest.json` (SHA-256 of both, the range of the chain with
its hashes, a checkpoint) and `manifest.sig` (Ed25519 over the manifest, base64). `check` needs nothing but the file.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from location_router.runtime.problems import Problem
from server.gate import Refused, Wish, ask
from server.incidents.cards import iso
from server.log import reading
from server.log.checkpoints import key_id_of, newest, signing_key, take
from server.releases import end_releases

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

Format = Literal["csv", "jsonl"]
PAGE = 1000
_SPOOL_BYTES = 8_000_000
_READ_BYTES = 1 << 16


async def export(
    services: Services,
    viewer: Viewer,
    *,
    center: str,
    since: datetime,
    until: datetime,
    form: Format,
    reason: str,
    legal_basis: str | None = None,
) -> IO[bytes]:
    """The finished file, at its start. The release row is on disk before the first line is read. Raises Refused."""
    detail = {"from": iso(since), "to": iso(until), "format": form, "center": center}
    wish = Wish("export", center_id=center, reason=reason, legal_basis=legal_basis, detail=detail)
    async with services.db.begin(center=viewer.scope) as unit:
        if await unit.scalar("SELECT 1 FROM center WHERE code = :c", {"c": center}) is None or not viewer.sees(center):
            raise Problem(404, "no_center", "그런 센터가 없습니다.", "There is no such center for you.", center=center)
        answer = await ask(unit, viewer, wish, now=services.clock())
    if isinstance(answer, Refused):
        raise answer
    asked = reading.Filter(since=since, until=until, center=center, limit=PAGE)
    await take(services)
    try:
        file = await _write(services, asked, form, {"release_id": str(answer[0]), "reason": reason, **detail})
    except BaseException:
        await _end(services, viewer, answer[0], "failed")
        raise
    await _end(services, viewer, answer[0], "given")
    return file


async def _end(services: Services, viewer: Viewer, release_id: UUID, reason: str) -> None:
    async with services.db.begin(center=viewer.scope) as unit:
        await end_releases(unit, {release_id: reason}, at=services.clock())


async def _write(services: Services, asked: reading.Filter, form: Format, about: dict[str, Any]) -> IO[bytes]:
    out: IO[bytes] = tempfile.SpooledTemporaryFile(_SPOOL_BYTES)  # noqa: SIM115 - the caller reads and closes it
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        ends: list[dict[str, Any]] = []
        files = {}
        for name, fetch in (("events", reading.events), ("releases", reading.releases)):
            rows = _pages(services, asked, name, fetch, ends if name == "events" else None)
            files[f"{name}.{form}"] = await _member(archive, f"{name}.{form}", form, rows)
        manifest = await _manifest(services, files, ends, about)
        text = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        async with services.db.begin() as unit:
            key, _ = await signing_key(unit, services.sealer)
        archive.writestr("manifest.json", text)
        archive.writestr("manifest.sig", base64.b64encode(key.sign(_message(text))))
    out.seek(0)
    return out


def _message(manifest: bytes) -> bytes:
    """What is signed: never to be taken for a checkpoint, which the same key signs."""
    return b"ansim-export/1\n" + manifest


async def _pages(
    services: Services,
    asked: reading.Filter,
    name: str,
    fetch: Callable[..., Any],
    ends: list[dict[str, Any]] | None,
) -> AsyncIterator[list[dict[str, Any]]]:
    """Page by page, each in a unit of its own; `ends` gets the first and the last line."""
    mark: str | None = ""
    while mark is not None:
        async with services.db.begin(center=asked.center or "") as unit:
            page = await fetch(unit, services, replace(asked, after=mark))
        rows, mark = page[name], page["next"]
        if ends is not None and rows:
            ends[:] = [ends[0] if ends else rows[0], rows[-1]]
        yield rows


async def _member(
    archive: zipfile.ZipFile, name: str, form: Format, pages: AsyncIterator[list[dict[str, Any]]]
) -> dict[str, Any]:
    digest, count, size = hashlib.sha256(), 0, 0
    with archive.open(name, "w") as member:
        async for rows in pages:
            text = (_csv(rows, with_head=count == 0) if form == "csv" else _json(rows)).encode()
            member.write(text)
            digest.update(text)
            count, size = count + len(rows), size + len(text)
    return {"sha256": digest.hexdigest(), "rows": count, "bytes": size}


def _json(rows: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _csv(rows: list[dict[str, Any]], *, with_head: bool) -> str:
    if not rows:
        return ""
    out = io.StringIO()
    flat = [_flat(row) for row in rows]
    writer = csv.DictWriter(out, fieldnames=list(flat[0]), lineterminator="\r\n")
    if with_head:
        out.write("\ufeff")  # Excel reads Hangul by it
        writer.writeheader()
    writer.writerows(flat)
    return out.getvalue()


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Who is a column for each part, and the payload JSON in one. A cell that a spreadsheet would take for a formula is
    text."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if name in ("viewer", "actor"):
            flat |= {f"{name}_{part}": one for part, one in value.items()}
        else:
            flat[name] = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
    return {name: f"'{one}" if isinstance(one, str) and one[:1] in "=+-@\t\r" else one for name, one in flat.items()}


async def _manifest(
    services: Services, files: dict[str, Any], ends: list[dict[str, Any]], about: dict[str, Any]
) -> dict[str, Any]:
    async with services.db.begin() as unit:
        _, public = await signing_key(unit, services.sealer)
        marks = [one for one in await newest(unit) if one.center == about["center"]]
    chain = {}
    if ends:
        first, last = ends[0], ends[-1]
        chain = {
            "first_seq": first["seq"],
            "last_seq": last["seq"],
            "previous_hash": first["previous_hash"],
            "last_hash": last["hash"],
        }
    return {
        "installation": services.settings.installation,
        **about,
        "made_at": iso(services.clock()),
        "files": files,
        "chain": chain,
        "checkpoint": json.loads(marks[0].line()) if marks else None,
        "key_id": key_id_of(public),
        "public_key": base64.b64encode(public).decode(),
    }


def check(path: Path) -> dict[str, Any]:
    """The manifest of an exported file that is as it was made. ValueError says what does not fit."""
    try:
        with zipfile.ZipFile(path) as archive:
            text, signature = archive.read("manifest.json"), base64.b64decode(archive.read("manifest.sig"))
            manifest: dict[str, Any] = json.loads(text)
            public = base64.b64decode(manifest["public_key"])
            if key_id_of(public) != manifest["key_id"]:
                raise ValueError("the key is not the one that the manifest names")
            Ed25519PublicKey.from_public_bytes(public).verify(signature, _message(text))
            for name, said in manifest["files"].items():
                if _digest(archive, name) != said["sha256"]:
                    raise ValueError(f"{name} was changed")
            return manifest
    except InvalidSignature:
        raise ValueError("the manifest was changed: its signature does not fit") from None
    except (zipfile.BadZipFile, KeyError, TypeError) as error:
        raise ValueError(f"no export of Ansim: {error}") from None


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with archive.open(name) as member:
        while block := member.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()
