"""A telco: a child or somebody with dementia is missed, and the family asked it to say where the phone is."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from random import Random

from PIL import Image, ImageDraw

from server.simulate.cases import Case, Scene, case_of, written

BASIS = "lia-29"
ADULTS = 0.3
"""Share of the cases that are somebody with dementia."""
METHODS = (("gps", 20.0), ("wifi", 60.0), ("cell", 500.0))
CLOTHES = (("노란 우비", "#e8c030"), ("빨간 가방", "#b03030"), ("파란 체육복", "#3050b0"), ("초록 모자", "#308050"))


def case(scene: Scene) -> Case:
    dice = scene.dice
    is_adult = dice.random() < ADULTS
    method, radius_m = dice.choice(METHODS)
    clothes, colour = dice.choice(CLOTHES)
    subject = {
        "name": "시험인",
        "age": dice.randrange(68, 90) if is_adult else dice.randrange(4, 13),
        "appearance": clothes,
        "method": method,
        "radius_m": radius_m,
        "guardian_name": "보호자",
        "guardian_phone": f"010-0000-{dice.randrange(10**4):04}",
        "consent": {"by": "guardian", "at": datetime.now(UTC).isoformat()},
    }
    trigger = "missing_dementia" if is_adult else "missing_child"
    request_id, letter = case_of(
        scene, trigger, subject, place=scene.somewhere(), accuracy_m=radius_m, basis=BASIS, callback="080-000-0000"
    )
    return Case(request_id, written(letter), picture=portrait(colour, dice))


def portrait(colour: str, dice: Random) -> bytes:
    """A drawn figure in those clothes, JPEG: nobody's photo."""
    image = Image.new("RGB", (240, 320), "#d8dce0")
    pen = ImageDraw.Draw(image)
    lean = dice.randrange(-12, 13)
    pen.rectangle((70 + lean, 130, 170 + lean, 320), fill=colour)
    pen.ellipse((85 + lean, 40, 155 + lean, 130), fill="#c89878")
    pen.pieslice((80 + lean, 30, 160 + lean, 110), 180, 360, fill="#302820")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()
