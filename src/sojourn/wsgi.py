"""What the server runs."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sojourn.settings")
application = get_wsgi_application()
import_module(settings.ROOT_URLCONF)  # a second that the first request would wait for
