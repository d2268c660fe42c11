"""The center server: all slices' routes on one FastAPI app, and what runs beside them for as long as it is up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI

from location_router.runtime.db import Unavailable
from location_router.runtime.limits import BodyLimit
from location_router.runtime.problems import install_problems
from location_router.runtime.request_ids import install_request_ids
from location_router.wire import MAX_BODY_BYTES
from server import (
    address_routes,
    attachment_routes,
    gate_routes,
    inbox_routes,
    lent_camera_routes,
    lent_desk_routes,
    line_view_routes,
    openapi,
    plate_routes,
    request_desk_routes,
    request_routes,
    unreadable,
    warning_routes,
)
from server.access_notes import routes as access_notes
from server.agencies import routes as agencies
from server.basemap import addresses as basemap_addresses
from server.basemap import routes as basemap
from server.breakglass import routes as breakglass
from server.cameras import device_routes, import_routes, upload_routes
from server.cameras import routes as cameras
from server.cameras.ptz_keeper import PtzKeeper
from server.cameras.uploads import MOST_FILE_BYTES
from server.cap_warnings import own_routes as own_warnings
from server.cap_warnings import routes as warnings
from server.captures import routes as captures
from server.console import caller_profile, feed, incident_routes, jurisdictions, unmask, work_routes
from server.console import routes as pages
from server.console.seats import seats_of
from server.consumers import Consumers
from server.dispatch import field_routes, line_routes, responder_routes, traffic_routes
from server.dispatch import routes as dispatch
from server.evidence import routes as evidence
from server.facilities import routes as facilities
from server.facilities.ways import close_engine
from server.features import routes as features
from server.firms import routes as firms
from server.heartbeat import Heartbeat
from server.held_bodies import HeldBodies
from server.incidents import routes as incidents
from server.keys import KeyKeeper
from server.log import disclosure_routes
from server.log import routes as log_routes
from server.nodes import node_of, services_on_bus
from server.operation import health
from server.operation.health import Counted, Instruments
from server.oversight import routes as oversight
from server.own_pages import OwnPagesOnly
from server.people import account_routes as people_account
from server.people import browser_relay, browser_routes, care_routes, follow_routes, notice_routes, push_routes
from server.people import routes as people
from server.plates.live import lists_of
from server.positions import position_writer
from server.protection import routes as protection
from server.recordings import routes as recordings
from server.replays import routes as replays
from server.requests import desk_routes as requests
from server.requests import number_routes as request_numbers
from server.requests import terms_routes as request_terms
from server.retention import routes as retention
from server.retention.partitions import keep_days_ahead
from server.rights import RightsWatch
from server.scouts import her_routes as her_scouts
from server.scouts import pair_routes as scout_pairs
from server.scouts import routes as scouts
from server.second_sources import routes as second_sources
from server.services import Services
from server.settings import Settings
from server.shifts import routes as shifts
from server.sightings import request_routes as video_requests
from server.sightings import routes as sightings
from server.staff import account_routes, directory_routes, oidc_routes, own_routes
from server.staff import routes as staff
from server.staff.watch import SessionWatch
from server.sweepers import Sweeper
from server.talk import routes as talk
from server.talk.calls import close_voice
from server.traffic import routes as traffic
from server.traffic.service import close_roads
from server.video.relayed import RelayedAddress, relays_from
from server.walks import guardian_view as walk_guardian_view
from server.walks import line as walk_line
from server.walks import routes as walks
from server.walks import visit_routes as walk_visits

log = structlog.get_logger("app")

LINES = ("/api/lines/", "/api/readers/")
MOST_BODY_BYTES = 5 * MAX_BODY_BYTES  # more than the longest delivery, which the inbox limits by itself

ROUTERS = (
    health,
    openapi,
    inbox_routes,
    staff,
    own_routes,
    account_routes,
    oidc_routes,
    directory_routes,
    people,
    people_account,
    browser_routes,
    browser_relay,
    follow_routes,
    push_routes,
    walks,
    walk_line,
    walk_guardian_view,
    walk_visits,
    notice_routes,
    care_routes,
    incidents,
    incident_routes,
    work_routes,
    unmask,
    caller_profile,
    unreadable,
    shifts,
    agencies,
    address_routes,
    breakglass,
    cameras,
    device_routes,
    import_routes,
    upload_routes,
    facilities,
    recordings,
    replays,
    second_sources,
    protection,
    responder_routes,  # before dispatch, whose `…/{step}` would take its addresses
    field_routes,
    line_routes,
    request_routes,
    attachment_routes,
    lent_camera_routes,
    lent_desk_routes,
    line_view_routes,
    plate_routes,
    warning_routes,
    warnings,
    own_warnings,
    request_desk_routes,
    requests,
    request_numbers,
    request_terms,
    firms,
    gate_routes,
    traffic_routes,
    dispatch,
    sightings,
    video_requests,
    evidence,
    talk,
    captures,
    log_routes,
    disclosure_routes,
    retention,
    features,
    access_notes,
    traffic,
    oversight,
    scouts,
    her_scouts,
    scout_pairs,
    feed,
    jurisdictions,
    basemap,
    basemap_addresses,
    pages,
)


def create_app(settings: Settings, *, services: Services | None = None) -> FastAPI:
    """The app; its lifespan connects and starts everything. `services` lets a test bring its own clock or bus."""
    held = services or services_on_bus(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(held):
            yield

    app = FastAPI(title="Ansim center server", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.services = held
    install_problems(app)
    install_request_ids(app)
    for module in ROUTERS:
        app.router.routes.extend(module.router.routes)  # as they stand; `include_router` builds each of the 450 anew
    openapi.install_openapi(app)
    app.state.instruments = Instruments()
    pages.mount_static(app)
    app.add_middleware(OwnPagesOnly)
    larger = {upload_routes.PREFIX: MOST_FILE_BYTES, facilities.IMPORTS: facilities.MOST_BYTES}
    larger[attachment_routes.ATTACHED] = attachment_routes.MOST_BYTES
    larger[plate_routes.READS] = plate_routes.MOST_BYTES
    larger[firms.IMPORTS] = firms.MOST_BYTES
    app.add_middleware(BodyLimit, most_bytes=MOST_BODY_BYTES, larger=larger)
    app.add_middleware(HeldBodies, paths=(attachment_routes.ATTACHED, plate_routes.READS))
    app.add_middleware(pages.SafeHeaders, settings=settings)
    app.add_middleware(Counted, instruments=app.state.instruments)
    if settings.request_relays:  # outermost: whoever is behind a relay is told by it, at the doors of lines alone
        app.add_middleware(RelayedAddress, relays=relays_from(settings.request_relays), under=LINES)
    return app


@asynccontextmanager
async def running(services: Services) -> AsyncIterator[None]:
    """Fan-out, outbox, positions, deadlines, bus and heartbeat; all stopped in reverse order."""
    await _when_database_is_there(services)
    keys = KeyKeeper(services)
    await keys.start()
    hub = feed.feed_hub(services)
    positions, sweeper, heartbeat = position_writer(services), Sweeper(services), Heartbeat(services)
    consumers = Consumers(services, positions)
    ptz = PtzKeeper(services)
    rights, sessions = RightsWatch(services), SessionWatch(services)
    node = node_of(services)
    if node is not None:
        node.list.start()
    services.outbox.start()
    services.soon(lambda: keep_days_ahead(services), name="position_days")
    positions.start()
    sweeper.start()
    ptz.start()
    lists_of(services).start()
    rights.start()
    sessions.start()
    consumers.start()
    heartbeat.start()
    services.shared["is_up"] = True
    try:
        yield
    finally:
        services.shared["is_up"] = False
        hub.end_all()
        await hub.walks.stop()
        await heartbeat.stop()
        await consumers.stop()
        await sessions.stop()
        await rights.stop()
        await seats_of(services).stop()
        await ptz.stop()
        await lists_of(services).stop()
        await sweeper.stop()
        await positions.stop()
        await keys.stop()
        if node is not None:
            await node.list.stop()
        await close_voice(services)
        await basemap_addresses.close_basemap(services)
        await close_roads(services)
        await close_engine(services)
        await services.close()


async def _when_database_is_there(services: Services) -> None:
    """Begin at the log's present end. A database that is still starting is waited for."""
    while True:
        try:
            await services.broadcast.start()
            return await jurisdictions.enter_centers(services)
        except Unavailable as error:
            log.warning("waiting_for_database", error=str(error)[:200])
            await services.broadcast.stop()
            await asyncio.sleep(0.5)
