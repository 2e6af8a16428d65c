"""The codes by which a rule can refuse, read from its own source: the API's document lists them."""

import ast
import inspect
import sys
from collections.abc import Callable
from typing import Any

STATUS = {"Rejected": 409, "Unknown": 404, "Different": 422}


def refusals(decide: Callable[..., Any]) -> frozenset[tuple[int, str]]:
    """Status and code of every refusal in a rule's module and in the functions that it takes
    from its team's nouns."""
    module = sys.modules[decide.__module__]
    team = module.__name__.rpartition(".")[0]
    used: list[Any] = [
        value
        for value in vars(module).values()
        if inspect.isfunction(value)
        and value.__module__ != module.__name__
        and value.__module__.startswith(f"{team}.")
    ]
    return frozenset(found for each in (module, *used) for found in _in(inspect.getsource(each)))


def _in(source: str) -> list[tuple[int, str]]:
    return [
        (STATUS[node.func.id], node.args[0].value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in STATUS
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    ]
