"""Which problems go with wrong answers, what tuning changed, and what stands out."""
