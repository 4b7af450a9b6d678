"""Fine-tuning, resumable, in the file layout of transformers' trainers."""
