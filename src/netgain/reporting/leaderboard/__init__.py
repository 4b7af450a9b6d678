"""Several models on the same problems, as a page, as Markdown and as JSON."""

from netgain.reporting.leaderboard.files import MARKDOWN, PAGE, RECORD, drawn, write_leaderboard
