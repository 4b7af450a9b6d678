"""A process of its own for what strangers wrote that runs: templates, regular expressions.

Started by `in_limits.py` as a script, so it imports nothing of netgain's. It reads one JSON object a
line and answers one a line. Its memory is limited from the start, its time for each line: what takes
longer ends it.
"""  # noqa: E501

import json
import re
import signal
import sys
from functools import lru_cache
from typing import Any

MOST_TEXT = 2_000_000  # characters of a rendered prompt


def main(memory: int) -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass  # no such limit on this system; time is still limited
    import jinja2.meta
    import jinja2.sandbox  # now, so that no prompt's time is spent on it

    for line in sys.stdin:
        asked = json.loads(line)
        if hasattr(signal, "setitimer"):  # of processor time; it ends the process
            signal.setitimer(signal.ITIMER_PROF, asked["seconds"])
        try:
            answer = _answer(asked)
        except MemoryError:
            answer = {"error": "it takes too much memory"}
        except jinja2.TemplateSyntaxError as error:
            answer = {"error": f"line {error.lineno}: {error.message}"[:300]}
        except Exception as error:  # whatever a template may raise
            answer = {"error": (str(error).strip() or type(error).__name__)[:300]}
        text = json.dumps(answer)
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_PROF, 0)
        print(text, flush=True)


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    if "patterns" in asked:
        compiled = [re.compile(pattern) for pattern in asked["patterns"]]
        return {"found": [[n for n in asked["names"] if p.fullmatch(n)] for p in compiled]}
    if "variables_of" in asked:
        from jinja2.meta import find_undeclared_variables

        tree = _environment(True).parse(asked["variables_of"])
        return {"found": sorted(find_undeclared_variables(tree))}
    text = _compiled(asked["template"], asked["strict"]).render(**asked["values"])
    if len(text) > MOST_TEXT:
        return {"error": f"it makes more than {MOST_TEXT:,} characters"}
    return {"text": text}


@lru_cache(maxsize=8)
def _compiled(template: str, strict: bool) -> Any:
    return _environment(strict).from_string(template)


@lru_cache
def _environment(strict: bool) -> Any:
    """The sandbox that transformers renders chats in, with the same extras."""
    from datetime import datetime

    import jinja2
    from jinja2.ext import Extension, loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        tags = {"generation"}  # noqa: RUF012  # as Jinja declares it

        def parse(self, parser: Any) -> Any:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            call = self.call_method("_as_it_is")
            return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

        def _as_it_is(self, caller: Any) -> str:
            return str(caller())

    class Namespace(jinja2.utils.Namespace):
        def __setitem__(self, name: str, value: Any) -> None:
            if name.startswith("_"):
                raise jinja2.exceptions.SecurityError("names that begin with _ are not set")
            super().__setitem__(name, value)

    def refuse(message: str) -> None:
        raise jinja2.exceptions.TemplateError(message)

    def as_json(
        value: Any, ensure_ascii: bool = False, indent: Any = None, separators: Any = None,
        sort_keys: bool = False,
    ) -> str:  # fmt: skip
        return json.dumps(
            value, ensure_ascii=ensure_ascii, indent=indent, separators=separators,
            sort_keys=sort_keys,
        )  # fmt: skip

    def printable(value: Any) -> Any:
        if isinstance(value, (str, int, float, jinja2.Undefined)):
            return value
        raise TypeError("only texts and numbers can be printed; loop over a list, or join it")

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols],
        undefined=jinja2.StrictUndefined if strict else jinja2.Undefined,
        finalize=printable if strict else None,
    )  # fmt: skip
    environment.filters["tojson"] = as_json
    environment.globals |= {
        "raise_exception": refuse,
        "strftime_now": lambda form: datetime.now().strftime(form),
        "namespace": Namespace,
    }
    if strict:  # what is drawn at random, or depends on the day, makes another prompt each time
        environment.globals = {"range": environment.globals["range"]}
        del environment.filters["random"]
    return environment


if __name__ == "__main__":
    main(int(sys.argv[1]))
