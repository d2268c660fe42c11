"""H.264 elementary stream facts that the gateway needs, without decoding; pure.

Input is Annex B (start codes), as RTSP demuxers hand it out. Only what a remuxer must know is read:
parameter sets, key frames, B slices, and the picture size (ITU-T H.264 7.3.2.1.1, 7.3.3, 7.4.1.2).
"""

from __future__ import annotations

from dataclasses import dataclass

NAL_SLICE, NAL_IDR, NAL_SPS, NAL_PPS, NAL_AUD, NAL_FILLER = 1, 5, 7, 8, 9, 12
_NOT_IN_SAMPLES = frozenset({NAL_SPS, NAL_PPS, NAL_AUD, NAL_FILLER})
_MOST_SPS = 2_048
_PROFILES_WITH_CHROMA = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 138, 139, 244})


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One picture: parameter sets found in it, and its NAL units with 4-byte lengths (`sample`)."""

    sps: bytes | None
    pps: bytes | None
    is_key: bool
    has_b_slices: bool
    sample: bytes


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """Codec string (RFC 6381) and cropped size in pixels."""

    codec: str
    width: int
    height: int


def split_nal_units(annex_b: bytes) -> list[bytes]:
    """NAL units of an Annex B byte string without start codes; empty ones are left out."""
    units: list[bytes] = []
    start = annex_b.find(b"\x00\x00\x01")
    while start >= 0:
        following = annex_b.find(b"\x00\x00\x01", start + 3)
        end = following if following >= 0 else len(annex_b)
        # zero_byte and trailing_zero_8bits belong to the byte stream, not to the unit
        unit = annex_b[start + 3 : end].rstrip(b"\x00")
        if unit:
            units.append(unit)
        start = following
    return units


def read_access_unit(annex_b: bytes) -> AccessUnit:
    """Look at one picture. Parameter sets leave the sample, since avc1 keeps them in the init segment."""
    sps = pps = None
    is_key = has_b = False
    sample = bytearray()
    for unit in split_nal_units(annex_b):
        kind = unit[0] & 0x1F
        if kind == NAL_SPS:
            sps = unit
        elif kind == NAL_PPS:
            pps = unit
        elif kind == NAL_IDR:
            is_key = True
        elif kind == NAL_SLICE:
            has_b = has_b or _slice_is_b(unit)
        if kind not in _NOT_IN_SAMPLES:
            sample += len(unit).to_bytes(4, "big") + unit
    return AccessUnit(sps, pps, is_key, has_b, bytes(sample))


def read_sps(sps: bytes) -> PictureFormat:
    """Codec string and size from a sequence parameter set; ValueError when it is cut short."""
    # what is read stands in its beginning; a camera's nonsense of 200 kB held all threads up for a minute
    bits = _Bits(_without_emulation(sps[1:_MOST_SPS]))
    profile, constraints, level = bits.take(8), bits.take(8), bits.take(8)
    bits.unsigned()  # seq_parameter_set_id
    chroma_format = 1
    if profile in _PROFILES_WITH_CHROMA:
        chroma_format = _skip_chroma(bits)
    bits.unsigned()  # log2_max_frame_num_minus4
    _skip_picture_order(bits)
    bits.unsigned()  # max_num_ref_frames
    bits.take(1)
    width = (bits.unsigned() + 1) * 16
    map_units = bits.unsigned() + 1
    frame_only = bits.take(1)
    if not frame_only:
        bits.take(1)
    bits.take(1)  # direct_8x8_inference_flag
    height = (2 - frame_only) * map_units * 16
    if bits.take(1):
        left, right, top, bottom = (bits.unsigned() for _ in range(4))
        unit_x = 1 if chroma_format in (0, 3) else 2
        unit_y = (2 if chroma_format == 1 else 1) * (2 - frame_only)
        width -= unit_x * (left + right)
        height -= unit_y * (top + bottom)
    return PictureFormat(f"avc1.{profile:02x}{constraints:02x}{level:02x}", width, height)


def _slice_is_b(unit: bytes) -> bool:
    bits = _Bits(_without_emulation(unit[1:16]))
    try:
        bits.unsigned()  # first_mb_in_slice
        return bits.unsigned() % 5 == 1
    except ValueError:
        return False


def _skip_chroma(bits: _Bits) -> int:
    chroma_format = bits.unsigned()
    if chroma_format == 3:
        bits.take(1)
    bits.unsigned()  # bit_depth_luma_minus8
    bits.unsigned()  # bit_depth_chroma_minus8
    bits.take(1)
    if bits.take(1):  # seq_scaling_matrix_present_flag
        for index in range(12 if chroma_format == 3 else 8):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma_format


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _skip_picture_order(bits: _Bits) -> None:
    order_type = bits.unsigned()
    if order_type == 0:
        bits.unsigned()
    elif order_type == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        for _ in range(bits.unsigned()):
            bits.signed()


def _without_emulation(payload: bytes) -> bytes:
    return payload.replace(b"\x00\x00\x03", b"\x00\x00")


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def take(self, count: int) -> int:
        if count > self._left:
            raise ValueError("the H.264 header is cut short")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def unsigned(self) -> int:
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise ValueError("not an Exp-Golomb code")
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        code = self.unsigned()
        return (code + 1) // 2 if code % 2 else -(code // 2)
