"""What an import has done, as one line of JSON for each file; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from server.cameras.importing.reasons import WORDS, Unreadable

KEPT_LINES = 500
"""So many refused rows stay in the registry's own copy of a report; the command prints all."""


@dataclass
class FileReport:
    """One file. `refused`: (line, reason, detail); `doubtful`: (line, reason, suggestion, is imported, decision)."""

    file: str
    encoding: str = ""
    layout: str = ""
    columns: dict[str, int] = field(default_factory=dict)
    rows: int = 0
    imported: int = 0
    cameras: int = 0
    refused: list[tuple[int, str, str]] = field(default_factory=list)
    doubtful: list[tuple[int, str, dict[str, Any] | None, bool, str]] = field(default_factory=list)
    error: Unreadable | None = None

    @property
    def left_out(self) -> int:
        """Rows that brought no camera."""
        return self.rows - self.imported

    def json(self, most: int | None = None) -> dict[str, Any]:
        """The issue's keys in its order, ours after them. `most`: so many lines of each list."""
        refused, doubtful = self.refused[:most], self.doubtful[:most]
        told: dict[str, Any] = {
            "file": self.file,
            "encoding": self.encoding,
            "layout": self.layout,
            "rows": self.rows,
            "imported": self.imported,
            "cameras": self.cameras,
            "refused": [
                {"line": line, "reason": reason, **_words(reason), **({"value": detail} if detail else {})}
                for line, reason, detail in refused
            ],
            "doubtful": [
                {"line": line, "reason": reason, "suggestion": suggestion, **_words(reason), "imported": imported}
                | ({"decided": decided} if decided else {})
                for line, reason, suggestion, imported, decided in doubtful
            ],
            "columns": self.columns,
            "refused_by": dict(Counter(reason for _, reason, _ in self.refused)),
            "doubtful_by": dict(Counter(one[1] for one in self.doubtful)),
        }
        if self.error is not None:
            told["error"] = self.error.json()
        return told


def _words(reason: str) -> dict[str, str]:
    ko, en = WORDS[reason]
    return {"ko": ko, "en": en}


@dataclass
class ImportReport:
    """All files of one command together: they are one set, and what vanished is judged by the set."""

    batch_id: str
    source: str
    is_dry_run: bool
    files: list[FileReport] = field(default_factory=list)
    new: int = 0
    updated: int = 0
    moved: int = 0
    returned: int = 0
    unchanged: int = 0
    retired: int = 0
    missing: list[dict[str, Any]] = field(default_factory=list)
    """Centers whose vanished cameras were kept, with the reason."""
    changes: list[dict[str, Any]] = field(default_factory=list)

    def set_json(self) -> dict[str, Any]:
        """What concerns the whole set."""
        names = ("source", "batch_id", "new", "updated", "moved", "returned", "unchanged", "retired")
        told = {name: getattr(self, name) for name in names}
        return told | {"missing_kept": self.missing, "changes": self.changes, "dry_run": self.is_dry_run}

    def lines(self, most: int | None = None) -> Sequence[dict[str, Any]]:
        """One JSON object for each file."""
        return [one.json(most) | {"set": self.set_json()} for one in self.files]

    @property
    def is_mostly_left_out(self) -> bool:
        """More than half of the rows brought no camera: such files retire nothing."""
        return sum(one.left_out for one in self.files) * 2 > sum(one.rows for one in self.files)
