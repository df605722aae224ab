"""The form of a campaign: what staff type, and the fields of a campaign that it stands for."""

from datetime import UTC, datetime
from typing import Any

from flask import current_app
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    IntegerField,
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

DAY_NAMES = dict(zip(DAYS, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True))
_PRIORITY_WORDS = {1: "1 – first of all", 5: "5 – normal", 10: "10 – last of all"}
PRIORITIES = [SelectChoice(number, _PRIORITY_WORDS.get(number, str(number))) for number in range(1, 11)]

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


class StepForm(FlaskForm):
    """One step of the set-up: its fields stand for some of a campaign's."""

    def show_faults(self, fields: dict[str, list[str]]) -> None:
        """Put the service's sentences beside the fields that they are about."""
        for name, sentences in fields.items():
            shown_at = _SHOWN_AT.get(name, name)
            field = self[shown_at] if shown_at in self else next(iter(self))
            field.errors = [*field.errors, *(text for text in sentences if text not in field.errors)]


class TimesForm(StepForm):
    """What may be changed at any time before the end: limits and times."""

    daily_send_limit = _WholeNumberField(
        "Daily limit",
        [
            InputRequired("Enter how many messages may go out a day."),
            NumberRange(1, 1_000_000, "Enter a number from 1 to 1,000,000."),
        ],
        default=250,
    )
    priority = SelectField("Priority", choices=PRIORITIES, coerce=int, default=5)
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
            "daily_send_limit": self.daily_send_limit.data,
            "priority": self.priority.data,
            "scheduled_end_date": self.scheduled_end_date.instant(),
            "send_window": self._window(),
        }

    def take(self, campaign: Campaign) -> None:
        """Show `campaign` as it stands."""
        for name in (
            "daily_send_limit",
            "priority",
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

    def _window(self) -> dict[str, Any] | None:
        if not self.window_on.data:
            return None
        start, end = self.window_start.data, self.window_end.data
        return {
            "days": [day for day in DAYS if day in self.window_days.data],
            "start": f"{start:%H:%M}",
            "end": f"{end:%H:%M}",
        }


class NameForm(StepForm):
    name = StringField(
        "Name",
        [InputRequired("Enter a name for the campaign."), Length(max=200, message="Use at most 200 signs.")],
    )
    description = TextAreaField("Description", [Length(max=5000, message="Use at most 5,000 signs.")])

    def changes(self) -> dict[str, Any]:
        return {"name": self.name.data, "description": self.description.data}

    def take(self, campaign: Campaign) -> None:
        self.name.data, self.description.data = campaign.name, campaign.description


class LaunchedForm(NameForm, TimesForm):
    """What may be changed after the launch."""

    def changes(self) -> dict[str, Any]:
        return {**NameForm.changes(self), **TimesForm.changes(self)}

    def take(self, campaign: Campaign) -> None:
        NameForm.take(self, campaign)
        TimesForm.take(self, campaign)


class DraftTimesForm(TimesForm):
    """The step “schedule”."""

    scheduled_start_date = _LocalTimeField("Start", [Optional()])

    def changes(self) -> dict[str, Any]:
        return {**super().changes(), "scheduled_start_date": self.scheduled_start_date.instant()}

    def take(self, campaign: Campaign) -> None:
        super().take(campaign)
        self.scheduled_start_date.process_data(campaign.scheduled_start_date)


class MessageForm(NameForm):
    """The step “message”. The values of the message's parameters come besides: their fields depend on the message template."""

    template = SelectField(
        "Message template", [InputRequired("Choose a message template.")], validate_choice=False
    )

    def changes(self) -> dict[str, Any]:
        name, _, language = (self.template.data or "").rpartition("|")
        return {**super().changes(), "template_name": name, "language_code": language}

    def take(self, campaign: Campaign) -> None:
        super().take(campaign)
        self.template.data = f"{campaign.template_name}|{campaign.language_code}"


def offer_templates(form: MessageForm, templates: list[MessageTemplate]) -> None:
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


def key_of(template: MessageTemplate) -> str:
    """The value of a message template in the picker; a language never holds a bar."""
    return f"{template.name}|{template.language}"


def business_zone():
    return current_app.config["SETTINGS"].zone


def _clock(text: str | None):
    return datetime.strptime(text, "%H:%M").time() if text else None  # noqa: DTZ007 (a time of day)
