"""What was measured beside the headline: evaluations in, one `FurtherResult` a measurement out.

Each kind has its file; which there are, and how they are asked, is told by `pipeline.extras`.
"""
