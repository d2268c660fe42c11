"""A file of borders that somebody else made → its attribute columns and WGS84 shapes.

GeoJSON, GeoPackage, Shapefile (alone or zipped) by content, not by name. An archive is never handed to GDAL: its
members are checked, and what is needed is copied under names of our own. Coordinates come out as (lon, lat).
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_router.boundaries.attributes import dbf_encoding, file_encoding
from location_router.boundaries.cleaning import Progress, Shapes
from location_router.boundaries.projection import to_wgs84

LARGEST_BYTES = 4 << 30
LARGEST_RATIO = 200
MOST_MEMBERS = 2_000
_SHAPE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_SINGLE = (".geojson", ".json", ".gpkg")


class BadFile(Exception):
    """The file can't be used at all: one sentence in both languages that names field, value and cure."""


@dataclass
class Layer:
    """What was read: a column of values for each attribute, one shape (or None) for each feature, and remarks."""

    columns: dict[str, NDArray[Any]]
    shapes: Shapes
    crs: str
    encoding: str
    format: str
    notes: list[str] = field(default_factory=list)


def read_layer(path: Path, *, crs: str = "", layer: str = "", encoding: str = "", progress: Progress) -> Layer:
    """All features of the file at `path`; `crs` (e.g. `EPSG:5174`) beats what the file says of itself, `layer` is
    needed where a file holds several. Raises BadFile."""
    if not path.is_file():
        raise BadFile(f"FILE {str(path)!r}: 그런 파일이 없습니다. 경로를 확인해 주세요 · no such file; check the path")
    with _unpacked(path, layer) as (inner, kind):
        progress(f"{path.name} 읽는 중 · reading {path.name} ({kind}, {path.stat().st_size / 1e6:.1f} MB) …")
        if kind == "Shapefile":
            chosen = encoding or dbf_encoding(inner)
        elif kind == "GeoJSON":
            chosen = encoding or file_encoding(inner)
            inner = _as_utf8(inner, chosen)
        else:
            chosen = "UTF-8"
        found = _read(inner, kind, layer if kind == "GeoPackage" else "", chosen, path.name)
        if kind == "GeoJSON" and inner.name.startswith("utf8-"):
            inner.unlink()
    columns, wkb, told_crs, notes = found
    with np.errstate(invalid="ignore"):
        shapes = np.asarray([_shape(one) for one in wkb], dtype=object)
    shapes, name = to_wgs84(shapes, told=told_crs, given=crs, notes=notes, file=path.name)
    return Layer(columns, shapes, name, chosen, kind, notes)


def _shape(raw: bytes | None) -> shapely.Geometry | None:
    if raw is None:
        return None
    try:
        return shapely.from_wkb(raw, on_invalid="raise")
    except shapely.GEOSException:
        return shapely.from_wkb(raw, on_invalid="fix") if len(raw) else None


def _read(path: Path, kind: str, layer: str, encoding: str, shown: str) -> tuple[dict[str, Any], Any, str, list[str]]:
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

    options: dict[str, Any] = {"encoding": encoding} if kind == "Shapefile" else {}
    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        if layer and layer not in layers:
            raise BadFile(f"--layer {layer!r}: {shown}에는 {layers}만 있습니다 · {shown} has only the layers {layers}")
        if not layer and len(layers) > 1:
            raise BadFile(
                f"{shown}: 레이어가 여럿입니다. --layer로 고르세요 · several layers, choose by --layer: {layers}"
            )
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            meta, _, wkb, values = pyogrio.raw.read(path, layer=layer or layers[0], **options)
    except (DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError, UnicodeError, IndexError) as bad:
        reason = " ".join(str(bad).replace(str(path), shown).split())[:200]
        raise BadFile(
            f"{shown}: 읽을 수 없습니다. 파일이 잘렸거나 깨졌는지 확인하고 다시 내려받으세요 "
            f"· it can't be read as {kind}"
            f" ({reason}); it may be cut off or damaged: fetch it again"
        ) from None
    if len(values) and len(values[0]) == 0 or wkb is None or len(wkb) == 0:
        raise BadFile(f"{shown}: 도형이 하나도 없습니다 · it holds no features; choose another file or --layer")
    notes = sorted({f"GDAL: {' '.join(str(one.message).split())[:160]}" for one in heard})
    return dict(zip(meta["fields"].tolist(), values, strict=True)), wkb, str(meta["crs"] or ""), notes


@contextmanager
def _unpacked(path: Path, layer: str) -> Iterator[tuple[Path, str]]:
    """The file to read and its kind; what had to be copied out of an archive is removed afterwards."""
    with path.open("rb") as raw:
        head = raw.read(64)
    if not head.startswith(b"PK"):
        yield path, _kind(head, path.name)
        return
    with tempfile.TemporaryDirectory(prefix="ansim-import-") as folder:
        try:
            inner = _extract(path, Path(folder), layer)
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as bad:
            raise BadFile(
                f"{path.name}: 압축 파일이 잘렸거나 깨졌습니다. 다시 내려받으세요 · the archive is cut off or damaged"
                f" ({bad}); fetch it again"
            ) from None
        with inner.open("rb") as raw:
            head = raw.read(64)
        yield inner, _kind(head, inner.name)


def _kind(head: bytes, name: str) -> str:
    if head.startswith(b"SQLite format 3\x00"):
        return "GeoPackage"
    if head.startswith(b"\x00\x00\x27\x0a"):
        return "Shapefile"
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return "GeoJSON"
    raise BadFile(
        f"{name}: GeoJSON, 압축한 Shapefile, GeoPackage가 아닙니다 · neither GeoJSON, nor a zipped Shapefile, nor a "
        "GeoPackage: export it as one of these"
    )


def _extract(path: Path, folder: Path, layer: str) -> Path:
    """Copies the one data set of an archive into `folder` under the name `layer`."""
    with zipfile.ZipFile(path) as archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
        _refuse_tricks(path, members)
        members = [one for one in members if not Path(one.filename).name.startswith(("._", "__MACOSX"))]
        data = [one for one in members if Path(one.filename).suffix.lower() in (".shp", *_SINGLE)]
        if layer:
            data = [one for one in data if Path(_readable(one)).stem == layer] or data
        if not data:
            raise BadFile(f"{path.name}: 안에 .shp, .geojson, .gpkg가 없습니다 · no .shp, .geojson or .gpkg inside")
        if len(data) > 1:
            names = sorted(Path(_readable(one)).stem for one in data)
            raise BadFile(
                f"{path.name}: 자료가 여럿입니다. --layer로 고르세요 · several data sets, use --layer: {names}"
            )
        chosen = Path(data[0].filename)
        suffix = chosen.suffix.lower()
        wanted = _SHAPE_PARTS if suffix == ".shp" else (suffix,)
        stem = data[0].filename[: -len(chosen.suffix)].lower()
        left = LARGEST_BYTES
        for one in members:
            part = Path(one.filename).suffix.lower()
            if part in wanted and one.filename[: -len(part)].lower() == stem:
                left -= _copy(archive, one, folder / f"layer{part}", left, path)
        missing = [part for part in wanted if part in (".shx", ".dbf") and not (folder / f"layer{part}").exists()]
        if missing:
            raise BadFile(
                f"{path.name}: {', '.join(missing)} 파일이 빠졌습니다 · {', '.join(missing)} is missing inside"
            )
        return folder / f"layer{suffix}"


def _readable(member: zipfile.ZipInfo) -> str:
    """Korean Windows writes member names in cp949, which zipfile takes for cp437."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("cp949")
    except UnicodeError:
        return member.filename


def _refuse_tricks(path: Path, members: list[zipfile.ZipInfo]) -> None:
    total, packed = sum(one.file_size for one in members), sum(one.compress_size for one in members)
    for one in members:
        parts = one.filename.replace("\\", "/").split("/")
        if ".." in parts or one.filename.startswith(("/", "\\")) or ":" in parts[0]:
            raise BadFile(
                f"{path.name}: 압축 파일 밖을 가리키는 이름이 있습니다 · a member's name leads out of the archive: "
                f"{one.filename!r}; don't use this file"
            )
        if one.flag_bits & 0x1:
            raise BadFile(f"{path.name}: 암호가 걸려 있습니다. 풀어서 주세요 · it is encrypted: unlock it first")
    if len(members) > MOST_MEMBERS or total > LARGEST_BYTES or total > LARGEST_RATIO * max(packed, 1 << 16):
        raise BadFile(
            f"{path.name}: 풀면 너무 큽니다 · unpacked it would be {total / 1e9:.1f} GB in {len(members)} files, which "
            "is no border file: unpack it yourself and give the one file"
        )


def _copy(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int, path: Path) -> int:
    """Copies one member, at most `left` bytes whatever its header claims."""
    written = 0
    with archive.open(member) as source, target.open("wb") as out:
        while block := source.read(1 << 20):
            written += len(block)
            if written > left:
                raise BadFile(f"{path.name}: 풀면 너무 큽니다 · it unpacks to more than it says: don't use this file")
            out.write(block)
    return written


def _as_utf8(path: Path, encoding: str) -> Path:
    """GDAL reads GeoJSON as UTF-8 only: another encoding is written anew, in a temporary file."""
    if encoding == "UTF-8":
        return path
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="utf8-", suffix=".geojson", delete=False) as out:
        with path.open(encoding=encoding, errors="replace") as source:
            shutil.copyfileobj(source, out, 1 << 20)
        return Path(out.name)
