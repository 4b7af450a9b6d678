"""How likely a model holds each choice of a problem: the log-likelihood of it after its context.

The tokens are those that lm-eval 0.4.13's `hf` engine scores (`api/model.py: _encode_pair`,
`models/huggingface.py: _loglikelihood_tokens`): context and choice are encoded as one text, split
at the length of the context's own encoding, and a context too long is cut at its beginning. Unlike
there, a context is computed once for all its choices, and sums are in fp32 whatever the model's
precision.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netgain.errors import EvaluationError
from netgain.records import ChoiceScores

if TYPE_CHECKING:
    import torch

    from netgain.data.choice_tasks import ChoiceItem

DELIMITER = " "  # between a context and a choice
DEFAULT_LENGTH = 2048  # of a context, where neither model nor tokenizer says one; as lm-eval's
MOST_TOKENS = 2**15  # held at once, whatever the batch size
MOST_LOGITS = 2**26  # held at once: a quarter of a GiB in fp32


def score_choices(
    model: Any,
    tokenizer: Any,
    items: Sequence[ChoiceItem],
    batch_size: int = 16,
    tell: Callable[[float], None] | None = None,
) -> list[ChoiceScores]:
    """The log-likelihood of every choice of every item, in order.

    An item's scores do not depend on the others, apart from rounding.

    Args:
        model: a causal language model of transformers, in evaluation mode, on its device.
        tokenizer: its tokenizer.
        items: contexts and choices.
        batch_size: sequences computed at once, at most.
        tell: called after each batch with the share of all choices that is done.

    Raises:
        EvaluationError: a choice has no token, is longer than the model's context, or has a
            log-likelihood that is not a number.
    """
    import torch

    rules = _rules(model, tokenizer)
    rows = [row for number, item in enumerate(items) for row in _rows(rules, number, item)]
    score = _score_sharing_contexts if _shares_contexts(model) else _score_whole
    with torch.inference_mode():
        done = 0
        for scored in score(model, rows, batch_size):
            done += scored
            if tell is not None:
                tell(done / len(rows))
    by_item: dict[int, list[_Row]] = defaultdict(list)
    for row in rows:
        by_item[row.item].append(row)
    return [_scores(item, by_item[number]) for number, item in enumerate(items)]


def _scores(item: ChoiceItem, rows: Sequence[_Row]) -> ChoiceScores:
    sums = tuple(math.fsum(row.values) for row in rows)
    if any(map(math.isnan, sums)):
        raise EvaluationError(
            f"problem {item.problem_id!r:.80}: a log-likelihood is not a number, so the model "
            "overflows in its precision; score it in fp32 or bf16"
        )
    return ChoiceScores(
        problem_id=item.problem_id,
        log_likelihoods=sums,
        characters=tuple(map(len, item.choices)),
        tokens=tuple(len(row.choice) for row in rows),
        greedy=tuple(row.greedy for row in rows),
        cut=max((row.cut for row in rows), default=0),
    )


# -- tokens --------------------------------------------------------------------------------


@dataclass
class _Row:
    """One choice of one item in tokens, and what was found: a value for each token of the choice.

    `cut` tokens of the context's beginning were left out.
    """

    item: int
    context: tuple[int, ...]
    choice: tuple[int, ...]
    cut: int
    values: list[float] = field(default_factory=list)
    greedy: bool = True


@dataclass(frozen=True)
class _Rules:
    """How texts become tokens. `prefix` stands for an empty context, and `begin` is its text."""

    tokenizer: Any
    prefix: int | None
    begin: str | None
    longest: int


def _rules(model: Any, tokenizer: Any) -> _Rules:
    prefix = tokenizer.bos_token_id
    prefix = tokenizer.eos_token_id if prefix is None else prefix
    begin = None if prefix is None else tokenizer.decode(prefix)
    return _Rules(tokenizer, prefix, begin, _longest(model, tokenizer))


def _longest(model: Any, tokenizer: Any) -> int:
    config = model.config.get_text_config()
    said = (getattr(config, name, None) for name in _LENGTHS)
    own = next((int(length) for length in said if length is not None), None)
    if own is not None:
        return own
    length = getattr(tokenizer, "model_max_length", None)
    return int(length) if length is not None and length < _UNSET_LENGTH else DEFAULT_LENGTH


_LENGTHS = ("n_positions", "max_position_embeddings", "n_ctx")
_UNSET_LENGTH = 10**18  # transformers writes a larger number where a tokenizer has no limit


def _rows(rules: _Rules, number: int, item: ChoiceItem) -> Iterator[_Row]:
    for text in item.choices:
        context, choice = _encoded(rules, item.context, f"{DELIMITER}{text}")
        if not choice or not context:
            raise EvaluationError(f"problem {item.problem_id!r:.80}: {text!r:.40} has no token")
        if len(choice) > rules.longest:
            raise EvaluationError(
                f"problem {item.problem_id!r:.80}: a choice of {len(choice):,} tokens is longer "
                f"than the model's context of {rules.longest:,}"
            )
        # The last token is predicted and not read, so that one more fits.
        cut = max(0, len(context) + len(choice) - (rules.longest + 1))
        yield _Row(number, tuple(context[cut:]), tuple(choice), cut)


def _encoded(rules: _Rules, context: str, choice: str) -> tuple[list[int], list[int]]:
    """Token ids of a context and of what follows it; spaces at the context's end go with that."""
    if context == "":
        ids = rules.tokenizer.encode(choice, add_special_tokens=False)
        if rules.prefix is None:
            raise EvaluationError("a model without beginning or end token needs a context")
        return (ids[:1], ids[1:]) if ids[:1] == [rules.prefix] else ([rules.prefix], ids)
    trimmed = context.rstrip()
    before = _encode(rules, trimmed)
    return before, _encode(rules, context + choice)[len(before) :]


def _encode(rules: _Rules, text: str) -> list[int]:
    """With the tokenizer's own special tokens, unless the text begins with one already."""
    begun = rules.begin is not None and text.startswith(rules.begin)
    ids: list[int] = rules.tokenizer.encode(
        text, **({"add_special_tokens": False} if begun else {})
    )
    return ids


# -- the model -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Work:
    """One sequence to compute. For each row in `reads`, its last logits predict these tokens.

    `at` is the place of its context among those cached.
    """

    ids: tuple[int, ...]
    reads: tuple[tuple[_Row, tuple[int, ...]], ...]
    at: int = 0


@dataclass(frozen=True)
class _Cached:
    """Contexts that were computed: keys and values, and a mask, shape (contexts, width)."""

    cache: Any
    mask: torch.Tensor

    def select(self, places: Sequence[int]) -> _Cached:
        """A copy of the contexts at these places, in this order; one may come several times."""
        import torch
        from transformers import DynamicCache

        rows = torch.tensor(places, device=self.mask.device)
        layers = [(layer.keys[rows], layer.values[rows]) for layer in self.cache.layers]
        return _Cached(DynamicCache(layers), self.mask[rows])


def _shares_contexts(model: Any) -> bool:
    """Whether the model keeps plain keys and values, which can be copied from row to row."""
    from transformers.cache_utils import DynamicCache, DynamicLayer

    layers = DynamicCache(config=model.config).layers
    return bool(layers) and all(type(layer) is DynamicLayer for layer in layers)


def _score_sharing_contexts(model: Any, rows: Sequence[_Row], batch_size: int) -> Iterator[int]:
    """Each distinct context once; then the rest of each choice, after a copy of its context.

    Yields the number of choices that each batch was of.
    """
    first = _work((row.context, row, row.choice[:1]) for row in rows)
    for batch in _batches(model, first, batch_size):
        cached = _compute(model, batch)
        rest = [
            _Work(row.choice[:-1], ((row, row.choice[1:]),), place)
            for place, work in enumerate(batch)
            for row, _ in work.reads
            if len(row.choice) > 1
        ]
        for some in _batches(model, rest, batch_size, before=len(batch[0].ids)):
            _compute(model, some, cached.select([work.at for work in some]))
        yield sum(len(work.reads) for work in batch)


def _score_whole(model: Any, rows: Sequence[_Row], batch_size: int) -> Iterator[int]:
    """Context and choice in one piece, for models whose memory is of another kind."""
    whole = _work((row.context + row.choice[:-1], row, row.choice) for row in rows)
    for batch in _batches(model, whole, batch_size):
        _compute(model, batch, keep=False)
        yield sum(len(work.reads) for work in batch)


def _work(rows: Iterable[tuple[tuple[int, ...], _Row, tuple[int, ...]]]) -> list[_Work]:
    """What is to be computed, each sequence once."""
    by_ids: dict[tuple[int, ...], list[tuple[_Row, tuple[int, ...]]]] = defaultdict(list)
    for ids, row, tokens in rows:
        by_ids[ids].append((row, tokens))
    return [_Work(ids, tuple(reads)) for ids, reads in by_ids.items()]


def _batches(
    model: Any, works: Iterable[_Work], batch_size: int, before: int = 0
) -> Iterator[list[_Work]]:
    """Sequences of like length together, the longest first, within the bounds on memory.

    `before` tokens are cached for each.
    """
    vocabulary = model.config.get_text_config().vocab_size
    batch: list[_Work] = []
    for work in sorted(works, key=lambda work: -len(work.ids)):
        wider = [*batch, work]
        too_many = len(wider) * (before + len(wider[0].ids)) > MOST_TOKENS
        too_large = len(wider) * _kept(wider) * vocabulary > MOST_LOGITS
        if batch and (len(wider) > batch_size or too_many or too_large):
            yield batch
            wider = [work]
        batch = wider
    if batch:
        yield batch


def _kept(batch: Sequence[_Work]) -> int:
    """Logits that are needed of each sequence."""
    return max(len(tokens) for work in batch for _, tokens in work.reads)


def _compute(
    model: Any, batch: Sequence[_Work], cached: _Cached | None = None, *, keep: bool = True
) -> _Cached:
    """Run the model over sequences padded on the left, and read each row's values.

    Positions count from the first token of a row's context, so that padding shifts nothing. Without
    `keep` nothing is cached.
    """
    import torch

    width, device = max(len(work.ids) for work in batch), model.device
    ids = torch.zeros((len(batch), width), dtype=torch.long, device=device)
    mask = torch.zeros_like(ids)
    for number, work in enumerate(batch):
        ids[number, width - len(work.ids) :] = torch.tensor(work.ids, device=device)
        mask[number, width - len(work.ids) :] = 1
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    if cached is not None:
        positions += cached.mask.sum(1, keepdim=True)
        mask = torch.cat([cached.mask, mask], dim=1)
    made = model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=positions,
        past_key_values=None if cached is None else cached.cache,
        logits_to_keep=_kept(batch),
        use_cache=keep,
    )
    for number, work in enumerate(batch):
        for row, tokens in work.reads:
            _read(row, tokens, made.logits[number, -len(tokens) :])
    return _Cached(made.past_key_values, mask)


def _read(row: _Row, tokens: tuple[int, ...], logits: torch.Tensor) -> None:
    """Add the log-probability of each token. `logits` has shape (tokens, vocabulary)."""
    import torch

    at = torch.tensor(tokens, device=logits.device)
    values = torch.log_softmax(logits.float(), dim=-1).gather(1, at[:, None])[:, 0]
    row.values.extend(values.tolist())
    row.greedy = row.greedy and bool((logits.argmax(dim=-1) == at).all())
