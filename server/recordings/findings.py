"""Is everything recorded that should be: for `ansim doctor`. Reads what the recorder last said of itself."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from location_router.runtime.db import Unit

if TYPE_CHECKING:
    from server.services import Services

SILENT_S = 60.0
TROUBLES: dict[str, tuple[str, str]] = {
    "disk_high": (
        "녹화 디스크가 거의 찼습니다. 더 큰 디스크로 옮기거나 VIDEO_BUFFER_MINUTES를 줄이세요.",
        "the disk of recordings is nearly full: move VIDEO_DIR to a larger one, or lower VIDEO_BUFFER_MINUTES",
    ),
    "disk_kept": (
        "디스크에 사건이 남긴 녹화만 있어 평상시 녹화를 멈췄습니다. 지금 디스크를 늘리세요.",
        "only what incidents keep is left on the disk: the rolling buffer has STOPPED. Add disk space now",
    ),
    "disk_refuses": (
        "디스크에 쓸 수 없어 녹화되지 않습니다. 디스크와 권한을 보세요.",
        "the disk refuses to be written: nothing is recorded. Look at the disk and at who owns VIDEO_DIR",
    ),
    "disk_slow": (
        "디스크가 느려 녹화가 빠지고 있습니다.",
        "the disk does not keep up: recordings have holes",
    ),
    "folder_taken": (
        "다른 프로세스가 VIDEO_DIR을 쓰고 있거나 폴더를 열 수 없어 녹화하지 않습니다.",
        "another process has VIDEO_DIR, or it can't be opened: this one records nothing",
    ),
}
_ELSEWHERE = (
    "녹화는 되지만 여기에는 녹화 폴더가 없어 증거도 파기도 안 됩니다."
    " 영상·서버·작업기의 VIDEO_DIR과 INSTALLATION을 같게 하세요",
    "something is recorded, but not in the folder that VIDEO_DIR says here: no evidence is made and nothing destroyed."
    " Give video, server and worker the same VIDEO_DIR and INSTALLATION",
)
Finding = tuple[bool, str, str]


async def recording_findings(unit: Unit, services: Services) -> list[Finding]:
    """Each as (is well, sentence in Korean, sentence in English)."""
    settings, now = services.settings, services.clock()
    if settings.video_record == "off":
        return [(True, "VIDEO_RECORD=off: 녹화하지 않습니다.", "VIDEO_RECORD=off: nothing is recorded here")]
    found = [_buffer(settings.video_buffer_minutes, settings.video_before_minutes)]
    rows = await unit.all("SELECT * FROM recorder ORDER BY seen_at DESC")
    wanted = await unit.scalar(
        "SELECT count(*) FROM camera c WHERE retired_at IS NULL AND (is_buffered OR EXISTS (SELECT 1 FROM pin p"
        " WHERE p.camera_id = c.camera_id AND p.until_at IS NULL))"
    )
    if not rows or (now - rows[0]["seen_at"]).total_seconds() > SILENT_S:
        return [*found, _silent(rows[0]["seen_at"] if rows else None, wanted)]
    row = rows[0]
    if row["trouble"]:
        ko, en = TROUBLES.get(row["trouble"], (row["trouble"], row["trouble"]))
        since = f"{row['trouble_since']:%m-%d %H:%M} UTC"
        return [*found, (False, f"{ko} ({row['disk_percent']:.0f} %, {since}부터)", f"{en} ({since})")]
    if row["no_room"]:
        ko = f"자리가 없어 녹화하지 못하는 카메라가 {row['no_room']}대 있습니다."
        return [*found, (False, ko, f"{row['no_room']} cameras are not recorded: too many streams are open")]
    if row["missing"]:
        ko = f"녹화 파일 {row['missing']}개가 사라졌습니다. 기록에서 recordings_missing을 찾으세요."
        return [*found, (False, ko, f"{row['missing']} files have vanished: look for recordings_missing in the log")]
    if row["recording"] and not settings.video_folder.is_dir():
        folder = settings.video_folder
        return [*found, (False, f"{_ELSEWHERE[0]}: {folder}", f"{_ELSEWHERE[1]}: {folder}")]
    told = f"{row['recording']} cameras, disk {row['disk_percent']:.0f} %, {row['strays']} strays"
    return [*found, (True, f"카메라 {row['recording']}대 녹화 중, 디스크 {row['disk_percent']:.0f} %", told)]


def _buffer(buffer_minutes: float, before_minutes: float) -> Finding:
    if buffer_minutes >= before_minutes + 2:
        return True, f"평상시 녹화 {buffer_minutes:g}분", f"a rolling buffer of {buffer_minutes:g} minutes"
    least = before_minutes + 2
    return (
        False,
        f"VIDEO_BUFFER_MINUTES {buffer_minutes:g}은 {least:g}보다 짧아 {least:g}로 봅니다.",
        f"VIDEO_BUFFER_MINUTES {buffer_minutes:g} is less than VIDEO_BEFORE_MINUTES + 2: {least:g} is used",
    )


def _silent(seen_at: datetime | None, wanted: int) -> Finding:
    if not wanted:
        return True, "녹화할 카메라가 아직 없습니다.", "no camera is to be recorded yet"
    last = f"{seen_at:%m-%d %H:%M} UTC" if seen_at else "-"
    return (
        False,
        f"녹화기가 조용합니다(마지막 {last}). 녹화할 카메라 {wanted}대. `ansim video`를 켜세요.",
        f"the recorder is silent (last {last}) and {wanted} cameras wait for it: run `ansim video`",
    )
