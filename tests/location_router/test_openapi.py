"""`/openapi.json`: complete, sound in its structure, and with examples that the router itself reads."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from location_router import els, intake, sms_text
from location_router.app import make_app
from location_router.devices import read
from location_router.openapi_examples import AML, OPERATIONS, PRESS, SMS
from location_router.request_content.reading import read_request
from location_router.runtime.seal import Sealer, new_key
from location_router.settings import Settings
from location_router.wire import Accepted, CenterHealth, Receipt
from tests.location_router.routers import INDEX

NOW = datetime(2026, 11, 21, 16, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    settings = Settings(database_url="postgresql+psycopg://x/y", bus_url="postgresql+psycopg://x/z", data_key=new_key())
    app = make_app(settings, index=INDEX)
    made: dict[str, Any] = app.openapi()
    assert app.openapi() is made, "made once"
    return json.loads(json.dumps(made))


def everything(value: Any, path: str = "") -> list[tuple[str, Any]]:
    found = [(path, value)]
    for name, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        found += everything(inner, f"{path}/{name}")
    return found


def test_the_document_is_sound(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1") and document["info"]["title"] and document["info"]["version"]
    for path, value in everything(document):
        if isinstance(value, dict) and isinstance(value.get("$ref"), str):
            there: Any = document
            for part in value["$ref"].removeprefix("#/").split("/"):
                assert part in there, f"{path}: {value['$ref']} leads nowhere"
                there = there[part]
    names = [one["operationId"] for methods in document["paths"].values() for one in methods.values()]
    assert len(names) == len(set(names))
    schemes = document["components"]["securitySchemes"]
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["responses"], path
            given = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
            assert given == set(re.findall(r"{(\w+)}", path)), path
            assert all(name in schemes for one in operation.get("security", []) for name in one), path
            problems = [one for code, one in operation["responses"].items() if code[0] in "45d"]
            assert problems and all("application/problem+json" in one["content"] for one in problems), path


def test_every_public_endpoint_is_described_with_examples(document: dict[str, Any]) -> None:
    public = {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if path.startswith("/v1/") and method != "get"
    }
    ours = {
        one
        for one in public
        if one[1].split("/")[2] in {"alerts", "sandbox", "sms", "els", "devices", "centers", "requests"}
    }
    assert ours <= set(OPERATIONS), ours - set(OPERATIONS)
    for method, path in OPERATIONS:
        operation = document["paths"][path][method.lower()]
        assert re.search("[가-힣]", operation["summary"]) and re.search("[a-z]", operation["summary"]), path
        if method != "GET":
            examples = [one for media in operation["requestBody"]["content"].values() for one in media["examples"]]
            assert examples, path


def test_the_router_reads_its_own_examples() -> None:
    for path in ("/v1/alerts", "/v1/sandbox/alerts"):
        operation = OPERATIONS["POST", path]
        for example in operation.requests["application/json"].values():
            read_back = intake.read(json.dumps(example).encode(), now=NOW)
            assert isinstance(read_back, intake.Understood) and "odd_fields" not in read_back.flags
        Accepted.model_validate(operation.answer)
    for where, kind in (("/v1/receipts", Receipt), ("/v1/centers/heartbeat", CenterHealth)):
        for example in OPERATIONS["POST", where].requests["application/json"].values():
            kind.model_validate(example)
    keyed = partial(Sealer(new_key()).digest, context="name")
    for kind, examples in OPERATIONS["POST", "/v1/requests"].requests.items():
        for example in examples.values():
            body = example if isinstance(example, str) else json.dumps(example)
            assert read_request(body.encode(), kind, agency_id="x", keyed=keyed).kind == "raise"
    assert sms_text.decode(SMS, {"home-1": "golden-home-router-key"}).alert is not None
    assert els.read_aml(AML, number="1", now=NOW).flags == ()
    said = read(json.dumps(PRESS).encode(), {})
    assert said is not None and said.device_id is not None
