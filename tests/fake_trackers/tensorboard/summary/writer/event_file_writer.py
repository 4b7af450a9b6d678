from fake_log import note


class EventFileWriter:
    def __init__(self, logdir, max_queue_size=10, flush_secs=120, filename_suffix=""):
        note("tensorboard", "begin", id=logdir)

    def add_event(self, event):
        values = {v.tag: v.simple_value for v in event.summary.value}
        note("tensorboard", "log", values=values, step=event.step)

    def close(self):
        note("tensorboard", "end")
