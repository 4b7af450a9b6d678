"""The part of Jinja that a user's prompt template may use; everything else is refused."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from jinja2 import StrictUndefined, Undefined, nodes, pass_context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from netgain.recipe.templates import MAX_SECONDS, MAX_TEXT, TemplateMistake

MAX_NUMBER = 10**15
FILTERS = frozenset(
    {
        "capitalize", "count", "d", "default", "first", "float", "int", "join", "last", "length",
        "lower", "replace", "title", "trim", "upper",
    }
)  # fmt: skip
METHODS = frozenset(
    {
        "endswith", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "rpartition",
        "rstrip", "split", "splitlines", "startswith", "strip", "upper",
    }
)  # fmt: skip
# No lists or dicts: one that holds itself twice, over and over, is huge before it is printed.
ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Assign,
    nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Compare,
    nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr, nodes.Filter, nodes.Test,
    nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos,
    nodes.Concat, nodes.Call, nodes.Keyword,
)  # fmt: skip


class Sandbox(ImmutableSandboxedEnvironment):
    """Arithmetic on numbers of bounded size; texts grow no longer than `MAX_TEXT`."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%"})

    def __init__(self) -> None:
        super().__init__(
            undefined=StrictUndefined, finalize=_printable, trim_blocks=True, lstrip_blocks=True
        )
        self.filters = {name: self.filters[name] for name in FILTERS}
        self.filters |= {"join": _joined, "replace": _replaced, "_joined": _joined}
        self.filters["_timed"] = _timed
        self.globals = {"range": self.globals["range"]}

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return _joined((left, right))
        if not _is_number(left) or not _is_number(right):
            raise TemplateMistake(f"{operator} takes two numbers here; ~ joins texts")
        value = self.binop_table[operator](left, right)
        if not abs(value) <= MAX_NUMBER:
            raise TemplateMistake(f"a number is beyond {MAX_NUMBER:,}")
        return value


def restricted(tree: nodes.Template) -> nodes.Template:
    """The template with its loops timed and its joined texts bounded."""
    bounded: nodes.Template = _Bound().visit(tree)
    return bounded


class _Bound(NodeTransformer):
    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        node = super().generic_visit(node, *args, **kwargs)
        if isinstance(node, nodes.Concat):
            return _filtered(nodes.List(node.nodes, lineno=node.lineno), "_joined")
        if isinstance(node, nodes.For):
            node.iter = _filtered(node.iter, "_timed")
        return node


def refuse_others(tree: nodes.Template) -> None:
    """Refuse a parsed template that uses more than is allowed.

    Raises:
        TemplateMistake: naming what, and its line.
    """
    for node in (tree, *tree.find_all(nodes.Node)):
        why = _refused(node)
        if why:
            raise TemplateMistake(f"line {node.lineno} uses {why}")


def _refused(node: nodes.Node) -> str:
    """What of a node is not allowed, "" where it is."""
    if isinstance(node, nodes.Tuple) and node.ctx == "store":  # for a, b in …
        return ""
    if not isinstance(node, ALLOWED):
        return f"{type(node).__name__!r}; a template prints, and uses if, for and set"
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        return f"the filter {node.name!r:.60}; allowed are {', '.join(sorted(FILTERS))}"
    if isinstance(node, nodes.Call) and not _is_plain_call(node.node):
        return f"this call; allowed are range and {', '.join(sorted(METHODS))}"
    if isinstance(node, nodes.For) and node.recursive:
        return "a recursive loop"
    if isinstance(node, nodes.Name) and (node.name == "self" or node.name.startswith("_")):
        return f"the name {node.name!r:.60}"
    return ""


def _is_plain_call(called: nodes.Node) -> bool:
    if isinstance(called, nodes.Name):
        return called.name == "range"
    return isinstance(called, nodes.Getattr) and called.attr in METHODS


def _filtered(node: nodes.Node, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def _printable(value: Any) -> Any:
    if isinstance(value, (str, Undefined)) or _is_number(value):
        return value
    raise TemplateMistake("only texts and numbers can be printed; loop over a list, or join it")


@pass_context
def _timed(context: Any, items: Iterable[Any]) -> Iterator[Any]:
    """The items of a loop, as long as there is time."""
    deadline = context["_deadline"]
    for item in items:
        if time.thread_time() > deadline:
            raise TemplateMistake(f"it takes longer than {MAX_SECONDS:g} seconds")
        yield item


def _joined(items: Iterable[Any], separator: str = "") -> str:
    """Texts and numbers in one text."""
    parts: list[str] = []
    length = 0
    for item in items:
        text = str(item)  # an undefined one says here what it is
        if not isinstance(item, str) and not _is_number(item):
            raise TemplateMistake("only texts and numbers can be joined")
        parts.append(text)
        length += len(text) + len(separator)
        if length > MAX_TEXT:
            raise TemplateMistake(f"it makes more than {MAX_TEXT:,} characters")
    return separator.join(parts)


def _replaced(text: str, old: str, new: str) -> str:
    if not old:
        raise TemplateMistake("replace needs a text to replace")
    if len(text) + text.count(old) * (len(new) - len(old)) > MAX_TEXT:
        raise TemplateMistake(f"it makes more than {MAX_TEXT:,} characters")
    return text.replace(old, new)
