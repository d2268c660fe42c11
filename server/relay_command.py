"""`ansim relay`: serve, make and show keys, verify the log. It reads its own settings; no database, no DATA_KEY."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

SHORTEST_KEY = 32


def relay_app() -> typer.Typer:
    app = typer.Typer(invoke_without_command=True, help="분리망 중계 · the relays of a separated network.")

    @app.callback()
    def serve(context: typer.Context) -> None:
        """분리망 영상 중계를 엽니다 · run the relay (without a subcommand)."""
        if context.invoked_subcommand is None:
            _serve()

    app.command("requests")(requests)
    app.command("keys")(keys)
    app.command("verify-log")(verify_log)
    app.command("show-log")(show_log)
    return app


def requests() -> None:
    """분리망 요청 중계를 엽니다 · run the relay for requests and states (docs/operations/relay.md)."""
    from server.relay_requests_serving import RequestRelaySettings, build, serve

    def start() -> Callable[[], None]:
        settings = RequestRelaySettings()  # type: ignore[call-arg]
        return partial(serve, settings, build(settings))

    _start(start)


def keys(
    new: Annotated[bool, typer.Option("--new", help="중계 서버의 새 RELAY_KEY · a fresh RELAY_KEY")] = False,
) -> None:
    """열쇠의 공개 부분을 보여 줍니다 · the public halves: VIDEO_KEY's for the relay, RELAY_KEY's for the video process.

    With VIDEO_KEY in the environment (center's side) prints RELAY_TICKET_KEY; with RELAY_KEY (relay's side) what
    VIDEO_RELAYS wants after `address=`.
    """
    from server.video.relayed import public_half, relay_key
    from server.video.tickets import verifying_key

    if new:
        import base64
        import secrets

        print(f"RELAY_KEY={base64.b64encode(secrets.token_bytes(32)).decode()}")
        return
    video_key, own_key = os.environ.get("VIDEO_KEY", ""), os.environ.get("RELAY_KEY", "")
    if not video_key and not own_key:
        raise _refuse("VIDEO_KEY 또는 RELAY_KEY가 필요합니다 · set VIDEO_KEY (center) or RELAY_KEY (relay), or --new")
    if video_key:
        if len(video_key) < SHORTEST_KEY:
            sentence = (
                f"{SHORTEST_KEY}자보다 짧아 추측할 수 있습니다 · too short, its public half could be guessed from"
            )
            raise _refuse(f"VIDEO_KEY: {sentence}; make it {SHORTEST_KEY} random characters")
        print(f"RELAY_TICKET_KEY={verifying_key(video_key)}")
    if own_key:
        try:
            print(f"VIDEO_RELAYS=ADDRESS={public_half(relay_key(own_key))}")
        except ValueError as error:
            raise _refuse(f"RELAY_KEY: {error}") from None


def verify_log(
    path: Annotated[Path, typer.Argument(help="기록 파일 또는 폴더 · a day's file, or the folder with all of them")],
    head: Annotated[str, typer.Option(help="영상 서버가 본 줄 N:해시 · a line the video process noted, N:hash")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON line")] = False,
) -> None:
    """중계 기록이 고쳐지지 않았는지 확인합니다 · verify the relay's log (exit 1: it was changed)."""
    from server.video.relay_log import LogBroken, log_files, verify_files

    try:
        files = log_files(path)
        last = verify_files(files, head=head)
    except (LogBroken, OSError) as error:
        if as_json:
            print(json.dumps({"ok": False, "sentence": str(error)}, ensure_ascii=False))
        else:
            print(str(error), file=sys.stderr)
        raise typer.Exit(1) from None
    if as_json:
        print(json.dumps({"ok": True, "files": len(files), "head": str(last)}))
    else:
        print(f"고쳐지지 않았습니다 · unchanged: {len(files)} file(s), last line {last}")


def show_log(
    path: Annotated[Path, typer.Argument(help="기록 파일 또는 폴더 · a day's file, or the folder with all of them")],
    who: Annotated[str, typer.Option(help="기관이나 계정 · only of this agency or account")] = "",
    what: Annotated[str, typer.Option(help="종류 · only of this kind: raise, state, message, video …")] = "",
    last: Annotated[int, typer.Option(min=1, help="마지막 몇 줄 · so many lines from the end")] = 100,
) -> None:
    """무엇이 지나갔는지 보여 줍니다 · what passed, as JSON lines, oldest first (exit 1: the log was changed)."""
    from collections import deque

    from server.video.relay_log import LogBroken, lines_of, log_files, verify_files

    try:
        files = log_files(path)
        verify_files(files)
        wanted = (one for one in lines_of(files) if who in ("", one.get("who")) and what in ("", one.get("what")))
        for line in deque(wanted, maxlen=last):
            print(json.dumps({name: value for name, value in line.items() if name not in ("prev", "hash")}))
    except (LogBroken, OSError) as error:
        raise _refuse(str(error), 1) from None


def _serve() -> None:
    from server.video.relay_serving import RelaySettings, build, serve

    def start() -> Callable[[], None]:
        settings = RelaySettings()  # type: ignore[call-arg]
        return partial(serve, settings, build(settings))

    _start(start)


def _start(build: Callable[[], Callable[[], None]]) -> None:
    """A relay until its end, or one sentence about what is wrong with its settings."""
    from pydantic import ValidationError

    from location_router.runtime.logs import set_up_logs
    from location_router.runtime.told import told
    from server.video.relay_log import LogBroken

    set_up_logs(level=os.environ.get("LOG_LEVEL", "INFO"))
    try:
        serve = build()
    except ValidationError as error:
        raise _refuse(told(error)) from None
    except LogBroken as error:
        cure = "보관하고 새 폴더를 쓰십시오 · keep it as it is, and begin a new folder"
        raise _refuse(f"RELAY_LOG_DIR: {error}; {cure}", 1) from None
    except OSError as error:  # ssl.SSLError is one
        raise _refuse(f"RELAY_LOG_DIR, RELAY_CA_FILE, ca_file: {error}", 1) from None
    serve()


def _refuse(sentence: str, code: int = 2) -> typer.Exit:
    print(sentence, file=sys.stderr)
    return typer.Exit(code)
