"""The OpenAPI document explains itself: every field and parameter has a description and an example that fits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

from service.api.app import declare

DOCUMENT = declare("0.0.0").openapi()
SHAPES: dict[str, Any] = DOCUMENT["components"]["schemas"]


def fields() -> Iterator[tuple[str, dict[str, Any]]]:
    for shape, schema in SHAPES.items():
        for name, field in schema.get("properties", {}).items():
            yield f"{shape}.{name}", field


def parameters() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            for one in operation.get("parameters", ()):
                examples = [one["example"]] if "example" in one else one["schema"].get("examples", [])
                said = {"description": one.get("description")} if "description" in one else {}
                yield f"{method} {path} {one['name']}", {**one["schema"], **said, "examples": examples}


def is_made_of_fields(schema: dict[str, Any]) -> bool:
    """Whether its parts are fields of another shape, which have examples of their own."""
    parts = [part for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]
    return any("$ref" in part or "$ref" in str(part.get("items")) for part in parts)


def complaints(where: str, schema: dict[str, Any]) -> Iterator[str]:
    if not schema.get("description"):
        yield f"{where} has no description"
    examples = schema.get("examples", [])
    if not examples and not is_made_of_fields(schema):
        yield f"{where} has no example"
    # Only what refers to other shapes needs them beside it: to read them all takes long.
    beside = {"components": DOCUMENT["components"]} if "$ref" in str(schema) else {}
    for one in examples:
        for error in Draft202012Validator(schema | beside).iter_errors(one):
            yield f"{where}: the example {one!r} is refused: {error.message}"


def test_fields_and_parameters_are_described_with_an_example_that_their_schema_takes() -> None:
    assert not [said for where, schema in (*fields(), *parameters()) for said in complaints(where, schema)]


def test_every_route_has_a_summary_a_description_and_only_described_answers() -> None:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert operation["description"], (method, path)
            assert all(answer["description"] for answer in operation["responses"].values()), (method, path)


def test_bodies_have_examples() -> None:
    for path, methods in DOCUMENT["paths"].items():
        for operation in methods.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                if "$ref" in content["schema"]:  # the others are files: what they hold is said beside them
                    name = content["schema"]["$ref"].rpartition("/")[2]
                    assert SHAPES[name].get("examples"), (path, name)
