"""How Alembic reaches the database: through the app that `flask db` has loaded."""

from alembic import context
from flask import current_app
from sqlalchemy.dialects.postgresql import JSONB

database = current_app.extensions["migrate"].db


def render_item(kind, item, autogen_context):
    """Write our own column types as plain ones, so that migrations never import the app."""
    if kind != "type":
        return False
    if type(item).__name__ == "UtcDateTime":
        return "sa.DateTime(timezone=True)"
    if "postgresql" in getattr(item, "_variant_mapping", {}) and isinstance(
        item._variant_mapping["postgresql"], JSONB
    ):
        autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False


def configure(**how):
    context.configure(
        target_metadata=database.metadatas[None],
        render_item=render_item,
        render_as_batch=True,
        compare_type=True,
        **how,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    configure(url=database.engine.url, literal_binds=True)
else:
    with database.engine.connect() as connection:
        configure(connection=connection)
