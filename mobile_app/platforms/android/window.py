"""What the window borrows from Android: a native text field (Hangul through Kivy's own is broken) and the insets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mobile_app.platforms.android import java
from mobile_app.platforms.android.java import PythonJavaClass, Runnable, callback, java_method

EDGE_TO_EDGE_SINCE_API = 35
BUTTON_OK = -1
TYPE_TEXT, CAP_SENTENCES, MULTI_LINE = 1, 0x4000, 0x20000
SOFT_INPUT_VISIBLE = 4
LONGEST_TEXT = 500


class _Closed(PythonJavaClass):  # type: ignore[misc]
    __javainterfaces__ = [
        "android/content/DialogInterface$OnClickListener",
        "android/content/DialogInterface$OnCancelListener",
    ]
    __javacontext__ = "app"

    def __init__(self, close: Callable[[bool], None]) -> None:
        super().__init__()
        self._close = close

    @java_method("(Landroid/content/DialogInterface;I)V")
    @callback
    def onClick(self, _: Any, which: int) -> None:
        self._close(which == BUTTON_OK)

    @java_method("(Landroid/content/DialogInterface;)V")
    @callback
    def onCancel(self, _: Any) -> None:
        self._close(False)


class AndroidTextPrompt:
    """One question at a time; a second one while the first is open is answered False."""

    def __init__(self) -> None:
        self._builder = java.find("android.app.AlertDialog$Builder")
        self._field_class = java.find("android.widget.EditText")
        self._string = java.find("android.R$string")
        self._closed, self._open = _Closed(self._answer), Runnable(self._show)
        self._asked: tuple[str, str, Callable[[str | None], None]] | None = None
        self._field: Any = None

    def ask(self, title: str, text: str, done: Callable[[str | None], None]) -> bool:
        """`done` is called on Android's main thread."""
        window = java.activity()
        if window is None or self._asked is not None:
            return False
        self._asked = (title, text, done)
        with java.forbidden_is_fine():
            window.runOnUiThread(self._open)
            return True
        self._asked = None
        return False

    def _show(self) -> None:
        if self._asked is None:
            return
        title, text, _ = self._asked
        try:
            window = java.activity()
            self._field = field = self._field_class(window)
            field.setInputType(TYPE_TEXT | CAP_SENTENCES | MULTI_LINE)
            field.setText(text)
            field.setSelection(field.length())
            dialog = self._builder(window).setTitle(title).setView(field)
            dialog = dialog.setPositiveButton(self._string.ok, self._closed)
            dialog = dialog.setNegativeButton(self._string.cancel, self._closed)
            shown = dialog.setOnCancelListener(self._closed).show()
            shown.getWindow().setSoftInputMode(SOFT_INPUT_VISIBLE)
            field.requestFocus()
        except Exception:
            self._answer(False)
            raise

    def _answer(self, is_ok: bool) -> None:
        asked, field = self._asked, self._field
        self._asked = self._field = None
        if asked is not None:
            asked[2](str(field.getText().toString())[:LONGEST_TEXT] if is_ok and field is not None else None)


class AndroidInsets:
    """Since Android 15 the window lies under the bars (this app targets it); before, the system keeps it between."""

    def __init__(self) -> None:
        self._types = java.find("android.view.WindowInsets$Type") if java.api() >= EDGE_TO_EDGE_SINCE_API else None

    def current(self) -> tuple[float, float]:
        window = java.activity()
        if self._types is None or window is None:
            return (0.0, 0.0)
        with java.forbidden_is_fine():
            insets = window.getWindow().getDecorView().getRootWindowInsets()
            if insets is not None:
                covered = insets.getInsets(self._types.systemBars() | self._types.displayCutout())
                density = window.getResources().getDisplayMetrics().density
                return (covered.top / density, covered.bottom / density)
        return (0.0, 0.0)
