"""How a model was asked -> Ollama's Modelfile, which has it asked in the same way.

Its format: https://docs.ollama.com/modelfile. A TEMPLATE there is Go's text/template, so a model's
Jinja template is told by what it makes of a few turns.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from netgain.errors import ModelError
from netgain.models.render import Renderer
from netgain.wording import one_line

# Kinds of chat templates: one turn, with {role} and {content}, and what the answer begins after.
SHAPES: Mapping[str, tuple[str, str]] = {
    "ChatML": ("<|im_start|>{role}\n{content}<|im_end|>\n", "<|im_start|>assistant\n"),
    "Llama 3": (
        "<|start_header_id|>{role}<|end_header_id|>\n\n{content}<|eot_id|>",
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
    ),
}
# The plain template, where a model has none of its own: roles are capitalised.
PLAIN = (
    '{{ range .Messages }}{{ if eq .Role "user" }}User{{ else if eq .Role "system" }}System'
    "{{ else }}Assistant{{ end }}: {{ .Content }}\n\n{{ end }}Assistant: "
)
SYSTEM, QUESTION, ANSWER = "Be brief.", "How many?", "Seven."


@dataclass(frozen=True)
class Asked:
    """How a run asked its model: greedily. `raw` says that prompts were text without turns.

    `shots` is how many worked examples stood before a question, `turn` what was said with
    QUESTION in its place.
    """

    name: str
    system: str | None
    raw: bool
    turn: str
    shots: int
    max_new_tokens: int
    stop: tuple[str, ...]


def modelfile(renderer: Renderer, asked: Asked, weights: str) -> tuple[str, tuple[str, ...]]:
    """The Modelfile's text, and what it could not say, a sentence each.

    Args:
        weights: the GGUF file's name, beside it.
    """
    template, default = _template(renderer, asked)
    system = default if asked.system is None and not asked.raw else asked.system
    stops = (*_ends(renderer), *asked.stop)
    left_out = list(_left_out(template, system, stops, asked))
    lines = [
        f"# {one_line(asked.name)}, as netgain trained it and had it answer: greedily.",
        f"# It was asked: {one_line(asked.turn)}",
        *(f"# {sentence}" for sentence in left_out),
        f"FROM ./{weights}",
        *([] if template is None else [f'TEMPLATE """{template}"""']),
        *([f'SYSTEM """{system}"""'] if system and _fits(system) else []),
        "PARAMETER temperature 0",
        "PARAMETER repeat_penalty 1",
        f"PARAMETER num_predict {asked.max_new_tokens}",
        *(f'PARAMETER stop """{stop}"""' for stop in stops if _fits(stop)),
    ]
    return "\n".join(lines) + "\n", tuple(left_out)


def _left_out(
    template: str | None, system: str | None, stops: tuple[str, ...], asked: Asked
) -> Iterator[str]:
    if template is None:
        yield (
            f"TEMPLATE is left out: the model's chat template is none of {', '.join(SHAPES)}, so "
            "Ollama takes what it makes of the template in the GGUF file."
        )
    if asked.shots:
        yield f"The {asked.shots} worked examples before each question are not in this file."
    if not all(map(_fits, (system or "", *stops))):
        yield "A text with quotation marks cannot stand in this file as it is, and is left out."


def _fits(text: str) -> bool:
    """Whether a text can stand between three quotation marks."""
    return '"""' not in text and not text.startswith('"') and not text.endswith('"')


def _template(renderer: Renderer, asked: Asked) -> tuple[str | None, str | None]:
    """Go's template for what the model's own makes of turns, and the system text it adds itself.

    (None, None) where its kind is not known.
    """
    if asked.raw:
        return "{{ .Prompt }}", None
    if renderer.template == "plain":
        return PLAIN, None
    begin = renderer.tokenizer.bos_token or ""
    turns = (("system", SYSTEM), ("user", QUESTION), ("assistant", ANSWER), ("user", QUESTION))
    for turn, opening in SHAPES.values():

        def text(*said: tuple[str, str], turn: str = turn, opening: str = opening) -> str:
            return "".join(turn.format(role=r, content=c) for r, c in said) + opening

        try:
            whole, alone = renderer.rendered(turns), renderer.rendered(turns[1:2])
        except ModelError:  # one that allows no system turn
            return None, None
        if whole not in (text(*turns), begin + text(*turns)):
            continue
        alone = alone.removeprefix(begin) if whole.startswith(begin + text(*turns)) else alone
        bare, (before, after) = text(turns[1]), turn.split("{content}")
        before = before.format(role="system")
        go = "{{ range .Messages }}" + turn.format(role="{{ .Role }}", content="{{ .Content }}")
        if alone == bare:
            return go + "{{ end }}" + opening, None
        if alone.startswith(before) and alone.endswith(after + bare):
            default = alone[len(before) : -len(after + bare)]
            return go + "{{ end }}" + opening, default
    return None, None


def _ends(renderer: Renderer) -> tuple[str, ...]:
    """The tokens that end an answer, as text."""
    return tuple(renderer.tokenizer.decode([i]) for i in renderer.stop_ids)
