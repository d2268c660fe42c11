"""`explain LAT LON --shape`: a shape that would be passed over is said so, not explained as a point."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from location_router.__main__ import app

ANYANG = ("37.4015", "126.9227")


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ('{"kind":"ellipse"}', "semi_major_m"),
        ('{"kind":"circle","radius":900}', "radius_m"),
        ('{"kind":"polygon","ring":[[37.4,126.9],[37.5,126.9]]}', "ring"),
        ("[]", "--shape"),
        ("x", "--shape"),
    ],
)
def test_what_is_no_shape_is_refused(monkeypatch: pytest.MonkeyPatch, shape: str, told: str) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    done = CliRunner().invoke(app, ["explain", *ANYANG, "--shape", shape])
    assert done.exit_code == 2 and told in done.stderr, done.output


def test_a_shape_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    ellipse = '{"kind":"ellipse","semi_major_m":9000,"semi_minor_m":9000}'
    done = CliRunner().invoke(app, ["explain", *ANYANG, "--shape", ellipse])
    assert done.exit_code == 0 and " 100%" not in done.stdout, "a circle of 9 km reaches into the neighbours"
