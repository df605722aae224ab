"""Where WhatsApp delivers: only what is signed is stored, and what is stored is durable before the 200."""

import json
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from sqlalchemy import func, select

from campaign_app.extensions import db
from campaign_app.models.webhook_event import WebhookEvent
from campaign_app.whatsapp.signature import sign
from tests.databases import DEFAULTS, an_app

URL = "/webhook/whatsapp"
SECRET = DEFAULTS["WHATSAPP_APP_SECRET"]
BODY = json.dumps({"object": "whatsapp_business_account", "entry": [], "name": "Zo\u00eb"}).encode()


def stored() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(WebhookEvent))


def post(client, raw: bytes, signature: str | None):
    headers = {} if signature is None else {"X-Hub-Signature-256": signature}
    return client.post(URL, data=raw, headers=headers, content_type="application/json")


def test_a_signed_body_is_stored_as_it_came(app):
    answer = post(app.test_client(), BODY, sign(BODY, SECRET))

    assert (answer.status_code, answer.data) == (200, b"")
    assert db.session.scalars(select(WebhookEvent.body)).all() == [BODY]


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        sign(BODY, "another secret"),
        sign(BODY, SECRET).upper(),
        sign(BODY, SECRET)[:-1],
        sign(BODY, SECRET).removeprefix("sha256="),
        sign(json.dumps(json.loads(BODY), ensure_ascii=False).encode(), SECRET),
    ],
)
def test_without_the_right_signature_nothing_is_stored(app, signature):
    answer = post(app.test_client(), BODY, signature)

    assert (answer.status_code, answer.data) == (403, b"")
    assert stored() == 0


def test_while_one_secret_replaces_another_both_are_good(database_url):
    app = an_app(database_url, WHATSAPP_APP_SECRET=" the old one, the new one ,")
    with app.app_context():
        answers = [
            post(app.test_client(), BODY, sign(BODY, secret)).status_code
            for secret in ("the old one", "the new one", "", ",", "the old one, the new one", "another")
        ]
        assert answers == [200, 200, 403, 403, 403, 403]
        assert stored() == 1
        db.engine.dispose()


@pytest.mark.parametrize("setting", ["", " ", ",", " , "])
def test_without_a_secret_every_body_is_refused(database_url, setting):
    app = an_app(database_url, WHATSAPP_APP_SECRET=setting)
    with app.app_context():
        assert post(app.test_client(), BODY, sign(BODY, setting)).status_code == 403
        assert post(app.test_client(), BODY, sign(BODY, "")).status_code == 403
        db.engine.dispose()


@pytest.mark.parametrize(
    "raw", [b"", b"no json", b"\xff\xfe\x00", b'{"entry": 1}', b"[" * 10_000, b'{"a": "\\u0000"}']
)
def test_whatever_is_signed_is_taken_and_never_a_server_error(app, raw):
    assert post(app.test_client(), raw, sign(raw, SECRET)).status_code == 200
    assert stored() == 1


def test_the_same_body_again_is_one_event(app):
    for _ in range(3):
        assert post(app.test_client(), BODY, sign(BODY, SECRET)).status_code == 200
    assert stored() == 1


@pytest.mark.parametrize(("size", "status"), [(3 * 2**20, 200), (3 * 2**20 + 1, 413)])
def test_a_body_may_have_three_megabytes(app, size, status):
    raw = b" " * size
    assert post(app.test_client(), raw, sign(raw, SECRET)).status_code == status
    assert stored() == (1 if status == 200 else 0)


@pytest.mark.parametrize(("size", "status"), [(3 * 2**20, 200), (3 * 2**20 + 1, 413)])
def test_a_body_in_chunks_that_does_not_say_its_length_is_measured_too(app, size, status):
    raw = b" " * size
    client, headers = app.test_client(), {"X-Hub-Signature-256": sign(raw, SECRET)}
    stream = {"input_stream": BytesIO(raw), "environ_overrides": {"wsgi.input_terminated": True}}
    assert client.post(URL, headers=headers, **stream).status_code == status
    assert stored() == (1 if status == 200 else 0)


def test_a_body_that_breaks_off_is_not_stored(app):
    client, headers = app.test_client(), {"X-Hub-Signature-256": sign(BODY, SECRET)}
    longer = {"CONTENT_LENGTH": str(len(BODY) + 1)}
    answer = client.post(URL, input_stream=BytesIO(BODY), headers=headers, environ_overrides=longer)
    assert answer.status_code == 400
    assert stored() == 0


def test_many_at_once_are_all_stored(app):
    bodies = [f'{{"n": {number}}}'.encode() for number in range(60)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(
            pool.map(lambda raw: post(app.test_client(), raw, sign(raw, SECRET)).status_code, bodies)
        )

    assert answers == [200] * 60
    assert set(db.session.scalars(select(WebhookEvent.body))) == set(bodies)


def test_a_database_that_cannot_take_it_makes_whatsapp_deliver_again(app):
    db.session.execute(db.text("ALTER TABLE webhook_events RENAME TO away"))
    db.session.commit()
    answer = post(app.test_client(), BODY, sign(BODY, SECRET))
    db.session.execute(db.text("ALTER TABLE away RENAME TO webhook_events"))
    db.session.commit()

    assert (answer.status_code, answer.data) == (503, b"")


def test_the_handshake_gives_the_bare_challenge_back(app):
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": DEFAULTS["WHATSAPP_VERIFY_TOKEN"],
        "hub.challenge": "<b>158</b>",
    }
    answer = app.test_client().get(URL, query_string=query)

    assert (answer.status_code, answer.text) == (200, "<b>158</b>")
    assert answer.mimetype == "text/plain"


@pytest.mark.parametrize(
    "change", [{"hub.verify_token": "wrong"}, {"hub.verify_token": ""}, {"hub.mode": "other"}]
)
def test_the_handshake_refuses_everybody_else(app, change):
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": DEFAULTS["WHATSAPP_VERIFY_TOKEN"],
        "hub.challenge": "158",
    }
    assert app.test_client().get(URL, query_string={**query, **change}).status_code == 403
