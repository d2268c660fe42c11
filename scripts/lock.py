"""`make lock`: choose new versions and write them down with hashes, naming no registry."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"
WEB = ROOT / "server" / "web"


def main() -> int:
    os.environ["PATH"] = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    tool = shutil.which("uv")
    if tool is None:
        print("lock: no uv; run make setup", file=sys.stderr)
        return 1
    compile_ = [tool, "pip", "compile", "--universal", "--generate-hashes", "--no-emit-index-url", "--extra", "dev"]
    compile_ += ["--upgrade", "-q", "pyproject.toml", "-o", "requirements.lock"]
    subprocess.run(compile_, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    if (WEB / "package.json").is_file():
        subprocess.run([BIN / "npm", "install", "--package-lock-only", "--no-audit", "--no-fund"], cwd=WEB, check=True)
    print("lock: requirements.lock and package-lock.json are written; try them with make test")
    return 0


if __name__ == "__main__":
    sys.exit(main())
