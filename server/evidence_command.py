"""`ansim evidence verify`: what was touched in an evidence package. Needs its file and password, no installation."""

from __future__ import annotations

import base64
import binascii
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

evidence = typer.Typer(help="증거 꾸러미 · evidence packages", no_args_is_help=True)


@evidence.callback()
def group() -> None:
    """증거 꾸러미 · evidence packages."""


@evidence.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="꾸러미 ZIP · the package", exists=True, dir_okay=False)],
    password: Annotated[
        str,
        typer.Option(envvar="EVIDENCE_PASSWORD", prompt="비밀번호 · password", hide_input=True, help="as it was told"),
    ],
    key: Annotated[
        str | None, typer.Option(metavar="PUB", help="센터가 알려 준 공개키(base64) · the center's public key")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """꾸러미가 만들어진 그대로인지 확인합니다 · says what was touched (exit 1), or that nothing was."""
    from server.evidence.package import WrongPassword, read_package

    try:
        read = read_package(file, password, key=_key(key))
    except WrongPassword:
        _refuse(as_json, file, "wrong_password", "비밀번호가 맞지 않습니다 · the password does not fit")
    except ValueError as error:
        _refuse(as_json, file, "no_package", f"꾸러미가 아닙니다 · {error}")
    manifest = read.manifest or {}
    if as_json:
        print(
            json.dumps(
                _object(file, manifest, [(one.file, one.code) for one in read.findings], key), ensure_ascii=False
            )
        )
    else:
        print("\n".join(_sentences(file, manifest, [one.sentence() for one in read.findings], key)))
    if read.findings:
        raise typer.Exit(1)


def _key(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        key = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != 32:
        raise typer.BadParameter(f"{text!r} is no Ed25519 public key: 32 bytes as base64", param_hint="--key")
    return key


def _refuse(as_json: bool, file: Path, code: str, sentence: str) -> None:
    print(
        json.dumps({"file": str(file), "ok": False, "problem": code}) if as_json else sentence,
        file=sys.stderr if not as_json else sys.stdout,
    )
    raise typer.Exit(2)


def _object(file: Path, manifest: dict[str, Any], findings: list[tuple[str, str]], key: str | None) -> dict[str, Any]:
    about = {
        name: manifest.get(name) for name in ("package_id", "center", "incident_id", "made_at", "made_by", "key_id")
    }
    touched = [{"file": name, "code": code} for name, code in findings]
    return {"file": str(file), "ok": not findings, "key_checked": key is not None, **about, "touched": touched}


def _sentences(file: Path, manifest: dict[str, Any], findings: list[str], key: str | None) -> list[str]:
    about = f"{manifest.get('package_id', '?')} · {manifest.get('center', '?')} · {manifest.get('made_at', '?')}"
    if findings:
        return [
            f"{file}: 바뀐 것 {len(findings)} · touched: {len(findings)} ({about})",
            *(f"  {one}" for one in findings),
        ]
    lines = [f"{file}: 만들어진 그대로입니다 · untouched ({about}, {len(manifest.get('files', {}))} files)"]
    if key is None:
        lines.append(
            f"  서명 키 {manifest.get('key_id')}: 센터에 물어 비교하고 --key 로 확인하세요"
            " · compare this key with the center's and name it with --key"
        )
    return lines
