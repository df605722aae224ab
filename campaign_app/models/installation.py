"""Where this database stands: live, or a copy of one that has gone on elsewhere."""

from datetime import datetime

from sqlalchemy import BigInteger, Integer
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.extensions import Base
from campaign_app.models.types import UtcDateTime

THE_ONE = 1


class Installation(Base):
    """One row. `copied_at`: this is a copy made then, and nothing is sent until somebody says that it may."""

    __tablename__ = "installations"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    # PostgreSQL's own number of the table of campaigns: another one means that the tables came out of a dump.
    table_number: Mapped[int | None] = mapped_column(BigInteger)
    copied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    restored_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
