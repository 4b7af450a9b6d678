"""Shares, paired shares and their tests: counts or arrays in, `Estimate`s out."""
