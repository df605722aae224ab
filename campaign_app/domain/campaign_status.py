"""The states of a campaign and the moves between them."""

from enum import StrEnum


class CampaignStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


# verb -> the states it may start from and the state it leads to.
MOVES: dict[str, tuple[frozenset[CampaignStatus], CampaignStatus]] = {
    "launch": (frozenset({CampaignStatus.DRAFT}), CampaignStatus.ACTIVE),
    "pause": (frozenset({CampaignStatus.ACTIVE}), CampaignStatus.PAUSED),
    "resume": (frozenset({CampaignStatus.PAUSED}), CampaignStatus.ACTIVE),
    "cancel": (
        frozenset({CampaignStatus.ACTIVE, CampaignStatus.PAUSED, CampaignStatus.DRAFT}),
        CampaignStatus.CANCELLED,
    ),
}


def may(verb: str, status: str) -> bool:
    """Whether `verb` can be done to a campaign in `status`.

    >>> may("pause", "active"), may("resume", "cancelled")
    (True, False)
    """
    return status in MOVES[verb][0]
