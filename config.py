"""Every setting, read once from the environment and refused by name when it is wrong."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from ipaddress import ip_address
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

UNLIMITED = "unlimited"


class SettingError(Exception):
    """A setting that cannot be used: one line that names it, its fault and what is accepted."""

    def __init__(self, name: str, fault: str, accepted: str):
        super().__init__(" ".join(f"{name}: {fault}; accepted: {accepted}.".split()))
        self.name = name


@dataclass(frozen=True)
class Settings:
    """The settings of one process. Names and meanings are those of the README's table."""

    database_url: str
    secret_key: str
    whatsapp_api_url: str
    whatsapp_api_version: str
    whatsapp_phone_number_id: str | None
    whatsapp_business_account_id: str | None
    whatsapp_access_token: str | None
    whatsapp_app_secret: str | None
    whatsapp_verify_token: str | None
    send_rate_per_second: int
    send_concurrency: int
    messaging_limit: int | str | None  # customers a moving day, "unlimited", or None: as WhatsApp reports it
    process_interval_seconds: float
    require_opt_in: bool
    marketing_cap_messages: int  # to one person within the days below, over all campaigns; 0: no cap
    marketing_cap_days: int
    us_marketing: bool
    webhook_apply_interval_seconds: float
    unconfirmed_after_seconds: float
    lease_seconds: float
    send_timeout_seconds: float
    scheduler_enabled: bool
    business_timezone: str
    default_country: str | None
    smtp_url: str | None
    mail_from: str | None
    public_url: str | None
    account_link_hours: int
    admins_need_second_factor: bool
    api_requests_per_minute: int  # of each token; 0: no limit
    webhook_retention_days: int
    message_retention_days: int  # after the end of a campaign; 0: for good
    trusted_proxies: int
    log_format: str  # "text", or "json": one object a line

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.business_timezone)

    @property
    def whatsapp_app_secrets(self) -> tuple[str, ...]:
        """Each of them is good: while one replaces another both are set, with a comma between."""
        return tuple(part.strip() for part in (self.whatsapp_app_secret or "").split(",") if part.strip())


@dataclass(frozen=True)
class ServerSettings:
    """What gunicorn alone needs to know."""

    port: int
    workers: int
    threads: int


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read every setting from `environ`; an empty value counts as absent. Raises SettingError."""
    read = _Reader(environ)
    return Settings(
        database_url=read.database_url(),
        secret_key=read.secret_key(),
        whatsapp_api_url=read.api_url(),
        whatsapp_api_version=read.matching(
            "WHATSAPP_API_VERSION", "v25.0", r"v[0-9]+\.[0-9]+", "a version such as v25.0"
        ),
        whatsapp_phone_number_id=read.digits("WHATSAPP_PHONE_NUMBER_ID"),
        whatsapp_business_account_id=read.digits("WHATSAPP_BUSINESS_ACCOUNT_ID"),
        whatsapp_access_token=read.header_safe("WHATSAPP_ACCESS_TOKEN"),
        whatsapp_app_secret=read.text("WHATSAPP_APP_SECRET"),
        whatsapp_verify_token=read.text("WHATSAPP_VERIFY_TOKEN"),
        send_rate_per_second=read.whole("SEND_RATE_PER_SECOND", 80, 1, 1000),
        send_concurrency=read.whole("SEND_CONCURRENCY", 32, 1, 512),
        messaging_limit=read.messaging_limit(),
        process_interval_seconds=read.number("PROCESS_INTERVAL_SECONDS", 300, 1, 86_400),
        require_opt_in=read.switch("REQUIRE_OPT_IN", False),
        marketing_cap_messages=read.whole("MARKETING_CAP_MESSAGES", 0, 0, 1000),
        marketing_cap_days=read.whole("MARKETING_CAP_DAYS", 7, 1, 365),
        us_marketing=read.switch("US_MARKETING", False),
        webhook_apply_interval_seconds=read.number("WEBHOOK_APPLY_INTERVAL_SECONDS", 1, 0.05, 3600),
        unconfirmed_after_seconds=read.number("UNCONFIRMED_AFTER_SECONDS", 3600, 0, 30 * 86_400),
        lease_seconds=read.number("LEASE_SECONDS", 15, 2, 600),
        send_timeout_seconds=read.number("SEND_TIMEOUT_SECONDS", 20, 1, 120),
        scheduler_enabled=read.switch("SCHEDULER_ENABLED", True),
        business_timezone=read.zone("BUSINESS_TIMEZONE", "UTC"),
        default_country=read.country("DEFAULT_COUNTRY"),
        smtp_url=read.smtp_url(),
        mail_from=read.mail_address("MAIL_FROM"),
        public_url=read.public_url(),
        account_link_hours=read.whole("ACCOUNT_LINK_HOURS", 24, 1, 168),
        admins_need_second_factor=read.switch("ADMINS_NEED_SECOND_FACTOR", False),
        api_requests_per_minute=read.whole("API_REQUESTS_PER_MINUTE", 60_000, 0, 10_000_000),
        webhook_retention_days=read.whole("WEBHOOK_RETENTION_DAYS", 30, 1, 3650),
        message_retention_days=read.whole("MESSAGE_RETENTION_DAYS", 396, 0, 36_500),
        trusted_proxies=read.whole("TRUSTED_PROXIES", 0, 0, 10),
        log_format=read.matching("LOG_FORMAT", "text", "text|json", "text or json"),
    )


def load_server_settings(environ: Mapping[str, str]) -> ServerSettings:
    """Read what gunicorn needs from `environ`. Raises SettingError."""
    read = _Reader(environ)
    return ServerSettings(
        port=read.whole("PORT", 8000, 1, 65_535),
        workers=read.whole("WEB_CONCURRENCY", 2, 1, 64),
        threads=read.whole("WEB_THREADS", 16, 1, 256),
    )


def setting_faults(environ: Mapping[str, str]) -> list[SettingError]:
    """Every setting that cannot be used: starting tells only the first."""
    faults, trial = [], dict(environ)
    for load in (load_settings, load_server_settings):
        for _ in range(len(fields(Settings)) + len(fields(ServerSettings))):
            try:
                load(trial)
            except SettingError as fault:
                faults.append(fault)
                # in its place the default, or where there is none anything that can be read
                trial[fault.name] = "0" * 32 if fault.name == "SECRET_KEY" else ""
            else:
                break
    return faults


class _Reader:
    """Takes one setting after the other out of the environment."""

    def __init__(self, environ: Mapping[str, str]):
        self._environ = environ

    def text(self, name: str) -> str | None:
        return self._environ.get(name, "").strip() or None

    def matching(self, name: str, default: str, pattern: str, accepted: str) -> str:
        value = self.text(name) or default
        if not re.fullmatch(pattern, value):
            raise SettingError(name, f"“{value}” does not fit", accepted)
        return value

    def digits(self, name: str) -> str | None:
        value = self.text(name)
        if value is not None and not re.fullmatch(r"[0-9]{1,32}", value):
            raise SettingError(name, f"“{value}” is not an id", "the digits that Meta's app dashboard shows")
        return value

    def header_safe(self, name: str) -> str | None:
        value = self.text(name)
        if value is not None and not re.fullmatch(r"[\x21-\x7e]+", value):
            raise SettingError(
                name, "holds a space or a sign that no token has", "the token as Meta shows it, in one line"
            )
        return value

    def number(self, name: str, default: float, least: float, most: float) -> float:
        value = self.text(name)
        try:
            number = default if value is None else float(value)
        except ValueError:
            raise SettingError(
                name, f"“{value}” is not a number", f"a number from {least:g} to {most:g}"
            ) from None
        if not least <= number <= most:
            raise SettingError(name, f"{value} is out of range", f"a number from {least:g} to {most:g}")
        return number

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        number = self.number(name, default, least, most)
        if number != int(number):
            raise SettingError(name, f"{number:g} is not whole", f"a whole number from {least} to {most}")
        return int(number)

    def switch(self, name: str, default: bool) -> bool:
        value = self.text(name)
        if value is None:
            return default
        if value.lower() in ("1", "true", "yes", "on"):
            return True
        if value.lower() in ("0", "false", "no", "off"):
            return False
        raise SettingError(name, f"“{value}” is neither on nor off", "1 or 0")

    def messaging_limit(self) -> int | str | None:
        value = self.text("MESSAGING_LIMIT")
        if value is None:
            return None
        if value.lower() == UNLIMITED:
            return UNLIMITED
        if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) < 1:
            raise SettingError(
                "MESSAGING_LIMIT", f"“{value}” is not a limit", "a whole number from 1, or unlimited"
            )
        return int(value)

    def zone(self, name: str, default: str) -> str:
        value = self.text(name) or default
        if value not in available_timezones():
            raise SettingError(
                name, f"“{value}” is not a known zone", "an IANA zone such as Asia/Kolkata or UTC"
            )
        return value

    def country(self, name: str) -> str | None:
        value = self.text(name)
        if value is not None and value.upper() not in phonenumbers.SUPPORTED_REGIONS:
            raise SettingError(name, f"“{value}” is not a country", "two letters such as IN or GB")
        return value.upper() if value else None

    def secret_key(self) -> str:
        value = self.text("SECRET_KEY")
        if value is None:
            raise SettingError(
                "SECRET_KEY",
                "is not set",
                "32 or more random signs, such as `python3 -c 'import secrets; print(secrets.token_hex(32))'` prints",
            )
        if len(value) < 16:
            raise SettingError(
                "SECRET_KEY", f"has only {len(value)} signs", "at least 16, better 32 or more random signs"
            )
        return value

    def database_url(self) -> str:
        name, value = "DATABASE_URL", self.text("DATABASE_URL") or "sqlite:///campaigns.db"
        accepted = "sqlite:///file.db or postgresql://user:password@host/name"
        scheme, separator, rest = value.partition("://")
        if not separator:
            raise SettingError(name, "is not a URL", accepted)
        if scheme in ("postgres", "postgresql", "postgresql+psycopg"):
            value = f"postgresql+psycopg://{rest}"
        elif scheme not in ("sqlite", "sqlite+pysqlite"):
            raise SettingError(name, f"“{scheme}” is not supported", accepted)
        try:
            database = make_url(value).database
        except (ArgumentError, ValueError):  # the value may hold a password: it is not shown
            raise SettingError(name, "cannot be read as a URL", accepted) from None
        if not database or (scheme.startswith("sqlite") and database == ":memory:"):
            raise SettingError(name, "names no database that outlives this process", accepted)
        return value

    def api_url(self) -> str:
        name, value = "WHATSAPP_API_URL", self.text("WHATSAPP_API_URL") or "https://graph.facebook.com"
        accepted = (
            "an https address without version, such as https://graph.facebook.com (http only to this machine)"
        )
        try:
            parts = urlsplit(value)
            host = parts.hostname
            _ = parts.port
        except ValueError:
            raise SettingError(name, f"“{value}” is not an address", accepted) from None
        is_base = host and "@" not in parts.netloc and re.fullmatch(r"[\x21-\x7e]+", value)
        if parts.scheme not in ("http", "https") or not is_base or parts.query or parts.fragment:
            raise SettingError(name, "is not an address", accepted)
        if re.search(r"/v[0-9]+(\.[0-9]+)?(/|$)", parts.path):
            raise SettingError(name, "holds a version, which WHATSAPP_API_VERSION gives", accepted)
        if parts.scheme == "http" and not _is_loopback(host):
            raise SettingError(
                name, "plain http to another machine would show the access token to everybody", accepted
            )
        return value.rstrip("/")

    def public_url(self) -> str | None:
        name, value = "PUBLIC_URL", self.text("PUBLIC_URL")
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            is_address = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            is_address = False
        plain = re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+/?", value)
        if not is_address or not plain:
            raise SettingError(
                name,
                f"“{value}” is not the address of a host",
                "an address such as https://campaigns.example.com",
            )
        return value.rstrip("/")

    def smtp_url(self) -> str | None:
        name, value = "SMTP_URL", self.text("SMTP_URL")
        if value is None:
            return None
        try:  # the value may hold a password: it is not shown
            parts = urlsplit(value)
            is_server = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_server = False
        if not is_server:
            raise SettingError(name, "is not a mail server", "smtp://user:password@host:587 or smtps://…")
        return value

    def mail_address(self, name: str) -> str | None:
        value = self.text(name)
        if value is not None and not re.fullmatch(
            r"(?:[^<>@\x00-\x1f]+<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)", value
        ):
            raise SettingError(
                name,
                f"“{value}” is not a mail address",
                "campaigns@example.com or Shop <campaigns@example.com>",
            )
        return value


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
