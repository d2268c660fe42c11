"""`ansim plates reader|replay|follow|recognise`: a reader's key, a file of reads as if they came now, ONVIF's
recognitions, stills."""

from __future__ import annotations

import asyncio
import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from server.actor import Actor

if TYPE_CHECKING:
    from server.services import Services
    from server.settings import Settings

COMMAND = Actor("system", "command", "ansim plates")


def plates_app(settings: Callable[[], Settings]) -> typer.Typer:
    """The commands; `settings` reads the environment and says what is missing."""
    app = typer.Typer(no_args_is_help=True, help="차량번호 판독 · plate readers")

    @app.command()
    def reader(
        reader_id: Annotated[str, typer.Argument(help="판독기 아이디 · the reader's id")],
        center: Annotated[str, typer.Option(help="center code")],
        camera: Annotated[list[str], typer.Option(help="카메라 아이디, 여러 번 · its cameras, once for each")],
    ) -> None:
        """판독기를 등록합니다 · register a reader; its key is printed, and an old one is good no more."""
        print(_run(settings, lambda services: _register(services, reader_id, center, camera)))

    @app.command()
    def replay(
        file: Annotated[Path, typer.Argument(help="CSV(at,plate,confidence) | JSONL", exists=True, dir_okay=False)],
        camera: Annotated[str, typer.Option(help="카메라 아이디 · where it was read")],
    ) -> None:
        """판독 파일을 수배 목록과 견줍니다 · compare a file of reads with the wanted lists; no read is kept."""
        print(_run(settings, lambda services: replay_file(services, file, camera)))

    @app.command()
    def follow(camera: Annotated[list[str], typer.Argument(help="ONVIF 장치가 등록된 카메라 · bound cameras")]) -> None:
        """ONVIF 판독 알림을 받아 견줍니다(계속) · pull the devices' recognitions and compare them, until stopped."""
        from server.plate_following import follow as following

        with suppress(KeyboardInterrupt):
            _run(settings, lambda services: following(services, camera))

    @app.command()
    def recognise(
        pictures: Annotated[list[Path], typer.Argument(help="JPEG/PNG 파일이나 폴더 · files or folders", exists=True)],
        camera: Annotated[str, typer.Option(help="카메라 아이디 · where they were taken")],
        as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
    ) -> None:
        """사진을 읽어 수배 목록과 견줍니다(PLATE_RECOGNISER=tesseract) · read stills; each match waits for a person."""
        _recognise(settings, pictures, camera, as_json)

    return app


def _run(settings: Callable[[], Settings], work: Callable[[Services], Any]) -> Any:
    from server.plates.readers import BadReader
    from server.plates.reads import BadBatch
    from server.services import make_services

    async def inside() -> Any:
        services = make_services(settings())
        try:
            return await work(services)
        finally:
            await services.close()

    try:
        return asyncio.run(inside())
    except (BadReader, BadBatch) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None


def _recognise(settings: Callable[[], Settings], pictures: list[Path], camera: str, as_json: bool) -> None:
    """1: nothing could be read. 2: it is off, or the program or the camera is missing."""
    from server import plate_recognising as stills

    def say(text: str) -> None:
        print(text, file=sys.stderr)

    try:
        done: stills.Done = _run(
            settings, lambda services: stills.recognise(services, stills.pictures_in(pictures), camera, say)
        )
    except stills.NotReady as error:
        say(str(error))
        raise typer.Exit(2) from None
    if as_json:
        print(orjson.dumps(done._asdict()).decode())
    else:
        left_out = len(done.left_out)
        print(f"사진 {done.pictures}장, 번호 {done.reads}건을 견줌, {left_out}장 제외 · "
              f"{done.pictures} pictures, {done.reads} plates compared, {left_out} pictures left out")  # fmt: skip
    if done.left_out and not done.pictures:
        raise typer.Exit(1)


async def _register(services: Services, reader_id: str, center: str, cameras: list[str]) -> str:
    from server.plates import readers

    async with services.db.begin() as unit:
        told = {"reader_id": reader_id, "center_id": center, "cameras": cameras}
        return await readers.add(unit, services, **told, actor=COMMAND)  # type: ignore[arg-type]


async def replay_file(services: Services, file: Path, camera: str) -> int:
    """How many reads were compared. Raises BadReader, BadBatch."""
    from server import plate_hits
    from server.plates.live import lists_of
    from server.plates.readers import Reader, center_of
    from server.plates.rows import decode_any

    async with services.db.begin() as unit:
        center = await center_of(unit, camera)
    by, count = Reader("replay", center, "", (camera,)), 0
    for rows in _thousands(file, camera):
        await lists_of(services).look()  # nobody else does in this process
        count += (await plate_hits.take(services, by, decode_any(orjson.dumps(rows)))).reads
    return count


def _thousands(file: Path, camera: str) -> Iterator[list[Any]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows: list[Any] = []
        for row in csv.DictReader(lines) if file.suffix.lower() == ".csv" else map(orjson.loads, lines):
            sure = row.get("confidence")
            rows.append({**row, "camera": camera, "confidence": float(sure) if sure not in (None, "") else None})
            if len(rows) == 1_000:
                yield rows
                rows = []
        if rows:
            yield rows
