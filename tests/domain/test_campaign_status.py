"""The moves between the states of a campaign."""

import pytest

from campaign_app.domain.campaign_status import MOVES, CampaignStatus, may

PERMITTED = {
    ("launch", "draft"), ("pause", "active"), ("resume", "paused"), ("cancel", "active"), ("cancel", "paused"), ("cancel", "draft"),
}  # fmt: skip


@pytest.mark.parametrize("verb", sorted(MOVES))
@pytest.mark.parametrize("status", list(CampaignStatus))
def test_only_the_written_moves_are_permitted(verb, status):
    assert may(verb, status) is ((verb, str(status)) in PERMITTED)


@pytest.mark.parametrize("ended", [CampaignStatus.CANCELLED, CampaignStatus.COMPLETED])
def test_nothing_leads_out_of_an_end(ended):
    assert not any(may(verb, ended) for verb in MOVES)
