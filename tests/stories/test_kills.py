"""Killed in mid-batch and started again: nobody gets it twice, and nobody is lost."""

import pytest

from tests.engine import (
    a_launched_campaign,
    counters_are_true,
    customers,
    the_campaign,
    wait_until,
    webhooks_waiting,
)
from tests.server_process import free_port
from tests.stories.oracle import PEOPLE, a_running_app, nobody_twice_and_nobody_lost


def test_killed_with_sigkill_in_mid_batch_and_started_again(app, simulator, port):
    customers(PEOPLE, first=9_811_110_000)
    campaign = a_launched_campaign()
    running = a_running_app(app, simulator, port)
    for so_far in (40, 120, 200):
        simulator.wait_for(lambda counts, so_far=so_far: counts["posts"] >= so_far, 30)
        running.kill()
        running.start()
    wait_until(lambda: the_campaign(campaign.id).messages_pending == 0, 60)
    simulator.wait_until_told(30)
    wait_until(lambda: not webhooks_waiting(), 20)
    running.stop()

    nobody_twice_and_nobody_lost(simulator, campaign)


def two_servers_with_four_workers_each(app, simulator, port, people: int) -> None:
    customers(people, first=9_811_110_000)
    campaign = a_launched_campaign()
    with (
        a_running_app(app, simulator, port, workers=4),
        a_running_app(app, simulator, free_port(), workers=4),
    ):
        wait_until(lambda: the_campaign(campaign.id).messages_pending == 0, 120)
        simulator.wait_until_told(60)
        wait_until(lambda: not webhooks_waiting(), 30)

    nobody_twice_and_nobody_lost(simulator, campaign, people)
    assert the_campaign(campaign.id).messages_unconfirmed == 0
    # Two senders at once would show as twice the rate; the exact figure is measured in bench/, on a quiet machine.
    assert simulator.counts()["peak_per_second"] < 200


def test_two_servers_with_four_workers_each_send_each_message_once(app, simulator, port):
    two_servers_with_four_workers_each(app, simulator, port, PEOPLE)


@pytest.mark.slow
def test_two_servers_with_four_workers_each_send_two_thousand_messages_once(app, simulator, port):
    two_servers_with_four_workers_each(app, simulator, port, 2000)


def test_a_planned_stop_leaves_nothing_unconfirmed(app, simulator, port):
    simulator.settings(latency="0.3-0.6", webhook_url="")
    customers(PEOPLE, first=9_811_119_000)
    campaign = a_launched_campaign()
    running = a_running_app(app, simulator, port)
    simulator.wait_for(lambda counts: counts["posts"] >= 60, 30)
    running.stop()

    answered = sum(post["accepted_at"] is not None for post in simulator.log())
    campaign = the_campaign(campaign.id)
    assert campaign.messages_sent == answered
    assert campaign.messages_pending > 0
    assert counters_are_true()
