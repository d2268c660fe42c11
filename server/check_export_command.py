"""`ansim check-export`: whether an exported log is as it was made; needs the file and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def attach(app: typer.Typer) -> None:
    @app.command("check-export")
    def check_export(file: Annotated[Path, typer.Argument(help="반출한 ZIP · the exported ZIP", exists=True)]) -> None:
        """반출한 기록 파일을 검사합니다 · check an exported log: signature and digests (exit 1: it was changed)."""
        from server.log.export import check

        try:
            manifest = check(file)
        except ValueError as error:
            print(f"맞지 않습니다 · it does not fit: {error}", file=sys.stderr)
            raise typer.Exit(1) from None
        rows = ", ".join(f"{name} {said['rows']}" for name, said in manifest["files"].items())
        print(f"맞습니다 · intact: {manifest['center']} {manifest['from']} – {manifest['to']}: {rows}")
        print(f"key_id {manifest['key_id']} · release {manifest['release_id']}")
