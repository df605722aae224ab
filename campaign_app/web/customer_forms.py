"""The form of one customer."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired

from campaign_app.domain.customer_values import attribute_text
from campaign_app.domain.errors import Invalid
from campaign_app.models.customer import Customer

_ANSWERS = {"yes": True, "no": False, "": None}


class CustomerForm(FlaskForm):
    """Free attributes are lines of `name: value`."""

    phone_number = StringField("Phone number", [DataRequired("Enter the phone number.")])
    name = StringField("Name")
    customer_tier = StringField("Tier")
    location = StringField("Location")
    language = StringField("Language")
    tags = StringField("Tags", description="With commas between them.")
    opted_in = SelectField(
        "Wants marketing messages",
        default="",
        choices=[SelectChoice("", "Not recorded"), SelectChoice("yes", "Yes"), SelectChoice("no", "No")],
        description="A recorded answer can be replaced by another, but not removed.",
    )
    attributes = TextAreaField("Further details", description="One on each line, as name: value.")

    def take(self, customer: Customer) -> None:
        """Fill the form with what is known."""
        for field in ("phone_number", "name", "customer_tier", "location", "language"):
            self[field].data = getattr(customer, field)
        self.tags.data = ", ".join(customer.tags or [])
        self.opted_in.data = next(word for word, answer in _ANSWERS.items() if answer is customer.opted_in)
        attributes = (customer.attributes or {}).items()
        self.attributes.data = "\n".join(
            f"{name}: {attribute_text(value)}" for name, value in sorted(attributes)
        )

    def values(self, customer: Customer | None = None) -> dict[str, Any]:
        """What is to be saved; details that `customer` has and the form does not have any more are emptied.

        Raises Invalid for a line that is no detail.
        """
        known = dict((customer.attributes if customer else None) or {})
        attributes: dict[str, Any] = dict.fromkeys(known)
        for line in (self.attributes.data or "").splitlines():
            name, colon, value = _parts(line, known)
            if line.strip() and not (colon and name.strip()):
                raise Invalid(
                    "", {"attributes": [f"“{line.strip()[:60]}” is not a detail: write name: value."]}
                )
            if line.strip():
                name, value = name.strip(), value.strip()
                # a number that nobody touched stays a number
                attributes[name] = known[name] if attribute_text(known.get(name)) == value else value
        return {
            **{
                field: self[field].data or None for field in ("name", "customer_tier", "location", "language")
            },
            "tags": self.tags.data or [],
            "opted_in": _ANSWERS[self.opted_in.data],
            "attributes": attributes,
        }

    def show_faults(self, refusal: Invalid) -> None:
        """Put the sentences of a refusal beside the fields."""
        for name, sentences in refusal.fields.items():
            self[name if name in self else "attributes"].errors = sentences


def _parts(line: str, known: dict[str, Any]) -> tuple[str, str, str]:
    """The name, the colon and the value of a line; names that are known may have a colon in them."""
    for name in sorted(known, key=len, reverse=True):
        if line.startswith(f"{name}:"):
            return name, ":", line[len(name) + 1 :]
    return line.partition(":")
