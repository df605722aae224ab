"""Names of downloaded files, which every system takes."""

import re
import unicodedata

from campaign_app.domain.clock import utc_now


def file_name(what: str, about: str, ending: str) -> str:
    """`recipients-spring-sale-2026-03-02.csv`: what it holds, of what, and the day (UTC)."""
    plain = unicodedata.normalize("NFKD", about).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60]
    return "-".join(part for part in (what, slug, f"{utc_now():%Y-%m-%d}") if part) + f".{ending}"
