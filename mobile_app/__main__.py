"""`python -m mobile_app`: the phone on a desktop; `--headless` without a window; `shake` for traces alone."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from mobile_app import settings as stored_settings
from mobile_app.core.pins import Pins, UnusablePin
from mobile_app.core.shake import RULES
from mobile_app.recording import BadTrace
from mobile_app.shake_command import find_shakes
from mobile_app.traces import read_route, read_trace

CHOSEN = ("home_url", "router_url", "language", "sensitivity", "countdown_s")


def _phone_arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m mobile_app", description="Ansim's phone. 'shake' as first word: traces only."
    )
    parser.add_argument("--dir", type=Path, help="the phone's own folder (or ANSIM_PHONE_DIR)")
    parser.add_argument("--home-url", help="the home center, for sign-up and guardians")
    parser.add_argument("--router-url", help="the location router, for alerts")
    parser.add_argument("--language", choices=("ko", "en"))
    parser.add_argument("--sensitivity", type=int, choices=sorted(RULES))
    parser.add_argument("--countdown-s", type=float, help="length of the countdown, 0 to 30")
    parser.add_argument("--route", type=Path, help="a walk to play: CSV t,lat,lon,accuracy_m")
    parser.add_argument("--lat", type=float, help="stand here instead of walking")
    parser.add_argument("--lon", type=float)
    parser.add_argument("--replay", type=Path, help="accelerometer trace t,x,y,z (in the window: what key S plays)")
    parser.add_argument("--sms-url", default="", help="a gateway that takes the phone's text messages; else only shown")
    headless = parser.add_argument_group("without a window")
    headless.add_argument("--headless", action="store_true")
    headless.add_argument("--nickname", default="", help="sign up first, if this phone has not")
    headless.add_argument("--phone", default="", help="the number to sign up with")
    headless.add_argument("--drill", action="store_true")
    headless.add_argument("--confirm-after", type=float, metavar="S", help="confirm this long after the shake")
    headless.add_argument("--cancel-after", type=float, metavar="S", help="enter --pin this long after the shake")
    headless.add_argument("--code", default="", help="the six digits of the home center's text message")
    headless.add_argument("--pin", default="", help="PIN to enter; chosen as cancel PIN if the phone has none")
    words: dict[str, Any] = {"action": "append", "default": [], "metavar": "LINE"}
    headless.add_argument("--say", help="say this once active: text:WORDS or a code, quick:hiding, tap:yes", **words)
    headless.add_argument("--reply", help="answer the operator's next line with this", **words)
    headless.add_argument("--until", choices=("accepted", "received", "closed"), default="received")
    headless.add_argument("--timeout", type=float, default=60.0, help="seconds")
    headless.add_argument("--json", action="store_true", dest="as_json")
    return parser


def _checked(parser: argparse.ArgumentParser, argv: list[str]) -> argparse.Namespace:
    arguments = parser.parse_args(argv)
    if (arguments.lat is None) != (arguments.lon is None):
        parser.error("--lat and --lon belong together")
    if arguments.lat is not None and not (-90 <= arguments.lat <= 90 and -180 <= arguments.lon <= 180):
        parser.error("--lat is -90 to 90 and --lon -180 to 180; are they swapped?")
    if arguments.countdown_s is not None and not 0 <= arguments.countdown_s <= 30:
        parser.error("--countdown-s is 0 to 30")
    for name in ("home_url", "router_url", "sms_url"):
        url = getattr(arguments, name)
        if url and not url.startswith(("http://", "https://")):
            parser.error(f"--{name.replace('_', '-')} begins with http:// or https://")
    for name in ("say", "reply"):
        given = [line.partition(":") for line in getattr(arguments, name)]
        if any(kind not in ("text", "quick", "tap") or not words.strip() for kind, _, words in given):
            parser.error(f"--{name} is text:WORDS, quick:CODE or tap:yes|no|danger")
        setattr(arguments, name, tuple((kind, words) for kind, _, words in given))
    try:
        arguments.trace = read_trace(arguments.replay) if arguments.replay else None
        arguments.points = read_route(arguments.route) if arguments.route else None
    except BadTrace as error:
        parser.error(str(error))
    return arguments


def run_phone(argv: list[str]) -> int:
    parser = _phone_arguments()
    arguments = _checked(parser, argv)
    folder = stored_settings.phone_folder(arguments.dir)
    try:
        if not arguments.headless:
            return _run_window(arguments, folder)
        settings = stored_settings.load(folder, **{name: getattr(arguments, name) for name in CHOSEN})
        return _run_headless(arguments, folder, settings)
    except UnusablePin:
        parser.error("--pin is 4 to 8 digits")
    except KeyboardInterrupt:
        return 130


def _run_headless(arguments: argparse.Namespace, folder: Path, settings: stored_settings.Settings) -> int:
    from dataclasses import replace

    from mobile_app.headless import Story, tell_story

    if arguments.pin and settings.pins is None:
        settings = replace(settings, pins=Pins.choose(arguments.pin))
    story = Story(
        trace=arguments.trace, route=arguments.points, lat=arguments.lat, lon=arguments.lon,
        nickname=arguments.nickname, phone=arguments.phone, code=arguments.code, drill=arguments.drill,
        confirm_after_s=arguments.confirm_after, cancel_after_s=arguments.cancel_after, pin=arguments.pin,
        until=arguments.until, timeout_s=arguments.timeout, as_json=arguments.as_json,
        say=arguments.say, reply=arguments.reply, sms_url=arguments.sms_url,
    )  # fmt: skip
    from mobile_app.service.phone import FolderInUse

    try:
        return asyncio.run(tell_story(story, folder=folder, settings=settings))
    except FolderInUse as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _has_display() -> bool:
    """Kivy waits for ever for a display that is not there; only Linux can be without one."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "KIVY_WINDOW")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in names)


def _run_window(arguments: argparse.Namespace, folder: Path) -> int:
    if not _has_display():
        print("화면이 없습니다. --headless를 쓰세요 · no display: use --headless (or set DISPLAY)", file=sys.stderr)
        return 2
    from mobile_app.ui.window import open_window

    given = {f"--{name.replace('_', '-')}": getattr(arguments, name) for name in (*CHOSEN, "sms_url")}
    chosen = [word for name, value in given.items() if value not in (None, "") for word in (name, str(value))]
    return open_window(
        folder=folder, chosen=chosen, trace=arguments.replay, route=arguments.route, lat=arguments.lat,
        lon=arguments.lon,
    )  # fmt: skip


def main() -> int:
    argv = sys.argv[1:]
    return find_shakes(argv[1:]) if argv[:1] == ["shake"] else run_phone(argv)


if __name__ == "__main__":
    sys.exit(main())
