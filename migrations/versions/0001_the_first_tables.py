"""The first tables.

Revision ID: 0001
Revises: 
Create Date: 2026-11-22 15:55:35.935054

"""
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('api_tokens',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('token_sha256', sa.String(length=64), nullable=False),
    sa.Column('role', sa.String(length=10), nullable=False),
    sa.Column('created_by', sa.String(length=254), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("role IN ('staff', 'viewer')", name=op.f('ck_api_tokens_role_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_tokens')),
    sa.UniqueConstraint('token_sha256', name=op.f('uq_api_tokens_token_sha256'))
    )
    op.create_table('audit_entries',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.String(length=254), nullable=False),
    sa.Column('action', sa.String(length=60), nullable=False),
    sa.Column('subject_type', sa.String(length=40), nullable=True),
    sa.Column('subject_id', sa.String(length=64), nullable=True),
    sa.Column('details', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entries'))
    )
    with op.batch_alter_table('audit_entries', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_entries_at'), ['at'], unique=False)
        batch_op.create_index('ix_audit_entries_subject', ['subject_type', 'subject_id', 'at'], unique=False)

    op.create_table('customers',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('phone_number', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=True),
    sa.Column('customer_tier', sa.String(length=100), nullable=True),
    sa.Column('location', sa.String(length=200), nullable=True),
    sa.Column('language', sa.String(length=20), nullable=True),
    sa.Column('tags', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('attributes', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('opted_in', sa.Boolean(), nullable=True),
    sa.Column('opted_in_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('opted_in_source', sa.String(length=200), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_customers')),
    sa.UniqueConstraint('phone_number', name=op.f('uq_customers_phone_number'))
    )
    with op.batch_alter_table('customers', schema=None) as batch_op:
        batch_op.create_index('ix_customers_created_at', ['created_at'], unique=False)

    op.create_table('leases',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('owner', sa.String(length=64), nullable=False),
    sa.Column('epoch', sa.Integer(), server_default='0', nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_leases'))
    )
    op.create_table('marketing_campaigns',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('description', sa.Text(), nullable=True),
    sa.Column('template_name', sa.String(length=512), nullable=False),
    sa.Column('language_code', sa.String(length=20), server_default='en_US', nullable=False),
    sa.Column('template_components', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('template_snapshot', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('target_audience', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('status', sa.String(length=20), server_default='draft', nullable=False),
    sa.Column('status_reason', sa.Text(), nullable=True),
    sa.Column('priority', sa.Integer(), server_default='5', nullable=False),
    sa.Column('daily_send_limit', sa.Integer(), server_default='250', nullable=False),
    sa.Column('timezone', sa.String(length=64), nullable=True),
    sa.Column('send_window', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('scheduled_start_date', sa.DateTime(timezone=True), nullable=True),
    sa.Column('scheduled_end_date', sa.DateTime(timezone=True), nullable=True),
    sa.Column('launched_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('completed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('total_target_customers', sa.Integer(), server_default='0', nullable=False),
    sa.Column('messages_sent', sa.Integer(), server_default='0', nullable=False),
    sa.Column('messages_delivered', sa.Integer(), server_default='0', nullable=False),
    sa.Column('messages_read', sa.Integer(), server_default='0', nullable=False),
    sa.Column('messages_failed', sa.Integer(), server_default='0', nullable=False),
    sa.Column('messages_refused', sa.Integer(), server_default='0', nullable=False),
    sa.Column('messages_pending', sa.Integer(), server_default='0', nullable=False),
    sa.Column('messages_unconfirmed', sa.Integer(), server_default='0', nullable=False),
    sa.Column('recipients_skipped', sa.Integer(), server_default='0', nullable=False),
    sa.Column('created_by', sa.String(length=254), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("status IN ('draft', 'active', 'paused', 'completed', 'cancelled')", name=op.f('ck_marketing_campaigns_status_known')),
    sa.CheckConstraint('daily_send_limit >= 1', name=op.f('ck_marketing_campaigns_daily_send_limit_positive')),
    sa.CheckConstraint('priority BETWEEN 1 AND 10', name=op.f('ck_marketing_campaigns_priority_range')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_marketing_campaigns'))
    )
    with op.batch_alter_table('marketing_campaigns', schema=None) as batch_op:
        batch_op.create_index('ix_marketing_campaigns_active', ['priority', 'scheduled_start_date'], unique=False, postgresql_where=sa.text("status = 'active'"), sqlite_where=sa.text("status = 'active'"))
        batch_op.create_index('ix_marketing_campaigns_created_at', ['created_at'], unique=False)
        batch_op.create_index('ix_marketing_campaigns_status_created_at', ['status', 'created_at'], unique=False)

    op.create_table('message_templates',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('whatsapp_template_id', sa.String(length=64), nullable=True),
    sa.Column('name', sa.String(length=512), nullable=False),
    sa.Column('language', sa.String(length=20), nullable=False),
    sa.Column('status', sa.String(length=40), nullable=False),
    sa.Column('category', sa.String(length=40), nullable=True),
    sa.Column('parameter_format', sa.String(length=20), server_default='POSITIONAL', nullable=False),
    sa.Column('components', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('quality', sa.String(length=20), nullable=True),
    sa.Column('rejected_reason', sa.String(length=200), nullable=True),
    sa.Column('synced_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message_templates')),
    sa.UniqueConstraint('name', 'language', name=op.f('uq_message_templates_name_language'))
    )
    op.create_table('opt_outs',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('phone_number', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('recorded_by', sa.String(length=254), nullable=True),
    sa.Column('opted_out_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lifted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('meta', 'word', 'ours')", name=op.f('ck_opt_outs_kind_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_opt_outs'))
    )
    with op.batch_alter_table('opt_outs', schema=None) as batch_op:
        batch_op.create_index('ix_opt_outs_opted_out_at', ['opted_out_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_opt_outs_phone_number'), ['phone_number'], unique=False)
        batch_op.create_index('uq_opt_outs_holding', ['phone_number', 'kind'], unique=True, postgresql_where=sa.text('lifted_at IS NULL'), sqlite_where=sa.text('lifted_at IS NULL'))

    op.create_table('sending_numbers',
    sa.Column('phone_number_id', sa.String(length=40), nullable=False),
    sa.Column('display_phone_number', sa.String(length=40), nullable=True),
    sa.Column('verified_name', sa.String(length=200), nullable=True),
    sa.Column('quality_rating', sa.String(length=20), nullable=True),
    sa.Column('throughput_level', sa.String(length=20), nullable=True),
    sa.Column('messaging_limit', sa.Integer(), nullable=True),
    sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('check_error', sa.Text(), nullable=True),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('stopped_code', sa.Integer(), nullable=True),
    sa.Column('stopped_reason', sa.Text(), nullable=True),
    sa.Column('failing_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('next_probe_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('limit_used', sa.Integer(), nullable=True),
    sa.Column('limit_frees_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('run_requested_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_run_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('templates_synced_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('phone_number_id', name=op.f('pk_sending_numbers'))
    )
    op.create_table('sign_in_attempts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_attempts'))
    )
    with op.batch_alter_table('sign_in_attempts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sign_in_attempts_at'), ['at'], unique=False)
        batch_op.create_index('ix_sign_in_attempts_email_at', ['email', 'at'], unique=False)

    op.create_table('users',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('password_hash', sa.String(length=255), nullable=False),
    sa.Column('role', sa.String(length=10), nullable=False),
    sa.Column('is_enabled', sa.Boolean(), server_default='1', nullable=False),
    sa.Column('session_key', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_signed_in_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("role IN ('admin', 'staff', 'viewer')", name=op.f('ck_users_role_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users')),
    sa.UniqueConstraint('email', name=op.f('uq_users_email')),
    sa.UniqueConstraint('session_key', name=op.f('uq_users_session_key'))
    )
    op.create_table('waiting_statuses',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('wamid', sa.String(length=512), nullable=False),
    sa.Column('status', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('occurrences', sa.Integer(), server_default='1', nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('first_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_waiting_statuses')),
    sa.UniqueConstraint('sha256', name=op.f('uq_waiting_statuses_sha256'))
    )
    with op.batch_alter_table('waiting_statuses', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_waiting_statuses_first_seen_at'), ['first_seen_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_waiting_statuses_wamid'), ['wamid'], unique=False)

    op.create_table('webhook_events',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=20), server_default='waiting', nullable=False),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'applied', 'quarantined', 'unreadable')", name=op.f('ck_webhook_events_state_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_events')),
    sa.UniqueConstraint('sha256', name=op.f('uq_webhook_events_sha256'))
    )
    with op.batch_alter_table('webhook_events', schema=None) as batch_op:
        batch_op.create_index('ix_webhook_events_received_at', ['received_at'], unique=False)
        batch_op.create_index('ix_webhook_events_state_received_at', ['state', 'received_at'], unique=False)
        batch_op.create_index('ix_webhook_events_waiting', ['id'], unique=False, postgresql_where=sa.text("state = 'waiting'"), sqlite_where=sa.text("state = 'waiting'"))

    op.create_table('campaign_analytics',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Uuid(), nullable=False),
    sa.Column('analytics_date', sa.Date(), nullable=False),
    sa.Column('messages_sent', sa.Integer(), server_default='0', nullable=False),
    sa.Column('messages_delivered', sa.Integer(), server_default='0', nullable=False),
    sa.Column('messages_read', sa.Integer(), server_default='0', nullable=False),
    sa.Column('messages_failed', sa.Integer(), server_default='0', nullable=False),
    sa.Column('delivery_rate', sa.Numeric(precision=13, scale=1), server_default='0', nullable=False),
    sa.Column('read_rate', sa.Numeric(precision=13, scale=1), server_default='0', nullable=False),
    sa.Column('failure_rate', sa.Numeric(precision=13, scale=1), server_default='0', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['marketing_campaigns.id'], name=op.f('fk_campaign_analytics_campaign_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign_analytics')),
    sa.UniqueConstraint('campaign_id', 'analytics_date', name=op.f('uq_campaign_analytics_campaign_id_analytics_date'))
    )
    with op.batch_alter_table('campaign_analytics', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_campaign_analytics_analytics_date'), ['analytics_date'], unique=False)

    op.create_table('campaign_failure_counts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=True),
    sa.Column('failures', sa.Integer(), server_default='0', nullable=False),
    sa.Column('first_failed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_failed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['campaign_id'], ['marketing_campaigns.id'], name=op.f('fk_campaign_failure_counts_campaign_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign_failure_counts')),
    sa.UniqueConstraint('campaign_id', 'code', name=op.f('uq_campaign_failure_counts_campaign_id_code'))
    )
    op.create_table('campaign_recipients',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=True),
    sa.Column('phone_number', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('status', sa.String(length=20), server_default='pending', nullable=False),
    sa.Column('whatsapp_message_id', sa.String(length=512), nullable=True),
    sa.Column('message_id', sa.Uuid(), nullable=True),
    sa.Column('attempt', sa.Integer(), server_default='0', nullable=False),
    sa.Column('scheduled_send_date', sa.Date(), nullable=True),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('unconfirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('retry_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failure_code', sa.Integer(), nullable=True),
    sa.Column('failure_reason', sa.Text(), nullable=True),
    sa.Column('skipped_reason', sa.Text(), nullable=True),
    sa.Column('retry_count', sa.Integer(), server_default='0', nullable=False),
    sa.Column('max_retries', sa.Integer(), server_default='3', nullable=False),
    sa.Column('template_parameters', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('personal_values', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("status IN ('pending', 'queued', 'sent', 'delivered', 'read', 'failed', 'skipped')", name=op.f('ck_campaign_recipients_status_known')),
    sa.ForeignKeyConstraint(['campaign_id'], ['marketing_campaigns.id'], name=op.f('fk_campaign_recipients_campaign_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_campaign_recipients_customer_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign_recipients')),
    sa.UniqueConstraint('campaign_id', 'phone_number', name=op.f('uq_campaign_recipients_campaign_id_phone_number'))
    )
    with op.batch_alter_table('campaign_recipients', schema=None) as batch_op:
        batch_op.create_index('ix_campaign_recipients_claim', ['campaign_id', 'next_try_at', 'position'], unique=False, postgresql_where=sa.text("status = 'pending'"), sqlite_where=sa.text("status = 'pending'"))
        batch_op.create_index('ix_campaign_recipients_customer_id', ['customer_id'], unique=False)
        batch_op.create_index('ix_campaign_recipients_failed', ['failed_at', 'id'], unique=False, postgresql_where=sa.text("status = 'failed'"), sqlite_where=sa.text("status = 'failed'"))
        batch_op.create_index('ix_campaign_recipients_failure_code', ['campaign_id', 'failure_code', 'failed_at'], unique=False, postgresql_where=sa.text("status = 'failed'"), sqlite_where=sa.text("status = 'failed'"))
        batch_op.create_index('ix_campaign_recipients_list', ['campaign_id', 'status', 'position'], unique=False)
        batch_op.create_index('ix_campaign_recipients_phone_number', ['phone_number'], unique=False)
        batch_op.create_index('ix_campaign_recipients_position', ['campaign_id', 'position'], unique=False)
        batch_op.create_index('ix_campaign_recipients_retry_at', ['retry_at'], unique=False, postgresql_where=sa.text('retry_at IS NOT NULL'), sqlite_where=sa.text('retry_at IS NOT NULL'))
        batch_op.create_index('ix_campaign_recipients_unconfirmed', ['campaign_id', 'unconfirmed_at'], unique=False, postgresql_where=sa.text('unconfirmed_at IS NOT NULL'), sqlite_where=sa.text('unconfirmed_at IS NOT NULL'))

    op.create_table('campaign_send_schedule',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Uuid(), nullable=False),
    sa.Column('send_date', sa.Date(), nullable=False),
    sa.Column('batch_number', sa.Integer(), server_default='1', nullable=False),
    sa.Column('batch_size', sa.Integer(), nullable=False),
    sa.Column('messages_authorised', sa.Integer(), server_default='0', nullable=False),
    sa.Column('messages_sent', sa.Integer(), server_default='0', nullable=False),
    sa.Column('messages_remaining', sa.Integer(), server_default='0', nullable=False),
    sa.Column('status', sa.String(length=20), server_default='pending', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("status IN ('pending', 'processing', 'completed', 'failed')", name=op.f('ck_campaign_send_schedule_status_known')),
    sa.ForeignKeyConstraint(['campaign_id'], ['marketing_campaigns.id'], name=op.f('fk_campaign_send_schedule_campaign_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign_send_schedule')),
    sa.UniqueConstraint('campaign_id', 'send_date', 'batch_number', name=op.f('uq_campaign_send_schedule_campaign_id_send_date_batch_number'))
    )
    op.create_table('idempotent_requests',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('token_id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.String(length=255), nullable=False),
    sa.Column('request_sha256', sa.String(length=64), nullable=False),
    sa.Column('status_code', sa.Integer(), nullable=False),
    sa.Column('answer', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('location', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['token_id'], ['api_tokens.id'], name=op.f('fk_idempotent_requests_token_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_idempotent_requests')),
    sa.UniqueConstraint('token_id', 'key', name=op.f('uq_idempotent_requests_token_id_key'))
    )
    with op.batch_alter_table('idempotent_requests', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_idempotent_requests_created_at'), ['created_at'], unique=False)

    op.create_table('whatsapp_messages',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Uuid(), nullable=False),
    sa.Column('recipient_id', sa.Uuid(), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('phone_number', sa.String(length=20), nullable=False),
    sa.Column('whatsapp_message_id', sa.String(length=512), nullable=True),
    sa.Column('status', sa.String(length=20), server_default='queued', nullable=False),
    sa.Column('send_date', sa.Date(), nullable=False),
    sa.Column('authorised_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lease_epoch', sa.Integer(), nullable=False),
    sa.Column('accepted_as', sa.String(length=40), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('refused_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('unconfirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failure_code', sa.Integer(), nullable=True),
    sa.Column('failure_title', sa.String(length=300), nullable=True),
    sa.Column('failure_reason', sa.Text(), nullable=True),
    sa.Column('pricing_category', sa.String(length=60), nullable=True),
    sa.Column('pricing_type', sa.String(length=60), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("status IN ('queued', 'sent', 'delivered', 'read', 'failed')", name=op.f('ck_whatsapp_messages_status_known')),
    sa.ForeignKeyConstraint(['campaign_id'], ['marketing_campaigns.id'], name=op.f('fk_whatsapp_messages_campaign_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['recipient_id'], ['campaign_recipients.id'], name=op.f('fk_whatsapp_messages_recipient_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_whatsapp_messages')),
    sa.UniqueConstraint('recipient_id', 'attempt', name=op.f('uq_whatsapp_messages_recipient_id_attempt')),
    sa.UniqueConstraint('whatsapp_message_id', name=op.f('uq_whatsapp_messages_whatsapp_message_id'))
    )
    with op.batch_alter_table('whatsapp_messages', schema=None) as batch_op:
        batch_op.create_index('ix_whatsapp_messages_campaign_id', ['campaign_id'], unique=False)
        batch_op.create_index('ix_whatsapp_messages_moving_day', ['authorised_at', 'phone_number'], unique=False, postgresql_where=sa.text('refused_at IS NULL'), sqlite_where=sa.text('refused_at IS NULL'))
        batch_op.create_index('ix_whatsapp_messages_open', ['lease_epoch'], unique=False, postgresql_where=sa.text("status = 'queued' AND unconfirmed_at IS NULL"), sqlite_where=sa.text("status = 'queued' AND unconfirmed_at IS NULL"))
        batch_op.create_index('ix_whatsapp_messages_phone_number', ['phone_number', 'authorised_at'], unique=False, postgresql_where=sa.text('refused_at IS NULL'), sqlite_where=sa.text('refused_at IS NULL'))
    # Autogenerate cannot see indexes on expressions.
    op.create_index("ix_customers_customer_tier_lower", "customers", [sa.text("lower(customer_tier)")])
    op.create_index("ix_customers_location_lower", "customers", [sa.text("lower(location)")])


def downgrade():
    op.drop_table('whatsapp_messages')
    op.drop_table('idempotent_requests')
    op.drop_table('campaign_send_schedule')
    op.drop_table('campaign_recipients')
    op.drop_table('campaign_failure_counts')
    op.drop_table('campaign_analytics')
    op.drop_table('webhook_events')
    op.drop_table('waiting_statuses')
    op.drop_table('users')
    op.drop_table('sign_in_attempts')
    op.drop_table('sending_numbers')
    op.drop_table('opt_outs')
    op.drop_table('message_templates')
    op.drop_table('marketing_campaigns')
    op.drop_table('leases')
    op.drop_table('customers')
    op.drop_table('audit_entries')
    op.drop_table('api_tokens')
