"""Who must not be written to, as SQL: asked at launch and again at the claim."""

from sqlalchemy import ColumnElement, and_, case, exists, false, func, literal, null, select
from sqlalchemy.orm import aliased

from campaign_app.models.customer import Customer
from campaign_app.models.opt_out import OptOut

OPTED_OUT = {
    "meta": "Stopped marketing messages in WhatsApp",
    "word": "Asked us to stop by message",
    "ours": "On our own list of people not to write to",
}
SAID_NO = "Said no to marketing messages"
NO_CONSENT = "No consent to marketing messages is recorded"
ERASED = "Was erased"


def reason_not_to_write(phone_number: ColumnElement[str], require_opt_in: bool) -> ColumnElement[str | None]:
    """The reason why the person behind `phone_number` is skipped, or NULL."""
    customer = aliased(Customer)

    def consent(is_: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists(select(customer.id).where(customer.phone_number == phone_number, is_))

    unrecorded = ~consent(customer.opted_in.is_(True)) if require_opt_in else false()
    return case(
        (func.substr(phone_number, 1, 1) != "+", literal(ERASED)),  # no number is left to write to
        *((_holding(phone_number, kind), literal(reason)) for kind, reason in OPTED_OUT.items()),
        (consent(customer.opted_in.is_(False)), literal(SAID_NO)),
        (unrecorded, literal(NO_CONSENT)),
        else_=null(),
    )


def reason_to_leave_out(require_opt_in: bool) -> ColumnElement[str | None]:
    """The same for a row of Customer, in one lookup for most of half a million of them."""
    kinds = ((_holding(Customer.phone_number, kind), literal(reason)) for kind, reason in OPTED_OUT.items())
    unrecorded = Customer.opted_in.is_(None) if require_opt_in else false()
    return case(
        (_holding(Customer.phone_number), case(*kinds, else_=null())),
        (Customer.opted_in.is_(False), literal(SAID_NO)),
        (unrecorded, literal(NO_CONSENT)),
        else_=null(),
    )


def _holding(phone_number: ColumnElement[str], kind: str | None = None) -> ColumnElement[bool]:
    """Whether an opt-out (of `kind`, or of any) holds for the number."""
    held = and_(OptOut.phone_number == phone_number, OptOut.lifted_at.is_(None))
    return exists(select(OptOut.id).where(held if kind is None else and_(held, OptOut.kind == kind)))
