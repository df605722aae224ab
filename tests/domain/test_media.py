"""Which files can be the header of a message."""

import pytest

from campaign_app.domain.errors import Invalid
from campaign_app.domain.media import MEGABYTE, RULES, check_medium
from tests.media_files import DOCX, HEIC, JPEG, MP4, PDF, PNG, PNG_16_BIT, QUICKTIME, THREE_GP, WEBP, XLS

TAKEN = {
    ("IMAGE", JPEG, "spring.jpg"): "image/jpeg",
    ("IMAGE", PNG, "spring.png"): "image/png",
    ("IMAGE", JPEG, "named-wrong.png"): "image/jpeg",
    ("VIDEO", MP4, "clip.mp4"): "video/mp4",
    ("VIDEO", THREE_GP, "clip.3gp"): "video/3gpp",
    ("GIF", MP4, "clip.mp4"): "video/mp4",
    ("DOCUMENT", PDF, "menu.pdf"): "application/pdf",
    (
        "DOCUMENT",
        DOCX,
        "menu.docx",
    ): "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ("DOCUMENT", XLS, "prices.xls"): "application/vnd.ms-excel",
    ("DOCUMENT", "Grüße".encode(), "note.txt"): "text/plain",
}

REFUSED = {
    ("IMAGE", WEBP, "spring.webp"): "sticker",
    ("IMAGE", HEIC, "IMG_0001.HEIC"): "Save it as JPEG",
    ("IMAGE", b"GIF89a...", "cat.gif"): "It is a GIF",
    ("IMAGE", PDF, "menu.pdf"): "JPEG or PNG",
    ("IMAGE", b"<svg xmlns='http://www.w3.org/2000/svg'>", "logo.svg"): "SVG",
    ("IMAGE", b"<html><script>", "spring.jpg"): "JPEG or PNG",
    ("IMAGE", PNG_16_BIT, "deep.png"): "16 bits",
    ("VIDEO", QUICKTIME, "IMG_0002.MOV"): "Save it as MP4",
    ("VIDEO", JPEG, "clip.mp4"): "MP4 or 3GP",
    ("DOCUMENT", b"PK\x03\x04zip", "archive.zip"): "PDF, Word",
    ("DOCUMENT", b"\x00\x01\x02", "note.txt"): "PDF, Word",
    ("DOCUMENT", b"\xff\xfe\xfa no text", "note.txt"): "PDF, Word",
    ("IMAGE", b"", "empty.png"): "empty",
}


@pytest.mark.parametrize(("format_", "head", "name"), TAKEN)
def test_what_whatsapp_takes_is_known_by_its_content(format_, head, name):
    assert check_medium(format_, head, len(head), name) == TAKEN[format_, head, name]


@pytest.mark.parametrize(("format_", "head", "name"), REFUSED)
def test_what_it_does_not_take_is_refused_with_what_to_do(format_, head, name):
    with pytest.raises(Invalid, match=REFUSED[format_, head, name]):
        check_medium(format_, head, len(head), name)


@pytest.mark.parametrize(
    ("format_", "head"), [("IMAGE", PNG), ("VIDEO", MP4), ("GIF", MP4), ("DOCUMENT", PDF)]
)
def test_the_largest_is_taken_and_one_byte_more_is_not(format_, head):
    most = RULES[format_].most_bytes
    check_medium(format_, head, most, "file")
    with pytest.raises(Invalid, match="at most"):
        check_medium(format_, head, most + 1, "file")


def test_a_size_is_said_in_words_of_people():
    with pytest.raises(Invalid, match=r"has 7\.5 MB. WhatsApp takes at most 5 MB"):
        check_medium("IMAGE", PNG, 15 * MEGABYTE // 2, "spring.png")


def test_text_whose_last_sign_is_cut_through_is_text():
    assert check_medium("DOCUMENT", b"a" * 511 + "é".encode()[:1], 2000, "note.txt") == "text/plain"
