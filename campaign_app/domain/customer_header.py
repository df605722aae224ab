"""Which column of a customer file is what: the names of the table below, and what else people call them."""

import re
import unicodedata
from dataclasses import dataclass

from campaign_app.domain.customer_values import LONGEST_ATTRIBUTE_NAME, clean_text
from campaign_app.domain.errors import Invalid

MOST_COLUMNS = 200

# field -> the names it goes by, small letters and digits only ("Mobile No." is "mobileno"). Where several columns of
# a file go by a name of the same field, the name that stands first here wins and the others become free attributes.
NAMES: dict[str, tuple[str, ...]] = {
    "phone_number": (
        "phonenumber", "whatsappnumber", "whatsappno", "whatsappphone", "wanumber", "waid",
        "mobilenumber", "mobileno", "mobile", "mobilephone", "mobilephonenumber", "cellphone", "cellnumber", "cell",
        "handynummer", "handy", "mobilnummer", "mobil", "celular", "movil", "portable",
        "phoneno", "phone", "phone1", "primaryphone", "customerphone", "customermobile", "telephone", "telephonenumber",
        "telefonnummer", "telefon", "telefono", "telefone", "tel", "telno", "rufnummer", "msisdn",
        "contactnumber", "contactno", "contactphone", "whatsapp", "number",
    ),
    "name": ("name", "customername", "fullname", "contactname", "clientname", "displayname", "kundenname", "nombre",
             "nome", "nom"),
    "customer_tier": ("customertier", "tier", "loyaltytier", "membershiptier", "tiername", "loyaltylevel",
                      "membershiplevel", "customerlevel"),
    "location": ("location", "city", "town", "cityname", "citytown", "place", "ort", "stadt", "ciudad", "cidade",
                 "ville"),
    "language": ("language", "languagecode", "lang", "preferredlanguage", "locale", "sprache", "idioma", "langue"),
    "tags": ("tags", "tag", "labels", "label", "customertags"),
    "opted_in": ("optedin", "optin", "consent", "whatsappoptin", "whatsappconsent", "marketingconsent",
                 "marketingoptin", "acceptsmarketing", "marketingpermission", "permission", "subscribed",
                 "einwilligung"),
    # a yes here is a recorded "no" to messages
    "opted_out": ("optedout", "optout", "unsubscribed", "donotcontact", "donotdisturb", "dnd"),
    # joined to a name where no column holds the whole
    "first_name": ("firstname", "givenname", "vorname"),
    "last_name": ("lastname", "surname", "familyname", "nachname"),
}  # fmt: skip

_RANKS = {name: (field, rank) for field, names in NAMES.items() for rank, name in enumerate(names)}


@dataclass(frozen=True)
class Header:
    """`fields`: field of NAMES -> place of its column, from 0. `attributes`: place -> name of the free attribute."""

    width: int
    fields: dict[str, int]
    attributes: dict[int, str]


def is_header(cells: list[str]) -> bool:
    """Whether a row names a column of phone numbers.

    >>> is_header(["Customer Name", "Mobile No."]), is_header(["Asha", "+919876543210"])
    (True, False)
    """
    return any(_RANKS.get(_key(cell), ("", 0))[0] == "phone_number" for cell in cells)


def read_header(cells: list[str]) -> Header:
    """Raises Invalid where no column holds phone numbers, two claim to, or there are too many columns."""
    names = [clean_text(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise Invalid(f"The file has {len(names):,} columns; at most {MOST_COLUMNS} can be read.")
    if not is_header(names):
        found = ", ".join(f"“{name[:40]}”" for name in names[:20] if name) or "none"
        raise Invalid(
            f"No column with phone numbers was found. The columns are: {found}. Call the right one phone_number."
        )
    fields = _fields(names)
    attributes: dict[int, str] = {}
    for place, name in enumerate(names):
        if place not in fields.values() or place in (fields.get("first_name"), fields.get("last_name")):
            attributes[place] = free_attribute_name(name or f"column {place + 1}", set(attributes.values()))
    return Header(len(names), fields, attributes)


def guess_fields(names: list[str]) -> dict[str, int]:
    """Field of NAMES -> place of the column that most probably holds it; of two with the same name the first."""
    try:
        return _fields(names)
    except Invalid:
        return _fields([name if name not in names[:place] else "" for place, name in enumerate(names)])


def _key(cell: str) -> str:
    """Small letters and digits only, without accents."""
    plain = unicodedata.normalize("NFKD", cell.replace("ß", "ss")).casefold()
    return re.sub(r"[^a-z0-9]", "", plain)


def _fields(names: list[str]) -> dict[str, int]:
    best: dict[str, tuple[int, int]] = {}
    for place, name in enumerate(names):
        field, rank = _RANKS.get(_key(name), (None, 0))
        if field is None:
            continue
        if field == "phone_number" and field in best and best[field][0] == rank:
            raise Invalid(f"Two columns are called “{name}”: keep the one with the numbers to write to.")
        if field not in best or rank < best[field][0]:
            best[field] = rank, place
    fields = {field: place for field, (_, place) in best.items()}
    if "name" in fields:
        fields.pop("first_name", None)
        fields.pop("last_name", None)
    return fields


def free_attribute_name(name: str, taken: set[str]) -> str:
    """`name`, with a number behind it where the file has it twice."""
    free, count = name[:LONGEST_ATTRIBUTE_NAME].strip(), 1
    while free in taken:
        count += 1
        free = f"{name[: LONGEST_ATTRIBUTE_NAME - 6].strip()} ({count})"
    return free
