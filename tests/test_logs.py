"""The log: what happened and to which id, in the words that recipes with grep look for; never a number, never a token."""

import io
import json
import logging
import re
from datetime import datetime, timedelta

import pytest

from campaign_app.extensions import db
from campaign_app.logs import mask
from campaign_app.services.number import change_number
from campaign_app.services.opt_outs import record_opt_out
from campaign_app.services.send_outcomes import Result, settle
from campaign_app.services.webhook_batches import apply_waiting
from campaign_app.services.webhook_inbox import store
from campaign_app.whatsapp.send_outcome import SendKind, SendOutcome
from tests.databases import DEFAULTS, an_app
from tests.engine import (
    RunningSimulator,
    a_launched_campaign,
    an_app_on,
    customers,
    the_campaign,
    wait_until,
    webhooks_waiting,
)
from tests.makers import NOON, a_campaign, sent_out
from tests.page_checks import a_client
from tests.server_process import RunningApp, free_port
from tests.whatsapp.webhooks import a_change, a_message, a_status, a_webhook

LOG = logging.getLogger("campaign_app.tests")
PLANTED = "+919876543210"


@pytest.fixture
def written(app):
    """What the app's own formatter makes of everything that is logged."""
    yield from _written()


def _written():
    stream = io.StringIO()
    formatter = next(
        handler.formatter for handler in logging.getLogger("campaign_app").handlers if handler.formatter
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.getLogger("campaign_app").addHandler(handler)
    yield stream.getvalue
    logging.getLogger("campaign_app").removeHandler(handler)


def test_lines_that_are_logged_together_are_lines_of_their_own_each_masked(written):
    lines = [f"Status update: a -> {PLANTED}", "b\n2026-01-01 INFO campaign_app: forged"]
    LOG.info("\n".join(lines), extra={"lines": lines})
    first, second = written().splitlines()
    assert first.endswith("campaign_app.tests: Status update: a -> +91•••••3210")
    assert second.endswith(r"campaign_app.tests: b\n2026-01-01 INFO campaign_app: forged")


@pytest.mark.parametrize(
    "line",
    [
        "sent to +919876543210", "919876543210", "to=919876543210,", '{"to": "919876543210"}', "('+919876543210',)", "<919876543210>",
        "file 919876543210_list.csv", "from.919876543210", "-919876543210-", "+91 98765 43210", "+91-98765-43210", "+91 (98765) 43210.",
        "tel:+919876543210", "https://h/v25.0/919876543210/x", "phone_number=(+919876543210) already exists", "9876543210", "\t+919876543210\n",
    ],
)  # fmt: skip
def test_a_full_phone_number_is_masked_wherever_it_stands(line):
    masked = mask(line)
    assert "9876543210" not in re.sub(r"\D", "", masked)
    assert "•" in masked


@pytest.mark.parametrize(
    "line",
    [
        "Status update: wamid.HBgMOTE5ODc2NTQzMjEwFQIAERgSMTIzNDU2Nzg5MA== -> read",
        "Message 01a20431-888d-7665-9cd6-987650651073 failed: Error 131026: Message undeliverable",
        "Processing 3 campaigns", "2026-11-22 16:10:38,123", "listening on 127.0.0.1:8000", "in 0.123456789 seconds",
    ],
)  # fmt: skip
def test_ids_times_and_small_numbers_stay_as_they_are(line):
    assert mask(line) == line


@pytest.mark.parametrize(
    "line",
    ["Authorization: Bearer EAAGsecret", "authorization: bearer EAAGsecret", "https://h/x?access_token=EAAGsecret&y=1", "{'Authorization': 'Bearer EAAGsecret'}"],
)  # fmt: skip
def test_a_token_is_masked(line):
    assert "EAAGsecret" not in mask(line)


def test_every_secret_of_the_settings_is_masked_without_any_word_before_it(app):
    for name in ("SECRET_KEY", "WHATSAPP_ACCESS_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN"):
        assert DEFAULTS[name] not in mask(f"Settings({DEFAULTS[name]!r})")


@pytest.mark.parametrize("sign", ["\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029", "\x1b", "\x00"])
def test_nothing_that_is_logged_begins_a_new_line(written, sign):
    LOG.info("Signed in: %s", f"ana{sign}2026-01-01 00:00:00 INFO campaign_app: Status update: forged")
    assert len(written().splitlines()) == 1
    assert sign not in written().rstrip("\n")


def test_a_traceback_hides_numbers_and_cannot_pass_for_a_message(written):
    try:
        raise ValueError(f"{PLANTED}\n2026-01-01 INFO campaign_app: Status update: forged")
    except ValueError:
        LOG.exception("It failed")
    first, *rest = written().splitlines()
    assert first.endswith("It failed")
    assert rest and all(line.startswith("    ") for line in rest)
    assert PLANTED not in written()


def test_an_error_of_the_database_shows_no_value(written):
    campaign = a_campaign()
    sent_out(campaign, 1)
    try:
        sent_out(campaign, 1)  # the same number again
    except Exception:
        db.session.rollback()
        LOG.exception("It failed")
    assert "UNIQUE" in written().upper()
    assert "+919800000001" not in written() and "parameters: (" not in written()


def test_a_webhook_full_of_numbers_and_new_lines_leaves_none_in_the_log(written):
    (message,) = sent_out(a_campaign(), 1)
    forged = f"to {PLANTED} from 919876543210\r\nProcessing 99 campaigns"
    error = {"code": 131026, "title": forged, "message": forged, "error_data": {"details": forged}}
    step = a_status(
        id=f"wamid.{message['id']}",
        biz_opaque_callback_data=str(message["id"]),
        status="failed",
        errors=[error],
    )
    store(a_webhook(a_change(statuses=[step], messages=[a_message(text={"body": f"STOP {PLANTED}"})])), NOON)
    store(json.dumps({"entry": PLANTED, "object": forged}).encode(), NOON)
    db.session.commit()
    while apply_waiting():
        pass
    record_opt_out(PLANTED, "ours", forged, "test", NOON)
    change_number(check_error=forged)

    assert f"Message wamid.{message['id']} failed: " in written()
    assert "9876543210" not in re.sub(r"[ ()-]", "", written())
    assert not any(line.startswith("Processing") for line in written().splitlines())


def test_the_log_of_a_real_run_has_the_words_and_no_number_and_no_token(database_url):
    url, port = database_url, free_port()
    with RunningSimulator(
        webhook_url=f"http://127.0.0.1:{port}/webhook/whatsapp", latency="0.005-0.01"
    ) as simulator:
        app = an_app_on(simulator, url)
        with app.app_context():
            # The last eight digits of these two: refused with that code, and accepted, then failed with it.
            people = [
                one.phone_number
                for first in (9_777_131_026, 9_778_131_049)
                for one in customers(1, first=first)
            ]
            people += [one.phone_number for one in customers(60, first=9_811_110_000)]
            campaign = a_launched_campaign().id
            environ = {"WHATSAPP_API_URL": simulator.url, "WHATSAPP_ACCESS_TOKEN": simulator.access_token}
            environ |= {
                "WHATSAPP_APP_SECRET": simulator.app_secret,
                "WHATSAPP_VERIFY_TOKEN": simulator.verify_token,
            }
            with RunningApp(
                url, port, workers=1, MESSAGING_LIMIT="unlimited", SEND_RATE_PER_SECOND="500", **environ
            ) as running:
                wait_until(lambda: the_campaign(campaign).messages_pending == 0, 60)
                simulator.wait_until_told(30)
                wait_until(lambda: not webhooks_waiting(), 30)
            log = running.log()
            db.session.remove()
            db.engine.dispose()

    for words in (
        r"Processing 1 campaigns", r"Status update: wamid\.\S+ -> read", r"Updated campaign recipient status: [0-9a-f-]{36} -> delivered",
        r"Updated whatsapp_messages status: [0-9a-f-]{36} -> read", r"Message \S+ failed: Error \d+: .+",
    ):  # fmt: skip
        assert re.search(words, log), f"{words} is not in the log:\n{log[-3000:]}"
    for number in people:
        assert number not in log and number[1:] not in log and number[3:] not in log
    for secret in (
        simulator.access_token,
        simulator.app_secret,
        simulator.verify_token,
        DEFAULTS["SECRET_KEY"],
    ):
        assert secret not in log


def lines_of(written) -> list[dict]:
    return [json.loads(line) for line in written().splitlines()]


@pytest.fixture
def in_json(app):
    """The formatter that LOG_FORMAT=json chooses, for as long as a test runs."""
    other = an_app(app.config["SETTINGS"].database_url, LOG_FORMAT="json")
    yield other
    with other.app_context():
        db.engine.dispose()
    an_app(app.config["SETTINGS"].database_url)


@pytest.fixture
def written_in_json(in_json):
    yield from _written()


def test_in_json_each_message_is_an_object_in_a_line_of_its_own_masked_too(written_in_json):
    lines = [f"Status update: a -> {PLANTED}", 'b "quoted"\n{"level": "forged"}']
    LOG.info("\n".join(lines), extra={"lines": lines, "campaign": "0198f2f0-0000-7000-8000-000000000000"})
    first, second = lines_of(written_in_json)
    assert first["message"] == "Status update: a -> +91•••••3210"
    assert second["message"] == 'b "quoted"\\n{"level": "forged"}'
    assert first["campaign"] == "0198f2f0-0000-7000-8000-000000000000"
    assert (first["level"], first["logger"]) == ("INFO", "campaign_app.tests")
    assert datetime.fromisoformat(first["at"]).utcoffset() == timedelta(0)


def test_in_json_a_traceback_is_a_list_in_the_same_line(written_in_json):
    try:
        raise ValueError(f"no {PLANTED}\nforged")
    except ValueError:
        LOG.exception("It failed")
    (line,) = lines_of(written_in_json)
    assert line["message"] == "It failed" and line["trace"][-2].startswith("ValueError: no +91•••••3210")


def test_what_is_logged_within_a_request_carries_its_id_and_the_campaigns(app, written):
    campaign = a_campaign()
    answer = a_client(app, "viewer").http.get(f"/campaigns/{campaign.id}")
    id_ = answer.headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{16}", id_)
    (line,) = [line for line in written().splitlines() if "GET campaigns.show 200" in line]
    assert line.endswith(f"[request {id_}, campaign {campaign.id}]")
    LOG.info("outside of it")
    assert written().splitlines()[-1].endswith("outside of it")
    assert a_client(app, None).http.get("/login").headers["X-Request-ID"] != id_


def test_what_people_search_for_stands_in_no_line(app, written):
    a_client(app, "viewer").get(f"/customers?q={PLANTED}&name=Anneliese")
    assert "customers.index" in written()
    assert "Anneliese" not in written() and "9876543210" not in written()


def test_an_error_page_tells_the_reference_that_the_log_has(app, written):
    answer = a_client(app, "viewer").http.get("/no-such-page")
    reference = re.search(r"[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}", answer.text)[0]
    (line,) = [line for line in written().splitlines() if reference in line]
    assert answer.headers["X-Request-ID"] in line


def test_a_refused_message_is_logged_with_its_campaign(app, written):
    campaign = a_campaign()
    (message,) = sent_out(campaign, 1)
    settle([Result(message["id"], SendOutcome(SendKind.UNKNOWN, detail="The connection broke."), NOON)], NOON)
    (line,) = written().splitlines()
    assert line.endswith(
        f"Message {message['id']} is not confirmed: The connection broke. [campaign {campaign.id}]"
    )


def test_what_gunicorn_says_is_masked_too():
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(logging.Formatter("[gunicorn] %(message)s"))
    logger = logging.getLogger("gunicorn.error")
    logger.addHandler(handler)
    try:
        an_app("sqlite:///unused.db")
        logger.error("Error handling request /x?to=%s", PLANTED)
    finally:
        logger.removeHandler(handler)
    assert handler.stream.getvalue() == "[gunicorn] Error handling request /x?to=+91•••••3210\n"
