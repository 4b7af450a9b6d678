"""A trainer's log: metrics, anomalies, fitted curves and a forecast."""
