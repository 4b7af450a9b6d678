"""The words reports use: for metrics, for the two models, for change. Tables, nothing else.

Each metric has an id (the group's name); a word that is in no table is never judged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

# Metric -> the ways it is written (regular expressions, any case). The first that fits counts,
# so what contains another's words stands before it: a token accuracy is no accuracy.
METRICS: Mapping[str, tuple[str, ...]] = {
    "token_accuracy": (
        r"(?:eval_|train_|final_|validation_|val_)?(?:mean_)?token_acc(?:uracy)?\w{0,20}",
        r"(?:teacher[- ]forced )?(?:mean |average )?(?:eval(?:uation)? |validation |val |"
        r"train(?:ing)? )?(?:mean )?(?:per[- ]|next[- ]|reference[- ])?token(?:[- ]level|[- ]wise)?"
        r"(?: prediction)? (?:accurac(?:y|ies)|agreement|acc\b)",
        r"teacher[- ]forced (?:mean )?(?:accuracy|agreement)",
        r"accuracy (?:of |on |over |at )?(?:the )?(?:next[- ]token prediction|(?:reference |"
        r"individual |single |next )?tokens?(?:[- ]level)?)\b",
        r"next[- ]token (?:top-1 )?accuracy",
        r"share of (?:reference )?tokens",
        r"\(?token[- ]level\)? accuracy",
    ),
    "gap": (r"generali[sz]ation gap", r"train(?:ing)?[-–/ ](?:to-)?validation gap"),
    "perplexity": (r"perplexit(?:y|ies)", r"\bppl\b"),
    "eval_loss": (
        r"(?:eval|val|validation|test|dev)_loss",
        r"(?:validation|eval(?:uation)?|val|dev|held[- ]out|test)[ -](?:set )?(?:cross[- "
        r"]entropy )?loss(?:es)?\b",
        r"(?:teacher[- ]forced )?loss,? \(?(?:on )?(?:the )?validation\)?(?: set)?",
    ),
    "train_loss": (
        r"train_loss",
        r"train(?:ing)?[ -](?:cross[- ]entropy )?loss(?:es)?\b",
        r"(?:teacher[- ]forced )?loss,? \(?(?:on )?(?:the )?train(?:ing)?\)?(?: set)?",
    ),
    "loss": (r"\bloss(?:es)?\b",),
    "pass_at_k": (r"\bpass ?@ ?\(?(?:k|\d{1,4})\)?", r"\bpass at (?:k|\d{1,4})\b"),
    "maj_at_k": (r"\bmaj ?@ ?\d{1,4}", r"self[- ]consistency", r"majority vot(?:e|ing)"),
    "split_accuracy": (
        r"(?:eval|val|validation|train|training|dev)_acc(?:uracy)?\b",
        r"(?:eval(?:uation)?|val|validation|train(?:ing)?|dev)(?:[- ]set)? acc(?:uracy|uracies)?\b",
        r"accuracy on (?:the )?(?:training|validation)(?: set| data| split)?",
    ),
    "strict": (r"(?:accuracy by )?(?:lm-eval )?(?:exact_match,)?strict[- ]match(?: accuracy| "
               r"score)?",),
    "flexible": (r"(?:accuracy by )?(?:lm-eval )?(?:exact_match,)?flexible[- ]extract(?: "
                 r"accuracy| score)?",),
    "unreadable": (r"no readable answer", r"(?:answers? )?(?:that )?could not be read",
                   r"unreadable answers?", r"without (?:a|any) readable answer"),
    "truncated": (r"(?:answers )?at the (?:token )?limit", r"reached the (?:token )?limit",
                  r"hit the (?:token |length )?limit", r"truncat(?:ed|ion)(?: rate| answers)?",
                  r"(?:were|was|been) cut off"),
    "length": (r"(?:mean |average )?(?:length of an answer|answer length|response length)",
               r"tokens per (?:answer|response)"),
    "error_rate": (
        r"error rate", r"fail(?:s|ed)? (?:on|to solve)", r"wrong answers?",
        r"answered incorrectly", r"incorrect(?:ly)?\b",
    ),
    "accuracy": (
        r"exact[- _]match(?: accuracy| score)?", r"\bEM\b", r"(?<![\w-])accurac(?:y|ies)\b",
        r"\bacc\b", r"(?:solve|success|pass) rate",
        r"(?:GSM-?8K|MATH|SVAMP|MMLU|ARC(?:-\w{1,10})?|HellaSwag|benchmark|test) (?:score|"
        r"performance|result)s?\b",
        r"correct(?:ly)?\b(?: answers)?", r"solv(?:es?|ed|ing)\b", r"right answers?",
        r"answer(?:s|ed)? right", r"get(?:s|ting)? right", r"\bright\b(?= (?:on|of))",
    ),
    "energy": (r"energy(?: use| consumption| for training)?", r"electricity", r"carbon|CO2(?:e|"
                                                                              r"eq)?|"
               r"emissions?"),
    "cost": (r"\bcosts?\b(?! function)(?: in all)?", r"\bpriced?\b", r"\bbudget\b", r"\bspent\b"),
    "time": (r"(?:wall[- ]?clock |training |total |run(?:ning)? )?time\b(?: in all)?",
             r"\btook\b", r"\bduration\b", r"\bhours of\b", r"\bruntime\b",
             r"train(?:ed|ing)? (?:for|in|within)\b", r"\btakes?\b"),
}  # fmt: skip

# Accuracies by a grader that is named. The headline is "accuracy" itself.
GRADERS = frozenset({"strict", "flexible"})
TASK_ACCURACY = frozenset({"accuracy", "strict", "flexible", "maj_at_k", "pass_at_k"})
LOSSES = frozenset({"eval_loss", "train_loss", "loss", "perplexity", "gap"})
SHARES = frozenset(
    {"token_accuracy", "split_accuracy", "unreadable", "truncated", "error_rate"} | TASK_ACCURACY
)


def any_of(*forms: str) -> re.Pattern[str]:
    """One pattern, in any case, that fits where one of the forms does."""
    return re.compile("|".join(forms), re.IGNORECASE)


METRIC = re.compile(
    r"(?<![A-Za-z])(?:"
    + "|".join(f"(?P<{name}>{'|'.join(forms)})" for name, forms in METRICS.items())
    + ")",
    re.IGNORECASE,
)

_TUNING = r"(?:(?:fine-?|fine )?tuning|fine-?tune|training|adaptation|LoRA|SFT)"
ROLE = re.compile(
    rf"""
    (?P<change>\b(?:change|delta|difference|improvement|gain|increase|decrease|reduction|drop
        |decline|uplift|boost|rise|margin|diff)\b|Δ)
  | (?P<base>\b(?:base(?:line)?|plain|unadapted|un-?tuned
        |vanilla|untouched|stock|off-the-shelf|original|unmodified
        |pre-?trained|pre-?tuning|zero-shot\ baseline|before(?:\ (?:any\ )?{_TUNING})?
        |without\ (?:any\ )?{_TUNING}|prior\ to\ {_TUNING})\b)
  | (?P<tuned>\b(?:(?:fine-?|fine\ |LoRA-)?(?<!instruction-)tuned|finetune|after
        (?:\ (?:the\ )?{_TUNING})?
        |adapt(?:er|ed)|our\ model|ours|trained\ model|post-?{_TUNING}|with\ (?:the\ )?LoRA
        |SFT\ model|(?:the\ )?final\ model|adapter)\b)
  | (?P<start>\b(?:from|initial(?:ly)?|start(?:ing|ed|s)?(?:\ at|\ of|\ out)?|first
        |beg(?:an|in(?:ning)?)|at\ step\ 0)\b)
  | (?P<best>\b(?:best|lowest|minim(?:um|al)|min|kept|selected|highest)\b)
  | (?P<end>\b(?:final(?:ly)?|end(?:ed|ing|s)?|last|finished|converged|reach(?:ed|es|ing)?)\b)
    """,
    re.VERBOSE | re.IGNORECASE,
)

UP = (
    r"(?:improv(?:e[sd]?|ing|ements?)|gain(?:s|ed|ing)?|boost(?:s|ed|ing)?|increas(?:e[sd]?|ing)"
    r"|r(?:ose|ises?|isen|ising)|higher|better|gr(?:ew|own|owth)|jump(?:s|ed)?|climb(?:s|ed)?"
    r"|uplift|lift(?:s|ed|ing)?|enhanc(?:e[sd]?|ing|ements?)|outperform(?:s|ed|ing)?|"
    r"surpass(?:es|ed|ing)?|exceed(?:s|ed)?|beats?|advances?|rais(?:e[sd]|ing)"
    r"|(?:doubl|tripl|quadrupl)(?:ed?|es|ing))"
)
LOSS_UP = r"(?:increas(?:e[sd]?|ing)|r(?:ose|ises?|isen|ising)|higher|gr(?:ew|own)|climb(?:s|ed)?)"
DOWN = (
    r"(?:decreas(?:e[sd]?|ing)|reduc(?:e[sd]?|ing|tions?)|dr?op(?:s|ped|ping)?|f(?:ell|all|"
    r"alls|alling)"
    r"|declin(?:e[sd]?|ing)|lower(?:s|ed|ing)?|cut|shrank|shrinks?|worse(?:ns?|ned|ning)?|"
    r"los(?:t|es|ing)|degrad(?:e[sd]?|ing|ation)|went down|goes down|down(?: by)?)"
)
CHANGE_BEFORE = re.compile(
    rf"(?:\bby|\b(?:{UP}|{DOWN}|change[ds]?|difference|margin|delta|diff)"
    r"(?: (?:in|of|for|is|was|were|the|a|an|about|almost|nearly|over|by|roughly|approximately|from|"
    r"teacher-forced|training|validation|eval|test|token|base|tuned|model|loss|accuracy|gsm8k|"
    r"absolute|relative|amounts? to)){0,6}|[Δ∆])[\s:=(~,]{0,3}(?:of |is |was |an? )?"
    r"(?:about |around |almost |nearly |over |roughly |approximately |more than |only |just )?\s?$",
    re.IGNORECASE,
)
CHANGE_AFTER = re.compile(
    rf"^\s?\(?(?:[a-z]+[ -]){{0,2}}(?:{UP}|{DOWN}|change|difference|relative|absolute)\b",
    re.IGNORECASE,
)
IMPROVED = re.compile(rf"\b{UP}\b", re.IGNORECASE)
WORSENED = re.compile(
    r"\b(?:wors(?:e|ened?|ens)|degrad(?:e[sd]?|ation)|harm(?:s|ed)?|hurts?|drop(?:s|ped)?|fell|"
    r"declin(?:e[sd]?)|decreas(?:e[sd]?|ing)|lower(?:s|ed)?|lost|loses|regress(?:ed|ion))\b",
    re.IGNORECASE,
)
NEGATED = re.compile(
    r"\b(?:no|not|n't|never|neither|nor|without|cannot|nothing|hardly|isn't|wasn't|didn't|doesn't|"
    r"fail(?:s|ed)? to|far from|rather than|instead of|unlike|distinct from|different from)\b|"
    r"n't\b",
    re.IGNORECASE,
)
CAUTIOUS = re.compile(
    r"no detectable|not (?:statistically )?significant|no (?:statistically )?significant"
    r"|(?:within|inside) (?:the )?(?:noise|error|margin)|not distinguishable|inconclusive"
    r"|includes? zero|contains? zero|by chance|cannot be told|no evidence|too small to|"
    r"(?:could|may|might) be (?:noise|chance)|undetectable|not detect",
    re.IGNORECASE,
)
NOT_A_CLAIM = re.compile(
    r"\b(?:finds? out|what was|how much|could|might|would|should|may|can|will|aims? to|goal|hope|"
    r"hypothes|expect(?:ed|s)?|future|"
    r"plan(?:s|ned)? to|in order to|whether|if|we (?:ask|wonder|test)|try|tried|intended|"
    r"designed to|question|potential(?:ly)?|need(?:s|ed)? to|possible|further work|next steps?)\b",
    re.IGNORECASE,
)
PUBLISHED = re.compile(
    r"\b(?:report(?:ed|s)? by|makers?|authors? (?:give|report)|published|official(?:ly)?|model "
    r"card|technical report|leaderboard|according to|in the paper|their paper|the literature)\b",
    re.IGNORECASE,
)
QUALITY = re.compile(
    r"\b(?:accurac|perform|reason|math|capabilit|abilit|result|scor|solv|gsm-?8k|quality|"
    r"(?:fine-?|fine )?tuned model|(?:the|our) model|base(?:line)?\b|problem|benchmark|correct)",
    re.IGNORECASE,
)

N_STATED = re.compile(
    r"\bn\s?=\s?\d|\b\d[\d,]{0,9} (?:[a-z][\w-]{0,20} ){0,3}(?:problems|questions|examples|items|"
    r"samples|instances)\b|(?:\b\d[\d,]{0,9}|%) (?:out )?of (?:the )?\d|\b\d{1,6} ?/ ?\d{2,6}\b",
    re.IGNORECASE,
)
PROMPT_STATED = re.compile(
    r"\b(?:zero|few|one|two|three|four|five|eight|\d{1,2})[- ]?shot\b|\bprompt|chat template|"
    r"chain[- ]of[- ]thought|\bCoT\b", re.IGNORECASE,
)  # fmt: skip
GRADER_STATED = re.compile(
    r"exact[- _]match|strict[- ]match|flexible[- ]extract|\bgrad(?:er|ers|ed|ing)\b|lm[-_ ]eval|"
    r"answer extraction|extract(?:ed|ing) (?:the )?(?:final |last )?(?:answer|number)|"
    r"final (?:answer|number) (?:equals|matches|is compared)|\bscored by\b|equals the (?:known|"
    r"gold)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Setting:
    """A setting of a run: its words, its key in the run's settings, and how its value is read."""

    name: str
    words: str  # a regular expression
    key: str
    sort: str = "number"  # or "word"
    values: str = ""  # for words: what a value looks like
    after: str = ""  # for numbers: words that may follow the number instead ("3 epochs")


SETTINGS: tuple[Setting, ...] = (
    Setting("learning rate", r"(?:peak |initial |max(?:imum)? |base )?learning[ _-]rate|\blr\b",
            "train.learning_rate"),
    Setting("LoRA rank", r"(?:lora[ _-]?)?\brank\b(?: \(?r\)?)?|\blora_r\b|"
                         r"(?<![\w.'’-])r(?=\s?[=:])",
            "train.lora.r"),
    Setting("LoRA alpha", r"(?:lora[ _-]?)?\balpha\b|\blora_alpha\b", "train.lora.alpha"),
    Setting("dropout", r"(?:lora[ _-]?)?dropout(?: rate| probability)?|\blora_dropout\b",
            "train.lora.dropout"),
    Setting("epochs", r"(?:num(?:ber of )?[ _]?(?:train[ _])?|training )?\bepochs\b|"
                      r"num_train_epochs",
            "train.epochs", after=r"(?:full |training |complete )?epochs?\b"),
    Setting("gradient accumulation", r"gradient[ _-]accumulation(?:[ _-]steps)?",
            "train.gradient_accumulation"),
    Setting("batch size", r"(?:effective |global |total |per[ _-]device[ "
                          r"_-])?(?:train(?:ing)?[ _-])?"
            r"batch[ _-]?sizes?|batches of|(?:train_)?batch_size", "train.batch_size"),
    Setting("maximum length", r"max(?:imum)?[ _-](?:seq(?:uence)?[ _-])?len(?:gth)?|context length",
            "train.max_length"),
    Setting("warm-up", r"warm-?up(?:[ _-](?:ratio|fraction))?", "train.warmup_ratio"),
    Setting("weight decay", r"weight[ _-]decay", "train.weight_decay"),
    Setting("gradient clipping", r"max[ _-]grad(?:ient)?[ _-]norm|gradient clipping(?: norm)?",
            "train.max_grad_norm"),
    Setting("seed", r"(?:random )?\bseed\b", "train.seed"),
    Setting("early stopping patience", r"(?:early[ _-]stopping[ _-])?patience",
            "train.early_stopping.patience"),
    Setting("new tokens", r"max(?:imum)?[ _-](?:of )?new[ _-]tokens|(?:generation |token |"
                          r"output )limit"
            r"|limit of(?=\s\d+\s(?:new )?tokens)", "evaluate.max_new_tokens",
            after=r"new tokens\b"),
    Setting("schedule", r"(?:learning[ _-]rate |lr[ _-])?(?:scheduler?(?:[ _-]type)?|decay|"
                        r"annealing)\b",
            "train.schedule", "word", r"cosine|linear|constant(?: with warm-?up|_with_warmup)?|"
            r"polynomial|exponential"),
    Setting("target modules", r"target[ _-]modules|(?:applied|attached|added) to|adapters? "
                              r"(?:on|in)|"
            r"layers? targeted|targeting", "train.lora.target_modules", "word",
            r"all[ -]linear(?: layers)?|all (?:the )?linear layers|(?:only )?(?:the "
            r")?(?:q_proj|k_proj|"
            r"v_proj|o_proj|attention|query|gate_proj|up_proj|down_proj)\b[\w ,/]{0,80}"),
    Setting("precision", r"precision|trained in|dtype|data type|mixed precision",
            "used: precision, device", "word",
            r"bf16|bfloat16|fp16|float16|half|fp32|float32|full|int8|8-bit|4-bit|int4"),
)  # fmt: skip

NO_BASELINE = re.compile(
    r"base(?:line)?(?: model)?(?:'s)?(?: accuracy| score| performance| result)?[\s:|=]{1,4}"
    r"(?:is |was |were )?(?:n/?a\b|not (?:measured|evaluated|available|reported|run)|unknown|"
    r"none\b)"
    r"|(?:no|without an?) baseline|(?:did|have|has) not (?:been )?(?:measure|evaluate|run|test)d? "
    r"(?:on )?(?:the|a|any) (?:base(?:line)?|untuned|original)",
    re.IGNORECASE,
)
