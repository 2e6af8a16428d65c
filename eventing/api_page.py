"""OpenAPI document → one page of HTML for people: no script, nothing from elsewhere."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from eventing.api_about import LEAD, RULES

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #222; background: #fff }
code, pre { font: 14px/1.4 ui-monospace, monospace; overflow-wrap: anywhere }
pre { background: #f4f4f4; padding: .7rem; white-space: pre-wrap }
section { border-top: 1px solid #ccc; margin-top: 1.5rem }
dt { font-weight: 600 } dd { margin: 0 0 .6rem 1rem }
th, td { text-align: left; padding: .15rem 1rem .15rem 0; vertical-align: top }
h3 code { font-size: 1rem }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #1b1b1b }
  pre { background: #2a2a2a } a { color: #8bf } }
"""


def page(document: Mapping[str, Any]) -> str:
    """The page of a document."""
    title = escape(document["info"]["title"])
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>{title}</title><style>{STYLE}</style>'
        f"<h1>{title}</h1><p>{escape(LEAD)} "
        '<a href="openapi.json">The same for machines</a>.</p><dl>'
        + "".join(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in RULES)
        + "</dl><h2>Operations</h2><ul>"
        + "".join(_contents(document))
        + "</ul>"
        + "".join(_sections(document))
        + "<h2>Schemas</h2>"
        + "".join(
            f'<section id="{escape(name)}"><h3><code>{escape(name)}</code></h3>'
            f"{_schema(schema)}</section>"
            for name, schema in document["components"]["schemas"].items()
        )
    )


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    base = document["servers"][0]["url"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), f"{base}{path}", operation


def _contents(document: Mapping[str, Any]) -> Iterator[str]:
    for method, path, operation in _operations(document):
        yield (
            f'<li><a href="#{operation["operationId"]}"><code>{method} {escape(path)}</code></a> '
            f"{escape(operation['summary'])}"
        )


def _sections(document: Mapping[str, Any]) -> Iterator[str]:
    for method, path, operation in _operations(document):
        key = "" if operation["security"] else " No key is needed."
        yield (
            f'<section id="{operation["operationId"]}">'
            f"<h3><code>{method} {escape(path)}</code></h3>"
            f"<p>{escape(operation['summary'])}.{key}</p>{_parameters(operation)}"
            f"{_body('Body', operation.get('requestBody', {}))}<table>"
        )
        for status, answer in sorted(operation["responses"].items()):
            yield f"<tr><th>{status}<td>{escape(answer['description'])}{_refers(answer)}"
        yield "</table></section>"


def _parameters(operation: Mapping[str, Any]) -> str:
    rows = [
        f"<tr><th><code>{escape(each['name'])}</code><td>{each['in']}"
        f"<td>{escape(each.get('description', ''))} "
        f"<code>{escape(json.dumps(each['schema']))}</code>"
        for each in operation["parameters"]
    ]
    return f"<table>{''.join(rows)}</table>" if rows else ""


def _body(title: str, body: Mapping[str, Any]) -> str:
    return "".join(
        f"<p>{title}: <code>{escape(media_type)}</code></p>{_schema(content['schema'])}"
        for media_type, content in body.get("content", {}).items()
    )


def _refers(answer: Mapping[str, Any]) -> str:
    for content in answer.get("content", {}).values():
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        if name:
            return f' → <a href="#{escape(name)}"><code>{escape(name)}</code></a>'
    return ""


def _schema(schema: Mapping[str, Any]) -> str:
    text = json.dumps(schema, indent=2, ensure_ascii=False)
    return f"<details><summary>Schema</summary><pre>{escape(text)}</pre></details>"
