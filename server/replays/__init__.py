"""Recordings fetched from a camera's own recorder (ONVIF Profile G), stored among ours. docs/video.md, section 7."""
