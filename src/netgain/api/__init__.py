"""The public face: what `import netgain` gives, and the only thing that the command line calls.

One file a task. Each has a function that does the work by the rooms below, and what it gives back,
which shows itself in a notebook and in a terminal. Nothing here is imported before it is asked for.
"""
