"""Which borders are in force, and the compiled versions themselves, for installations on other machines.

Every heartbeat is answered with the version in force and a digest of the whole timeline; who holds another digest
reads `GET /v1/boundaries` and fetches the files it lacks. Built-in versions come with the program and are not served.
The files are the router's own (`boundaries/following.py`), sent compressed, so any API process can answer alone.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from location_router.app import Router
from location_router.boundaries.following import Following
from location_router.kept import Entry
from location_router.runtime.problems import Problem

version_routes = APIRouter(tags=["boundaries"])
_sums: dict[tuple[str, int, int], str] = {}


def in_force(boundaries: Following) -> dict[str, str]:
    """The label of today and the digest of what is known, the same in all processes that know the same."""
    label = boundaries.index.version().boundary_version
    told = json.dumps([label, *(_told(one) for one in _ruling(boundaries))], sort_keys=True)
    return {"boundary_version": label, "boundaries": hashlib.sha256(told.encode()).hexdigest()[:32]}


@version_routes.get("/v1/boundaries")
async def list_boundaries(request: Request) -> Response:
    """The timeline of activations, with size and SHA-256 of each compiled file; 304 when nothing has changed."""
    boundaries = _boundaries(request)
    now = in_force(boundaries)
    etag = f'"{now["boundaries"]}"'
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"ETag": etag})
    activations = [
        _told(one) | await asyncio.to_thread(_measured, boundaries.file_of(one)) for one in _ruling(boundaries)
    ]
    body = now | {"known": boundaries.index.labels, "activations": activations}
    return JSONResponse(body, headers={"ETag": etag, "Cache-Control": "no-cache"})


@version_routes.get("/v1/boundaries/{label}/snapshot")
async def send_version(label: str, request: Request) -> Response:
    """The compiled file of an imported version that rules or will; signed, since it weighs megabytes."""
    from location_router.routes import signed_by

    await signed_by(request)
    boundaries = _boundaries(request)
    entry = next((one for one in _ruling(boundaries) if one.label == label), None)
    path = boundaries.file_of(entry) if entry else None
    if path is None or not path.is_file():
        raise Problem(
            404,
            "no_version",
            "그런 경계 버전이 없거나 프로그램에 들어 있는 버전입니다.",
            "No imported version of that name rules or will; built-in ones come with the program.",
            field="label",
        )
    etag = f'"{(await asyncio.to_thread(_measured, path))["sha256"]}"'
    packed = await asyncio.to_thread(_packed, path)
    headers = {"ETag": etag, "Content-Encoding": "gzip", "Cache-Control": "no-transform"}
    return FileResponse(packed, media_type="application/octet-stream", headers=headers)


def _boundaries(request: Request) -> Following:
    router: Router = request.app.state.router
    return router.registry.boundaries


def _ruling(boundaries: Following) -> list[Entry]:
    """Not those that were withdrawn."""
    return [one for one in boundaries.entries if one.effective is not None]


def _told(entry: Entry) -> dict[str, Any]:
    assert entry.effective is not None
    until = entry.until.isoformat() if entry.until else None
    return {"label": entry.label, "effective": entry.effective.isoformat(), "until": until, "file": entry.file}


def _measured(path: Path) -> dict[str, Any]:
    """`size_bytes` and `sha256`, null while this process has no such file."""
    try:
        found = path.stat()
        name = (str(path), found.st_mtime_ns, found.st_size)
        if name not in _sums:
            with path.open("rb") as file:
                _sums[name] = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return {"size_bytes": None, "sha256": None}
    return {"size_bytes": found.st_size, "sha256": _sums[name]}


def _packed(path: Path) -> Path:
    """The file compressed beside it, once for all who ask."""
    packed = path.with_suffix(".npz.gz")
    if packed.exists() and packed.stat().st_mtime_ns >= path.stat().st_mtime_ns:
        return packed
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".packed-")
    with os.fdopen(handle, "wb") as file:
        file.write(gzip.compress(path.read_bytes(), 1, mtime=0))
    os.chmod(name, 0o644)
    os.replace(name, packed)
    return packed
