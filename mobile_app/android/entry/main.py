"""What python-for-android starts as the window."""

from mobile_app.android.window import open_window

open_window()
