"""`ansim`: the commands of an installation. Each imports the heavy parts it needs, and no others."""

from __future__ import annotations

import gc
import json
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from server.account_command import account_app
from server.address_command import address_app
from server.check_export_command import attach as attach_check
from server.conformance_command import attach as attach_conformance
from server.evidence_command import evidence
from server.import_command import import_app
from server.keys_command import keys_app
from server.line_command import line_app
from server.operation.backup_command import attach as attach_backups
from server.plates_command import plates_app
from server.purge_command import attach as attach_purge
from server.relay_command import relay_app
from server.replay_command import attach as attach_replay
from server.simulate_command import attach as attach_simulators
from server.verify_command import attach as attach_log
from server.walk_replay_command import attach as attach_walk_replay

if TYPE_CHECKING:
    from server.settings import Settings

gc.set_threshold(50_000, 20, 20)  # what is imported stays: looking it through again and again is a tenth of a start

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="안심 관제센터 서버 · the center server of Ansim.",
)
DEFAULT_DATABASE = "ansim_serving"


@app.callback()
def _check_address() -> None:
    from location_router.runtime.told import refuse_bad_address

    refuse_bad_address()


def _refuse(sentence: str, code: int = 2) -> typer.Exit:
    print(sentence, file=sys.stderr)
    return typer.Exit(code)


def _settings() -> Settings:
    """Settings from the environment; exit code 2 with one line per setting that is missing or wrong."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from location_router.bus import bus_from_url, seeds_from, trust_from
    from location_router.runtime.logs import set_up_logs
    from location_router.runtime.seal import Sealer
    from location_router.runtime.told import told
    from server.settings import Settings

    set_up_logs(level=os.environ.get("LOG_LEVEL", "INFO"))
    try:
        settings = Settings()  # type: ignore[call-arg]
        Sealer(settings.data_key)
        if settings.bus_url:
            bus_from_url(settings.bus_url)
        seeds_from(settings.node_key, data_key=settings.data_key, node=settings.installation)
        trust_from(settings.node_trust)
    except (ValidationError, SettingsError) as error:
        raise _refuse(told(error)) from None
    except ValueError as error:
        raise _refuse(str(error)) from None
    return settings


def _opening(settings: Settings) -> Settings:
    """The same settings, when DATA_KEY opens this installation's keys; a database that is away is waited for later."""
    from location_router.runtime.db import Unavailable
    from server.key_ring import KeyRing, WrongDataKey

    try:
        KeyRing(settings.database_url, settings.data_key).require_open()
    except Unavailable:
        pass
    except WrongDataKey as error:
        raise _refuse(str(error)) from None
    return settings


@app.command()
def serve() -> None:
    """관제센터 서버를 엽니다 · run the center server."""
    settings = _opening(_settings())
    from server.serving import serve as run

    run(settings)


@app.command()
def worker() -> None:
    """알림·출동 요청 등 맡긴 일을 합니다 · do the durable jobs (push, delivery to agencies)."""
    settings = _opening(_settings())
    from server.worker import run_worker

    run_worker(settings)


@app.command()
def video() -> None:
    """영상 게이트웨이를 엽니다 · run the video gateway."""
    from server.services import make_services
    from server.video.app import run
    from server.video.mediamtx_hook import mediamtx_routers
    from server.video.relayed import relays_from
    from server.video_gate import CameraSources, ReleaseGate
    from server.video_health import watching_routers
    from server.video_shelf import recording_routers

    settings = _settings()
    if not settings.video_key:
        raise _refuse("VIDEO_KEY가 필요합니다 · VIDEO_KEY is needed: the secret that center server and video share.")
    services = make_services(settings)
    try:
        relays_from(settings.video_relays)
        watching = watching_routers(services)
    except ValueError as error:
        raise _refuse(str(error)) from None
    run(
        host=settings.host,
        port=settings.port,
        gate=ReleaseGate(services),
        sources=CameraSources(services),
        key=settings.video_key,
        trusted_proxies=settings.trusted_proxies,
        extra_routers=[*recording_routers(services), *watching, *mediamtx_routers(settings)],
        may_lead=settings.camera_redirects,
        whep_addresses=[one for one in settings.video_whep_addresses.replace(",", " ").split() if one],
        relays=settings.video_relays,
    )


@app.command()
def migrate(
    database: Annotated[str, typer.Option(help="name of the installation's database")] = DEFAULT_DATABASE,
) -> None:
    """데이터베이스를 만들거나 새 판으로 올립니다 · create or upgrade the installation's database.

    DATABASE_URL names the server as its administrator; without it the private cluster is used.
    """
    from pathlib import Path

    from location_router.runtime.pg_binaries import ClusterError
    from location_router.runtime.postgres import cluster_or_env
    from location_router.runtime.provision import provision

    try:
        with cluster_or_env(on_progress=lambda line: print(line, file=sys.stderr)) as server:
            scripts = Path(__file__).parent / "migrations"
            print(provision(server.admin_url, database, "installation", scripts=scripts))
    except ClusterError as error:
        raise _refuse(str(error), 1) from None


@app.command()
def doctor(
    new_key: Annotated[bool, typer.Option("--new-key", help="print a fresh DATA_KEY and nothing else")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON line")] = False,
) -> None:
    """설정과 이어진 것들을 점검하고 할 일을 알려 줍니다 · check every part and say what to do (exit 1: not well)."""
    if new_key:
        from location_router.runtime.seal import new_key as fresh

        print(fresh())
        return
    import asyncio

    from server.doctor import examine

    settings = _settings()
    found = asyncio.run(examine(settings))
    well = all(ok for _, ok, _ in found)
    if as_json:
        findings = [{"name": name, "ok": ok, "sentence": sentence} for name, ok, sentence in found]
        print(json.dumps({"ok": well, "findings": findings}, ensure_ascii=False))
    else:
        for name, ok, sentence in found:
            print(f"{'✓' if ok else '✗'} {name}: {sentence}")
    raise typer.Exit(int(not well))


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="play the whole story once and end")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON line (with --once)")] = False,
    lat: Annotated[float | None, typer.Option(min=-90, max=90)] = None,
    lon: Annotated[float | None, typer.Option(min=-180, max=180)] = None,
    home: Annotated[str, typer.Option(help="center code of the person's home")] = "11680",
) -> None:
    """모든 것을 이 컴퓨터에서 한 번에 켜 봅니다 · a small country in a box."""
    from server.demo.run import run_demo

    raise typer.Exit(run_demo(once=once, as_json=as_json, lat=lat, lon=lon, home=home))


attach_backups(app)
attach_purge(app, _settings)
attach_log(app, _settings)
attach_check(app)
attach_replay(app, _settings)
attach_walk_replay(app)
attach_simulators(app)
attach_conformance(app)


app.add_typer(keys_app(_settings), name="keys")
app.add_typer(account_app(_settings), name="account")
app.add_typer(address_app(), name="address")
app.add_typer(line_app(_settings), name="line")
app.add_typer(plates_app(_settings), name="plates")
app.add_typer(import_app(_settings), name="import")
app.add_typer(relay_app(), name="relay")
app.add_typer(evidence, name="evidence")


def main() -> None:
    app()


if __name__ == "__main__":
    main()
