"""Statistics, comparison, training metrics, and the assembly of everything a report needs."""
