"""Random lawful plates, in the mix that drives on Korean roads, and any way of writing one."""

import random
import unicodedata

from server.plates.grammar import COMMERCIAL, DIPLOMATIC, MILITARY, OLD, PRIVATE, REGIONS, RENTAL

# The mix is an estimate: what matters is that every kind comes, and that most are private ones of two or three digits.
MIX = {
    "private_3": 44, "private_2": 30, "rental": 6, "commercial": 8, "courier": 3, "regional": 1, "regional_1": 0.3,
    "emergency": 0.4, "machinery": 1, "machinery_old": 0.5, "motorcycle": 1.5, "motorcycle_old": 3, "diplomatic": 0.2,
    "temporary": 0.6, "military": 0.5,
}  # fmt: skip
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_DISTRICTS = ("강남", "수원", "해운대", "중", "전주", "유성")


def random_plate(chance: random.Random) -> str:
    return of_kind(chance.choices(list(MIX), list(MIX.values()))[0], chance)


def of_kind(kind: str, chance: random.Random) -> str:
    pick = chance.choice
    serial = f"{chance.randint(100, 9999):04d}"
    region = pick(REGIONS)
    two = f"{chance.randint(1, 99):02d}"
    match kind:
        case "private_3":
            return f"{chance.randint(100, 997)}{pick(PRIVATE)}{serial}"
        case "private_2":
            return f"{two}{pick(PRIVATE)}{serial}"
        case "rental":
            return f"{pick((two, str(chance.randint(100, 799))))}{pick(RENTAL)}{serial}"
        case "commercial":
            return f"{region}{two}{pick(COMMERCIAL)}{serial}"
        case "courier":
            return f"{region}{chance.randint(80, 97)}배{serial}"
        case "regional":
            return f"{region}{two}{pick(OLD)}{serial}"
        case "regional_1":
            return f"{region}{chance.randint(1, 9)}{pick(OLD)}{serial}"
        case "emergency":
            return f"{pick((998, 999))}{pick(PRIVATE)}{serial}"
        case "machinery":
            return f"0{chance.randint(1, 27):02d}{pick(PRIVATE)}{serial}"
        case "machinery_old":
            return f"{region}영{chance.randint(1, 27):02d}{pick(PRIVATE)}{serial}"
        case "motorcycle":
            return f"{chance.randint(1, 9)}{pick(PRIVATE)}{chance.randint(0, 9)}{serial}"
        case "motorcycle_old":
            return f"{region}{pick(_DISTRICTS)}{pick(PRIVATE)}{serial}"
        case "diplomatic":
            return f"{pick(DIPLOMATIC)}{chance.randint(1, 200):03d}{chance.randint(1, 99):03d}"
        case "temporary":
            return f"{pick(('', region))}임시{serial}{pick(('', '12'))}"
        case _:
            return f"{two}{pick(MILITARY)}{serial}"


def spelled_anyhow(text: str, chance: random.Random) -> str:
    """The plate as some reader or person writes it: gaps, hyphens, two lines, full-width, NFD, jamo, O for 0."""
    written = ""
    for before, sign in zip(" " + text, text, strict=False):
        if written and before.isdigit() != sign.isdigit():
            written += chance.choice(("", "", " ", "-", "\n", "  ", "·"))
        written += chance.choice(("O", "o", "0")) if sign == "0" else sign
    if chance.random() < 0.3:
        written = written.translate(_WIDE)
    if chance.random() < 0.5:
        written = written.replace("임시", "임")
    return unicodedata.normalize(chance.choice(("NFC", "NFD", "NFKD")), written)
