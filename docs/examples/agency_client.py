"""An agency's own dispatch system in one file: takes signed requests and sends states back. Standard library only.

    python agency_client.py --key KEY --center http://127.0.0.1:8200 --port 9112

It keeps everything in memory; a real system answers 2xx only once the request is on its disk. docs/dispatch.md
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import http.server
import json
import threading
import time
import urllib.error
import urllib.request
import uuid

MAX_SKEW_S = 300
seen: dict[str, str] = {}  # message id → our receipt number


def signature(key: str, moment: str, message_id: str, body: bytes) -> str:
    return hmac.new(key.encode(), f"{moment}.{message_id}.".encode() + body, hashlib.sha256).hexdigest()


def trouble(key: str, headers: dict[str, str], body: bytes) -> str | None:
    """Why this message is not believed, or None."""
    moment, message_id = headers.get("X-Ansim-Time", ""), headers.get("X-Ansim-Id", "")
    if not (moment.isdigit() and message_id):
        return "unsigned"
    if not hmac.compare_digest(signature(key, moment, message_id, body), headers.get("X-Ansim-Signature", "")):
        return "wrong signature"
    return "clock" if abs(time.time() - int(moment)) > MAX_SKEW_S else None


def say(center: str, key: str, state_path: str, said: dict[str, object]) -> None:
    """Tell the center a state, until it answers. A retry is the same message: same id, same bytes, signed anew."""
    body, message_id, pause_s = json.dumps(said, ensure_ascii=False).encode(), str(uuid.uuid4()), 0.5
    while True:
        moment = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "X-Ansim-Id": message_id,
            "X-Ansim-Time": moment,
            "X-Ansim-Signature": signature(key, moment, message_id, body),
        }
        try:
            request = urllib.request.Request(center + state_path, data=body, headers=headers)
            with urllib.request.urlopen(request, timeout=5) as answer:
                return print("said", said["state"], "→", json.load(answer)["state"])
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return print("refused", error.code, error.read().decode())
        except OSError as error:
            print("no answer", error)
        time.sleep(pause_s)
        pause_s = min(pause_s * 2, 8.0)


def work_on(center: str, key: str, case: dict[str, object]) -> None:
    """What the crew would do."""
    path = str(case["state_path"])
    for state, more in (("accepted", {"unit": "순찰 21호", "eta_s": 240}), ("en_route", {}), ("on_scene", {})):
        time.sleep(Receiver.pause_s)
        say(center, key, path, {"state": state, "request_no": case["request_no"], **more})


class Receiver(http.server.BaseHTTPRequestHandler):
    key = center = ""
    pause_s = 2.0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        why = trouble(self.key, dict(self.headers), body)
        if why is not None:
            return self.answer(401, {"error": why})
        message_id = self.headers["X-Ansim-Id"]
        is_new = message_id not in seen
        receipt_no = seen.setdefault(message_id, f"R-{len(seen) + 1:04d}")
        self.answer(200, {"receipt_no": receipt_no})
        case = json.loads(body)
        print(case["kind"], case["case_no"], case["status"], "new" if is_new else "again")
        if is_new and case["kind"] == "request" and case["status"] == "actual":
            threading.Thread(target=work_on, args=(self.center, self.key, case), daemon=True).start()
        return None

    def answer(self, status: int, said: dict[str, str]) -> None:
        data = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Bodies and places are nobody's log."""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--key", required=True)
    parser.add_argument("--center", required=True, help="the center server's address")
    parser.add_argument("--port", type=int, default=9112)
    parser.add_argument("--pause-s", type=float, default=2.0, help="between one state and the next")
    arguments = parser.parse_args()
    Receiver.pause_s = arguments.pause_s
    Receiver.key, Receiver.center = arguments.key, arguments.center.rstrip("/")
    http.server.ThreadingHTTPServer(("127.0.0.1", arguments.port), Receiver).serve_forever()
