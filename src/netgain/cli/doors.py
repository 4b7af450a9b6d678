"""Commands that people try and that there are not: one line each on what does it."""

from collections.abc import Mapping

_TRAIN = "`netgain train RECIPE.yaml` trains; `netgain run` evaluates and reports, too"
_EXPORT = "`netgain export RUN_DIR NEW_DIR` writes the trained model as one folder of safetensors"
_GGUF = "`netgain export RUN_DIR NEW_DIR --as gguf` writes a GGUF file and a Modelfile for Ollama"
_SERVE = (
    "netgain serves no model: `netgain export RUN_DIR DIR`, then `vllm serve DIR`; or `--as gguf` "
    "and Ollama"
)
_TABLES = "`netgain export RUN_DIR NEW_DIR --as csv` (or parquet) writes answers and figures"
_SEEDS = (
    "`netgain sweep RECIPE.yaml --over train.seed=1,2,3` trains one run for each value, and "
    "compares them"
)
_UPLOAD = "`netgain push RUN_DIR OWNER/NAME` shows what would go to the Hub, and --yes uploads it"
_TRACKED = "`netgain run RECIPE.yaml --set report_to=[%s]` tells it of the run as it goes on"
_READ = "`netgain grade FILE.jsonl` judges answers; `netgain compare` sets models side by side"
DOORS: Mapping[str, str] = {
    **dict.fromkeys(("finetune", "fine-tune", "sft", "fit", "lora", "tune", "grpo"), _TRAIN),
    **dict.fromkeys(("merge", "save", "merge-adapter"), _EXPORT),
    **dict.fromkeys(("gguf", "convert", "quantize", "quantise", "ollama"), _GGUF),
    **dict.fromkeys(("csv", "parquet", "excel", "dump", "download"), _TABLES),
    **dict.fromkeys(("serve", "chat", "deploy", "predict", "infer", "generate", "ask"), _SERVE),
    **dict.fromkeys(("seeds", "seed", "search", "grid", "hpo", "tune-hyperparameters"), _SEEDS),
    **dict.fromkeys(("upload", "publish", "share", "hub", "push-to-hub"), _UPLOAD),
    **dict.fromkeys(("score", "judge", "accuracy"), _READ),
    "eval": "`netgain evaluate MODEL --data DATA` has a model answer problems and grades it",
    "test": "`netgain evaluate MODEL --data DATA` has a model answer problems and grades it",
    "benchmark": (
        "`netgain evaluate MODEL --data arc_easy` asks one; `netgain benchmark-engine` times"
        " the engines"
    ),
    "resume": "the same command goes on where it was interrupted: `netgain run RECIPE.yaml`",
    "continue": "the same command goes on where it was interrupted: `netgain run RECIPE.yaml`",
    "leaderboard": "`netgain report RUN RUN …` makes a leaderboard of several runs",
    "new": "`netgain init RECIPE.yaml` writes a first recipe",
    "config": "`netgain init RECIPE.yaml` writes a first recipe; docs/recipe.md has all settings",
    "estimate": "`netgain plan RECIPE.yaml` says how long it takes, what it needs and costs",
    "dry-run": "`netgain plan RECIPE.yaml` says what a run would do",
    **{name: _TRACKED % name for name in ("wandb", "tensorboard", "mlflow", "trackio")},
    "lm-eval": "`netgain export RUN_DIR NEW_DIR --as lm-eval` writes its results and samples",
    "analyze": "`netgain analyse BASE TUNED` compares and reports two models' answers",
    "list": "runs lie in runs/; `netgain report runs/*` sets them side by side",
    "ls": "runs lie in runs/; `netgain report runs/*` sets them side by side",
    "show": "`netgain view RUN_DIR` shows every answer; RUN_DIR/report/report.html is the report",
    "open": "`netgain view RUN_DIR` shows every answer; RUN_DIR/report/report.html is the report",
    "version": "`netgain --version`",
    "help": "`netgain --help`",
}
