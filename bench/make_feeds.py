"""Data feeds over the store of SOJOURN_HOME, for `bench_feeds`: prints name, link, OData's root, id and secret of each.

SOJOURN_HOME=FOLDER DJANGO_SETTINGS_MODULE=sojourn.settings python bench/make_feeds.py AS_OF ITEMS_OF_THE_DOCUMENT
"""

import sys

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.utils import timezone  # noqa: E402

from sojourn.core.instants import utc_text  # noqa: E402
from sojourn.feeds import feeds, presets  # noqa: E402
from sojourn.history.models import Issue  # noqa: E402

as_of, items = sys.argv[1], int(sys.argv[2])
now = timezone.now()
owner, _ = get_user_model().objects.get_or_create(username="bench", defaults={"is_superuser": True, "is_staff": True})
feeds.switch(on=True)
plain = {"as_of": [as_of], "calendar": ["Berlin"]}
end_ms = Issue.objects.order_by("created_ms").values_list("created_ms", flat=True)[items]
few = {"created": [f"..{utc_text(end_ms)}"], "shape": ["long"]}
asked = {"status_intervals": plain, "status_durations": plain, "issues": plain, "document": plain | few}
for name, given in asked.items():
    preset = presets.save(owner, f"{name} {now:%H:%M:%S.%f}", "time-in-status", given, now)
    feed = feeds.generate(owner, preset, now, "" if name == "document" else name)
    told = feeds.link(feed, ""), feeds.odata_root(feed, ""), str(feed.pk), feeds.renew_secret(feed, now)
    print(name, *told, sep="\t")
