"""The built-in video gateway: RTSP in, fragmented MP4 over WebSocket out, behind the release gate."""
