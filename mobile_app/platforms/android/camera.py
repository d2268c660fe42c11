"""The flash light as a torch, and stills by Camera2 (`StillCamera.java`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mobile_app.platforms.android import java

PHOTO_WAIT_MS = 8000


class AndroidTorch:
    def __init__(self) -> None:
        self._manager = java.system_service("camera", "android.hardware.camera2.CameraManager")
        self._facts = java.find("android.hardware.camera2.CameraCharacteristics")
        self._camera: str | None = None

    def set(self, on: bool) -> bool:
        with java.forbidden_is_fine():
            camera = self._with_flash()
            if camera is not None:
                self._manager.setTorchMode(camera, on)
                return True
        return False

    def _with_flash(self) -> str | None:
        if self._camera is None and self._manager is not None:
            for name in self._manager.getCameraIdList():
                if self._has_flash(self._manager.getCameraCharacteristics(name)):
                    self._camera = str(name)
                    break
        return self._camera

    def _has_flash(self, facts: Any) -> bool:
        return bool(facts.get(self._facts.FLASH_INFO_AVAILABLE))


class AndroidCamera:
    suffix = ".jpg"

    def __init__(self) -> None:
        self._still = java.find("org.ansim.phone.StillCamera")

    def photo(self, path: Path, *, lens: str) -> bool:
        if not java.has_permission("CAMERA"):
            return False
        with java.forbidden_is_fine():
            return bool(self._still.take(java.context(), str(path), lens == "front", PHOTO_WAIT_MS))
        return False
