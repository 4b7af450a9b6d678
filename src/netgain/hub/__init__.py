"""Models and data sets from the Hub by id and revision, or one clear line on why not."""

from netgain.hub.fetching import Kind, fetch
