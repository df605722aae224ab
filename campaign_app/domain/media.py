"""Pictures, videos and documents for the header of a message: what WhatsApp takes, told by the content of the file."""

from dataclasses import dataclass

from campaign_app.domain.errors import Invalid

HEAD_BYTES = 512  # as much of a file as `check_medium` looks at
MEGABYTE = 2**20


@dataclass(frozen=True)
class MediumRule:
    """What a header of one format takes. `words` names the kinds of files, `accept` is for the browser's file dialogue."""

    what: str
    words: str
    accept: str
    mime_types: tuple[str, ...]
    most_bytes: int


_OLD_OFFICE = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
}
_OFFICE = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_VIDEO = ("video/mp4", "video/3gpp")

# Source: Meta, "Media: supported media types" and "Template components: media headers", read 2026-09
RULES = {
    "IMAGE": MediumRule(
        "picture", "JPEG or PNG", "image/jpeg,image/png", ("image/jpeg", "image/png"), 5 * MEGABYTE
    ),
    "VIDEO": MediumRule("video", "MP4 or 3GP", "video/mp4,video/3gpp", _VIDEO, 16 * MEGABYTE),
    "GIF": MediumRule(
        "GIF", "MP4, which WhatsApp shows as a GIF", "video/mp4", ("video/mp4",), 7 * MEGABYTE // 2
    ),
    "DOCUMENT": MediumRule(
        "document",
        "PDF, Word, Excel, PowerPoint or plain text",
        ".pdf,.doc,.docx,.xls,.xlsx,.ppt,.pptx,.txt",
        ("application/pdf", "text/plain", *_OLD_OFFICE.values(), *_OFFICE.values()),
        100 * MEGABYTE,
    ),
}

# What people have on their phones and disks, and WhatsApp does not take; told by content.
_ADVICE = {
    "image/webp": "It is a WebP picture, which WhatsApp takes as a sticker only. Save it as JPEG or PNG.",
    "image/heic": "It is a HEIC picture, as iPhones take them. Save it as JPEG.",
    "image/gif": "It is a GIF. Save a still one as PNG; for a moving one WhatsApp takes MP4.",
    "video/quicktime": "It is a QuickTime video, as iPhones take them. Save it as MP4.",
    "image/svg+xml": "It is an SVG drawing. Save it as PNG.",
}


def check_medium(format_: str, head: bytes, size: int, file_name: str) -> str:
    """The MIME type of a file for a header of `format_` (IMAGE, VIDEO, GIF or DOCUMENT). `head`: its first HEAD_BYTES.

    Raises Invalid with a sentence for people.
    """
    rule = RULES[format_]
    if not size:
        raise Invalid("The file is empty.")
    mime_type = mime_type_of(head, file_name)
    if mime_type not in rule.mime_types:
        advice = _ADVICE.get(mime_type or "", f"WhatsApp takes {rule.words} for the {rule.what} of a header.")
        raise Invalid(f"This file cannot be the {rule.what}. {advice}")
    if size > rule.most_bytes:
        raise Invalid(
            f"The {rule.what} has {_megabytes(size)} MB. WhatsApp takes at most {_megabytes(rule.most_bytes)} MB: make it smaller."
        )
    if mime_type == "image/png" and len(head) > 24 and head[24] == 16:
        raise Invalid(
            "The picture has 16 bits for each colour. WhatsApp takes 8: save it as JPEG or as an 8-bit PNG."
        )
    return mime_type


def mime_type_of(head: bytes, file_name: str) -> str | None:
    """By content; the ending of the name only tells apart what begins alike.

    >>> mime_type_of(b"%PDF-1.7 ...", "menu.doc")
    'application/pdf'
    """
    ending = file_name.rpartition(".")[2].lower()
    if head[4:8] == b"ftyp":
        return _of_brand(head[8:12])
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    for start, mime_type in _STARTS:
        if head.startswith(start):
            return mime_type
    if head.startswith(b"PK\x03\x04"):
        return _OFFICE.get(ending)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _OLD_OFFICE.get(ending)
    if b"<svg" in head:
        return "image/svg+xml"
    return "text/plain" if ending == "txt" and _is_text(head) else None


_STARTS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
)


def _of_brand(brand: bytes) -> str:
    """Of an ISO base media file, by its major brand."""
    if brand in (b"heic", b"heix", b"mif1", b"msf1", b"avif"):
        return "image/heic"
    if brand.startswith(b"qt"):
        return "video/quicktime"
    return "video/3gpp" if brand.startswith(b"3g") else "video/mp4"


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # else a sign is cut through by the end of what was looked at
            return False
        text = head[: error.start].decode()
    return "\0" not in text


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.1f}".removesuffix(".0")
