"""LoRA fine-tuning with TRL, resumable, in the trainer's own file layout."""
