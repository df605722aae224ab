"""The form of a campaign's audience: what staff choose, and the filter that it stands for."""

import json
from typing import Any

from wtforms import RadioField, SelectChoice, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, ValidationError

from campaign_app.models.campaign import Campaign
from campaign_app.models.segment import Segment
from campaign_app.services.segment_references import segment_id_in
from campaign_app.web.campaign_fields import StepForm

PICKED = {"customer_tier": "Tier", "location": "Location", "language": "Language", "tags": "Tags"}
EVERYBODY, SEGMENT, SOME, NOBODY = "all", "segment", "some", "none"


class AudienceForm(StepForm):
    """The step “people”."""

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
        return {"target_audience": self.audience()}

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
        audience = dict(campaign.target_audience or {})
        self.audience_mode.data = EVERYBODY if audience.get("all") is True else SOME
        if not audience and campaign.messages_pending:
            self.audience_mode.data = NOBODY
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


def offer_audience(form: AudienceForm, choices) -> None:
    """Fill the pickers with what occurs among the customers, and with what is chosen already."""
    for name in PICKED:
        offered = getattr(choices, name)
        chosen = [value for value in form[name].data or [] if value not in offered]
        form[name].choices = [SelectChoice(value) for value in [*offered, *chosen]]


def offer_segments(form: AudienceForm, segments: list[Segment]) -> None:
    form.segment.choices = [
        SelectChoice("", "Choose a segment…"),
        *(SelectChoice(str(segment.id), segment.name) for segment in segments),
    ]
