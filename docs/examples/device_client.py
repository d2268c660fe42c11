"""A button of the open device protocol in one file: standard library only, small enough to carry to a microcontroller.

    python device_client.py --url http://127.0.0.1:8100 --ref REF --key HEX press --lat 37.4015 --lon 126.9227
    python device_client.py … press --silent      # the operator must not call back loudly
    python device_client.py … cancel | heartbeat

`REF` and `HEX` come with the binding (`POST /api/people/me/devices` of the home center), and are shown once. The
sequence number is kept in a file before anything is sent: a device that restarts must not use a number twice.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

SIGNED = ("v", "device", "seq", "kind", "pattern", "lat", "lon", "acc", "bat", "at")
TRIES, FIRST_PAUSE_S = 6, 0.5


def signed_message(key: bytes, values: dict[str, object]) -> bytes:
    """The JSON text with its MAC. What is signed are the values exactly as they are written, `;` between them."""
    written = {name: _written(values[name]) for name in SIGNED if values.get(name) is not None}
    text = ";".join(written.get(name, "").strip('"') for name in SIGNED)
    digest = hmac.new(key, b"ansim device 1\x00" + text.encode(), hashlib.sha256).digest()[:10]
    mac = base64.b64encode(digest, b":.").decode().rstrip("=")
    members = [f'"{name}":{value}' for name, value in written.items()]
    return ("{" + ",".join([*members, f'"mac":"{mac}"']) + "}").encode()


def _written(value: object) -> str:
    return f"{value:.5f}" if isinstance(value, float) else json.dumps(value)


def next_seq(file: Path) -> int:
    """One more than ever used; on disk before it is used."""
    seq = int(file.read_text()) + 1 if file.exists() else 1
    file.write_text(str(seq))
    return seq


def send(url: str, body: bytes) -> dict[str, object]:
    """Until the router has it: the same bytes again are the same alert. Ends the program when it won't be had."""
    request = urllib.request.Request(
        url.rstrip("/") + "/v1/devices/messages", data=body, headers={"Content-Type": "application/json"}
    )
    for attempt in range(TRIES):
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code != 429:
                sys.exit(f"{error.code} {error.read().decode()}")  # problem+json says what to put right
            failed: Exception = error
        except OSError as error:
            failed = error
        print(f"again in {FIRST_PAUSE_S * 2**attempt} s: {failed}", file=sys.stderr)
        time.sleep(FIRST_PAUSE_S * 2**attempt)
    sys.exit(f"{url}: {failed}")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--ref", required=True)
    parser.add_argument("--key", required=True, type=bytes.fromhex, help="32 hex letters")
    parser.add_argument("--state", type=Path, default=Path("device.seq"))
    parser.add_argument("kind", choices=["press", "cancel", "heartbeat"])
    parser.add_argument("--silent", action="store_true")
    parser.add_argument("--lat", type=float)
    parser.add_argument("--lon", type=float)
    parser.add_argument("--accuracy-m", type=int)
    parser.add_argument("--battery", type=int)
    given = parser.parse_args()
    body = signed_message(
        given.key,
        {
            "v": 1, "device": given.ref, "seq": next_seq(given.state), "kind": given.kind,
            "pattern": ("silent" if given.silent else "loud") if given.kind == "press" else None,
            "lat": given.lat, "lon": given.lon, "acc": given.accuracy_m, "bat": given.battery, "at": int(time.time()),
        },
    )  # fmt: skip
    print(json.dumps(send(given.url, body), ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
