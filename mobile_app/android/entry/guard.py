"""What python-for-android starts as the service named Guard."""

from mobile_app.android.guard import stand_guard

stand_guard()
