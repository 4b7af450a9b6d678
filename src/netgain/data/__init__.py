"""Where problems come from, how they are split, and the proof that none leaks."""

from netgain.data.load import LoadedProblems, builtin_counts, load_problems, local_source
from netgain.data.overlap import Overlap, find_overlaps
from netgain.data.split import SplitProblems, split_problems
