"""The most memory that an import takes, with all the processes that read for it: it must not grow with the file.

Run: python -m bench.import_memory
"""

import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from bench.common import Figure, app_on, fresh_database, kinds, parser, report
from bench.imports import write_file
from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.services.customer_import import import_customers

LOOK_SECONDS = 0.05


def main() -> None:
    options = parser(__doc__.split("\n")[0], rounds=1)
    options.add_argument("--small", type=int, default=20_000, help="rows of the small file")
    options.add_argument("--large", type=int, default=1_000_000, help="rows of the large file")
    options.add_argument("--inside", nargs=2, metavar=("DATABASE", "FILE"), help="used by the script itself")
    chosen = options.parse_args()
    if chosen.inside:
        import_the_file(*chosen.inside)
        return
    figures = [figure(kind, chosen.small, chosen.large) for kind in kinds(chosen.database)]
    report("Peak memory of an import", f"{chosen.large:,} rows", f"{chosen.small:,} rows", figures)


def figure(kind: str, small: int, large: int) -> Figure:
    few, many = peak(kind, small), peak(kind, large)
    what = f"all processes of an import, {kind}"
    return Figure(what, f"{many:.0f} MB", f"{few:.0f} MB", f"{many / few:.2f} ×")


def peak(kind: str, rows: int) -> float:
    """Megabytes of the importing process and its readers together, what they share counted once."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, fresh_database(kind) as url:
        path = Path(folder) / "customers.csv"
        write_file(path, rows)
        began = time.perf_counter()
        inside = [sys.executable, "-m", "bench.import_memory", "--inside", url, str(path)]
        with subprocess.Popen(inside, stdout=subprocess.DEVNULL) as process:
            watched = Watched(process.pid)
            assert process.wait() == 0
        print(
            f"{kind}: {rows:,} rows in {time.perf_counter() - began:.1f} s, {watched.most:.0f} MB", flush=True
        )
    return watched.most


class Watched:
    """Looks at a process and its children until it ends."""

    def __init__(self, pid: int) -> None:
        self.most = 0.0
        self._pid = pid
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while now := sum(self._megabytes(pid) for pid in self._family(self._pid)):
            self.most = max(self.most, now)
            time.sleep(LOOK_SECONDS)

    def _family(self, pid: int) -> list[int]:
        try:
            tasks = list(Path(f"/proc/{pid}/task").iterdir())
            children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
        except OSError:
            return [pid]
        return [pid, *(one for child in children for one in self._family(child))]

    @staticmethod
    def _megabytes(pid: int) -> float:
        """Its part of the memory: what several processes share is divided among them."""
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            return 0.0
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def import_the_file(database_url: str, path: str) -> None:
    with app_on(database_url, DEFAULT_COUNTRY="IN"), open(path, "rb") as file:
        import_customers(file, "IN", False, "customers.csv", utc_now())
        db.session.commit()


if __name__ == "__main__":
    main()
