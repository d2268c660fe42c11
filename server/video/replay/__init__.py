"""Pictures that a device has recorded, asked for by their time (ONVIF Streaming, replay; RTSP over one TCP connection).

`rtsp` and `rtp` are pure (bytes ⇄ values), `client` is the connection, `reel` writes what comes as segments like ours.
Only video is set up, never sound. Everything a device sends is bounded in bytes and in time.
"""
