"""Server-sent events, served by uvicorn: nothing else runs here (pages and REST are in wsgi.py)."""

import os

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from dialer.events import Events  # noqa: E402  (models need the set-up above)

application = Events(settings.REDIS_URL)
