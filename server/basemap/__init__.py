"""The map under everything: built-in borders and names, street tiles by setting, and places in words.

What may be fetched by whom: docs/operations/maps.md. The map itself is drawn by `server/web/src/map*.ts`.
"""
