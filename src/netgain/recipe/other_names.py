"""What other tools call their settings, and what does the same here.

Names of transformers, TRL, PEFT, axolotl, LLaMA-Factory, unsloth and lm-eval. `CALLED` has those
that mean the same as a setting here and take the same value. `OTHERWISE` has those that netgain
does in another way, or not at all, with a sentence that says so.
"""

from collections.abc import Mapping

_CALLED: Mapping[str, tuple[str, ...]] = {
    "name": ("run_name", "experiment_name"),
    "model.id": (
        "model_name_or_path", "model_name", "base_model", "name_or_path", "pretrained",
        "pretrained_model_name_or_path", "model_id", "model_path",
    ),
    "model.revision": ("model_revision", "base_model_revision", "revision_of_model"),
    "data.source": (
        "dataset", "datasets", "dataset_name", "dataset_path", "data_path", "train_file",
        "dataset_name_or_path",
    ),
    "data.revision": ("dataset_revision",),
    "data.subset": ("dataset_config", "dataset_config_name", "dataset_subset"),
    "data.test_source": ("test_file", "eval_dataset", "validation_file", "test_dataset"),
    "data.test_fraction": ("test_size", "test_split_size"),
    "data.validation_fraction": ("val_set_size", "val_size", "validation_split_percentage"),
    "data.limit": ("max_train_samples", "max_samples", "num_train_samples"),
    "evaluate.limit": ("max_eval_samples", "max_predict_samples", "num_eval_samples"),
    "prompt.system": ("system_prompt", "default_system", "system_message"),
    "prompt.shots": ("num_fewshot", "n_shot", "num_shots", "few_shot"),
    "prompt.stop": ("stop_sequences", "stop_strings", "until"),
    "train.weights": ("finetuning_type", "use_peft", "use_lora", "tuner"),
    "train.epochs": ("num_train_epochs", "num_epochs", "max_epochs", "n_epochs"),
    "train.learning_rate": ("lr", "peak_lr", "max_lr"),
    "train.gradient_accumulation": ("gradient_accumulation_steps", "grad_accum", "grad_acc"),
    "train.max_length": (
        "max_seq_length", "max_seq_len", "sequence_len", "sequence_length", "cutoff_len",
        "model_max_length", "block_size",
    ),
    "train.schedule": ("lr_scheduler_type", "lr_scheduler", "scheduler"),
    "train.max_grad_norm": ("gradient_clipping", "grad_clip", "clip_grad_norm"),
    "train.processes": ("num_processes", "nproc_per_node", "num_gpus", "n_gpu", "gpus"),
    "train.early_stopping.patience": ("early_stopping_patience",),
    "train.lora.r": ("rank", "lora_r", "lora_rank"),
    "train.lora.alpha": ("lora_alpha",),
    "train.lora.dropout": ("lora_dropout",),
    "train.lora.bias": ("lora_bias",),
    "train.lora.target_modules": ("lora_target_modules", "lora_target", "lora_modules"),
    "train.lora.use_rslora": ("rslora", "peft_use_rslora"),
    "train.lora.use_dora": ("dora", "peft_use_dora"),
    "train.lora": ("peft_config", "lora_config", "peft"),
    "evaluate.engine": ("backend", "inference_engine"),
    "evaluate.max_new_tokens": (
        "max_tokens", "max_gen_toks", "max_completion_length", "max_generation_length",
    ),
    "evaluate.batch_size": ("per_device_eval_batch_size", "eval_batch_size", "micro_batch_eval"),
    "extras.samples.n": ("num_return_sequences", "n_samples", "num_samples"),
    "train.grpo.samples": ("num_generations", "group_size", "n_rollouts"),
    "train.grpo.rounds": ("num_rounds", "total_rounds"),
    "train.grpo.kl": ("kl_coef", "kl_beta", "init_kl_coef", "beta"),
    "train.grpo.clip": ("epsilon", "cliprange"),
    "cost.price_per_hour": ("hourly_rate", "gpu_price"),
}  # fmt: skip
CALLED = {other: name for name, others in _CALLED.items() for other in others}

_PRECISION = "set train.precision: auto (bf16 where the hardware computes in it), bf16 or fp32"
_QUANTISED = "set train.weights: qlora for a base of 4 bits; 8 bits are not offered"
_SAVED = "checkpoints are saved by time, train.checkpoint_seconds; the best weights are always kept"
_CHECKED = "set train.validations_per_epoch: how often validation loss is measured"
_SENT = "set report_to at the top of the recipe: a list of tensorboard, wandb, mlflow, trackio"
_SPREAD = (
    "set train.processes: each holds the whole model and shares every step; weights are not split"
)
_HUB = "a run uploads nothing; `netgain push RUN_DIR OWNER/NAME` does it afterwards"
_FIXED = "the optimizer is AdamW with betas 0.9 and 0.999; only train.weight_decay can be set"
_LOSS = "the loss is on the solution alone, always"
OTHERWISE: Mapping[str, str] = {
    "per_device_train_batch_size": (
        "set train.batch_size: the examples of a step, of all devices together"
    ),
    "train_batch_size": "set train.batch_size: the examples of a step, of all devices together",
    "micro_batch_size": (
        "set train.batch_size; how many examples are passed at a time depends on memory"
    ),
    "packing": "examples are always packed, without padding",
    "sample_packing": "examples are always packed, without padding",
    "padding_free": "examples are always packed, without padding",
    "group_by_length": "examples are always packed, without padding",
    "max_steps": "set train.epochs, of which a part will do, or data.limit",
    "warmup_steps": "set train.warmup_ratio: the share of all steps",
    "num_warmup_steps": "set train.warmup_ratio: the share of all steps",
    **dict.fromkeys(("bf16", "fp16", "tf32", "torch_dtype", "dtype"), _PRECISION),
    "mixed_precision": _PRECISION,
    **dict.fromkeys(
        ("load_in_4bit", "load_in_8bit", "quantization", "quantization_bit", "bnb_4bit_quant_type"),
        _QUANTISED,
    ),
    **dict.fromkeys(
        ("save_steps", "save_strategy", "save_total_limit", "load_best_model_at_end",
         "resume_from_checkpoint", "saves_per_epoch"), _SAVED,
    ),
    **dict.fromkeys(
        ("eval_steps", "eval_strategy", "evaluation_strategy", "do_eval", "evals_per_epoch"),
        _CHECKED,
    ),
    "metric_for_best_model": "set train.select: validation_loss or validation_accuracy",
    "logging_steps": "the loss of every step is shown, and the log is train/trainer_state.json",
    "logging_strategy": "the loss of every step is shown, and the log is train/trainer_state.json",
    **dict.fromkeys(
        ("report_to", "logging_dir", "wandb", "wandb_project", "wandb_entity", "use_wandb",
         "mlflow"), _SENT,
    ),
    **dict.fromkeys(
        ("deepspeed", "fsdp", "fsdp_config", "tensor_parallel_size", "device_map"), _SPREAD
    ),
    **dict.fromkeys(("push_to_hub", "hub_model_id", "hub_strategy", "hub_token"), _HUB),
    **dict.fromkeys(("optim", "optimizer", "adam_beta1", "adam_beta2", "adam_epsilon"), _FIXED),
    **dict.fromkeys(
        ("completion_only_loss", "assistant_only_loss", "train_on_inputs", "mask_prompt"), _LOSS
    ),
    "output_dir": "where a run goes is no part of a recipe: give the command --out DIR",
    "chat_template": (
        "the model's own chat template is used; another prompt is prompt.style: template with "
        "prompt.template"
    ),
    "trust_remote_code": "no code that comes with a model is ever run",
    "attn_implementation": "how attention is computed is chosen by the hardware",
    "flash_attention": "how attention is computed is chosen by the hardware",
    "use_flash_attention_2": "how attention is computed is chosen by the hardware",
    "device": "a GPU is used where there is one, else the processor",
    "use_cpu": "a GPU is used where there is one; CUDA_VISIBLE_DEVICES= hides it",
    "neftune_noise_alpha": "no noise is added to embeddings",
    "shuffle": "training examples are always shuffled, by train.seed",
    "dataloader_num_workers": "examples are made ready before training; no workers are needed",
    "gradient_checkpointing_kwargs": "set train.gradient_checkpointing: true or false",
    "do_sample": "the headline's answers are greedy; extras.samples draws several",
    "do_train": "`netgain run --only train` trains, `--only evaluate` evaluates",
    "dataset_text_field": (
        "columns are found by their usual names; set data.columns for another one, for example "
        "[question=text]"
    ),
    "seeds": (
        "one run a seed: `netgain sweep RECIPE.yaml --over train.seed=1,2,3` does and compares them"
    ),
    "num_workers": "examples are made ready before training; no workers are needed",
}  # fmt: skip


def usual(name: object) -> str:
    """A name as the tables have it: without the dashes of a command line.

    >>> usual("--LoRA-r")
    'lora_r'
    """
    return str(name)[:80].strip().lstrip("-").replace("-", "_").lower()
