"""Reports of imports, kept as files for a day: they hold numbers of people whom we do not know."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

from campaign_app.domain.customer_file import RefusedRow
from campaign_app.domain.errors import NotFound
from campaign_app.domain.ids import new_id
from campaign_app.services.customer_import import DuplicateRow, ImportReport

KEPT_SECONDS = 24 * 3600


def keep_report(folder: Path, report: ImportReport) -> UUID:
    """Write the report into `folder`, delete what is older than a day there, and return the report's id."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        if time.time() - old.stat().st_mtime > KEPT_SECONDS:
            old.unlink(missing_ok=True)
    report_id = new_id()
    file = _file(folder, report_id)
    file.touch(mode=0o600)
    file.write_text(json.dumps(asdict(report)), encoding="utf-8")
    return report_id


def find_report(folder: Path, report_id: UUID) -> ImportReport:
    """Raises NotFound, also once the report is older than a day."""
    try:
        fields = json.loads(_file(folder, report_id).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound(
            "The report of this import is not here any more: reports are kept for a day."
        ) from None
    refused = [RefusedRow(**row) for row in fields.pop("refused")]
    duplicate_rows = [DuplicateRow(**row) for row in fields.pop("duplicate_rows")]
    return ImportReport(**fields, refused=refused, duplicate_rows=duplicate_rows)


def _file(folder: Path, report_id: UUID) -> Path:
    return folder / f"{report_id}.json"
