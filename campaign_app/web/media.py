"""The files that staff chose for the headers of messages, for who is signed in."""

from uuid import UUID

from flask import Blueprint, Response, send_file, url_for

from campaign_app.domain.roles import Role
from campaign_app.models.medium import Medium
from campaign_app.services.media import file_of, find_medium
from campaign_app.web.access import requires

blueprint = Blueprint("media", __name__, url_prefix="/media")


@blueprint.get("/<uuid:medium_id>")
@requires(Role.VIEWER)
def show(medium_id: UUID) -> Response:
    """Pictures and videos for the page, everything else to be saved: only what was checked is shown by the browser."""
    medium = find_medium(medium_id)
    return send_file(
        file_of(medium),
        mimetype=medium.mime_type,
        as_attachment=not medium.mime_type.startswith(("image/", "video/")),
        download_name=medium.file_name,
        conditional=True,
    )


def address_of(medium: Medium) -> str:
    return url_for("media.show", medium_id=medium.id)
