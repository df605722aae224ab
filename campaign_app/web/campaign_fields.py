"""The form of a campaign: what staff type, and the fields of a campaign that it stands for."""

import json
from datetime import UTC, datetime
from typing import Any

from flask import current_app
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from campaign_app.domain.send_window import DAYS
from campaign_app.models.campaign import Campaign
from campaign_app.models.message_template import MessageTemplate
from campaign_app.models.segment import Segment
from campaign_app.services.segment_references import segment_id_in

DAY_NAMES = dict(zip(DAYS, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True))
PICKED = {"customer_tier": "Tier", "location": "Location", "language": "Language", "tags": "Tags"}
_PRIORITY_WORDS = {1: "1 – first of all", 5: "5 – normal", 10: "10 – last of all"}
PRIORITIES = [SelectChoice(number, _PRIORITY_WORDS.get(number, str(number))) for number in range(1, 11)]
EVERYBODY, SEGMENT, SOME, NOBODY = "all", "segment", "some", "none"

# The service's names of fields -> those of the form.
_SHOWN_AT = {
    "template_name": "template",
    "language_code": "template",
    "template_components": "template",
    "target_audience": "audience_mode",
    "send_window": "window_on",
    "timezone": "window_on",
}


class _WholeNumberField(IntegerField):
    def process_formdata(self, valuelist):
        try:
            super().process_formdata([text.strip().replace(",", "") for text in valuelist])
        except ValueError:
            raise ValueError("Enter a whole number.") from None


class _LocalTimeField(DateTimeLocalField):
    """Typed in the business zone, kept as aware UTC."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], **kwargs)

    def process_data(self, value):
        super().process_data(value.astimezone(business_zone()) if value else None)

    def process_formdata(self, valuelist):
        try:
            super().process_formdata(valuelist if valuelist and valuelist[0].strip() else [])
        except ValueError:
            raise ValueError("Enter a day and a time.") from None

    def instant(self) -> datetime | None:
        return self.data.replace(tzinfo=business_zone()).astimezone(UTC) if self.data else None


class _ClockField(TimeField):
    def process_formdata(self, valuelist):
        try:
            super().process_formdata(valuelist if valuelist and valuelist[0].strip() else [])
        except ValueError:
            raise ValueError("Enter hours and minutes, such as 09:00.") from None


class ScheduleForm(FlaskForm):
    """What may be changed at any time before the end: name, limits, times."""

    name = StringField(
        "Name",
        [InputRequired("Enter a name for the campaign."), Length(max=200, message="Use at most 200 signs.")],
    )
    description = TextAreaField("Description", [Length(max=5000, message="Use at most 5,000 signs.")])
    daily_send_limit = _WholeNumberField(
        "Daily limit",
        [
            InputRequired("Enter how many messages may go out a day."),
            NumberRange(1, 1_000_000, "Enter a number from 1 to 1,000,000."),
        ],
        default=250,
    )
    priority = SelectField("Priority", choices=PRIORITIES, coerce=int, default=5)
    scheduled_start_date = _LocalTimeField("Start", [Optional()])
    scheduled_end_date = _LocalTimeField("End", [Optional()])
    window_on = BooleanField("Send only on certain days and hours")
    window_days = SelectMultipleField(
        "Days", choices=[SelectChoice(*pair) for pair in DAY_NAMES.items()], default=list(DAYS)
    )
    window_start = _ClockField("From", [Optional()])
    window_end = _ClockField("Until", [Optional()])

    def validate_window_on(self, field):
        if not field.data:
            return
        if not self.window_days.data:
            raise ValidationError("Choose at least one day.")
        if self.window_start.data is None or self.window_end.data is None:
            raise ValidationError("Enter both hours: from and until.")

    def changes(self) -> dict[str, Any]:
        """The campaign's fields, for the service."""
        return {
            "name": self.name.data,
            "description": self.description.data,
            "daily_send_limit": self.daily_send_limit.data,
            "priority": self.priority.data,
            "scheduled_end_date": self.scheduled_end_date.instant(),
            "send_window": self._window(),
        }

    def take(self, campaign: Campaign) -> None:
        """Show `campaign` as it stands."""
        for name in (
            "name",
            "description",
            "daily_send_limit",
            "priority",
            "scheduled_start_date",
            "scheduled_end_date",
        ):
            self[name].process_data(getattr(campaign, name))
        window = campaign.send_window or {}
        self.window_on.data = bool(window)
        if window:
            self.window_days.data = list(window.get("days", DAYS))
            self.window_start.data, self.window_end.data = (
                _clock(window.get(name)) for name in ("start", "end")
            )

    def show_faults(self, fields: dict[str, list[str]]) -> None:
        """Put the service's sentences beside the fields that they are about."""
        for name, sentences in fields.items():
            shown_at = _SHOWN_AT.get(name, name)
            field = self[shown_at if shown_at in self else "name"]
            field.errors = [*field.errors, *(text for text in sentences if text not in field.errors)]

    def _window(self) -> dict[str, Any] | None:
        if not self.window_on.data:
            return None
        start, end = self.window_start.data, self.window_end.data
        return {
            "days": [day for day in DAYS if day in self.window_days.data],
            "start": f"{start:%H:%M}",
            "end": f"{end:%H:%M}",
        }


class CampaignForm(ScheduleForm):
    """All of a draft. The values of the message's parameters come besides: their fields depend on the message template."""

    template = SelectField(
        "Message template", [InputRequired("Choose a message template.")], validate_choice=False
    )
    audience_mode = RadioField(
        "Who gets it",
        [InputRequired("Choose who gets it.")],
        choices=[
            SelectChoice(EVERYBODY, "Every customer"),
            SelectChoice(SEGMENT, "A segment"),
            SelectChoice(SOME, "Customers with certain features"),
            SelectChoice(NOBODY, "Only recipients added by number (over the API)"),
        ],
        default=SOME,
    )
    segment = SelectField("Segment", validate_choice=False)
    customer_tier = SelectMultipleField("Tier", validate_choice=False)
    location = SelectMultipleField("Location", validate_choice=False)
    language = SelectMultipleField("Language", validate_choice=False)
    tags = SelectMultipleField("Tags", validate_choice=False)
    other_customer_tier = StringField("Other tiers")
    other_location = StringField("Other locations")
    other_language = StringField("Other languages")
    other_tags = StringField("Other tags")
    other_conditions = TextAreaField("Further conditions")

    def validate_other_conditions(self, field):
        self._other_conditions()

    def validate_audience_mode(self, field):
        if field.data == SOME and not self._picked() and not (self.other_conditions.data or "").strip():
            raise ValidationError("Choose at least one feature, or choose every customer.")
        if field.data == SEGMENT and not self.segment.data:
            raise ValidationError("Choose a segment.")

    def changes(self) -> dict[str, Any]:
        name, _, language = (self.template.data or "").rpartition("|")
        return {
            **super().changes(),
            "template_name": name,
            "language_code": language,
            "target_audience": self.audience(),
            "scheduled_start_date": self.scheduled_start_date.instant(),
        }

    def audience(self) -> dict[str, Any]:
        """The filter as typed. Raises ValidationError for further conditions that cannot be read."""
        if self.audience_mode.data == EVERYBODY:
            return {"all": True}
        if self.audience_mode.data == SEGMENT and self.segment.data:
            return {"segment": self.segment.data}
        if self.audience_mode.data != SOME:
            return {}
        return {**self._other_conditions(), **self._picked()}

    def take(self, campaign: Campaign) -> None:
        super().take(campaign)
        self.template.data = f"{campaign.template_name}|{campaign.language_code}"
        audience = dict(campaign.target_audience or {})
        self.audience_mode.data = EVERYBODY if audience.get("all") is True else SOME if audience else NOBODY
        if set(audience) == {"segment"} and segment_id_in(audience) is not None:
            self.audience_mode.data, self.segment.data = SEGMENT, audience.pop("segment")
        if audience.get("all") is True:
            del audience["all"]
        for name in PICKED:
            value = audience.get(name)
            values = value if isinstance(value, list) else [value]
            if value is not None and all(isinstance(item, str) for item in values):
                self[name].data = values
                del audience[name]
        self.other_conditions.data = json.dumps(audience, ensure_ascii=False, indent=2) if audience else ""

    def _picked(self) -> dict[str, list[str]]:
        picked = {}
        for name in PICKED:
            typed = [part.strip() for part in (self["other_" + name].data or "").split(",")]
            values = list(dict.fromkeys(value for value in [*(self[name].data or []), *typed] if value))
            if values:
                picked[name] = values
        return picked

    def _other_conditions(self) -> dict[str, Any]:
        text = (self.other_conditions.data or "").strip()
        try:
            conditions = json.loads(text) if text else {}
        except ValueError:
            conditions = None
        if not isinstance(conditions, dict):
            raise ValidationError('Write an object such as {"loyalty_level": ["high"]}.')
        return conditions


def offer_templates(form: CampaignForm, templates: list[MessageTemplate]) -> None:
    """Fill the picker: what can be sent, and what is chosen already even where it cannot."""
    offered = {
        key_of(template): f"{template.name} · {template.language}"
        for template in templates
        if template.is_approved
    }
    chosen = form.template.data
    if chosen and chosen not in offered:
        name, _, language = chosen.rpartition("|")
        offered[chosen] = f"{name} · {language} (cannot be sent)"
    form.template.choices = [
        SelectChoice("", "Choose a message template…"),
        *(SelectChoice(*pair) for pair in offered.items()),
    ]


def offer_audience(form: CampaignForm, choices) -> None:
    """Fill the pickers with what occurs among the customers, and with what is chosen already."""
    for name in PICKED:
        offered = getattr(choices, name)
        chosen = [value for value in form[name].data or [] if value not in offered]
        form[name].choices = [SelectChoice(value) for value in [*offered, *chosen]]


def offer_segments(form: CampaignForm, segments: list[Segment]) -> None:
    form.segment.choices = [
        SelectChoice("", "Choose a segment…"),
        *(SelectChoice(str(segment.id), segment.name) for segment in segments),
    ]


def key_of(template: MessageTemplate) -> str:
    """The value of a message template in the picker; a language never holds a bar."""
    return f"{template.name}|{template.language}"


def business_zone():
    return current_app.config["SETTINGS"].zone


def _clock(text: str | None):
    return datetime.strptime(text, "%H:%M").time() if text else None  # noqa: DTZ007 (a time of day)
