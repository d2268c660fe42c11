"""The siren at the alarm stream's full volume, made here, and the person's own ring tone for a fake call.

What volume she had chosen stands in a file while the siren sounds: a phone that was killed meanwhile gives it back at
the next start.
"""

from __future__ import annotations

import math
import threading
from array import array
from pathlib import Path
from typing import Any

from mobile_app.platforms.android import java
from mobile_app.ports import RING, SIREN

RATE_HZ = 22_050
LOW_HZ, HIGH_HZ, SWEEP_S = 650.0, 1_500.0, 0.6
STREAM_ALARM, USAGE_ALARM, CONTENT_SONIFICATION = 4, 4, 4
ENCODING_PCM_16BIT, CHANNEL_OUT_MONO, MODE_STATIC = 2, 4, 0
TYPE_RINGTONE, RINGER_MODE_NORMAL, LOOPING_SINCE_API = 1, 2, 28
GET_DEVICES_OUTPUTS, TYPE_BUILTIN_SPEAKER = 2, 2


def siren_samples() -> bytes:
    """One sweep up and one down, int16 mono; its end fits its beginning, so that it may go round and round."""
    count = int(RATE_HZ * SWEEP_S * 2)
    samples, phase = array("h"), 0.0
    rises = [1 - abs(2 * at / count - 1) for at in range(count)]
    whole = round(sum(LOW_HZ + (HIGH_HZ - LOW_HZ) * rise for rise in rises) / RATE_HZ)
    mend_hz = whole * RATE_HZ / count - sum(LOW_HZ + (HIGH_HZ - LOW_HZ) * rise for rise in rises) / count
    for rise in rises:
        phase += 2 * math.pi * (LOW_HZ + (HIGH_HZ - LOW_HZ) * rise + mend_hz) / RATE_HZ
        # louder than a sine at the same height: its third harmonic, too
        samples.append(int(32_000 * max(-1.0, min(1.0, 1.2 * math.sin(phase) + 0.2 * math.sin(3 * phase)))))
    return samples.tobytes()


class AndroidSpeaker:
    def __init__(self, volume_file: Path) -> None:
        self._volume_file = volume_file
        self._audio = java.system_service("audio", "android.media.AudioManager")
        self._track_class, self._format = java.find("android.media.AudioTrack"), java.find("android.media.AudioFormat")
        self._attributes = java.find("android.media.AudioAttributes$Builder")
        self._format_builder = java.find("android.media.AudioFormat$Builder")
        self._ringtones = java.find("android.media.RingtoneManager")
        self._turn = threading.RLock()
        self._name = ""
        self._sounding: Any = None
        self._restore_volume()

    def play(self, name: str) -> bool:
        with self._turn:
            if name == self._name:
                return True
            self.stop()
            with java.forbidden_is_fine():
                self._sounding = {SIREN: self._siren, RING: self._ring}.get(name, lambda: None)()
            self._name = name if self._sounding is not None else ""
            return self._sounding is not None

    def stop(self) -> None:
        with self._turn:
            if self._sounding is not None:
                with java.forbidden_is_fine():
                    self._sounding.stop()
                    if self._name == SIREN:
                        self._sounding.release()
            self._sounding, self._name = None, ""
            self._restore_volume()

    def _siren(self) -> Any:
        self._full_volume()
        samples = siren_samples()
        attributes = self._attributes().setUsage(USAGE_ALARM).setContentType(CONTENT_SONIFICATION).build()
        builder = self._format_builder().setSampleRate(RATE_HZ).setEncoding(ENCODING_PCM_16BIT)
        layout = builder.setChannelMask(CHANNEL_OUT_MONO).build()
        track = self._track_class(attributes, layout, len(samples), MODE_STATIC, 0)
        track.write(samples, 0, len(samples))
        track.setLoopPoints(0, len(samples) // 2, -1)
        self._through_own_speaker(track)
        track.play()
        return track

    def _through_own_speaker(self, track: Any) -> None:
        """Not into headphones."""
        for device in self._audio.getDevices(GET_DEVICES_OUTPUTS):
            if device.getType() == TYPE_BUILTIN_SPEAKER:
                track.setPreferredDevice(device)

    def _ring(self) -> Any:
        """None when the phone is silenced: a call would not ring either."""
        if self._audio.getRingerMode() != RINGER_MODE_NORMAL:
            return None
        context = java.context()
        tone = self._ringtones.getRingtone(context, self._ringtones.getDefaultUri(TYPE_RINGTONE))
        if tone is None:
            return None
        if java.api() >= LOOPING_SINCE_API:
            tone.setLooping(True)
        tone.play()
        return tone

    def _full_volume(self) -> None:
        had = self._audio.getStreamVolume(STREAM_ALARM)
        if not self._volume_file.exists():
            self._volume_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._volume_file.write_text(str(had))
        with java.forbidden_is_fine():  # "do not disturb" may forbid it; what can be heard is heard
            self._audio.setStreamVolume(STREAM_ALARM, self._audio.getStreamMaxVolume(STREAM_ALARM), 0)

    def _restore_volume(self) -> None:
        try:
            had = int(self._volume_file.read_text())
        except (OSError, ValueError):
            return
        with java.forbidden_is_fine():
            self._audio.setStreamVolume(STREAM_ALARM, had, 0)
        self._volume_file.unlink(missing_ok=True)
