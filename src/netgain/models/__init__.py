"""Weights and their tokenizer: found, fetched, unpacked, loaded, applied, merged, saved."""
