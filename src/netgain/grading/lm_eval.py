"""lm-eval 0.4.13's two GSM8K metrics, reproduced exactly, faults included.

Source: `lm_eval/tasks/gsm8k/gsm8k.yaml` (version 3.0), `lm_eval/filters/extraction.py`
(`RegexFilter`) and `lm_eval/api/metrics.py` (`exact_match`). They are here so that a figure can
be laid beside published ones; they never decide the headline.
"""

import re

INVALID = "[invalid]"

_STRICT = re.compile(r"#### (\-?[0-9\.\,]+)")
# The filter's `(-?[$0-9.,]{2,})|(-?[0-9]+)` read from the right: its last match is the last run of
# these characters that is longer than one or is a digit, with the minus sign before it.
_FLEXIBLE_BACKWARDS = re.compile(r"[$0-9.,]{2,}-?|[0-9]-?")
_FINAL_PERIOD = re.compile(r"\.$")


def strict_extract(text: str) -> str:
    """What the `strict-match` filter finds: the first `#### n`, or `[invalid]`."""
    match = _STRICT.search(text)
    return match[1] if match else INVALID


def flexible_extract(text: str) -> str:
    """What the `flexible-extract` filter finds: the last run like a number, or `[invalid]`."""
    match = _FLEXIBLE_BACKWARDS.search(text[::-1])
    return match[0][::-1] if match else INVALID


def lm_eval_match(extracted: str, gold_text: str) -> bool:
    """The `exact_match` metric: equal as strings once `regexes_to_ignore` are deleted.

    `gold_text` may be a whole solution ending in `#### n`, as in lm-eval itself.
    """
    return _normalised(extracted) == _normalised(gold_text)


def _normalised(text: str) -> str:
    # `rpartition` deletes what the regex `(?s).*#### ` does, without its quadratic search.
    bare = text.replace(",", "").replace("$", "").rpartition("#### ")[2]
    return _FINAL_PERIOD.sub("", bare).lower()
