"""Reading the inputs of a published example: numbers, formulas in words, sides, lists."""

import ast
import operator
from collections.abc import Callable

OPERATORS: dict[type, Callable] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.USub: operator.neg,
}  # fmt: skip
SIDES = {"long": 1, "short": -1, "buy": 1, "sell": -1, 1: 1, -1: -1}


class LeftOut(Exception):
    """The engine has no function for this example; the message says why."""


def listed(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def each(value, function):
    """`function` of a number, or of every number in a list."""
    return [function(v) for v in value] if isinstance(value, (list, tuple)) else function(value)


def number(inputs, *names, default=None):
    """The first of these inputs that is given, as a float; text may be a formula of the others."""
    for name in names:
        if inputs.get(name) is not None:
            value = inputs[name]
            return _formula(value, inputs) if isinstance(value, str) else float(value)
    if default is None:
        raise LeftOut(f"the inputs have none of {', '.join(names)}")
    return default


def _formula(text, inputs):
    """Value of + - * / over numbers and the names of other inputs, without eval."""

    def value(node):
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return float(node.value)
        if isinstance(node, ast.Name):
            return number(inputs, node.id)
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp) and type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](value(node.operand))
        raise LeftOut(f"the input {text!r} is not a plain formula")

    try:
        return value(ast.parse(text, mode="eval").body)
    except SyntaxError:
        raise LeftOut(f"the input {text!r} is not a plain formula") from None


def side_of(inputs, default=1):
    """1 for a long, -1 for a short: the side if it is given, else the sign of the size."""
    given = inputs.get("side", inputs.get("direction"))
    if given is not None:
        return SIDES[given.lower() if isinstance(given, str) else given]
    sizes = [name for name in ("size", "contracts") if inputs.get(name) is not None]
    return -1 if sizes and number(inputs, *sizes) < 0 else default


def formula_of(example):
    return (example.get("formula") or "").replace(" ", "")
