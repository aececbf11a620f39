"""How fast the bridge is, as ratios to its peers in the same run: ``python -m benchmarks``."""
