"""The Android build: what buildozer and python-for-android are given, and the two entries of the running app."""
