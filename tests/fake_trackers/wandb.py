"""A stand-in with the signatures of wandb 0.31.0."""

from pathlib import Path

from fake_log import note


class Run:
    def __init__(self, id):
        self.id = id

    def log(self, data, step=None, commit=None):
        note("wandb", "log", values=data, step=step, id=self.id)

    def finish(self, exit_code=None, quiet=None):
        note("wandb", "end", id=self.id)


def init(entity=None, project=None, dir=None, id=None, name=None, config=None, resume=None):
    if dir is not None:  # as the real one does
        Path(dir, "latest-run").symlink_to(".")
    print("wandb: what it prints is nobody's answer")
    note("wandb", "begin", id=id, resume=resume, name=name, project=project, config=config)
    return Run(id or "id-of-wandb")


def login(key=None, relogin=None, host=None, force=None, timeout=None, verify=True, prompt=True):
    return False
