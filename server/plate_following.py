"""`ansim plates follow`: what bound ONVIF cameras with a recogniser tell, compared like any reader's batch.

A process of its own pulls (PullPoint) and takes each answer before it asks for the next. While the database or the
lists can't be asked, the answer in hand waits; what a device drops meanwhile is the device's. Nothing of a message is
logged.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from location_router.runtime.db import Unavailable
from location_router.runtime.problems import Problem
from server import plate_hits
from server.cameras.devices import device_pool
from server.cameras.onvif.port import DeviceTrouble
from server.plates import onvif
from server.plates.live import lists_of
from server.plates.readers import Reader, center_of
from server.plates.reads import BadBatch, Batch

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("plates")
AGAIN_S, LATEST_S = 1.0, 30.0
GAP_S = 0.1  # a device that doesn't wait when it has nothing to tell is not asked without a pause


async def follow(services: Services, camera_ids: list[str]) -> None:
    """Until it is cancelled. Raises BadReader for a camera that reads no plates."""
    async with services.db.begin() as unit:
        readers = [Reader("onvif", await center_of(unit, one), "", (one,)) for one in camera_ids]
    lists = lists_of(services)
    lists.start()
    try:
        async with asyncio.TaskGroup() as group:
            for reader in readers:
                group.create_task(_follow_one(services, reader))
    finally:
        await lists.stop()
        await device_pool(services).close()


async def _follow_one(services: Services, reader: Reader) -> None:
    (camera_id,) = reader.cameras
    wait_s = AGAIN_S
    while True:
        try:
            async with device_pool(services).use(camera_id) as bound:
                body = await bound.device.events()
            batch, wait_s = onvif.read_xml(body, camera_id), AGAIN_S
        except (DeviceTrouble, BadBatch, Unavailable) as trouble:
            code = trouble.code if isinstance(trouble, DeviceTrouble) else type(trouble).__name__
            log.warning("plates_not_pulled", camera_id=camera_id, code=code)
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, LATEST_S)
            continue
        if len(batch.plates):
            await _take(services, reader, batch)
        await asyncio.sleep(GAP_S)


async def _take(services: Services, reader: Reader, batch: Batch) -> None:
    while True:
        try:
            taken = await plate_hits.take(services, reader, batch)
            if taken.too_old:
                log.warning("plates_of_a_wrong_clock", camera_id=reader.cameras[0], count=len(taken.too_old))
            return
        except Unavailable:
            pass
        except Problem as problem:
            if problem.status != 503:  # the camera is retired, or reads no plates any more
                log.warning("plates_not_taken", camera_id=reader.cameras[0], code=problem.code)
                return
        await asyncio.sleep(AGAIN_S)
