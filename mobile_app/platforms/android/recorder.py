"""Sound for the center as AAC in the phone's own folder, and the microphone's samples for the scream detector."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mobile_app.platforms.android import java
from mobile_app.platforms.android.java import PythonJavaClass, Runnable, callback, java_method
from mobile_app.ports import MICROPHONE_HZ

SOURCE_MIC, FORMAT_MPEG_4, ENCODER_AAC = 1, 2, 3
RATE_HZ, BITS_PER_S = 16_000, 32_000
CONTEXT_SINCE_API = 31


class AndroidRecorder:
    suffix = ".m4a"

    def __init__(self) -> None:
        self._class = java.find("android.media.MediaRecorder")
        self._turn = threading.RLock()
        self._recorder: Any = None
        self._ended: Callable[[bool], None] = lambda _: None
        self._times_up = Runnable(self.stop)

    def start(self, path: Path, *, seconds: float, ended: Callable[[bool], None]) -> bool:
        with self._turn:
            if self._recorder is not None or not java.has_permission("RECORD_AUDIO"):
                return False
            recorder = None
            with java.forbidden_is_fine():
                recorder = self._class(java.context()) if java.api() >= CONTEXT_SINCE_API else self._class()
                self._prepare(recorder, path)
                recorder.start()
                self._recorder, self._ended = recorder, ended
                java.handler().postDelayed(self._times_up, int(seconds * 1000))
                return True
            if recorder is not None:
                recorder.release()
            return False

    def _prepare(self, recorder: Any, path: Path) -> None:
        recorder.setAudioSource(SOURCE_MIC)
        recorder.setOutputFormat(FORMAT_MPEG_4)
        recorder.setAudioEncoder(ENCODER_AAC)
        recorder.setAudioChannels(1)
        recorder.setAudioSamplingRate(RATE_HZ)
        recorder.setAudioEncodingBitRate(BITS_PER_S)
        recorder.setOutputFile(str(path))
        recorder.prepare()

    def stop(self) -> None:
        with self._turn:
            recorder, ended = self._recorder, self._ended
            if recorder is None:
                return
            self._recorder = None
            java.handler().removeCallbacks(self._times_up)
            is_whole = False
            with java.forbidden_is_fine():
                recorder.stop()  # raises when nothing came in: the file is no film then
                is_whole = True
            recorder.release()
        ended(is_whole)


class _Heard(PythonJavaClass):  # type: ignore[misc]
    __javainterfaces__ = ["org/ansim/phone/Hearing$Heard"]
    __javacontext__ = "app"

    def __init__(self, hear: Callable[[bytes], None]) -> None:
        super().__init__()
        self._hear = hear

    @java_method("([B)V")
    @callback
    def heard(self, samples: Any) -> None:
        self._hear(java.as_bytes(samples))


class AndroidMicrophone:
    def __init__(self) -> None:
        self._to: Callable[[bytes], None] | None = None
        self._heard = _Heard(self._hear)
        self._hearing = java.find("org.ansim.phone.Hearing")(self._heard, MICROPHONE_HZ)

    def listen(self, heard: Callable[[bytes], None]) -> bool:
        if not java.has_permission("RECORD_AUDIO"):
            return False
        self._to = heard
        with java.forbidden_is_fine():
            return bool(self._hearing.start())
        return False

    def stop(self) -> None:
        self._to = None
        self._hearing.stop()

    def _hear(self, samples: bytes) -> None:
        if self._to is not None:
            self._to(samples)
