class Event:
    def __init__(self, wall_time, step, summary):
        self.wall_time, self.step, self.summary = wall_time, step, summary
