"""What the server runs."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sojourn.settings")
application = get_wsgi_application()
import_module(settings.ROOT_URLCONF)  # a second that the first request would wait for
gc.freeze()  # else all of it is looked through for garbage now and then, which holds up a request by 0.1 s
