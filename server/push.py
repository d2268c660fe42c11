"""Push to a guardian's phone: the seam, its console twin, and Firebase (only this module knows it).

A push carries ids and the address of the follow page, never a name or a place: it travels through a foreign company.
One call is one attempt. Whether there is another is decided by the durable job that calls (`server/people/jobs.py`).
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import firebase_admin
import requests
import structlog
from firebase_admin import credentials, exceptions, messaging
from google.auth import exceptions as google_errors

log = structlog.get_logger("push")

TTL_S = 600
TIMEOUT_S = 5.0
LONGEST_WAIT_S = 60.0
AT_ONCE = 32
"""Calls to Google beside each other: the SDK blocks a thread for each, and a small machine's default pool has six."""


@dataclass(frozen=True, slots=True)
class PushMessage:
    """`token` is the device's registration token (or `fid:…`, a Firebase installation id); `data` is text only."""

    token: str
    data: dict[str, str]
    collapse_key: str
    ttl_s: int = TTL_S


@dataclass(frozen=True, slots=True)
class PushResult:
    """`message_id` is the service's name for the accepted message."""

    message_id: str


class PushLater(Exception):
    """Not accepted now; `after_s` is what the service asked for."""

    def __init__(self, why: str, *, after_s: float | None = None) -> None:
        super().__init__(why)
        self.after_s = after_s


class TokenGone(Exception):
    """The service says that this token will never work again: delete it."""


class PushRefused(Exception):
    """The service does not understand our message. The token may be perfectly good: it is kept."""


class Push(Protocol):
    """One attempt per call; raises PushLater, TokenGone or PushRefused."""

    async def send(self, message: PushMessage) -> PushResult: ...


class ConsolePush:
    """For developers and the demo: each message as one JSON line on stdout, `{"push": {…}}`, and in `sent`."""

    def __init__(self) -> None:
        self.sent: list[PushMessage] = []

    async def send(self, message: PushMessage) -> PushResult:
        self.sent.append(message)
        sys.stdout.write(json.dumps({"push": {"token": message.token, **message.data}}, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        return PushResult(f"console-{secrets.token_hex(6)}")


class FirebasePush:
    """The real SDK. `fcm_url` (tests) replaces the service's address, `http://…/v1/projects/{0}/messages:send`."""

    def __init__(
        self,
        credential: credentials.Base,
        *,
        project_id: str | None = None,
        fcm_url: str = "",
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        options: dict[str, Any] = {"httpTimeout": timeout_s}
        if project_id:
            options["projectId"] = project_id
        self._app = firebase_admin.initialize_app(credential, options, name=f"ansim-{secrets.token_hex(4)}")
        with _fcm_address(fcm_url):
            service = messaging._get_messaging_service(self._app)
        # The SDK would repeat inside the call (7 s for 503, minutes for a long Retry-After): our durable job repeats.
        once = requests.adapters.HTTPAdapter(pool_connections=AT_ONCE, pool_maxsize=AT_ONCE, max_retries=0)
        self._http = service._client
        self._http.session.mount(service._fcm_url.split("/v1/")[0], once)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="push")

    @classmethod
    def from_file(cls, path: Path, *, fcm_url: str = "") -> FirebasePush:
        """With a service-account file as Firebase's console hands it out."""
        return cls(credentials.Certificate(str(path)), fcm_url=fcm_url)

    async def send(self, message: PushMessage) -> PushResult:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._send, message)

    def _send(self, message: PushMessage) -> PushResult:
        try:
            return PushResult(messaging.send(_firebase_message(message), app=self._app))
        except (messaging.UnregisteredError, messaging.SenderIdMismatchError) as error:
            if isinstance(error, messaging.SenderIdMismatchError):
                log.error("push_sender_mismatch", hint="FIREBASE_CREDENTIALS belong to another Firebase project")
            raise TokenGone(type(error).__name__) from error
        except (exceptions.InvalidArgumentError, ValueError) as error:
            raise PushRefused(str(error)) from error
        except (exceptions.FirebaseError, google_errors.GoogleAuthError) as error:
            raise PushLater(f"{type(error).__name__}: {error}", after_s=_retry_after_s(error)) from error

    async def close(self) -> None:
        """Waits for what is on its way to Google. In a thread: the SDK closes its asynchronous half, and that one only,
        with an event loop of its own."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._http.close()
        firebase_admin.delete_app(self._app)


def _firebase_message(message: PushMessage) -> messaging.Message:
    built = messaging.Message(
        data=message.data,
        android=messaging.AndroidConfig(
            priority="high", ttl=message.ttl_s, collapse_key=message.collapse_key, direct_boot_ok=True
        ),
        webpush=messaging.WebpushConfig(headers={"Urgency": "high", "TTL": str(message.ttl_s)}),
    )
    # Set as attributes: the constructor deprecates `token`, but phones still hand out registration tokens.
    if message.token.startswith("fid:"):
        built.fid = message.token[4:]
    else:
        built.token = message.token
    return built


def _retry_after_s(error: Exception) -> float | None:
    response = getattr(error, "http_response", None)
    text = response.headers.get("Retry-After", "") if response is not None else ""
    return min(float(text), LONGEST_WAIT_S) if text.isdigit() else None


class _fcm_address:
    """The SDK has no setting for its address: swap the class attribute that its service reads when it is made."""

    _lock = threading.Lock()

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> None:
        self._lock.acquire()
        self._kept = messaging._MessagingService.FCM_URL
        if self._url:
            messaging._MessagingService.FCM_URL = self._url

    def __exit__(self, *_: object) -> None:
        messaging._MessagingService.FCM_URL = self._kept
        self._lock.release()


def create_push(kind: str, *, credentials_file: Path | None = None, fcm_url: str = "") -> Push:
    """By the setting PUSH; ValueError with one sentence when it can't work, so that a typo stops the start."""
    if kind == "console":
        return ConsolePush()
    if kind == "firebase":
        if credentials_file is None:
            raise ValueError("PUSH=firebase needs FIREBASE_CREDENTIALS, the service account's JSON file")
        return FirebasePush.from_file(credentials_file, fcm_url=fcm_url)
    raise ValueError(f"PUSH is console or firebase, not {kind!r}")
