"""Model output -> the same text without markup and typographic variants of signs.

What stands inside a calculator annotation `<<48/2=24>>` is dropped: it is working, not an answer.
Every pattern takes linear time on any input.
"""

import re
import unicodedata
from fractions import Fraction
from math import isqrt, prod

from netgain.text.numbers import format_number

_VULGAR = {
    "¼": "1/4", "½": "1/2", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "⅕": "1/5", "⅖": "2/5",
    "⅗": "3/5", "⅘": "4/5", "⅙": "1/6", "⅚": "5/6", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8",
    "⅞": "7/8",
}  # fmt: skip
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"
_PLAIN = str.maketrans(
    {"−": "-", "–": "-", "‐": "-", "‑": "-", "﹣": "-", "－": "-", "—": " - ", "⁄": "/", "∕": "/"}
    | {"\r": "\n"}
    | dict(
        zip("：，．；？！％＝＋（）＄￥￡￦。“”٫٬،٪", ':,.;?!%=+()$¥£₩.""' + ".,,%", strict=True)
    )
    | dict.fromkeys("\u200b\u2060\ufeff\u200e\u200f\u061c\u202a\u202c\u2066\u2067\u2069", "")
    | {"\u00a0": " ", "\u2007": " ", "\u2009": " ", "\u202f": " ", "\u3000": " ", "。": ". "}
    | {sign: f" {ratio}" for sign, ratio in _VULGAR.items()}
)
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")
# Scales of East Asia: 1.2万, 3亿, 1만 5천, 1億2千万. Not 5千米 (km), 5兆字节 (MB), 5조각 (pieces).
_EAST_SCALES = {
    "十": 10, "百": 100, "千": 1000, "백": 100, "천": 1000, "万": 10**4, "萬": 10**4, "만": 10**4,
    "亿": 10**8, "億": 10**8, "억": 10**8, "兆": 10**12, "조": 10**12,
}  # fmt: skip
_EAST_TERM = re.compile(r"([0-9][0-9,.]{0,20}+)\s?([百千万萬亿億兆백천만억조]{1,2}+)")
_EAST = re.compile(
    r"(?<![0-9.,])(?:[0-9][0-9,.]{0,20}+\s?[百千万萬亿億兆백천만억조]{1,2}+"
    r"(?!(?<=[千兆])[米克瓦卡赫字位比]|(?<=조)각|(?<=만)큼)\s?){1,6}+(?:(?:(?<!\s)[0-9][0-9,]{0,8}+|(?<=\s)[0-9][0-9,]{2,8}+)(?<!,)(?![0-9:/]|[.,][0-9]))?"
)
# Scale words with letters beyond ASCII; `scan` knows the others.
_SCALE_WORDS = {
    "thousand": "тыс|тысяч[аи]?|тисяч[аі]?|nghìn|ngàn|हज़ार|हजार|ألف|آلاف|هزار|พัน",
    "million": "млн|миллион(?:а|ов)?|мільйон(?:а|ів)?|triệu|millón|milhão|milhões|مليون|میلیون|ล้าน",
    "billion": "млрд|миллиард(?:а|ов)?|мільярд(?:а|ів)?|tỷ|tỉ|مليار|میلیارد",
    "lakh": "लाख|লাখ|লক্ষ|లక్షలు?", "crore": "करोड़|কোটি|కోట్లు|కోటి",
}  # fmt: skip
_SCALE_WORD = re.compile(
    r"(?<=[0-9])\s?(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in _SCALE_WORDS.items())
    + r")(?!\w)"
)

_ANNOTATION = re.compile(r"<<[^<>\n]*+(?:>>|\Z)")
_DIGIT_SPACE = re.compile(r"(?<=[0-9])[\u00a0\u2007\u2009\u202f](?=[0-9]{3}(?!,?[0-9]))")
_SUPERSCRIPT = re.compile(rf"[{_SUPERSCRIPTS}]+")
_FROM_SUPERSCRIPT = str.maketrans(_SUPERSCRIPTS, "0123456789-")
# Two asterisks between numbers, or between spaces, are a power.
_BOLD = re.compile(r"\*\*(?!(?<=[0-9]\*\*)[0-9(]|(?<=\s\*\*)\s)|`")
_DIGIT_UNDERLINE = re.compile(r"(?<=[0-9])_(?=[0-9]{3}(?![0-9]))")
_UNDERLINES = re.compile(r"(?<!\w)_{1,3}(?=\w)|(?<=\w)_{1,3}(?!\w)")

_LATEX_COMMA = re.compile(r"(?<=[0-9])(?:\\[,! ;:]|\{,\}|,(?=\\!)|~)(?:\\!)?(?=[0-9]{3}(?![0-9]))")
_LATEX_TAG = re.compile(r"\\(?:tag|label)\{[^{}]*+\}")
_LATEX_ESCAPE = re.compile(r"\\([$%#&_])")
_LATEX_WRAPPER = re.compile(
    r"\\(?:text(?:bf|it|rm|sf|tt|normal)?|mathrm|mathbf|mathit|mathsf|mbox|operatorname|underline"
    r"|boldsymbol|bm)\s{0,3}\{([^{}]*+)\}"
)
_LATEX_SPACE = re.compile(
    r"\\(?:[,;:! ]|quad|qquad|left|right|displaystyle|limits)(?![a-zA-Z])"
    r"|\^\s?\{?\\(?:circ|degree)\}?|~"
)
_LATEX_FRACTION = re.compile(
    r"(?:([0-9])\s{0,4})?\\[dtc]?frac\s{0,3}"
    r"(?:\{([^{}]*+)\}\s{0,3}(?:\{([^{}]*+)\}|([0-9]))|([0-9])\s{0,3}(?:([0-9])|\{([^{}]*+)\}))"
)
_ROOT = re.compile(
    r"(?:(?<![\w.,])[0-9]{1,9}\s?[*·]?\s?)?\\?(?:sqrt|√)(?:\[([0-9])\])?\s?[({]?([0-9]{1,30})[)}]?"
)
_WITH_ROOT = re.compile(r"sqrt\s?[/*]\s?[0-9][0-9.,]*+|[0-9][0-9.,]*+\s?[/*]\s?sqrt")
_POWER_OF_TEN = re.compile(
    r"(?<=[0-9])\s?(?:x|×|\*|\\times|\\cdot)\s?10\s?(?:\^|\*\*)\s?[{(]?(-?[0-9]{1,3})(?![0-9])[)}]?"
)


def plain(text: str) -> str:
    """`text` without calculator annotations, markup and typographic variants of signs.

    >>> plain("She has **$1{,}200** − 3<<1200-3=1197>>")
    'She has $1,200 - 3'
    """
    if not text.isascii():
        text = _with_plain_signs(text)
    if "<<" in text:
        text = _ANNOTATION.sub(_gap, text)
    has_root = "sqrt" in text or "√" in text
    if has_root:
        text = _ROOT.sub(_root, text)
    if "\\" in text or "{,}" in text:
        text = _without_latex(text)
    if has_root:
        text = _WITH_ROOT.sub("sqrt", text)
    if "10^" in text or "10**" in text or "10 ^" in text:
        text = _POWER_OF_TEN.sub(r"e\1", text)
    if "**" in text or "`" in text:
        text = _BOLD.sub("", text)
    if "_" in text:
        text = _UNDERLINES.sub("", _DIGIT_UNDERLINE.sub("", text))
    return text


def _with_plain_signs(text: str) -> str:
    """Digits of every script, signs and East Asian scales as ASCII writes them."""
    text = _OTHER_DIGIT.sub(lambda m: str(unicodedata.decimal(m[0])), text)
    text = _DIGIT_SPACE.sub(",", text)
    text = _SUPERSCRIPT.sub(lambda m: "^" + m[0].translate(_FROM_SUPERSCRIPT), text)
    text = _EAST.sub(_in_figures, text.translate(_PLAIN))
    return _SCALE_WORD.sub(lambda m: f" {m.lastgroup}", text)


def _in_figures(match: re.Match[str]) -> str:
    """ "1万8000" and "1만 5천" as "18000" and "15000"."""
    total = section = Fraction(0)
    end = match.start()
    for term in _EAST_TERM.finditer(match[0]):
        try:
            count = Fraction(term[1].replace(",", ""))
        except ValueError:  # "1.2.3万"
            return match[0]
        scales = [_EAST_SCALES[sign] for sign in term[2]]
        large = prod(scale for scale in scales if scale >= 10**4)
        section += count * prod(scale for scale in scales if scale < 10**4)
        if large > 1:
            total, section = total + section * large, Fraction(0)
        end = match.start() + term.end()
    rest = match.string[end : match.end()]
    total += section + int(rest.replace(",", "").strip() or 0)
    return format_number(total) + (" " if rest.isspace() else "")


def _without_latex(text: str) -> str:
    text = _LATEX_COMMA.sub(",", text.replace("\\approx", "≈").replace("\\pm", "±"))
    text = _LATEX_TAG.sub("", text)
    text = _LATEX_ESCAPE.sub(r"\1", text)
    text = _LATEX_SPACE.sub(" ", text)
    text = _LATEX_WRAPPER.sub(r"\1", text)
    return _LATEX_FRACTION.sub(_ratio, text)


def _gap(match: re.Match[str]) -> str:
    """Nothing, or a space where two numbers would otherwise run into one."""
    before = match.string[match.start() - 1 : match.start()]
    after = match.string[match.end() : match.end() + 1]
    return " " if before.isdigit() and after.isdigit() else ""


def _root(match: re.Match[str]) -> str:
    """The square root of a square by itself; of others, and with a factor, no number at all."""
    root = isqrt(int(match[2]))
    whole = match[1] is None and root * root == int(match[2]) and match[0][0] in "\\s√"
    return str(root) if whole else "sqrt"


def _ratio(match: re.Match[str]) -> str:
    whole = match[1]
    top = match[2] if match[2] is not None else match[5]
    bottom = next(part for part in (match[3], match[4], match[6], match[7]) if part is not None)
    fraction = f"{top.strip()}/{bottom.strip()}"
    return f"{whole} {fraction}" if whole else fraction
