"""Importing cameras through the browser: files, a dry run, its report, the import; each upload belongs to a desk."""

from __future__ import annotations

import csv
import io
from base64 import b64encode
from typing import Annotated, Any, Literal
from urllib.parse import unquote
from uuid import UUID

import anyio.to_thread
from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from location_router.runtime.problems import Problem
from server.cameras import upload_run, uploads
from server.cameras.upload_run import NAME_SEAL
from server.cameras.uploads import NotTaken, Upload
from server.connection import services_of
from server.staff.model import Viewer
from server.staff.routes import permitted

PREFIX = "/api/cameras/uploads"
router = APIRouter(prefix=PREFIX)
Manager = Annotated[Viewer, Depends(permitted("cameras.manage"))]
SHOWN_LINES = 200
"""So many refused and doubtful rows of a file, and changes of a set, go to the page; the file has all."""

_MB = 1 << 20
_REFUSED: dict[str, tuple[int, str, str]] = {
    "file_too_large": (
        413,
        f"파일이 너무 큽니다. 파일 하나는 {uploads.MOST_FILE_BYTES // _MB}MB, 모두 합쳐"
        f" {uploads.MOST_TOGETHER_BYTES // _MB}MB까지입니다. 나누어 올려 주세요.",
        f"The file is too large: {uploads.MOST_FILE_BYTES // _MB} MB each,"
        f" {uploads.MOST_TOGETHER_BYTES // _MB} MB together. Split it.",
    ),
    "too_many_files": (
        409,
        f"한 번에 {uploads.MOST_FILES}개까지 올릴 수 있습니다.",
        f"At most {uploads.MOST_FILES} files at a time.",
    ),
    "uploads_full": (
        409,
        "끝나지 않은 가져오기가 너무 많습니다. 쓰지 않는 것을 버려 주세요.",
        "Too many uploads are open: discard those that nobody needs.",
    ),
    "not_a_table": (
        415,
        "표 파일이 아닙니다. CSV, TSV, XLSX, SQL INSERT 파일을 올려 주세요.",
        "This is no table: upload CSV, TSV, XLSX or SQL INSERT.",
    ),
    "empty_file": (422, "빈 파일입니다.", "The file is empty."),
    "file_name": (422, "파일 이름이 없습니다.", "The file has no name."),
    "no_upload": (404, "그런 가져오기가 없습니다. 파일을 다시 올려 주세요.", "No such upload: upload the files again."),
    "upload_running": (
        409,
        "아직 돌고 있습니다. 기다리거나 취소해 주세요.",
        "It is still running: wait, or cancel it.",
    ),
    "no_files": (409, "파일이 없습니다. 먼저 파일을 올려 주세요.", "There is no file: upload one first."),
    "try_first": (409, "먼저 시험해 보고 결과를 확인해 주세요.", "Try it first, and look at what it finds."),
    "already_imported": (
        409,
        "이미 가져왔습니다. 다시 하려면 파일을 새로 올려 주세요.",
        "It was imported already: upload the files anew.",
    ),
}


class NewUpload(BaseModel):
    """`source` names the set: a later import of the same name updates it."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(default="cctv", pattern=r"^[A-Za-z0-9가-힣_.\-]{1,40}$")


class ImportBody(BaseModel):
    """`retire_missing`: the files are the whole set, and what they no longer name stands no more."""

    model_config = ConfigDict(extra="forbid")

    retire_missing: bool = False


def _problem(code: str) -> Problem:
    status, ko, en = _REFUSED[code]
    return Problem(status, code, ko, en)


@router.get("")
async def listed(request: Request, viewer: Manager) -> dict[str, Any]:
    """The desk's uploads, newest first, and what may be uploaded."""
    root, now = services_of(request).settings.upload_folder, services_of(request).clock()
    found = await anyio.to_thread.run_sync(uploads.all_of, root)
    limits = {
        "file_bytes": uploads.MOST_FILE_BYTES,
        "files": uploads.MOST_FILES,
        "together_bytes": uploads.MOST_TOGETHER_BYTES,
        "kept_days": uploads.KEPT.days,
    }
    own = [one for one in found if _is_own(one, viewer)]
    return {"limits": limits, "uploads": [_told(one, now, with_report=False) for one in own]}


@router.post("", status_code=201)
async def begin(request: Request, viewer: Manager, body: NewUpload) -> dict[str, Any]:
    services = services_of(request)
    whose = {
        "desk": viewer.desk,
        "scope": viewer.scope,
        "account_id": str(viewer.account_id),
        "name_sealed": b64encode(services.sealer.seal(viewer.name, context=NAME_SEAL)).decode(),
    }
    now = services.clock()
    try:
        upload = uploads.made(services.settings.upload_folder, whose=whose, source=body.source, now=now)
    except NotTaken as error:
        raise _problem(error.code) from None
    return {"upload": _told(upload, now)}


@router.put("/{upload_id}/files", status_code=201)
async def put_file(
    request: Request, viewer: Manager, upload_id: UUID, x_file_name: Annotated[str, Header(max_length=900)] = ""
) -> dict[str, Any]:
    """The body is the file; its name, percent-encoded, stands in a header, since an address may be logged."""
    upload = _own(request, viewer, upload_id)
    _must_rest(request, upload)
    name = uploads.plain_name(unquote(x_file_name))
    if not name:
        raise _problem("file_name")
    try:
        await uploads.receive(upload, name, request.stream())
    except NotTaken as error:
        raise _problem(error.code) from None
    return {"upload": _told(upload, services_of(request).clock())}


@router.get("/{upload_id}")
async def one(request: Request, viewer: Manager, upload_id: UUID) -> dict[str, Any]:
    """How far it is, and what the last run found."""
    return {"upload": _told(_own(request, viewer, upload_id), services_of(request).clock())}


@router.delete("/{upload_id}", status_code=204)
async def discard(request: Request, viewer: Manager, upload_id: UUID) -> None:
    """Files and report; what was imported stays."""
    upload = _own(request, viewer, upload_id)
    if upload.is_running(services_of(request).clock()):
        raise _problem("upload_running")
    await anyio.to_thread.run_sync(upload.remove)


@router.post("/{upload_id}/try", status_code=202)
async def try_out(request: Request, viewer: Manager, upload_id: UUID, body: ImportBody | None = None) -> dict[str, Any]:
    """All but writing."""
    return await _run(request, viewer, upload_id, "try", body or ImportBody())


@router.post("/{upload_id}/import", status_code=202)
async def import_(request: Request, viewer: Manager, upload_id: UUID, body: ImportBody | None = None) -> dict[str, Any]:
    """After a dry run that was read."""
    return await _run(request, viewer, upload_id, "import", body or ImportBody())


@router.post("/{upload_id}/cancel", status_code=202)
async def cancel(request: Request, viewer: Manager, upload_id: UUID) -> dict[str, Any]:
    """Nothing is written, unless it was at its end already: then it says `done`."""
    upload, now = _own(request, viewer, upload_id), services_of(request).clock()
    if upload.is_running(now):
        upload.cancel()
    return {"upload": _told(upload, now)}


@router.get("/{upload_id}/report.csv")
async def report(request: Request, viewer: Manager, upload_id: UUID, language: Literal["ko", "en"] = "ko") -> Response:
    """Every refused and doubtful row, and what changes, for a spreadsheet."""
    found = _own(request, viewer, upload_id).report()
    text = await anyio.to_thread.run_sync(_table, found or {"files": [], "set": {}}, language)
    headers = {"Content-Disposition": 'attachment; filename="import-report.csv"', "Cache-Control": "no-store"}
    return Response(text.encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


async def _run(request: Request, viewer: Viewer, upload_id: UUID, kind: str, body: ImportBody) -> dict[str, Any]:
    services, upload = services_of(request), _own(request, viewer, upload_id)
    _must_rest(request, upload)
    if not upload.paths():
        raise _problem("no_files")
    last = upload.run() or {}
    if kind == "import" and (last.get("kind"), last.get("state")) != ("try", "done"):
        raise _problem("try_first")
    run_id = upload.begin(kind, services.clock())
    if not run_id:
        raise _problem("upload_running")
    await upload_run.started(services, upload, run_id, kind=kind, retire_missing=body.retire_missing)
    return {"upload": _told(upload, services.clock(), with_report=False)}


def _must_rest(request: Request, upload: Upload) -> None:
    if upload.is_running(services_of(request).clock()):
        raise _problem("upload_running")
    last = upload.run() or {}
    if (last.get("kind"), last.get("state")) == ("import", "done"):
        raise _problem("already_imported")


def _own(request: Request, viewer: Viewer, upload_id: UUID) -> Upload:
    upload = uploads.found(services_of(request).settings.upload_folder, upload_id)
    if upload is None or not _is_own(upload, viewer):
        raise _problem("no_upload")
    return upload


def _is_own(upload: Upload, viewer: Viewer) -> bool:
    meta = upload.meta()
    return (meta.get("desk"), meta.get("scope")) == (viewer.desk, viewer.scope)


def _told(upload: Upload, now: Any, *, with_report: bool = True) -> dict[str, Any]:
    meta, run = upload.meta(), upload.run()
    if run and run["state"] == "running" and not upload.is_running(now):
        run = {**run, "state": "lost"}
    files = [{"name": path.name, "bytes": path.stat().st_size} for path in upload.paths()]
    told = {"upload_id": upload.upload_id, "source": meta["source"], "made_at": meta["made_at"]}
    found = upload.report() if with_report and run and run["state"] in ("done", "failed", "cancelled") else None
    return told | {"files": files, "run": run, "report": found and _shortened(found)}


def _shortened(found: dict[str, Any]) -> dict[str, Any]:
    files = [
        one | {"refused": one["refused"][:SHOWN_LINES], "doubtful": one["doubtful"][:SHOWN_LINES]}
        for one in found["files"]
    ]
    return found | {"files": files, "set": found["set"] | {"changes": found["set"]["changes"][:SHOWN_LINES]}}


_HEAD = {
    "ko": ("파일", "줄", "구분", "항목", "값", "이유", "고치는 법"),
    "en": ("file", "line", "what", "field", "value", "reason", "cure"),
}
_WHAT = {
    "ko": {"refused": "거절", "doubtful": "확인 필요", "moved": "옮김", "changed": "바뀜"},
    "en": {"refused": "refused", "doubtful": "to check", "moved": "moved", "changed": "changed"},
}


def _table(found: dict[str, Any], language: Literal["ko", "en"]) -> str:
    out, what = io.StringIO(), _WHAT[language]
    lines = csv.writer(out, lineterminator="\r\n")
    lines.writerow(_HEAD[language])
    for file in found["files"]:
        for kind in ("refused", "doubtful"):
            for one in file[kind]:
                value = one.get("value") or _words(one.get("suggestion"))
                told = (one[f"field_{language}"], value, one[language], one[f"cure_{language}"])
                lines.writerow([_safe(cell) for cell in (file["file"], one["line"], what[kind], *told)])
    for one in found["set"].get("changes", ()):
        kind = "moved" if one["moved"] else "changed"
        by = f"{one['by_m']} m" if one["moved"] else ""
        lines.writerow([_safe(cell) for cell in ("", one["line"], what[kind], one["name"], by, "", "")])
    return out.getvalue()


def _words(suggestion: dict[str, Any] | None) -> str:
    return ", ".join(f"{name}={value}" for name, value in (suggestion or {}).items())


def _safe(cell: Any) -> str:
    """What a spreadsheet would run as a formula is written as text."""
    text = str(cell)
    return (
        f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) and not isinstance(cell, int | float) else text
    )
