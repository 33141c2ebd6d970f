"""Every setting, read once from the environment.

A bad value is refused here with a sentence that names the variable; nothing else in the code reads the environment.
`DATABASE_URL` and `REDIS_URL` are always set by whoever starts us: the launcher sets them to the embedded servers
when the operator did not (see deploy/).
"""

from __future__ import annotations

import os
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured

from config import logs

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def _secret_key() -> str:
    """The operator's key, or one made once and kept under var/ with owner-only rights."""
    key = env.str("SECRET_KEY", default="")
    if key:
        return key
    path = VAR_DIR / "secret_key"
    if not path.exists():
        import secrets

        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


def _database() -> dict[str, object]:
    if not env.str("DATABASE_URL", default=""):
        raise ImproperlyConfigured(
            "DATABASE_URL is not set: start Fairdial with `make run` or `make demo`, which bring a PostgreSQL, "
            "or set it to postgres://user:password@host/name."
        )
    parsed = env.db_url("DATABASE_URL")
    if "postgres" not in parsed["ENGINE"]:
        raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database (15 or newer).")
    options = {**parsed.get("OPTIONS", {}), "connect_timeout": 5}
    if env.bool("DATABASE_PREPARE", default=False):
        # Statements are planned once per connection. Not behind a pooler that hands connections from one to another.
        options |= {"server_side_binding": True, "prepare_threshold": 2}
    return {**parsed, "OPTIONS": options, "CONN_MAX_AGE": env.int("DATABASE_CONN_MAX_AGE", default=60)}


def _zone(name: str) -> str:
    """The clock on the wall of the centre: abandon budgets of a calendar day begin at its midnight."""
    zone = env.str(name, default="UTC")
    if zone not in available_timezones():
        raise ImproperlyConfigured(f"{name} must be an IANA time zone such as Asia/Shanghai.")
    return zone


def _money(name: str) -> Decimal:
    """What each number asked about costs, in the currency of the budgets."""
    try:
        return Decimal(env.str(name, default="0"))
    except InvalidOperation as fault:
        raise ImproperlyConfigured(f"{name} must be an amount such as 0.015.") from fault


VAR_DIR = Path(env.str("FAIRDIAL_VAR", default=str(BASE_DIR / "var")))
SECRET_KEY = _secret_key()
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "ninja",
    "campaigns",
    "dialer",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "campaigns.middleware.reader_time_zone",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "dialer.context.endpoints",
            ]
        },
    }
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

AUTH_USER_MODEL = "campaigns.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = ["campaigns.hashers.PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "fairdial_session"
CSRF_COOKIE_NAME = "fairdial_csrf"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "campaigns" / "locale", BASE_DIR / "dialer" / "locale"]
LANGUAGE_COOKIE_NAME = "fairdial_language"
USE_I18N = True
TIME_ZONE = "UTC"
CENTRE_TIME_ZONE = _zone("CENTRE_TIME_ZONE")
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = VAR_DIR / "uploads"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# How many workers share one import; more than there are cores do not make it faster.
IMPORT_PROCESSES = env.int("IMPORT_PROCESSES", default=min(os.cpu_count() or 1, 4))
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=500 * 1024 * 1024)
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=600)

# Who is asked about numbers (docs/lookups.md). Without an address there are files only.
LOOKUP_URL = env.str("LOOKUP_URL", default="")
LOOKUP_KEY = env.str("LOOKUP_KEY", default="")
LOOKUP_NAME = env.str("LOOKUP_NAME", default="lookup")
LOOKUP_BATCH = env.int("LOOKUP_BATCH", default=100)
LOOKUP_COST = _money("LOOKUP_COST")
LOOKUP_PER_SECOND = env.float("LOOKUP_PER_SECOND", default=5.0)
LOOKUP_TIMEOUT = env.float("LOOKUP_TIMEOUT", default=10.0)
LOOKUP_FOLDER = Path(env.str("LOOKUP_FOLDER", default=str(VAR_DIR / "lookups")))
LOOKUP_FILE_COST = _money("LOOKUP_FILE_COST")

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# Where the browser finds the server-sent events and the PBX's WebSocket. Empty: same host, behind one proxy.
EVENTS_PORT = env.int("EVENTS_PORT", default=0)
SIP_WS_PORT = env.int("ASTERISK_WS_PORT", default=0)
EVENTS_ALLOWED_ORIGINS = env.list("EVENTS_ALLOWED_ORIGINS", default=[])

# More lanes share the facts of one PBX among more and smaller transactions: measured dearer and no faster.
ENGINE_LANES = env.int("ENGINE_LANES", default=1)
ENGINE_SERVER = env.str("ENGINE_SERVER", default="")  # the server this host's engine drives first; empty: any
LEASE_SECONDS = env.int("ENGINE_LEASE_SECONDS", default=10)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"database_away": {"()": "config.logs.DatabaseAway"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["database_away"]}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"panoramisk": {"level": "WARNING"}, "celery": {"level": "WARNING"}},
}
logs.configure()
