"""A form with one file as the body of a request, written in pieces: a large file is never whole in memory."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_PIECE = 65_536


@dataclass(frozen=True)
class MultipartForm:
    """`fields`, then the file at `path` as the field `file`. Iterate over it for the bytes of the body."""

    fields: Mapping[str, str]
    path: Path
    mime_type: str
    boundary: str

    @classmethod
    def of(cls, fields: Mapping[str, str], path: Path, mime_type: str) -> "MultipartForm":
        return cls(fields, path, mime_type, secrets.token_hex(16))

    def headers(self) -> dict[str, str]:
        return {
            "Content-Type": f"multipart/form-data; boundary={self.boundary}",
            "Content-Length": str(len(self._head()) + self.path.stat().st_size + len(self._tail())),
        }

    def __iter__(self) -> Iterator[bytes]:
        yield self._head()
        with self.path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
        yield self._tail()

    def _head(self) -> bytes:
        parts = [
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in self.fields.items()
        ]
        # The name that staff gave the file is nobody's business there; what customers see goes with each message.
        parts.append(
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="file"; filename="{self.path.name}"\r\n'
            f"Content-Type: {self.mime_type}\r\n\r\n"
        )
        return "".join(parts).encode()

    def _tail(self) -> bytes:
        return f"\r\n--{self.boundary}--\r\n".encode()
