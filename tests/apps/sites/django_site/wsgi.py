"""As ``startproject`` writes it."""

from __future__ import annotations

import os

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.apps.sites.django_site.settings")

application = get_wsgi_application()

asgi = WSGIMiddleware(application)
"""As one would serve it behind an ASGI server."""
