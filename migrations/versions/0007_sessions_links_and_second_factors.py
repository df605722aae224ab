"""Who is signed in where, links that are used once, and second factors.

Everybody has to sign in again: what signed-in browsers held until now is known no longer.

Revision ID: 0007
Revises: 0006
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def role_known():
    """SQLite makes the table anew, and its CHECKs are not found by themselves."""
    return sa.CheckConstraint("role IN ('admin', 'staff', 'viewer')", name=op.f("ck_users_role_known"))


def upgrade():
    with op.batch_alter_table("users", table_args=(role_known(),)) as table:
        table.drop_constraint("uq_users_session_key", type_="unique")
        table.drop_column("session_key")
        table.add_column(sa.Column("second_factor_seed", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("second_factor_since", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("second_factor_last_step", sa.Integer(), nullable=True))
    op.create_table(
        "user_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_sessions_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
        sa.UniqueConstraint("key_sha256", name=op.f("uq_user_sessions_key_sha256")),
    )
    op.create_index(op.f("ix_user_sessions_user_id"), "user_sessions", ["user_id"])
    op.create_index(op.f("ix_user_sessions_created_at"), "user_sessions", ["created_at"])
    op.create_table(
        "account_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('invitation', 'reset')", name=op.f("ck_account_links_kind_known")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_account_links_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_links")),
        sa.UniqueConstraint("key_sha256", name=op.f("uq_account_links_key_sha256")),
    )
    op.create_index(op.f("ix_account_links_user_id"), "account_links", ["user_id"])
    op.create_index(op.f("ix_account_links_expires_at"), "account_links", ["expires_at"])
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("code_sha256", name=op.f("uq_recovery_codes_code_sha256")),
    )
    op.create_index(op.f("ix_recovery_codes_user_id"), "recovery_codes", ["user_id"])


def downgrade():
    for name in ("recovery_codes", "account_links", "user_sessions"):
        op.drop_table(name)
    op.add_column("users", sa.Column("session_key", sa.String(length=64), nullable=True))
    users = sa.table("users", sa.column("id", sa.Uuid()), sa.column("session_key", sa.String()))
    for (user_id,) in op.get_bind().execute(sa.select(users.c.id)).all():
        new_key = users.update().where(users.c.id == user_id).values(session_key=secrets.token_urlsafe(32))
        op.execute(new_key)
    with op.batch_alter_table("users", table_args=(role_known(),)) as table:
        for name in ("second_factor_last_step", "second_factor_since", "second_factor_seed"):
            table.drop_column(name)
        table.alter_column("session_key", existing_type=sa.String(length=64), nullable=False)
        table.create_unique_constraint("uq_users_session_key", ["session_key"])
