"""A finger that first scrolls to what it wants."""

from __future__ import annotations

from typing import Any


def reach(stage: Any, widget: Any) -> Any:
    from kivy.uix.scrollview import ScrollView

    parent = widget.parent
    while parent is not None and parent is not parent.parent:
        if isinstance(parent, ScrollView):
            stage.frames(2)
            parent.scroll_to(widget, animate=False)
            stage.frames(2)
            break
        parent = parent.parent
    return widget


def tap(stage: Any, widget: Any) -> None:
    stage.tap(reach(stage, widget))
