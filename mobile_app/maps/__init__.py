"""The map's data on the phone: one file of tiles, read and turned into triangles. Standard library only, no window."""
