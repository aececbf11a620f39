"""iii-asgi puts an existing ASGI app on the iii engine: every route a function."""

__version__ = "0.1.0"
