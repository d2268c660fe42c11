"""`python -m location_router basemap compile | check`: makes the built-in map's tiles, and says what is there."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="기본 지도 · the built-in basemap's tiles.")
Json = Annotated[bool, typer.Option("--json", help="JSON")]


@app.command("compile")
def compile_tiles(
    out: Annotated[Path | None, typer.Option("--out", help="default: beside the boundary snapshot")] = None,
    as_json: Json = False,
) -> None:
    """행정경계 지도를 타일로 · make the tiles of the administrative borders and names."""
    from location_router.basemap.compiling import compile_basemap
    from location_router.index import Index, SnapshotError, basemap_path
    from location_router.locate import say

    path = out or basemap_path()
    try:
        report = compile_basemap(path, Index.load(), say)
    except SnapshotError as problem:
        raise _refuse(str(problem)) from None
    except OSError as problem:
        why = problem.strerror or problem
        raise _refuse(f"--out is {str(path)!r}: it can't be written ({why}); choose another") from None
    print(json.dumps(report) if as_json else str(path))


@app.command("check")
def check(file: Annotated[Path | None, typer.Argument(help="default: beside the snapshot")] = None) -> None:
    """타일 파일을 살핌 · what the file holds, and whether it can be read."""
    from location_router.index import basemap_path
    from location_router.runtime.tile_file import BadTileFile, TileFile

    path = file or basemap_path()
    try:
        with TileFile.open(path) as tiles:
            told = {"path": str(path), "bytes": path.stat().st_size, "zooms": [tiles.min_zoom, tiles.max_zoom]}
            print(json.dumps(told | {"kind": tiles.media_type, "metadata": tiles.metadata}, ensure_ascii=False))
    except BadTileFile as problem:
        raise _refuse(f"{problem}; run: python -m location_router basemap compile") from None


def _refuse(sentence: str) -> typer.Exit:
    print(sentence, file=sys.stderr)
    return typer.Exit(2)
