"""For other trainers: `from netgain.callbacks import TrueAccuracy`. See docs/callback.md."""

from netgain.errors import MissingDependency

try:
    from netgain.train.true_accuracy import TrueAccuracy
except ImportError as error:
    raise MissingDependency(
        f"a callback of transformers needs torch and transformers ({error.name} is missing): "
        "pip install 'netgain[train]'"
    ) from None

__all__ = ["TrueAccuracy"]
