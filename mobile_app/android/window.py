"""The window on Android: Kivy's settings first, then its import; the phone itself is the service Guard."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from mobile_app.ports import TextPrompt


class OnKivysThread:
    """Android's text field answers on Android's main thread, where no widget may be touched."""

    def __init__(self, prompt: TextPrompt) -> None:
        self._prompt = prompt

    def ask(self, title: str, text: str, done: Callable[[str | None], None]) -> bool:
        from kivy.clock import Clock

        return self._prompt.ask(title, text, lambda answer: Clock.schedule_once(lambda _: done(answer)))


def open_window() -> None:
    """Until Android ends it; what goes on goes on in the guard. On Python's main thread, once the activity is there."""
    from mobile_app import faults
    from mobile_app import settings as stored_settings
    from mobile_app.platforms import android
    from mobile_app.service.remote import Remote
    from mobile_app.service.view import first_view

    faults.keep_words_in()
    folder = stored_settings.phone_folder(android.folder())
    os.environ.update(KIVY_NO_ARGS="1", KIVY_NO_FILELOG="1", KIVY_HOME=str(folder / "kivy"))
    (folder / "kivy").mkdir(exist_ok=True)
    from kivy.config import Config

    Config.set("graphics", "maxfps", "30")
    Config.set("kivy", "exit_on_escape", "0")
    from mobile_app.ui.app import AnsimApp
    from mobile_app.ui.fonts import register

    register()
    surface = android.surface()
    prompting = replace(surface, text_prompt=OnKivysThread(surface.text_prompt))
    app = AnsimApp(surface=prompting, folder=folder, first=first_view(folder))
    remote = Remote(folder, viewed=app.viewed, linked=app.linked, begin_service=android.Guard().begin)
    app.phone = remote
    remote.start()
    try:
        app.run()
    finally:
        remote.stop()
