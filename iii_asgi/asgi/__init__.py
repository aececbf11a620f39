"""Calling the ASGI app in process."""
