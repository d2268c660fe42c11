"""`python -m server.page_wire`: the pages' schemas as an OpenAPI document on standard output; needs no database."""

from __future__ import annotations

import json

from server.page_wire import schemas

if __name__ == "__main__":
    info = {"title": "What Ansim's pages are sent", "version": "1"}
    print(json.dumps({"openapi": "3.1.0", "info": info, "paths": {}, "components": {"schemas": schemas()}}))
