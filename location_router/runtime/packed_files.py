"""Built files, served as the build packed them: `name.br` and `name.gz` beside `name` (server/web/vite.config.ts).

uvicorn compresses nothing, and packing once with the slowest setting beats packing for every reader. What carries a
digest of its content in its name never changes, so browsers keep it for a year without asking.
"""

from __future__ import annotations

import mimetypes
import os
import re
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

PACKINGS = (("br", ".br"), ("gzip", ".gz"))
"""Best first: the name that a browser says, the ending that the build writes."""
_HAS_DIGEST = re.compile(r"-[\w-]{8}\.\w+$")
FOREVER = "public, max-age=31536000, immutable"


class PackedFiles(StaticFiles):
    """A folder of built files. A missing folder is a folder without files."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        path, asked = Path(full_path), Headers(scope=scope)
        headers = {"vary": "accept-encoding", "cache-control": "no-cache"}
        if _HAS_DIGEST.search(path.name):
            headers["cache-control"] = FOREVER
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        for name, ending in PACKINGS:
            packed = Path(f"{path}{ending}")
            if name in accepted(asked.get("accept-encoding", "")) and packed.is_file():
                path, stat_result = packed, packed.stat()
                headers["content-encoding"] = name
                break
        answer = FileResponse(path, status_code, headers, media_type, stat_result=stat_result)
        return NotModifiedResponse(answer.headers) if self.is_not_modified(answer.headers, asked) else answer


def accepted(header: str) -> set[str]:
    """The encodings that a browser takes: `br;q=0` is a refusal."""
    found = set()
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        if weight.strip().removeprefix("q=").strip("0.") or not weight.strip():
            found.add(name.strip())
    return found
