"""How addresses of the API are read."""

from werkzeug.routing import BaseConverter


class PhoneNumberConverter(BaseConverter):
    """What holds a digit: `/customers/bulk` is no customer."""

    regex = r"[^/]*[0-9][^/]*"
