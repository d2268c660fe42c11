"""Warnings of the disaster room (CAP 1.2) that ask for nothing: read, placed, and when they end. Pure; the router and
the centers' servers read with the same code."""
