"""The key of photos and sound is never replaced because it could not be read for a moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobile_app.platforms.desktop_secrets import FILE, AesSealer, FileSecretStore
from mobile_app.ports import Unavailable


def test_what_was_sealed_opens_after_a_restart_and_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    sealed = AesSealer(FileSecretStore(tmp_path)).seal(b"photo")
    again = AesSealer(FileSecretStore(tmp_path))
    assert b"photo" not in sealed and again.open(sealed) == b"photo"
    with pytest.raises(ValueError, match="changed"):
        again.open(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_a_key_that_cannot_be_read_now_is_waited_for_and_not_replaced(tmp_path: Path) -> None:
    sealer = AesSealer(FileSecretStore(tmp_path))
    sealed, kept = sealer.seal(b"photo"), (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(b"{torn")
    for act in (lambda: sealer.open(sealed), lambda: sealer.seal(b"more")):
        with pytest.raises(Unavailable):
            act()
    (tmp_path / FILE).write_bytes(kept)
    assert sealer.open(sealed) == b"photo"
