"""What is wrong with the settings, in sentences: one line for each, no value of a secret, no stack trace."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

HEADLINE = "설정을 확인해 주세요 · check these settings:"
EXAMPLE = "postgresql+psycopg://user:password@host:5432/database"
SCHEMES = ("postgresql", "postgresql+psycopg")


def address_flaw(url: str) -> str:
    """Why `url` can't be the address of a PostgreSQL database; empty when it can. Nothing is connected."""
    import psycopg
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    from location_router.runtime.address import conninfo

    try:
        if make_url(url).drivername in SCHEMES:
            conninfo(url)
            return ""
    except (ArgumentError, ValueError, TypeError, psycopg.Error):
        pass
    return f"PostgreSQL 주소가 아닙니다 · it is no address of PostgreSQL; write {EXAMPLE}"


def refuse_bad_address() -> None:
    """Before any command: ends the program with one sentence when DATABASE_URL can't be read. Help is always given."""
    url = os.environ.get("DATABASE_URL", "")
    if url and "--help" not in sys.argv and (flaw := address_flaw(url)):
        print(f"DATABASE_URL: {flaw}", file=sys.stderr)
        sys.exit(2)


def told(error: ValidationError | SettingsError) -> str:
    """A headline and a line for each setting that is missing or wrong."""
    errors = getattr(error, "errors", None)
    if errors is None:  # pydantic-settings could not even read it as JSON
        named = re.search(r'field "(\w+)"', str(error))
        return f"{HEADLINE}\n  {named[1].upper() if named else '?'}: JSON이 아닙니다 · it is not JSON"
    lines = (f"{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in errors())
    return "\n  ".join([HEADLINE, *lines])
