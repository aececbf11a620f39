"""Where servers look for the application: ``uvicorn main:app``."""

from shop.main import app

__all__ = ["app"]
