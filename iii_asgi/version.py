"""The version of iii-asgi."""

__version__ = "0.1.0"
