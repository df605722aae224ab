"""Every option of the simulator, its default and meaning, for the command line and the control path."""

import argparse
import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Annotated, get_args

from .behaviour import fate_from_text

LIMIT_TIERS = (
    "TIER_50",
    "TIER_250",
    "TIER_1K",
    "TIER_2K",
    "TIER_10K",
    "TIER_100K",
    "TIER_UNLIMITED",
    "TIER_NOT_SET",
)
QUALITY_RATINGS = ("GREEN", "YELLOW", "RED", "UNKNOWN")
PERMISSIONS = "whatsapp_business_management,whatsapp_business_messaging"
SECRETS = {"access_token", "app_secret", "verify_token"}
ONLY_AT_START = {"host", "port", "verify"}

Range = tuple[float, float]


@dataclass(frozen=True)
class SimulatorSettings:
    """The values in force. Delays and times are seconds, a range is (least, most), rates are from 0 to 1."""

    host: Annotated[str, "address to listen on"] = "127.0.0.1"
    port: Annotated[int, "port to listen on; 0 takes a free one"] = 9000
    access_token: Annotated[str, "bearer token that the Cloud API paths ask for"] = "simulator-token"  # noqa: S105 - made up
    phone_number_id: Annotated[str, "id of the business phone number"] = "106540352242922"
    business_account_id: Annotated[str, "id of the WhatsApp Business Account"] = "102290129340398"
    display_phone_number: Annotated[str, "the business phone number"] = "+91 98765 00000"
    country_code: Annotated[str, "its country code, put before a `to` that has no +"] = "91"
    verified_name: Annotated[str, "the business's name"] = "Sunrise Traders"
    messaging_limit: Annotated[str, f"tier that the phone number reports: {', '.join(LIMIT_TIERS)}"] = (
        "TIER_2K"
    )
    quality_rating: Annotated[str, f"one of {', '.join(QUALITY_RATINGS)}"] = "GREEN"
    number_status: Annotated[str, "state that the phone number reports"] = "CONNECTED"
    token_permissions: Annotated[str, "permissions of the access token, with a comma between"] = PERMISSIONS
    token_expires_at: Annotated[int, "when the access token runs out, seconds since 1970; 0 for never"] = 0
    throughput: Annotated[int, "messages a second (any second) before code 130429; 0 for no limit"] = 80
    throughput_slack: Annotated[
        float, "share above the throughput that is let through, for jitter on the way"
    ] = 0.25
    retry_after: Annotated[int, "seconds in a Retry-After header of throttling answers; 0 for no header"] = 0
    app_secret: Annotated[str, "key of the webhook signature"] = "simulator-app-secret"  # noqa: S105 - made up
    verify_token: Annotated[str, "token of the webhook handshake"] = "simulator-verify-token"  # noqa: S105 - made up
    webhook_url: Annotated[str, "where webhooks are posted; empty: they are counted and dropped"] = ""
    verify: Annotated[bool, "perform the webhook handshake at the start"] = False
    seed: Annotated[int, "with the number it decides who reads, and every delay"] = 1
    latency: Annotated[Range, "time that a message request takes"] = (0.03, 0.12)
    slow_answer: Annotated[float, "time that the fate `slow_answer` takes"] = 30.0
    late_answer: Annotated[
        float, "how long after the webhooks the answer comes, where webhooks come first"
    ] = 3.0
    delivered_rate: Annotated[float, "share of the sent that are delivered"] = 0.97
    read_rate: Annotated[float, "share of the delivered that are read"] = 0.72
    sent_delay: Annotated[Range, "from acceptance to sent"] = (0.3, 1.0)
    delivered_delay: Annotated[Range, "from sent to delivered"] = (0.5, 4.0)
    read_delay: Annotated[Range, "from delivered to read"] = (2.0, 30.0)
    failed_delay: Annotated[Range, "from acceptance, or delivery, to failed"] = (0.5, 3.0)
    duplicate_rate: Annotated[float, "share of statuses that come twice"] = 0.0
    repeat_delay: Annotated[Range, "from a status to its repetition"] = (0.0, 10.0)
    disorder_rate: Annotated[float, "share of messages whose statuses come in the wrong order"] = 0.0
    loss_rate: Annotated[float, "share of statuses that never come"] = 0.0
    status_contacts: Annotated[bool, "statuses carry contacts and user ids, as since April 2026"] = True
    statuses_per_webhook: Annotated[int, "statuses in one webhook POST"] = 1
    statuses_per_webhook_under_load: Annotated[
        int, "at most so many when more wait than can be posted singly"
    ] = 100
    webhook_concurrency: Annotated[int, "webhook POSTs in flight at most"] = 8
    webhook_timeout: Annotated[float, "time that the webhook's receiver has to answer"] = 20.0
    retry_first: Annotated[float, "first wait after a webhook not answered with 200; doubles each time"] = 1.0
    retry_most: Annotated[float, "longest wait between two tries of a webhook"] = 60.0
    retry_for: Annotated[float, "time after which a webhook is given up"] = 7 * 24 * 3600.0
    outage: Annotated[str, "a fate for every message, as `refused:190` or `html_500`; empty for none"] = ""
    outage_share: Annotated[float, "share of messages that the outage strikes"] = 1.0
    redirect_to: Annotated[
        str, "where the fate `redirect` points; empty: to this simulator under another name"
    ] = ""

    def __post_init__(self):
        for option in fields(self):
            object.__setattr__(self, option.name, _checked(option, getattr(self, option.name)))
        if self.messaging_limit not in LIMIT_TIERS:
            raise ValueError(f"messaging_limit must be one of {', '.join(LIMIT_TIERS)}")
        if self.quality_rating not in QUALITY_RATINGS:
            raise ValueError(f"quality_rating must be one of {', '.join(QUALITY_RATINGS)}")
        if self.outage:
            fate_from_text(self.outage)

    def changed(self, changes: dict) -> "SimulatorSettings":
        """These settings with some values replaced. Raises ValueError naming what does not fit."""
        known = {option.name for option in fields(self)} - ONLY_AT_START
        if unknown := sorted(set(changes) - known):
            raise ValueError(f"no setting that can be changed while running: {', '.join(unknown)}")
        return replace(self, **changes)

    def shown(self) -> dict:
        """All values as JSON can hold them, without the secrets."""
        return {name: value for name, value in asdict(self).items() if name not in SECRETS}


FAST = {
    "latency": (0.0, 0.02),
    "late_answer": 0.5,
    "sent_delay": (0.02, 0.1),
    "delivered_delay": (0.05, 0.6),
    "read_delay": (0.1, 3.0),
    "failed_delay": (0.05, 0.5),
    "repeat_delay": (0.0, 1.0),
    "retry_first": 0.2,
    "retry_most": 5.0,
}


def fast_settings(**changes: object) -> SimulatorSettings:
    """The settings with every wait shortened, so that a story is over in seconds; `changes` win."""
    return SimulatorSettings(**{**FAST, **changes})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give the parser one option a setting, `--sent-delay 0.3-1` for `sent_delay`, and `--fast`."""
    parser.add_argument("--fast", action="store_true", help="shorten every wait that is not set otherwise")
    for option in fields(SimulatorSettings):
        name = "--" + option.name.replace("_", "-")
        shown = _as_text(option.default)
        kind, meaning = get_args(option.type)
        described = f"{meaning} (default {shown})" if shown else meaning
        parser.add_argument(name, help=described.replace("%", "%%"), **_argument_kind(kind))


def settings_from_arguments(arguments: argparse.Namespace) -> SimulatorSettings:
    """Settings from parsed arguments; what was not given keeps its default. Raises ValueError."""
    known = {option.name for option in fields(SimulatorSettings)}
    given = {name: value for name, value in vars(arguments).items() if name in known}
    return fast_settings(**given) if getattr(arguments, "fast", False) else SimulatorSettings(**given)


def _argument_kind(kind: type) -> dict:
    if kind is bool:
        return {"action": argparse.BooleanOptionalAction, "default": argparse.SUPPRESS}
    metavar = "LEAST-MOST" if kind is Range else kind.__name__.upper()
    return {"metavar": metavar, "default": argparse.SUPPRESS}


def _as_text(value: object) -> str:
    return f"{value[0]:g}-{value[1]:g}" if isinstance(value, tuple) else str(value)


def _checked(option, value: object) -> object:
    """The value in its option's type, from text, JSON or Python. Raises ValueError naming the option."""
    kind = get_args(option.type)[0]
    try:
        if kind is Range:
            return _range(value)
        if kind is bool:
            return _boolean(value)
        number_or_text = kind(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{option.name}: {json.dumps(value, default=str)} does not fit: {error}") from error
    if kind is not str and number_or_text < 0:
        raise ValueError(f"{option.name} must not be negative")
    if option.name.endswith(("_rate", "_share")) and number_or_text > 1:
        raise ValueError(f"{option.name} is a share and must not be above 1")
    if option.name.startswith(("statuses_per", "webhook_concurrency")) and number_or_text < 1:
        raise ValueError(f"{option.name} must be at least 1")
    return number_or_text


def _range(value: object) -> Range:
    """A range from "0.3-1", "2", 2 or [0.3, 1]."""
    parts = (
        value.split("-") if isinstance(value, str) else value if isinstance(value, list | tuple) else [value]
    )
    least, most = float(parts[0]), float(parts[-1])
    if len(parts) > 2 or not 0 <= least <= most:
        raise ValueError("a range is written LEAST-MOST")
    return (least, most)


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("1", "true", "yes", "0", "false", "no"):
        return str(value).lower() in ("1", "true", "yes")
    raise ValueError("true or false")
