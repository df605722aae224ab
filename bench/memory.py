"""The most memory that the sender's process takes, with a small and with a large campaign: it must not grow with the campaign.

Run: python -m bench.memory
"""

import resource
import subprocess
import sys
from types import SimpleNamespace

from bench.common import Figure, fresh_database, kinds, parser, report
from bench.sending import campaign_app_on, people
from campaign_app.extensions import db
from tests.engine import a_launched_campaign, an_app_on, process, the_campaign
from tests.simulator_process import RunningSimulator

SETTINGS = {"SEND_RATE_PER_SECOND": "1000", "SEND_CONCURRENCY": "64"}


def main() -> None:
    options = parser(__doc__.split("\n")[0], rounds=1)
    options.add_argument("--small", type=int, default=1000, help="recipients of the small campaign")
    options.add_argument("--large", type=int, default=100_000, help="recipients of the large campaign")
    options.add_argument(
        "--inside", nargs=2, metavar=("DATABASE", "SIMULATOR"), help="used by the script itself"
    )
    chosen = options.parse_args()
    if chosen.inside:
        print(peak_of_a_run(*chosen.inside))
        return
    figures = [figure(kind, chosen.small, chosen.large) for kind in kinds(chosen.database)]
    report(
        "Peak memory of the sender's process",
        f"{chosen.large:,} recipients",
        f"{chosen.small:,} recipients",
        figures,
    )


def figure(kind: str, small: int, large: int) -> Figure:
    few, many = peak(kind, small), peak(kind, large)
    return Figure(f"sending to all of them, {kind}", f"{many:.1f} MB", f"{few:.1f} MB", f"{many / few:.2f} ×")


def peak(kind: str, recipients: int) -> float:
    """Megabytes. A process of its own sends, so that nothing that was before counts."""
    with (
        fresh_database(kind) as url,
        RunningSimulator(latency="0-0") as simulator,
        campaign_app_on(simulator, url, **SETTINGS) as _,
    ):
        people(recipients)
        campaign_id = a_launched_campaign(daily_send_limit=1_000_000).id
        db.session.remove()
        inside = [sys.executable, "-m", "bench.memory", "--inside", url, simulator.url]
        answer = subprocess.run(inside, check=True, capture_output=True, text=True)
        assert the_campaign(campaign_id).messages_sent == recipients, the_campaign(campaign_id).messages_sent
    return float(answer.stdout.split()[-1])


def peak_of_a_run(database_url: str, simulator_url: str) -> float:
    known = {name: getattr(RunningSimulator, name) for name in ("access_token", "app_secret", "verify_token")}
    app = an_app_on(SimpleNamespace(url=simulator_url, **known), database_url, **SETTINGS)
    with app.app_context():
        process(app)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
