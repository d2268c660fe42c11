"""`python -m mobile_app.service --dir FOLDER`: the desktop's service process, which the window starts by itself.

On Android the foreground service calls `host` with the device's own parts (`android/`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from mobile_app import faults
from mobile_app import settings as stored_settings
from mobile_app.core.shake import RULES
from mobile_app.platforms.desktop import Desktop
from mobile_app.platforms.desktop_telephony import TwinSms
from mobile_app.service.host import host
from mobile_app.service.phone import FolderInUse

FOLDER_IN_USE = 3
CHOSEN = ("home_url", "router_url", "language", "sensitivity", "countdown_s")


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m mobile_app.service", description="Ansim's phone without its window.")
    parser.add_argument("--dir", type=Path, help="the phone's own folder (or ANSIM_PHONE_DIR)")
    parser.add_argument("--home-url")
    parser.add_argument("--router-url")
    parser.add_argument("--language", choices=("ko", "en"))
    parser.add_argument("--sensitivity", type=int, choices=sorted(RULES))
    parser.add_argument("--countdown-s", type=float)
    parser.add_argument("--sms-url", default="", help="a gateway that takes text messages; else they are only shown")
    parser.add_argument("--lat", type=float, help="where the person stands")
    parser.add_argument("--lon", type=float)
    parser.add_argument("--accuracy-m", type=float, default=10.0)
    parser.add_argument("--battery", type=int, help="percent that the battery shows")
    parser.add_argument("--stay", action="store_true", help="don't end when nothing is going on")
    parser.add_argument("--json", action="store_true", dest="as_json", help="print each event as a line of JSON")
    return parser


def main() -> int:
    """3 when another phone runs with the folder."""
    given = arguments().parse_args()
    faults.keep_words_in()
    folder = stored_settings.phone_folder(given.dir)
    settings = stored_settings.load(folder, **{name: getattr(given, name) for name in CHOSEN})
    desktop = Desktop(folder=folder, sms=TwinSms(given.sms_url, settings.phone))
    if given.battery is not None:
        desktop.battery.level = given.battery
    if given.lat is not None and given.lon is not None:
        desktop.location.stand(lat=given.lat, lon=given.lon, accuracy_m=given.accuracy_m)
    told = _print if given.as_json else (lambda _: None)
    try:
        asyncio.run(
            host(
                folder=folder, settings=settings, device=desktop.device, played=desktop, stays=given.stay, told=told
            )  # fmt: skip
        )
    except FolderInUse as error:
        print(error, file=sys.stderr)
        return FOLDER_IN_USE
    return 0


def _print(event: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
