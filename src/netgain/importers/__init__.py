"""Other tools' files -> records. One file a tool; our own trainer is read back the same way."""

from netgain.importers.trainer_state import parse_trainer_state, read_trainer_state
