"""How long tests wait for what has to happen."""

__all__ = ["WITHIN"]

WITHIN = 60.0
"""Seconds: a machine that is slow or shared is no failure."""
