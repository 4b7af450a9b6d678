"""netgain: fine-tune a small language model and find out, honestly, what was gained."""

__version__ = "0.1.0"
