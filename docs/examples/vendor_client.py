"""A vendor's back end that raises an alert and follows it up: standard library only.

    python vendor_client.py --url http://127.0.0.1:8100 --sender my-app --secret SIGNING_SECRET --sandbox

`--sandbox` tries it without disturbing anybody; without it a real control center answers.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime


def new_alert_id() -> str:
    """A UUIDv7. Made once per cry for help; every retry carries the same."""
    milliseconds, chance = int(time.time() * 1000), int.from_bytes(os.urandom(10), "big")
    number = milliseconds << 80 | 7 << 76 | (chance >> 62 & 0xFFF) << 64 | 2 << 62 | chance & (2**62 - 1)
    return str(uuid.UUID(int=number))


def headers(sender: str, secret: str, path: str, body: bytes) -> dict[str, str]:
    """Hex HMAC-SHA256 of `time.METHOD.path.body` with the signing secret."""
    now = str(int(time.time()))
    mac = hmac.new(secret.encode(), f"{now}.POST.{path}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "X-Ansim-Sender": sender, "X-Ansim-Time": now, "X-Ansim-Signature": mac, "Content-Type": "application/json"
    }  # fmt: skip


class Vendor:
    def __init__(self, url: str, sender: str, secret: str, *, sandbox: bool) -> None:
        self._url, self._sender, self._secret = url.rstrip("/"), sender, secret
        self._alerts = "/v1/sandbox/alerts" if sandbox else "/v1/alerts"

    def raise_alert(self, alert: dict[str, object]) -> dict[str, object]:
        """Sends until there is a 202: only that means that the alert is on the router's disk."""
        return self._post(self._alerts, alert)

    def positions(self, alert_id: str, positions: list[dict[str, object]]) -> dict[str, object]:
        return self._post(f"{self._alerts}/{alert_id}/positions", {"positions": positions})

    def _post(self, path: str, data: object) -> dict[str, object]:
        body, pause_s = json.dumps(data, ensure_ascii=False).encode(), 0.5
        while True:
            signed = headers(self._sender, self._secret, path, body)  # anew each time: the signature has a clock
            try:
                request = urllib.request.Request(self._url + path, data=body, headers=signed)
                with urllib.request.urlopen(request, timeout=5) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    sys.exit(f"{path}: {error.code} {error.read().decode()}")  # problem+json says what to put right
            except OSError as error:
                print(f"again in {pause_s} s: {error}", file=sys.stderr)
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, 8.0)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--sender", required=True)
    parser.add_argument("--secret", default=os.environ.get("ANSIM_SIGNING_SECRET", ""))
    parser.add_argument("--sandbox", action="store_true")
    given = parser.parse_args()
    vendor = Vendor(given.url, given.sender, given.secret, sandbox=given.sandbox)
    now = datetime.now(UTC).isoformat()
    place = {"lat": 37.4015, "lon": 126.9227, "accuracy_m": 20, "fixed_at": now}
    alert_id = new_alert_id()
    accepted = vendor.raise_alert(
        {
            "alert_id": alert_id, "phase": "active", "raised_at": now, "trigger": "button", "position": place,
            "caller": {"nickname": "김보라", "phone": "010-1234-5678", "language": "ko"},
        }
    )  # fmt: skip
    print(json.dumps(accepted, ensure_ascii=False))
    print(json.dumps(vendor.positions(alert_id, [place])))
    vendor.raise_alert(
        {"alert_id": alert_id, "phase": "ended", "outcome": "cancel", "raised_at": now, "position": place}
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
