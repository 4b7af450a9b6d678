"""A run directory <-> what a run knows. Everything is written aside and renamed into place.

    RUN/
      run.json              format version, command, when it began
      recipe.yaml           the resolved recipe
      run.log               what happened, line by line
      warnings.log          what libraries said meanwhile, where they said anything
      data/                 split.json (ids, digests, overlaps, bad rows), *.jsonl
      train/                adapter/, checkpoints/, trainer_state.json, training.json
      evaluations/base/     evaluation.json, generations/part-00000.parquet …
      evaluations/tuned/    likewise; after a report also judged/, row for row as generations/
      report/               report.html, report.md, report.json, charts

A folder of a finished stage holds its JSON file (`split.json`, `training.json`,
`evaluation.json`), which is written last. Every file that a figure depends on says the SHA-256 of
its own content (`seals`), or has it told by `training.json`, and is checked when it is read.
"""

from netgain.store.directory import RunDirectory
from netgain.store.evaluation import AnswerKey, EvaluationFolder, key_of
from netgain.store.problem_index import ProblemIndex
from netgain.store.reuse import PHASES, name_beside, reuse_evaluation, reuse_training, siblings
from netgain.store.seals import write_sealed
from netgain.store.whole_files import (
    copy_folder,
    file_digest,
    folder_digest,
    read_json,
    refuse_odd_files,
    replace_folder,
    storage_errors,
    sweep_leftovers,
    sync_folder,
    whole_file,
    write_bytes,
    write_json,
)
