"""Small files of the kinds that people choose for a header."""

import struct
import zlib


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def a_png(width: int = 320, height: int = 160, colour: bytes = b"\xd9\x6a\x2b", bits: int = 8) -> bytes:
    """A picture of one colour that browsers show."""
    pixel = colour if bits == 8 else b"".join(bytes((part, part)) for part in colour)
    rows = zlib.compress((b"\0" + pixel * width) * height, 9)
    head = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


PNG, PNG_16_BIT = a_png(), a_png(bits=16)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(64)
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(16)
HEIC = b"\x00\x00\x00\x18ftypheic" + bytes(16)
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(64)
THREE_GP = b"\x00\x00\x00\x18ftyp3gp5" + bytes(64)
QUICKTIME = b"\x00\x00\x00\x14ftypqt  " + bytes(64)
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
DOCX = b"PK\x03\x04\x14\x00\x06\x00" + bytes(64)
XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64)
