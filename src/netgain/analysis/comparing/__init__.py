"""Two or more models on the same problems, and what a difference is made of."""
