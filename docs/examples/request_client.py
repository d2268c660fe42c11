"""A linked agency's control room that asks a city's center for its eyes, in one file: standard library only.

    python request_client.py --url http://127.0.0.1:8100 --sender my-firm --secret SIGNING_SECRET --sandbox
    python request_client.py … --lat 37.4015 --lon 126.9227 --event panic --site "안양역 지하상가 12호" --drill

`--sandbox` tries it without disturbing anybody. It raises a request, says where it is now, asks how it stands until it
is accepted (or over), and takes it back: a real system goes on until the center ends it. docs/agencies.md
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

OVER = {"rejected", "refused", "cancelled", "ended", "expired"}


def new_request_id() -> str:
    """A UUIDv7. Made once per request and kept on disk before anything is sent; every retry carries the same."""
    milliseconds, chance = int(time.time() * 1000), int.from_bytes(os.urandom(10), "big")
    number = milliseconds << 80 | 7 << 76 | (chance >> 62 & 0xFFF) << 64 | 2 << 62 | chance & (2**62 - 1)
    return str(uuid.UUID(int=number))


class Agency:
    """What is signed is `time.METHOD.path.body`; each try is signed anew, because the signature has a clock."""

    def __init__(self, url: str, sender: str, secret: str, *, sandbox: bool) -> None:
        self._url, self._sender, self._secret = url.rstrip("/"), sender, secret
        self._requests = "/v1/sandbox/requests" if sandbox else "/v1/requests"

    def ask(self, request: dict[str, object]) -> dict[str, object]:
        """Sends until there is a 202 or 200: only that means that the request is on the router's disk."""
        return self._call("POST", self._requests, request)

    def positions(self, shown: dict[str, object], places: list[dict[str, object]]) -> dict[str, object]:
        return self._call("POST", str(shown["positions_path"]), {"positions": places})

    def state(self, shown: dict[str, object]) -> dict[str, object]:
        return self._call("GET", str(shown["status_path"]))

    def cancel(self, shown: dict[str, object], reason: str) -> dict[str, object]:
        return self._call("POST", f"{shown['status_path']}/cancel", {"reason": reason})

    def _call(self, method: str, path: str, data: object = None) -> dict[str, object]:
        body = b"" if data is None else json.dumps(data, ensure_ascii=False).encode()
        pause_s = 0.5
        while True:
            now = str(int(time.time()))
            mac = hmac.new(self._secret.encode(), f"{now}.{method}.{path}.".encode() + body, hashlib.sha256)
            headers = {
                "X-Ansim-Sender": self._sender, "X-Ansim-Time": now, "X-Ansim-Signature": mac.hexdigest(),
                "Content-Type": "application/json",
            }  # fmt: skip
            try:
                request = urllib.request.Request(self._url + path, data=body or None, headers=headers, method=method)
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--sender", required=True)
    parser.add_argument("--secret", default=os.environ.get("ANSIM_SIGNING_SECRET", ""))
    parser.add_argument("--sandbox", action="store_true")
    parser.add_argument("--drill", action="store_true")
    parser.add_argument("--lat", type=float, default=37.4015)
    parser.add_argument("--lon", type=float, default=126.9227)
    parser.add_argument("--event", default="panic", help="panic, duress_code, intruder_present, medical or fire")
    parser.add_argument("--site", default="시험 장소")
    parser.add_argument("--legal-basis", default="pipa-18-2-3")
    parser.add_argument("--wait-s", type=float, default=60.0, help="how long to ask for its state")
    given = parser.parse_args()
    agency = Agency(given.url, given.sender, given.secret, sandbox=given.sandbox)
    now = datetime.now(UTC).isoformat()
    place: dict[str, object] = {"lat": given.lat, "lon": given.lon, "accuracy_m": 20, "fixed_at": now}
    shown = agency.ask(
        {
            "request_id": new_request_id(), "trigger": "help_request", "legal_basis": given.legal_basis,
            "case_no": f"DEMO-{int(time.time())}", "raised_at": now, "position": place, "is_drill": given.drill,
            "subject": {"event": given.event, "site": given.site},
        }
    )  # fmt: skip
    print(json.dumps(shown, ensure_ascii=False))
    print(json.dumps(agency.positions(shown, [place])))
    until = time.monotonic() + given.wait_s
    while shown["state"] not in OVER | {"accepted"} and time.monotonic() < until:
        time.sleep(0.5)
        shown = agency.state(shown)
    print(json.dumps({"state": shown["state"], "reason": shown["reason"], "ends_at": shown["ends_at"]}))
    print(json.dumps({"state": agency.cancel(shown, "example")["state"]}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
