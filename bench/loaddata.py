"""Django's loaddata on the table `items`: `python -m bench.loaddata FIXTURE`, as `manage.py loaddata` would run it."""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

import django  # type: ignore[import-untyped]
from django.conf import settings  # type: ignore[import-untyped]
from django.core.management import call_command  # type: ignore[import-untyped]


def main() -> None:
    place = urlsplit(os.environ["DATABASE_URL"])
    settings.configure(
        INSTALLED_APPS=["bench"],
        USE_TZ=True,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": place.hostname,
                "PORT": place.port,
                "USER": place.username,
                "NAME": place.path.removeprefix("/"),
            }
        },
    )
    django.setup()

    from django.db import models  # type: ignore[import-untyped]

    class Item(models.Model):  # type: ignore[misc] # Django brings no types
        id = models.BigIntegerField(primary_key=True)
        code = models.TextField()
        name = models.TextField()
        description = models.TextField(null=True)
        price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
        added_at = models.DateTimeField(null=True)
        attributes = models.JSONField(null=True)
        active = models.BooleanField()

        class Meta:
            app_label = "bench"
            db_table = "items"

    call_command("loaddata", sys.argv[1], verbosity=0)


if __name__ == "__main__":
    main()
