"""Secrets in texts that leave this machine: found by their form, or by the environment."""

import os
import re
from collections.abc import Iterator

# What tokens and keys look like, by who gives them out.
FORMS = {
    "a Hugging Face token": r"\bhf_[A-Za-z0-9]{20,}",
    "an OpenAI or Anthropic key": r"\bsk-[A-Za-z0-9_-]{16,}",
    "an AWS key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})",
    "a Google key": r"\bAIza[A-Za-z0-9_-]{30,}",
    "a Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{16,}",
    "a web token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}",
    "a password in an address": r"://[^/\s:@\"']{1,100}:[^/\s@\"']{3,100}@",
    "a private key": r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----",
}
_FORMS = {name: re.compile(form) for name, form in FORMS.items()}
SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL", re.IGNORECASE)
SHORTEST = 8  # characters of a variable's value; shorter ones stand in texts by chance


def secrets_in(text: str) -> Iterator[tuple[int, str]]:
    """Where secrets stand in a text: the line, from 1, and what it is; never the secret itself.

    >>> list(secrets_in("one\\nAKIA" + "ABCDEFGHIJKLMNOP"))
    [(2, 'an AWS key')]
    """
    values = _values()
    for number, line in enumerate(text.split("\n"), 1):
        yield from ((number, name) for name, form in _FORMS.items() if form.search(line))
        for name, value in values.items():
            if value in line:
                yield number, f"the value of {name}"


def without_secrets(text: str) -> str:
    """A text with each secret in it replaced."""
    for form in _FORMS.values():
        text = form.sub("[secret]", text)
    for value in _values().values():
        text = text.replace(value, "[secret]")
    return text


def _values() -> dict[str, str]:
    """The environment's secrets by name; a path or a plain number is none."""
    return {
        name: value
        for name, value in os.environ.items()
        if SECRET_NAME.search(name)
        and len(value) >= SHORTEST
        and not value.isdecimal()
        and not value.startswith(("/", "~"))
    }
