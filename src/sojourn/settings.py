"""Django's settings, from the environment. Nothing else reads the environment."""

import os
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import dj_database_url

from sojourn import configuration, home
from sojourn.errors import Refused

VALUES = configuration.read(os.environ)
SOJOURN_HOME = cast("Path", VALUES["SOJOURN_HOME"])
SOJOURN_CUSTOM_FIELDS = cast("tuple[str, ...]", VALUES["SOJOURN_CUSTOM_FIELDS"])
SOJOURN_KEEP_TEXTS = cast("bool", VALUES["SOJOURN_KEEP_TEXTS"])
SOJOURN_TEXT_LANGUAGE = cast("str", VALUES["SOJOURN_TEXT_LANGUAGE"])
SOJOURN_ALLOW_PRIVATE = cast("tuple[tuple[str, int | None], ...]", VALUES["SOJOURN_ALLOW_PRIVATE"])
SOJOURN_FEED_MAX_BYTES = cast("int", VALUES["SOJOURN_FEED_MAX_BYTES"])
SOJOURN_FEED_TIME_LIMIT_S = cast("int", VALUES["SOJOURN_FEED_TIME_LIMIT_S"])
SOJOURN_JIRA_PROXY = cast("str", VALUES["SOJOURN_JIRA_PROXY"])
SOJOURN_JIRA_AUTHORITIES = cast("Path | None", VALUES["SOJOURN_JIRA_AUTHORITIES"])


def _keys(folder: Path) -> list[str]:
    """The key in force and then older ones: those of the environment, or else those of the folder."""
    given = cast("str", VALUES["SECRET_KEY"])
    older = cast("tuple[str, ...]", VALUES["SECRET_KEY_FALLBACKS"])
    return [*([given] if given else home.keys(folder)), *older]


_KEPT_OPEN_S = 600


def _databases(url: str, folder: Path) -> dict[str, Any]:
    in_home = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "sojourn.sqlite3")}
    default: dict[str, Any] = dict(dj_database_url.parse(url)) if url else in_home
    # Opening the store anew takes longer than most answers.
    default |= {"CONN_MAX_AGE": _KEPT_OPEN_S, "CONN_HEALTH_CHECKS": True}
    if default["ENGINE"] == "django.db.backends.postgresql" and find_spec("psycopg") is None:
        raise Refused("DATABASE_URL", "PostgreSQL needs a driver; run pip install 'sojourn[postgres]'")
    if default["ENGINE"] == "django.db.backends.sqlite3":
        home.make_folder(Path(default["NAME"]).parent, "DATABASE_URL" if url else "SOJOURN_HOME")
        default["OPTIONS"] = {
            # Reading every timeline takes an eighth less from pages of 16 KB; a store keeps the size it was made with.
            "init_command": "PRAGMA page_size=16384; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
            "PRAGMA cache_size=-65536",
            # A transaction that will write takes the lock at once: SQLite cannot upgrade a read lock under contention.
            "transaction_mode": "IMMEDIATE",
            "timeout": 60,
        }
    return {"default": default}


SECRET_KEY, *SECRET_KEY_FALLBACKS = _keys(SOJOURN_HOME)
SOJOURN_METRICS_TOKEN = cast("str", VALUES["SOJOURN_METRICS_TOKEN"])
DATABASES = _databases(cast("str", VALUES["DATABASE_URL"]), SOJOURN_HOME)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DEBUG = False
ALLOWED_HOSTS = list(cast("tuple[str, ...]", VALUES["SOJOURN_ALLOWED_HOSTS"]))
CSRF_TRUSTED_ORIGINS = list(cast("tuple[str, ...]", VALUES["SOJOURN_TRUSTED_ORIGINS"]))
ROOT_URLCONF = "sojourn.urls"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False

# Its files are found without the app, which would take every command a tenth of a second to load.
_NINJA = Path(*cast("ModuleSpec", find_spec("ninja")).submodule_search_locations or ())

_SIGN_IN_APPS = [
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.atlassian",
    "allauth.socialaccount.providers.openid_connect",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_tasks_db",
    "sojourn.jobs",
    "sojourn.history",
    "sojourn.calendars",
    "sojourn.access",
    "sojourn.jira",
    "sojourn.sla",
    "oauth2_provider",
    "sojourn.feeds",
    "django_htmx",
    "sojourn.web",
    *_SIGN_IN_APPS,  # behind the pages, whose templates have the names of theirs
]

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "sojourn.api.errors.problems",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "sojourn.web.security.ask_what_may_be_seen",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "sojourn.web.security.content_security_policy",
    "allauth.account.middleware.AccountMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [_NINJA / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "sojourn.web.freshness.told",
            ]
        },
    }
]

STATIC_URL = "/static/"
STATICFILES_DIRS = [_NINJA / "static"]
WHITENOISE_USE_FINDERS = True
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"
OAUTH2_PROVIDER = {
    "OAUTH2_VALIDATOR_CLASS": "sojourn.feeds.oauth.Validator",
    "SCOPES": {
        "feed:read": "Read the data feed that it was made for",
        "report:read": "Read reports, work items and calendars",
        "sla:read": "Read SLA clocks and definitions",
        "sla:write": "Change SLA definitions",
        "admin": "Change whatever you may change",
    },
    "DEFAULT_SCOPES": ["feed:read"],
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 300,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "OAUTH2_RESPONSE_TYPES_SUPPORTED": ["code"],
    "OAUTH2_GRANT_TYPES_SUPPORTED": ["authorization_code", "refresh_token"],
    "OAUTH2_TOKEN_ENDPOINT_AUTH_METHODS_SUPPORTED": ["client_secret_basic", "client_secret_post", "none"],
    **{
        f"COMPLIANT_BCP_RFC9700_{rule}": True
        for rule in (
            "IMPLICIT_GRANT",
            "PASSWORD_GRANT",
            "PKCE_METHOD",
            "ACCESS_TOKEN_TRANSPORT",
            "AUTHZ_RESPONSE_ISS",
            "TOKEN_STORAGE",
            "REFRESH_TOKEN",
        )
    },
}


def _providers() -> dict[str, Any]:
    """By what people sign in beside passwords, as allauth reads it; an issuer is known by its address."""
    issuer = cast("str", VALUES["SOJOURN_OIDC_ISSUER"])
    own = {"client_id": VALUES["SOJOURN_OIDC_CLIENT_ID"], "secret": VALUES["SOJOURN_OIDC_CLIENT_SECRET"]}
    atlassian = {
        "client_id": VALUES["SOJOURN_ATLASSIAN_CLIENT_ID"],
        "secret": VALUES["SOJOURN_ATLASSIAN_CLIENT_SECRET"],
    }
    for name, told in (("SOJOURN_OIDC", own if issuer else {}), ("SOJOURN_ATLASSIAN", atlassian)):
        if any(told.values()) and not all(told.values()):
            raise Refused(f"{name}_CLIENT_ID", f"needs {name}_CLIENT_SECRET, and that needs it; set both or none")
    if issuer and not own["client_id"]:
        raise Refused("SOJOURN_OIDC_ISSUER", "needs SOJOURN_OIDC_CLIENT_ID and SOJOURN_OIDC_CLIENT_SECRET")
    known = issuer.partition("://")[2].replace("/", "-").replace(":", "-")
    by_issuer = {"name": VALUES["SOJOURN_OIDC_NAME"], "provider_id": known, "settings": {"server_url": issuer}, **own}
    return {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [by_issuer] if issuer else []},
        "atlassian": {"APPS": [{"name": "Atlassian", **atlassian}] if atlassian["client_id"] else []},
    }


SOCIALACCOUNT_PROVIDERS = _providers()
SOCIALACCOUNT_ADAPTER = "sojourn.web.identities.Identities"
SOCIALACCOUNT_EMAIL_VERIFICATION = ACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = cast(
    "bool", VALUES["SOJOURN_SIGN_IN_BY_EMAIL"]
)
SOJOURN_SIGN_UP = cast("bool", VALUES["SOJOURN_SIGN_UP"])
ACCOUNT_SIGNUP_FIELDS = ["username*", "email"]
ACCOUNT_DEFAULT_HTTP_PROTOCOL = (
    "https" if CSRF_TRUSTED_ORIGINS[:1] and CSRF_TRUSTED_ORIGINS[0][:5] == "https" else "http"
)

LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login"
SESSION_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# A password that an older hasher hashed is hashed by the first when somebody signs in with it.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": VALUES["SOJOURN_LOG_LEVEL"]},
    # They log whole addresses and headers, which hold secrets.
    "loggers": {
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "oauthlib": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
        "oauth2_provider": {"level": "WARNING"},
    },
}
