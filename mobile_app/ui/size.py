"""Size of the desktop window in pixels. The whole width is a multiple of 4: Kivy's screenshots shear otherwise."""

PHONE_WIDTH, PANEL_WIDTH, HEIGHT = 412, 300, 915
