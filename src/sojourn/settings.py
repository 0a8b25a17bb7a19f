"""Django's settings, from the environment. Nothing else reads the environment."""

import os
import secrets
from pathlib import Path
from typing import Any, cast

import dj_database_url

from sojourn import configuration

VALUES = configuration.read(os.environ)
SOJOURN_HOME = cast("Path", VALUES["SOJOURN_HOME"])
SOJOURN_CUSTOM_FIELDS = cast("tuple[str, ...]", VALUES["SOJOURN_CUSTOM_FIELDS"])
SOJOURN_KEEP_TEXTS = cast("bool", VALUES["SOJOURN_KEEP_TEXTS"])


def _secret_key(folder: Path) -> str:
    """The key in the folder, made on the first start so that nobody has to invent one."""
    path = folder / "secret_key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64))
    return path.read_text().strip()


def _databases(url: str, folder: Path) -> dict[str, Any]:
    default: dict[str, Any] = dict(dj_database_url.parse(url or f"sqlite:///{folder / 'sojourn.sqlite3'}"))
    if default["ENGINE"] == "django.db.backends.sqlite3":
        Path(default["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        default["OPTIONS"] = {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536",
            # A transaction that will write takes the lock at once: SQLite cannot upgrade a read lock under contention.
            "transaction_mode": "IMMEDIATE",
            "timeout": 60,
        }
    return {"default": default}


SECRET_KEY = cast("str", VALUES["SECRET_KEY"]) or _secret_key(SOJOURN_HOME)
DATABASES = _databases(cast("str", VALUES["DATABASE_URL"]), SOJOURN_HOME)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DEBUG = False
ALLOWED_HOSTS = list(cast("tuple[str, ...]", VALUES["SOJOURN_ALLOWED_HOSTS"]))
CSRF_TRUSTED_ORIGINS = list(cast("tuple[str, ...]", VALUES["SOJOURN_TRUSTED_ORIGINS"]))
ROOT_URLCONF = "sojourn.urls"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "sojourn.history",
    "sojourn.calendars",
    "django_htmx",
    "sojourn.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "sojourn.web.security.content_security_policy",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ]
        },
    }
]

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login"
SESSION_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": VALUES["SOJOURN_LOG_LEVEL"]},
}
