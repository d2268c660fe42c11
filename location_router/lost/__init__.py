"""LoST (RFC 5222): location-to-service translation, both ways, bytes ⇄ values. Pure: no socket, no database, no clock.

    bytes ─ reading.read_query ─▶ Query ─ answering.answer ─▶ Answer ─ writing.write ─▶ bytes

Lenient in, strict out: `reading` accepts what real clients send and lists each leniency; `writing` gives only what the
RFC's schema accepts, and `strict` says whether a foreign answer does. `answers` reads an answer, of a peer or for the
command line. This is a geodetic-only router: `civic` is answered with locationProfileUnrecognized, so it is not a full
LoST server.
"""
