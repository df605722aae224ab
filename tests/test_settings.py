"""Every setting: its default, what is accepted, and a bad value refused by name in one line."""

from dataclasses import fields

import pytest

from config import UNLIMITED, SettingError, Settings, load_server_settings, load_settings

KEY = {"SECRET_KEY": "0123456789abcdef"}


def load(**environ: str) -> Settings:
    return load_settings({**KEY, **environ})


DEFAULTS = {
    "DATABASE_URL": "sqlite:///campaigns.db",
    "WHATSAPP_API_URL": "https://graph.facebook.com",
    "WHATSAPP_API_VERSION": "v25.0",
    "WHATSAPP_PHONE_NUMBER_ID": None,
    "WHATSAPP_BUSINESS_ACCOUNT_ID": None,
    "WHATSAPP_ACCESS_TOKEN": None,
    "WHATSAPP_APP_SECRET": None,
    "WHATSAPP_VERIFY_TOKEN": None,
    "SEND_RATE_PER_SECOND": 80,
    "SEND_CONCURRENCY": 32,
    "MESSAGING_LIMIT": None,
    "PROCESS_INTERVAL_SECONDS": 300,
    "REQUIRE_OPT_IN": False,
    "MARKETING_CAP_MESSAGES": 0,
    "MARKETING_CAP_DAYS": 7,
    "US_MARKETING": False,
    "WEBHOOK_APPLY_INTERVAL_SECONDS": 1,
    "UNCONFIRMED_AFTER_SECONDS": 3600,
    "LEASE_SECONDS": 15,
    "SEND_TIMEOUT_SECONDS": 20,
    "SCHEDULER_ENABLED": True,
    "BUSINESS_TIMEZONE": "UTC",
    "DEFAULT_COUNTRY": None,
    "SMTP_URL": None,
    "MAIL_FROM": None,
    "PUBLIC_URL": None,
    "ACCOUNT_LINK_HOURS": 24,
    "ADMINS_NEED_SECOND_FACTOR": False,
    "API_REQUESTS_PER_MINUTE": 60_000,
    "WEBHOOK_RETENTION_DAYS": 30,
    "MESSAGE_RETENTION_DAYS": 396,
    "TRUSTED_PROXIES": 0,
    "LOG_FORMAT": "text",
}


def test_the_defaults_are_those_that_are_promised():
    assert {name: getattr(load(), name.lower()) for name in DEFAULTS} == DEFAULTS
    assert {field.name.upper() for field in fields(Settings)} == {*DEFAULTS, "SECRET_KEY"}


@pytest.mark.parametrize("name", sorted(DEFAULTS))
@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_setting_counts_as_absent(name, blank):
    assert getattr(load(**{name: blank}), name.lower()) == DEFAULTS[name]


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("DATABASE_URL", "postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("DATABASE_URL", "postgresql://u:p@h:5432/d?sslmode=require", "postgresql+psycopg://u:p@h:5432/d?sslmode=require"),
        ("DATABASE_URL", "postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
        ("DATABASE_URL", "postgresql:///d?host=/run/postgresql", "postgresql+psycopg:///d?host=/run/postgresql"),
        ("DATABASE_URL", "sqlite:////var/lib/app.db", "sqlite:////var/lib/app.db"),
        ("WHATSAPP_API_URL", "https://graph.facebook.com/", "https://graph.facebook.com"),
        ("WHATSAPP_API_URL", "http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("WHATSAPP_API_URL", "http://localhost:9000", "http://localhost:9000"),
        ("WHATSAPP_API_URL", "http://[::1]:9000", "http://[::1]:9000"),
        ("WHATSAPP_API_VERSION", "v26.1", "v26.1"),
        ("WHATSAPP_PHONE_NUMBER_ID", " 106540352242922 ", "106540352242922"),
        ("WHATSAPP_ACCESS_TOKEN", "EAAG\n", "EAAG"),
        ("SEND_RATE_PER_SECOND", "1000", 1000),
        ("SEND_RATE_PER_SECOND", "1", 1),
        ("MESSAGING_LIMIT", "2000", 2000),
        ("MESSAGING_LIMIT", "Unlimited", UNLIMITED),
        ("PROCESS_INTERVAL_SECONDS", "1", 1),
        ("WEBHOOK_APPLY_INTERVAL_SECONDS", "0.2", 0.2),
        ("UNCONFIRMED_AFTER_SECONDS", "0", 0),
        ("REQUIRE_OPT_IN", "1", True),
        ("MARKETING_CAP_MESSAGES", "2", 2),
        ("MARKETING_CAP_DAYS", "30", 30),
        ("US_MARKETING", "yes", True),
        ("REQUIRE_OPT_IN", "No", False),
        ("SCHEDULER_ENABLED", "0", False),
        ("BUSINESS_TIMEZONE", "Asia/Kolkata", "Asia/Kolkata"),
        ("DEFAULT_COUNTRY", "in", "IN"),
        ("SMTP_URL", "smtp://user:p%40ss@mail.example.com:587", "smtp://user:p%40ss@mail.example.com:587"),
        ("MAIL_FROM", "Shop <campaigns@example.com>", "Shop <campaigns@example.com>"),
        ("TRUSTED_PROXIES", "2", 2),
        ("PUBLIC_URL", "https://campaigns.example.com/", "https://campaigns.example.com"),
        ("PUBLIC_URL", "http://10.0.0.1:8000", "http://10.0.0.1:8000"),
        ("ACCOUNT_LINK_HOURS", "48", 48),
    ],
)  # fmt: skip
def test_a_good_value_is_taken(name, value, read):
    assert getattr(load(**{name: value}), name.lower()) == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""), ("SECRET_KEY", "short"), ("ACCOUNT_LINK_HOURS", "0"),
        ("PUBLIC_URL", "campaigns.example.com"), ("PUBLIC_URL", "https://"), ("PUBLIC_URL", "https://a.example/path"),
        ("PUBLIC_URL", "https://user@a.example"), ("PUBLIC_URL", "javascript://a.example"),
        ("DATABASE_URL", "campaigns.db"), ("DATABASE_URL", "mysql://h/d"), ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///"), ("DATABASE_URL", "sqlite:///:memory:"), ("DATABASE_URL", "postgresql://u:p@h:port/d"),
        ("DATABASE_URL", "postgresql://u:p@h"), ("DATABASE_URL", "postgresql+psycopg2://h/d"), ("DATABASE_URL", "://"),
        ("WHATSAPP_API_URL", "http://graph.facebook.com"), ("WHATSAPP_API_URL", "http://127.0.0.1.example.com"),
        ("WHATSAPP_API_URL", "http://192.168.0.1"), ("WHATSAPP_API_URL", "http://0.0.0.0:9000"),
        ("WHATSAPP_API_URL", "http://localhost@example.com"), ("WHATSAPP_API_URL", "https://:secret@example.com"),
        ("WHATSAPP_API_URL", "https://graph.facebook.com/v25.0"), ("WHATSAPP_API_URL", "https://graph.facebook.com/v25.0/"),
        ("WHATSAPP_API_URL", "https://graph.facebook.com?x=1"), ("WHATSAPP_API_URL", "https://graph.facebook.com#x"),
        ("WHATSAPP_API_URL", "https://"), ("WHATSAPP_API_URL", "graph.facebook.com"), ("WHATSAPP_API_URL", "https://h:port"),
        ("WHATSAPP_API_URL", "https://[::1"), ("WHATSAPP_API_URL", "https://graph.\nfacebook.com"), ("WHATSAPP_API_URL", "file:///etc"),
        ("WHATSAPP_API_VERSION", "25"), ("WHATSAPP_API_VERSION", "v25"), ("WHATSAPP_API_VERSION", "v25.0/x"),
        ("WHATSAPP_PHONE_NUMBER_ID", "+49 151"), ("WHATSAPP_PHONE_NUMBER_ID", "../x"), ("WHATSAPP_PHONE_NUMBER_ID", "١٢٣"),
        ("WHATSAPP_BUSINESS_ACCOUNT_ID", "abc"), ("WHATSAPP_ACCESS_TOKEN", "two words"), ("WHATSAPP_ACCESS_TOKEN", "a\r\nX-Evil: 1"),
        ("SEND_RATE_PER_SECOND", "0"), ("SEND_RATE_PER_SECOND", "1001"), ("SEND_RATE_PER_SECOND", "many"),
        ("SEND_RATE_PER_SECOND", "1.5"), ("SEND_RATE_PER_SECOND", "nan"), ("SEND_RATE_PER_SECOND", "inf"), ("SEND_RATE_PER_SECOND", "-1"),
        ("SEND_CONCURRENCY", "0"), ("SEND_CONCURRENCY", "100000"), ("MESSAGING_LIMIT", "0"), ("MESSAGING_LIMIT", "-1"),
        ("MESSAGING_LIMIT", "lots"), ("MESSAGING_LIMIT", "10000000000"), ("PROCESS_INTERVAL_SECONDS", "0.5"),
        ("PROCESS_INTERVAL_SECONDS", "5 min"), ("REQUIRE_OPT_IN", "maybe"), ("REQUIRE_OPT_IN", "2"), ("SCHEDULER_ENABLED", "nope"),
        ("WEBHOOK_APPLY_INTERVAL_SECONDS", "0"), ("UNCONFIRMED_AFTER_SECONDS", "-1"), ("LEASE_SECONDS", "1"), ("LEASE_SECONDS", "nan"),
        ("SEND_TIMEOUT_SECONDS", "0"), ("BUSINESS_TIMEZONE", "Mars/Olympus"), ("BUSINESS_TIMEZONE", "../etc/passwd"),
        ("BUSINESS_TIMEZONE", "asia/kolkata\nx"), ("DEFAULT_COUNTRY", "India"), ("DEFAULT_COUNTRY", "XX"), ("DEFAULT_COUNTRY", "91"),
        ("SMTP_URL", "mail.example.com"), ("SMTP_URL", "http://mail.example.com"), ("SMTP_URL", "smtp://"), ("SMTP_URL", "smtp://[::1"),
        ("SMTP_URL", "smtp://h:port"), ("MAIL_FROM", "shop"), ("MAIL_FROM", "a@b\r\nBcc: c@d"), ("WEBHOOK_RETENTION_DAYS", "0"),
        ("WEBHOOK_RETENTION_DAYS", "1.5"), ("TRUSTED_PROXIES", "-1"), ("TRUSTED_PROXIES", "11"),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_by_name_in_one_line(name, value):
    with pytest.raises(SettingError) as refusal:
        load(**{name: value})
    sentence = str(refusal.value)
    assert refusal.value.name == name
    assert sentence.startswith(f"{name}: ") and "; accepted: " in sentence and sentence.endswith(".")
    assert sentence.isprintable()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://u:hunter22@h:port/d"),
        ("DATABASE_URL", "mysql://u:hunter22@h/d"),
        ("SMTP_URL", "http://u:hunter22@h"),
        ("WHATSAPP_API_URL", "https://u:hunter22@h"),
        ("WHATSAPP_ACCESS_TOKEN", "hunter22 x"),
        ("SECRET_KEY", "hunter22"),
    ],
)
def test_a_refusal_never_shows_a_secret(name, value):
    with pytest.raises(SettingError) as refusal:
        load(**{name: value})
    assert "hunter22" not in str(refusal.value)


def test_what_gunicorn_needs_has_defaults_and_is_checked_too():
    plain = load_server_settings({})
    assert (plain.port, plain.workers, plain.threads) == (8000, 2, 16)
    assert load_server_settings({"PORT": "9000", "WEB_CONCURRENCY": "4"}).workers == 4
    for name, value in (
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "70000"),
        ("WEB_CONCURRENCY", "0"),
        ("WEB_THREADS", "x"),
    ):
        with pytest.raises(SettingError) as refusal:
            load_server_settings({name: value})
        assert refusal.value.name == name
