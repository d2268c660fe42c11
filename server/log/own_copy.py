"""What a person takes home of what is kept about her: her page as a file (개인정보 보호법 제35조)."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from server.log.disclosures import mine
from server.people import account, devices, service

if TYPE_CHECKING:
    from server.people.service import DeviceUser
    from server.services import Services

_HEAD = (
    "신고 alert", "시작 started", "끝 ended", "상태 state", "무엇 what", "카메라 camera", "누가 who", "센터 center",
    "근거 legal basis", "부터 from", "까지 to", "횟수 times", "사람 수 viewers",
)  # fmt: skip


async def whole(services: Services, user: DeviceUser) -> dict[str, Any]:
    """Account, consents, guardians, devices, and who saw what; the person's own words and numbers only."""
    return {
        "made_at": services.clock().isoformat(),
        "account": await account.seen(services, user),
        "guardians": await service.guardians(services, user),
        "devices": await devices.bound(services, user),
        **await mine(services, user),
    }


async def table(services: Services, user: DeviceUser) -> str:
    """Who saw what, one viewing a line; an alert of which nothing was shown, or not yet, has a line too. For a
    spreadsheet: with a byte order mark, and no cell that it would compute."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_HEAD)
    ledger = await mine(services, user)
    for walk in ledger["walks"]:
        about = [walk["walk_id"], walk["started_at"], walk["ended_at"], "귀가 walk"]
        for row in walk["disclosures"]:
            writer.writerow([_plain(cell) for cell in (*about, *_cells(row))])
    for alert in ledger["alerts"]:
        state = "진행 중 running" if alert["open"] else "모두 complete" if alert["complete"] else "일부 incomplete"
        about = [alert["alert_id"], alert["started_at"], alert["ended_at"], state]
        for row in alert["disclosures"] or [{}]:
            writer.writerow([_plain(cell) for cell in (*about, *_cells(row))])
    return out.getvalue()


def _cells(row: dict[str, Any]) -> list[Any]:
    if not row:
        return [""] * 9
    return [
        row["kind_ko"], row["camera"], row["who_ko"], row["center_ko"], row["legal_basis_ko"], row["from"], row["to"],
        row["times"], row["viewers"],
    ]  # fmt: skip


def _plain(cell: Any) -> Any:
    if cell is None:
        return ""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
