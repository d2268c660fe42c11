"""The list of nodes as a center knows it, and the proofs by which a node enrols.

The router signs the list with each of its keys. A center believes it when a key named in `NODE_TRUST` signed it; with
`NODE_TRUST` absent, when the answer was also signed with the secret the two share (`INSTALLATION_KEY`). What was
believed is kept on disk, so that a center starts and works while the router is away; an older list never replaces a
newer one, so that a recorded list can't undo a revocation.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import os
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import structlog

from location_router.envelope import (
    Keyring,
    NodeKey,
    Refused,
    Signer,
    is_signed_by,
    key_id,
    read_envelope,
    signed_part,
)
from location_router.runtime.db import Unavailable
from location_router.runtime.ending import end
from location_router.runtime.seal import key_bytes

log = structlog.get_logger("nodes")
PATH = "/v1/nodes"
LIST_HEADER = "X-Ansim-List-Signature"
EVERY_S = 20.0
EVERY_UNTIL_KNOWN_S = 0.5
PROOF_LIFE = timedelta(minutes=10)
_PURPOSE = b"ansim node list 1\n"

Fetch = Callable[[], Awaitable[tuple[bytes, str]]]


class BadList(Exception):
    """The list is not to be believed, and why."""


# -- proofs that a node holds its keys


def proofs_of(signer: Signer, *, now: datetime) -> list[str]:
    """One envelope for each key of the node, around the list of all of them."""
    every = orjson.dumps([_text(one) for one in signer.public_keys])
    return [
        signer.wrap(every, subject="enrol", message_id=signer.node, at=now, which=number).decode()
        for number in range(len(signer.public_keys))
    ]


def read_proofs(node_id: str, proofs: Sequence[str], keyring: Keyring, *, now: datetime) -> tuple[list[bytes], bool]:
    """(public keys that were proved, whether one that is already valid vouches for all). Bad proofs count nothing."""
    proved: list[bytes] = []
    vouched = False
    for proof in list(proofs)[:4]:
        try:
            claimed, key, at, signature, head, body = read_envelope(proof.encode())
            keys = {key_id(one): one for one in map(base64.b64decode, orjson.loads(body)) if len(one) == 32}
        except (Refused, ValueError, TypeError):
            continue
        public = keys.get(key)
        if claimed != node_id or public is None or abs(now - at) > PROOF_LIFE:
            continue
        if is_signed_by(public, signature, signed_part(head, "enrol", node_id, body)):
            proved.append(public)
            known = keyring.find(node_id, key)
            vouched |= known is not None and not known.is_revoked and known.is_valid_at(now)
    return proved, vouched


# -- the list


def signed_list(keyring: Keyring, signer: Signer, *, now: datetime) -> dict[str, Any]:
    """`{"document": text, "signatures": [{"public_key","signature"}]}`: the list, signed by each key of the router."""
    document = orjson.dumps({"issued_at": now, "nodes": [_as_json(one) for one in keyring]}).decode()
    signatures = [
        {"public_key": _text(public), "signature": _text(signer.sign(_PURPOSE + document.encode(), which=number))}
        for number, public in enumerate(signer.public_keys)
    ]
    return {"document": document, "signatures": signatures}


def list_mac(body: bytes, installation_key: str) -> str:
    """The answer's own signature with the shared secret, for a center without `NODE_TRUST`."""
    return hmac.new(installation_key.encode(), _PURPOSE + body, hashlib.sha256).hexdigest()


def open_list(body: bytes, mac: str, *, trust: Sequence[bytes], installation_key: str) -> tuple[datetime, Keyring]:
    """When it was issued, and its keys. Raises BadList."""
    try:
        said = orjson.loads(body)
        document = said["document"].encode()
        signed_by = [
            public
            for one in said["signatures"]
            if is_signed_by(
                public := base64.b64decode(one["public_key"]),
                base64.b64decode(one["signature"]),
                _PURPOSE + document,
            )
        ]
        content = orjson.loads(document)
        issued_at = datetime.fromisoformat(content["issued_at"])
        keyring = Keyring(_from_json(one) for one in content["nodes"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadList(f"unreadable: {error!r}"[:200]) from None
    if trust:
        if not any(public in trust for public in signed_by):
            raise BadList("no key of NODE_TRUST signed it")
    elif not installation_key or not hmac.compare_digest(list_mac(body, installation_key), mac):
        raise BadList("not signed with INSTALLATION_KEY")
    if not signed_by:
        raise BadList("not signed by the router")
    return issued_at, keyring


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _as_json(key: NodeKey) -> dict[str, Any]:
    return {
        "node": key.node,
        "kind": key.kind,
        "public_key": _text(key.public_key),
        "valid_from": key.valid_from,
        "valid_until": key.valid_until,
        "revoked": key.is_revoked,
    }


def _from_json(one: dict[str, Any]) -> NodeKey:
    until = one["valid_until"]
    return NodeKey(
        str(one["node"]),
        one["kind"],
        base64.b64decode(one["public_key"]),
        datetime.fromisoformat(one["valid_from"]),
        datetime.fromisoformat(until) if until else None,
        is_revoked=bool(one["revoked"]),
    )


def trust_from(setting: str) -> list[bytes]:
    """Public keys of `NODE_TRUST` (base64, comma-separated). Raises ValueError."""
    wanted = "NODE_TRUST must be base64 of the router's public key, or several separated by commas"
    return [key_bytes(one, wanted=wanted) for one in setting.split(",") if one.strip()]


def default_cache(signer: Signer) -> Path:
    """`NODE_LIST`, or a file of this node's in the user's state folder."""
    if chosen := os.environ.get("NODE_LIST"):
        return Path(chosen)
    state = os.environ.get("XDG_STATE_HOME") or (f"{home}/.local/state" if (home := os.environ.get("HOME")) else "")
    folder = Path(state) / "ansim" if state else Path(tempfile.gettempdir()) / f"ansim-{os.getuid()}"
    return folder / f"nodes-{key_id(signer.public_keys[0])}.json"


class NodeList:
    """A center's `KeySource`. `fetch()` asks the router for the list: (body, its MAC); raises Unavailable."""

    def __init__(self, fetch: Fetch, *, trust: Sequence[bytes], installation_key: str, cache: Path | None) -> None:
        self._fetch, self._trust, self._installation_key, self._cache = fetch, list(trust), installation_key, cache
        self.keyring = Keyring()
        self.issued_at: datetime | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_binding(self) -> bool:
        """A pinned router means that there is a registry, seen or not."""
        return bool(self._trust) or self.issued_at is not None

    def start(self) -> None:
        self._load()
        self._task = asyncio.create_task(self._run(), name="node-list")

    async def stop(self) -> None:
        await end(self._task)

    async def look_again(self) -> None:
        """Ask the router now. Raises Unavailable, also for a list that is not to be believed."""
        body, mac = await self._fetch()
        try:
            if self._take(body, mac):
                self._keep(body, mac)
        except BadList as error:
            log.error("node_list_refused", error=str(error))
            raise Unavailable(f"node list: {error}") from error

    def _take(self, body: bytes, mac: str) -> bool:
        issued_at, keyring = open_list(body, mac, trust=self._trust, installation_key=self._installation_key)
        if self.issued_at is not None and issued_at < self.issued_at:
            raise BadList(f"older than the one of {self.issued_at.isoformat()}")
        self.issued_at, self.keyring = issued_at, keyring
        return True

    def _load(self) -> None:
        if self._cache is None or not self._cache.exists():
            return
        try:
            kept = orjson.loads(self._cache.read_bytes())
            self._take(kept["body"].encode(), kept["mac"])
        except (BadList, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("node_list_cache_refused", error=str(error)[:200])

    def _keep(self, body: bytes, mac: str) -> None:
        if self._cache is None:
            return
        fresh = self._cache.with_suffix(f".{os.getpid()}")
        try:
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(orjson.dumps({"body": body.decode(), "mac": mac}))
            fresh.replace(self._cache)
        except OSError as error:
            log.warning("node_list_not_kept", path=str(self._cache), error=str(error)[:200])
            with contextlib.suppress(OSError):
                fresh.unlink()

    async def _run(self) -> None:
        while True:
            try:
                await self.look_again()
            except Unavailable:
                pass
            except Exception:
                log.exception("node_list_failed")
            await asyncio.sleep(EVERY_S if self.issued_at is not None else EVERY_UNTIL_KNOWN_S)
