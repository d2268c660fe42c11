"""The service named Guard: the phone without its window, in a process of its own that Android keeps and restarts."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

ADDRESSES = Path(__file__).parents[2] / "addresses.json"
"""Written by the build (`stage.py`): home center and router of this release."""
CRASHED = 70


def addresses() -> dict[str, str]:
    return dict(json.loads(ADDRESSES.read_text(encoding="utf-8")))


def stand_guard() -> None:
    """On Python's main thread. An error ends the process with a code of its own: a sticky service is started anew by
    Android, with everything on disk, whereas one that returned would stay away."""
    from mobile_app import faults
    from mobile_app import settings as stored_settings
    from mobile_app.platforms import android
    from mobile_app.service.host import host

    faults.keep_words_in()
    try:
        folder = stored_settings.phone_folder(android.folder())
        settings = stored_settings.load(folder, **addresses())
        device = android.device()
        # From now on also after the phone was switched off and on; removing the app or stopping it by force ends that.
        android.start_at_boot(True)
        asyncio.run(host(folder=folder, settings=settings, device=device))
    except BaseException as error:
        faults.note(error)
        os._exit(CRASHED)
