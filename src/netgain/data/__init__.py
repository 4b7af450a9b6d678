"""Where problems come from, how they are split, and the proof that none leaks."""

from netgain.data.load import LoadedProblems, load_problems
from netgain.data.overlap import Overlap, find_overlaps
from netgain.data.split import SplitProblems, split_problems

__all__ = [
    "LoadedProblems",
    "Overlap",
    "SplitProblems",
    "find_overlaps",
    "load_problems",
    "split_problems",
]
