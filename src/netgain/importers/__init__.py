"""Other tools' files -> records. One file a tool; our own trainer is read back the same way."""

from netgain.importers.trainer_state import read_trainer_state

__all__ = ["read_trainer_state"]
