"""The window (Kivy). It shows `View`s and tells the phone what was touched; it holds no truth of its own."""
