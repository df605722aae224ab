"""`flask verify-counters`: prove that every counter equals a recount of the rows."""

import click
from flask.cli import with_appcontext

from campaign_app.extensions import db
from campaign_app.services.recount import mismatches, repair, snapshot


@click.command("verify-counters")
@click.option("--repair", "mend", is_flag=True, help="Write the recounted figures. Stop the app before.")
@with_appcontext
def verify_counters_command(mend: bool) -> None:
    """Compare every counter with a recount; exit 1 if any differs."""
    with snapshot():
        found = mismatches()
    for one in found:
        click.echo(f"{one.campaign_id} {one.where}: {one.counter} is {one.stored}, counted {one.counted}")
    if not found:
        click.echo("Every counter equals its recount.")
        return
    if mend:
        repair()
        db.session.commit()
        click.echo(f"{len(found)} counters repaired.")
        return
    raise click.ClickException(
        f"{len(found)} counters differ from the recount. Repair with: flask verify-counters --repair"
    )
