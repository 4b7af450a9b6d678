"""Text as written -> plain text for arithmetic: LaTeX's operators and fractions in signs.

What all readers of text need (signs of every script, emphasis, powers) is left to `text.markup`.
"""

import re

from netgain.text import markup

UNREADABLE = "√"  # stands for what is no arithmetic of ours: \pi, roots, \binom…
_FRACTION = re.compile(r"\\[dtc]?frac\s{0,3}\{([^{}\n]{0,200})\}\s{0,3}\{([^{}\n]{0,200})\}")
_DIGITS_FRACTION = re.compile(r"\\[dtc]?frac ?(\d) ?(\d)")  # \frac12
_MIXED = re.compile(r"(?<=\d)\\[dtc]?frac\{(\d{1,4})\}\{(\d{1,4})\}")  # 2\frac{1}{2}
_WRAPPED = re.compile(
    r"\\(?:text|textbf|textit|mathrm|mathbf|mbox|boxed|operatorname)\s{0,3}\{([^{}\n]{0,300})\}"
)
_ENVIRONMENT = re.compile(r"\\(?:begin|end) ?\{[^{}\n]{0,30}\}|\\tag ?\{[^{}\n]{0,9}\}")
_ALIGNMENT = re.compile(r"(?<!\w)&|&(?!\w)")
_DEGREES = re.compile(r"\^ ?\{? ?\\circ ?\}?")
_COMMANDS = {
    "times": "*", "cdot": "*", "ast": "*", "div": "/", "approx": "≈", "simeq": "≈", "sim": "≈",
    "implies": "\n", "Rightarrow": "\n", "rightarrow": "\n", "to": "\n", "newline": "\n",
    "therefore": "\n", "left": "", "right": "", "dots": "…", "ldots": "…", "cdots": "…",
    "ne": "≠", "neq": "≠", "le": "≤", "leq": "≤", "lt": "<", "ge": "≥", "geq": "≥", "gt": ">",
    "sqrt": "sqrt",
} | dict.fromkeys(
    ("quad", "qquad", "displaystyle", "textstyle", "big", "bigl", "bigr", "Big", "Bigl", "Bigr",
     "bigg", "nonumber", "hline", "small", "bf", "rm", "text", "because"), " ",
)  # fmt: skip
_COMMAND = re.compile(r"\\([A-Za-z]{1,20}|.|\n)")
_THOUSANDS = re.compile(r"(?<=\d)(?:\{,\}|\\[,!])(?=\d{3})")
_REMARK = re.compile(  # "12 (1 game a month)", "(cups of flour)": what is bracketed is no factor
    r"(?<=[\w%)]) \((?=[^()\n]{0,80}(?:[A-Za-z]{2}|\d ?%\)))[^()=+*/×÷^\n]{2,80}\)"
    r"|\((?=[^()\d\n]{0,80}[A-Za-z]{2})[^()=\d\n+*/^]{2,80}\)"
)
_STRUCK = re.compile(r"~~[^~\n]{1,200}~~")
_NOTE = re.compile(r"<<([^<>\n]{0,300})>>")
_UNIT_POWER = re.compile(  # ft^2, but not 3 amps^2
    r"\b(ft|feet|foot|in|inch(?:es)?|cm|mm|km|yards?|miles?|meters?|units?|(?<=\d )m) ?\^ ?\{?\d\}?"
)
_UNIT_SUPERSCRIPT = re.compile(r"(?<=[A-Za-z])⁻?[¹²³⁴]")
_SIGNS = str.maketrans(
    {"—": " ; ", "°": ""}
    | {chr(0xFF01 + i): chr(0x21 + i) for i in range(94)}  # full width
    | {"，": ", ", "、": ", ", "；": "; ", "：": ": ", "！": "! ", "？": "? "}
    | dict.fromkeys("π∑∏∫±⌈⌉⌊⌋∞", UNREADABLE)
)


def plain(text: str) -> str:
    r"""`text` with LaTeX, typographic signs and remarks in brackets made plain.

    >>> plain(r"\( \frac{3}{4} \times 8 \) (cups of flour)")
    '  ((3)/(4)) * 8    '
    """
    if not text.isascii():
        text = _UNIT_SUPERSCRIPT.sub("", text).translate(_SIGNS)
    if "\\" in text or "{" in text:
        text = _plain_latex(text)
    if "^" in text:
        text = _UNIT_POWER.sub(r"\1", text)
    text = text.replace("\t", " ").replace("\r", "\n").replace("$$", "\n").replace("!=", "≠")
    if "~~" in text:
        text = _STRUCK.sub(" ", text)
    text = markup.plain(text)
    if "(" in text:
        text = _REMARK.sub(" ", text)
    return text.replace("sqrt", UNREADABLE)


def without_notes(text: str) -> tuple[str, list[str]]:
    """`text` without calculator annotations `<<48/2=24>>`, and what stood in them."""
    if "<<" not in text:
        return text, []
    return _NOTE.sub("", text), _NOTE.findall(text)


def _plain_latex(text: str) -> str:
    text = _ALIGNMENT.sub(" ", _ENVIRONMENT.sub("\n", _THOUSANDS.sub(",", text)))
    if "frac" in text:
        text = _DIGITS_FRACTION.sub(r"((\1)/(\2))", _MIXED.sub(_mixed, text))
    text = _DEGREES.sub("", text)
    for _ in range(3):  # fractions within fractions, to a fixed depth
        text, fractions = _FRACTION.subn(r"((\1)/(\2))", text)
        text, wrapped = _WRAPPED.subn(r" \1 ", text)
        if not fractions and not wrapped:
            break
    return _COMMAND.sub(_command, text)


def _mixed(match: re.Match[str]) -> str:
    """A fraction right after a number: a mixed number where it is less than one."""
    if int(match[1]) < int(match[2]):
        return f" {match[1]}/{match[2]}"
    return f"*(({match[1]})/({match[2]}))"


def _command(match: re.Match[str]) -> str:
    name = match[1]
    if len(name) > 1 or name.isalpha():
        return _COMMANDS.get(name, UNREADABLE)
    return name if name in "$%#&_" else "\n" if name in "[]\\\n" else " "
