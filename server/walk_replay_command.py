"""`ansim walk-replay`: recorded traces as if they had been watched; needs the files and nothing else."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer


def attach(app: typer.Typer) -> None:
    @app.command("walk-replay")
    def walk_replay(
        traces: Annotated[list[Path], typer.Argument(help="CSV time,lat,lon[,accuracy_m]")],
        as_json: Annotated[bool, typer.Option("--json", help="print one JSON line per file")] = False,
        prompt_s: Annotated[int, typer.Option(min=15, max=900, help="물은 뒤 전화까지 · prompt to call")] = 60,
        call_s: Annotated[int, typer.Option(min=15, max=900, help="전화에서 보호자까지 · call to guardians")] = 60,
        guardians_s: Annotated[int, typer.Option(min=15, max=900, help="보호자에서 신고까지 · guardians to SOS")] = 120,
    ) -> None:
        """기록된 이동을 귀가로 보고 무엇을 알아챘을지 보여 줍니다 · watch recorded traces as walks, nobody answering.

        Begin and end of a trace are origin and destination. Exit code 2: a file that is no trace.
        """
        from server.walks.rungs import Steps
        from server.walks.trace import BadTrace

        steps, bad = Steps(prompt_s=prompt_s, call_s=call_s, guardians_s=guardians_s), False
        for file in traces:
            try:
                told = _told(file, steps)
            except (BadTrace, OSError) as error:
                bad = True
                print(f"{file}: {getattr(error, 'strerror', None) or error}", file=sys.stderr)
                continue
            print(json.dumps(told, ensure_ascii=False) if as_json else _text(told), flush=True)
        if bad:
            raise typer.Exit(2)


def _told(file: Path, steps: Any) -> dict[str, Any]:
    from server.walks.replay import replayed
    from server.walks.trace import read_trace

    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        trace = read_trace(lines)
    watched = replayed(trace, steps=steps)
    return {
        "file": str(file),
        "duration_s": round(trace.duration_s, 1),
        "distance_m": round(trace.distance_m, 1),
        "changes": watched.changes,
        "escalations": watched.escalations,
        "reached": watched.reached,
        "refused": [{"line": line, "why": why} for line, why in trace.refused],
    }


def _text(told: dict[str, Any]) -> str:
    lines = [f"{told['file']}: {told['duration_s'] / 60:.0f} min, {told['distance_m'] / 1000:.2f} km"]
    lines += [f"  {one['at']}  {one['state']:<9}  {one['rung']}" for one in told["changes"]]
    reached = ", ".join(f"{rung} {count}" for rung, count in told["reached"].items() if count) or "없음 · none"
    lines.append(f"  escalations: {told['escalations']} ({reached}); 제외한 줄 · left out: {len(told['refused'])}")
    return "\n".join(lines)
