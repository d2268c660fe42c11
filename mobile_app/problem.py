"""What went wrong, as a person reads it. Here and not beside the network, so that the window needs no HTTP library."""

from __future__ import annotations


class Problem(Exception):
    """The server's `application/problem+json`, or the phone's own, in both languages."""

    def __init__(self, code: str, message_ko: str, message_en: str) -> None:
        super().__init__(code)
        self.code, self.message_ko, self.message_en = code, message_ko, message_en
