"""Which encoding a text file is in, found from its bytes; what is no text is refused."""

import codecs
from typing import BinaryIO

from campaign_app.domain.errors import Invalid

_BLOCK = 2**20
_SAMPLE = 2**16
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KINDS = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a compressed file"),
    (b"Rar!", "a compressed file"),
    (b"7z\xbc\xaf", "a compressed file"),
)
_MARKUP = (  # some programs export a web page and call it .csv or .xls
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<table", "a web page"),
    (b"<?xml", "an XML file"),
)
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r\f\x1a\x00")
_UNDEFINED_IN_CP1252 = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))


def encoding_of(file: BinaryIO) -> str:
    """The name of the encoding, as `open` knows it. Reads the whole file and leaves it at its beginning.

    UTF-8 with a few broken bytes in it stays UTF-8 (each becomes U+FFFD); else it is taken for Windows-1252.
    Raises Invalid where the file is empty or holds no text.
    """
    file.seek(0)
    sample = file.read(_SAMPLE)
    if not sample.strip(b"\0\r\n\t \x1a\xef\xbb\xbf\xff\xfe"):
        raise Invalid("The file is empty.")
    _refuse_other_kinds(sample)
    encoding = next((name for mark, name in _MARKS if sample.startswith(mark)), None) or _utf16_without_mark(
        sample
    )
    if encoding is None:
        _refuse_binary(sample)
        encoding = _one_byte_or_utf8(file)
    file.seek(0)
    return encoding


def _refuse_other_kinds(sample: bytes) -> None:
    for signature, kind in _KINDS:
        if sample.startswith(signature):
            raise Invalid(f"This is {kind}, not a customer file: save the list as .xlsx or CSV.")
    text = sample.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe\r\n\t ").lower()
    for beginning, kind in _MARKUP:
        if text.startswith(beginning):
            raise Invalid(
                f"This is {kind}, whatever its name says: open it in a spreadsheet program, and save it as .xlsx or CSV."
            )


def _refuse_binary(sample: bytes) -> None:
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if controls > len(sample) * 0.01 or sample.count(0) > len(sample) * 0.1:
        raise Invalid("This is not a text file: save the list as .xlsx or CSV.")


def _utf16_without_mark(sample: bytes) -> str | None:
    """In UTF-16 every other byte of mostly Latin text is zero."""
    half = max(len(sample) // 2, 1)
    even, odd = sample[0::2].count(0) / half, sample[1::2].count(0) / half
    if odd > 0.3 and even < 0.05:
        return "utf-16-le"
    if even > 0.3 and odd < 0.05:
        return "utf-16-be"
    return None


def _one_byte_or_utf8(file: BinaryIO) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    broken = beyond_ascii = 0
    undefined = False
    file.seek(0)
    while block := file.read(_BLOCK):
        if block.isascii() and not decoder.getstate()[0]:
            continue
        undefined = undefined or len(block) != len(block.translate(None, _UNDEFINED_IN_CP1252))
        text = decoder.decode(block)
        broken += text.count("\ufffd")
        beyond_ascii += len(text) - len(text.encode("ascii", "ignore"))
    broken += len(decoder.decode(b"", True))
    if broken * 10 <= beyond_ascii - broken or not broken:
        return "utf-8"
    return "latin-1" if undefined else "cp1252"
