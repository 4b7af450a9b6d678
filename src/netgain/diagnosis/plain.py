"""Text as written -> plain text: LaTeX, typographic signs and remarks made plain."""

from __future__ import annotations

import re

_FRACTION = re.compile(r"\\[dtc]?frac\s{0,3}\{([^{}\n]{0,200})\}\s{0,3}\{([^{}\n]{0,200})\}")
_WRAPPED = re.compile(
    r"\\(?:text|textbf|textit|mathrm|mathbf|mbox|boxed|operatorname)\s{0,3}\{([^{}\n]{0,300})\}"
)
_COMMANDS = {
    "times": "*", "cdot": "*", "ast": "*", "div": "/", "approx": "≈", "simeq": "≈", "implies": "\n",
    "Rightarrow": "\n", "rightarrow": "\n", "to": "\n", "newline": "\n", "therefore": "\n",
    "left": "", "right": "",
}  # fmt: skip
_COMMAND = re.compile(r"\\([A-Za-z]{1,20}|.|\n)")
_THOUSANDS = re.compile(r"(?<=\d)(?:\{,\}|\\[,!])(?=\d{3})")
_DIGIT_SPACE = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_ASIDE = re.compile(r"\((?=[^()\d\n]{0,80}[A-Za-z]{2})[^()=\d\n+*/^]{2,80}\)")
_EMPHASIS = re.compile(r"(?<![\d)\s])\*\*|\*\*(?![\d(\s])")
_NOTE = re.compile(r"<<([^<>\n]{0,300})>>")
_SIGNS = str.maketrans(
    {"−": "-", "–": "-", "—": " ; ", "‐": "-", "‑": "-", "⁄": "/", "\r": "\n", "\t": " ", "`": ""}
    | {"\N{ZERO WIDTH SPACE}": "", "\N{WORD JOINER}": ""}
    | {chr(0xFF01 + i): chr(0x21 + i) for i in range(94)}  # full width
    | {"，": ", ", "、": ", ", "。": ". ", "；": "; ", "：": ": ", "！": "! ", "？": "? "}
    | {"½": " 1/2", "⅓": " 1/3", "⅔": " 2/3", "¼": " 1/4", "¾": " 3/4", "⅛": " 1/8"}
)


def plain(text: str) -> str:
    r"""`text` with LaTeX, typographic signs and remarks in brackets made plain.

    >>> plain(r"\( \frac{3}{4} \times 8 \) (cups of flour)")
    '  ((3)/(4)) * 8    '
    """
    if not text.isascii():
        text = _DIGIT_SPACE.sub(",", text).translate(_SIGNS)
    elif "\t" in text or "\r" in text or "`" in text:
        text = text.translate(_SIGNS)
    if "\\" in text or "{" in text:
        text = _plain_latex(text)
    if "**" in text:
        text = _EMPHASIS.sub("", text)
    if "(" in text:
        text = _ASIDE.sub(" ", text)
    return text


def without_notes(text: str) -> tuple[str, list[str]]:
    """`text` without calculator annotations `<<48/2=24>>`, and what stood in them."""
    if "<<" not in text:
        return text, []
    return _NOTE.sub("", text), _NOTE.findall(text)


def _plain_latex(text: str) -> str:
    text = _THOUSANDS.sub(",", text)
    for _ in range(3):  # fractions within fractions, to a fixed depth
        text, fractions = _FRACTION.subn(r"((\1)/(\2))", text)
        text, wrapped = _WRAPPED.subn(r" \1 ", text)
        if not fractions and not wrapped:
            break
    return _COMMAND.sub(_command, text)


def _command(match: re.Match[str]) -> str:
    name = match[1]
    if len(name) > 1 or name.isalpha():
        return _COMMANDS.get(name, " ")
    return name if name in "$%#&_" else "\n" if name in "[]\\\n" else " "
