"""The bodies that the API takes. Unknown fields are refused; so are values of another kind than they say."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from flask import current_app
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from campaign_app.services.recipients import MOST_AT_ONCE

EARLIEST_YEAR, LATEST_YEAR = 1970, 2199


def _instant(value: Any) -> Any:
    """A text of ISO 8601 as an aware time in UTC; naive ones are local times of the business zone."""
    if not isinstance(value, str):
        raise PydanticCustomError("sentence", "This must be text such as 2030-01-31T09:00:00+05:30.")
    try:
        if "T" not in value.upper() and " " not in value.strip():
            raise ValueError("a day without a time")
        found = datetime.fromisoformat(value.strip())
        if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
            raise ValueError("far away")
        if found.tzinfo is None:
            found = found.replace(tzinfo=current_app.config["SETTINGS"].zone)
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise PydanticCustomError(
            "sentence", "Give a day and a time such as 2030-01-31T09:00:00+05:30."
        ) from None


Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2030-01-31T09:00:00+05:30"]}),
]
Text = Annotated[str, Field(max_length=5000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
TemplateName = Annotated[str, Field(min_length=1, max_length=512)]
Language = Annotated[str, Field(min_length=1, max_length=20)]
Components = Annotated[list[dict[str, Any]], Field(max_length=30)]
DailyLimit = Annotated[int, Field(ge=1, le=1_000_000)]
Priority = Annotated[int, Field(ge=1, le=10)]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["09:00"])]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
PhoneNumber = Annotated[str, Field(examples=["+919876543210"])]
OwnKind = Literal["ours", "word"]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    def given(self) -> dict[str, Any]:
        """The fields that the request names, and only these."""
        return self.model_dump(exclude_unset=True)


class NoFields(Body):
    """Nothing: the body is empty, or an empty object."""


class SendWindow(Body):
    """The days and hours in which the campaign may send, in its own time zone. An end before the start is on the next day."""

    days: Annotated[list[Weekday], Field(min_length=1, max_length=7)] = Field(
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], description="Without it, every day."
    )
    start: Clock
    end: Clock


class NewCampaign(Body):
    """A campaign to be. Times without a zone are local times of the business time zone."""

    name: Name
    description: Text | None = None
    template_name: TemplateName = Field(description="The name of an approved message template.")
    language_code: Language = Field("en_US", description="The language of the message template.")
    template_components: Components | None = Field(
        None,
        description="WhatsApp's `components`. Texts may refer to the customer: `{{name}}`, `{{location|friend}}`.",
        examples=[[{"type": "body", "parameters": [{"type": "text", "text": "{{name|friend}}"}]}]],
    )
    target_audience: dict[str, Any] | None = Field(
        None,
        description="Who is meant: columns or attributes of customers with one value or a list; all must match. "
        'Everybody is `{"all": true}`; empty is nobody but the recipients added.',
        examples=[{"customer_tier": ["gold", "platinum"], "location": "Mumbai"}],
    )
    daily_send_limit: DailyLimit = Field(250, description="Messages a business day.")
    priority: Priority = Field(5, description="1 is sent first, 10 last.")
    scheduled_start_date: Instant | None = Field(None, description="One in the past means now.")
    scheduled_end_date: Instant | None = Field(
        None, description="Must lie in the future, and after the start."
    )
    send_window: SendWindow | None = None
    timezone: Annotated[str, Field(max_length=64)] | None = Field(
        None,
        description="The zone of the send window; without it the business time zone.",
        examples=["Asia/Kolkata"],
    )


class CampaignChanges(Body):
    """What is to be changed; the rest stays. After the launch only name, description, limit, priority, end and window."""

    name: Name = None
    description: Text | None = None
    template_name: TemplateName = None
    language_code: Language = None
    template_components: Components | None = None
    target_audience: dict[str, Any] | None = None
    daily_send_limit: DailyLimit = None
    priority: Priority = None
    scheduled_start_date: Instant | None = None
    scheduled_end_date: Instant | None = None
    send_window: SendWindow | None = None
    timezone: Annotated[str, Field(max_length=64)] | None = None


class NewRecipient(Body):
    phone_number: PhoneNumber
    template_parameters: Annotated[Any, WithJsonSchema({"type": ["array", "object", "null"]})] = Field(
        None,
        description="Wins over the campaign's components: the body's values in order, an object of names for named message "
        'templates, or `{"header": …, "body": …, "buttons": {"0": "suffix"}}` of these.',
    )


class NewRecipients(Body):
    recipients: Annotated[list[NewRecipient], Field(max_length=MOST_AT_ONCE)]


class CustomerFields(Body):
    """A customer without the number."""

    name: str | None = None
    customer_tier: str | None = None
    location: str | None = None
    language: str | None = None
    tags: list[str] = []
    opted_in: bool | None = Field(
        None, description="Consent to marketing messages: true and false are recorded answers."
    )
    attributes: dict[str, Any] = Field({}, description="Free attributes: text, numbers, true or false.")


class CustomerReplacement(CustomerFields):
    """The whole customer. What is left out is emptied, but for `opted_in`: a recorded answer stays unless another is given."""

    phone_number: PhoneNumber = Field(None, description="If given, the number of the address.")


class NewCustomer(CustomerFields):
    phone_number: PhoneNumber


class NewCustomers(Body):
    customers: Annotated[list[NewCustomer], Field(max_length=MOST_AT_ONCE)]


class NewOptOut(Body):
    phone_number: PhoneNumber
    kind: OwnKind = Field(
        "ours",
        description="`ours`: the shop's own list; `word`: the person asked us to stop. `meta` comes from WhatsApp alone.",
    )
    reason: Annotated[str, Field(max_length=1000)] | None = None
