"""Who made which model and which data set, as far as reports speak of them.

A family's makers are all who may be named for it. The tables are read by
`audit.maker_lint`; a name that is in neither table is never judged.
"""

import re

# Maker -> the names it goes by in texts and as an owner on the Hub, in lower case.
MAKERS: dict[str, tuple[str, ...]] = {
    "Alibaba": ("alibaba cloud", "alibaba", "qwen team", "tongyi lab"),
    "Meta": ("meta ai", "meta-llama", "meta platforms", "meta", "facebook ai", "facebook"),
    "Google": ("google deepmind", "google research", "google brain", "google", "deepmind"),
    "Microsoft": ("microsoft research", "microsoft"),
    "Mistral AI": ("mistral ai", "mistralai", "mistral"),
    "Hugging Face": ("hugging face", "huggingface", "huggingfacetb", "hf team"),
    "DeepSeek": ("deepseek", "deepseek-ai", "deepseek ai"),
    "OpenAI": ("openai", "open ai"),
    "Anthropic": ("anthropic",),
    "TII": ("technology innovation institute", "tiiuae", "tii"),
    "AI2": ("allen institute for artificial intelligence", "allen institute for ai",
            "allen institute", "allenai", "allen ai", "ai2"),
    "EleutherAI": ("eleutherai", "eleuther ai", "eleuther"),
    "Stability AI": ("stability ai", "stabilityai"),
    "NVIDIA": ("nvidia",),
    "Shanghai AI Lab": ("shanghai ai laboratory", "shanghai ai lab"),
    "UC Berkeley": ("uc berkeley", "berkeley"),
    "Apple": ("apple",), "Amazon": ("amazon", "aws"), "IBM": ("ibm research", "ibm"),
    "Stanford": ("stanford university", "stanford"),
}  # fmt: skip

# A family as it is written (a regular expression, any case) -> its makers; () where they are not
# judged. The first that fits counts, so a derived family stands before the one it is named after.
MODELS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"deepseek-r1-distill-(?:qwen|llama)", ("DeepSeek", "Alibaba", "Meta")),
    (r"deepseek(?:-?(?:r1|v2|v3|math|coder|llm|moe))?", ("DeepSeek",)),
    (r"(?:llama-?[\d.]{0,3}-?)?nemotron|minitron", ("NVIDIA",)),
    (r"tinyllama|openllama|open_llama|vicuna|alpaca-7b|wizardmath|wizardlm|metamath-\d+b|zephyr"
     r"|yi-(?:1\.5-)?\d{1,2}b|granite(?=[- ]\d)|command[- ]r\b|grok-\d|chatglm\d?|glm-\d"
     r"|kimi-?k?\d?"
     r"|baichuan\d?(?=-)|minicpm|bloomz?(?=-\d)|mpt-\d+b|dbrx|dolly-v\d|openelm|exaone", ()),
    (r"code-?llama|(?:meta-)?llama|opt-(?:125m|350m|1\.3b|2\.7b|6\.7b|13b|30b|66b)", ("Meta",)),
    (r"smollm", ("Hugging Face",)),
    (r"qwq|qwen", ("Alibaba",)),
    (r"code-?gemma|recurrentgemma|gemma|gemini|palm-2|flan-t5|flan-palm|t5-(?:small|base|large|3b)",
     ("Google",)),
    (r"phi-?[1-4](?:\.5)?|phi-(?:mini|small)|orca-2", ("Microsoft",)),
    (r"mixtral|ministral|mathstral|codestral|mistral-nemo|mistral(?=[- ]?(?:7b|small|large|v0|\d))",
     ("Mistral AI", "NVIDIA")),
    (r"gpt-(?:neo|neox|j)\b|pythia", ("EleutherAI",)),
    (r"(?:chat)?gpt-?(?:[2-5](?:\.\d)?|4o|oss)|chatgpt", ("OpenAI",)),
    (r"claude", ("Anthropic",)),
    (r"falcon", ("TII",)),
    (r"olmoe?|tulu-?\d", ("AI2",)),
    (r"internlm", ("Shanghai AI Lab",)),
    (r"stablelm|stable lm", ("Stability AI",)),
)  # fmt: skip

DATASETS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"gsm8k-platinum", ()),
    (r"gsm-?8k|grade school math 8k|prm800k|humaneval|math-500", ("OpenAI",)),
    (r"(?<![\w-])(?-i:MATH)(?= (?:data ?set|benchmark|test|train))|mmlu(?:-pro)?", ("UC "
        "Berkeley",)),
    (r"arc-(?:challenge|easy|c|e)\b|ai2 reasoning challenge|openbookqa|winogrande", ("AI2",)),
    (r"svamp|orca-math", ("Microsoft",)),
    (r"aqua-rat|mbpp|big-bench(?: hard)?|ifeval", ("Google",)),
    (r"openmathinstruct(?:-\d)?", ("NVIDIA",)),
    (r"numinamath(?:-cot|-tir)?", ("Hugging Face",)),
)  # fmt: skip

_SUFFIX = r"(?:[\w.+-]{0,60}\w)?"
MODEL_NAME = re.compile(
    r"(?<![\w-])(?:[\w.-]{1,40}/)?(?:"
    + "|".join(f"(?:{family})" for family, _ in MODELS)
    + rf"){_SUFFIX}(?:\s\d\.\d(?=\s|$))?",
    re.IGNORECASE,
)
DATASET_NAME = re.compile(
    r"(?<![\w-])(?:" + "|".join(f"(?:{name})" for name, _ in DATASETS) + r")\b", re.IGNORECASE
)
_MAKER_OF_NAME = {name: maker for maker, names in MAKERS.items() for name in names}
MAKER_NAME = re.compile(
    r"(?<![\w-])(?:"
    + "|".join(re.escape(name) for name in sorted(_MAKER_OF_NAME, key=len, reverse=True))
    + r")(?![\w-])",
    re.IGNORECASE,
)


def maker_of(name: str) -> str | None:
    """The maker that goes by this name, or None."""
    return _MAKER_OF_NAME.get(name.casefold())


def makers_of(name: str) -> tuple[str, ...]:
    """Who made the model or the data set of this name; () where that is not known."""
    for table, shown in ((MODELS, name.rpartition("/")[2]), (DATASETS, name)):
        for pattern, makers in table:
            if re.match(pattern, shown, re.IGNORECASE):
                return makers
    return ()
