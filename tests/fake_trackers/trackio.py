"""A stand-in with the signatures of trackio 0.43.0."""

from fake_log import note


class Run:
    def log(self, metrics, step=None):
        note("trackio", "log", values=metrics, step=step)

    def finish(self):
        note("trackio", "end")


def init(project, name=None, group=None, space_id=None, config=None, resume="never"):
    note("trackio", "begin", id=name, resume=resume, project=project)
    return Run()
