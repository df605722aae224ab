"""A program that uses the JSON API: every answer that it gets is held against the description of the API."""

import json

from flask import Flask
from pydantic import ConfigDict, TypeAdapter

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.services.api_tokens import create_token
from campaign_app.web.api.openapi import PREFIX, operations_of

CAMPAIGN = {
    "name": "Holiday Sale",
    "description": "New Year promotion",
    "template_name": "holiday_sale_template",
    "language_code": "en_US",
    "target_audience": {"customer_tier": ["gold", "platinum"], "location": "Mumbai"},
    "daily_send_limit": 250,
    "priority": 5,
    "scheduled_start_date": "2030-01-01T00:00:00",
    "scheduled_end_date": "2030-01-07T23:59:59",
}


class ApiClient:
    """`get("/campaigns")` and so on, with the token of a role, or without one for None."""

    def __init__(self, app: Flask, role: str | None = "staff"):
        self.app = app
        self.http = app.test_client()
        self.token = self.token_id = None
        if role is not None:
            token, self.token = create_token(f"a {role}", role, "the tests", utc_now())
            db.session.commit()
            self.token_id = token.id

    def get(self, path: str, status: int = 200, **options):
        return self.ask("GET", path, status, **options)

    def post(self, path: str, body=None, status: int = 200, **options):
        return self.ask("POST", path, status, json=body, **options)

    def put(self, path: str, body=None, status: int = 200, **options):
        return self.ask("PUT", path, status, json=body, **options)

    def patch(self, path: str, body=None, status: int = 200, **options):
        return self.ask("PATCH", path, status, json=body, **options)

    def delete(self, path: str, status: int = 204, **options):
        return self.ask("DELETE", path, status, **options)

    def ask(
        self, method: str, path: str, status: int | None, key: str | None = None, headers=None, **options
    ):
        """One request in an application context of its own; `status` is what is expected, `key` an Idempotency-Key."""
        headers = dict(headers or {})
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if key is not None:
            headers["Idempotency-Key"] = key
        if options.get("json", ...) is None:
            del options["json"]
        db.session.commit()  # else SQLite would wait for the test's own transaction
        with self.app.app_context():
            answer = self.http.open(PREFIX + path, method=method, headers=headers, **options)
            endpoint = self._endpoint(method, path)
        db.session.expire_all()
        assert status in (None, answer.status_code), (
            f"{method} {path}: {answer.status_code}\n{answer.text[:3000]}"
        )
        check_answer(self.app, endpoint, answer, method)
        return answer

    def campaign(self, **fields) -> dict:
        """A draft, made over the API."""
        return self.post("/campaigns", {**CAMPAIGN, **fields}, 201).json

    def _endpoint(self, method: str, path: str) -> str | None:
        adapter = self.app.url_map.bind("localhost")
        try:
            return adapter.match(PREFIX + path.split("?")[0], method)[0]
        except Exception:
            return None


def check_answer(app: Flask, endpoint: str | None, answer, method: str) -> None:
    """Errors have their one shape; what is fine is exactly what the description says."""
    if answer.status_code >= 400:
        if method != "HEAD":
            check_error(answer)
        return
    operation = next((one for rule, _, _, one in operations_of(app) if rule.endpoint == endpoint), None)
    if operation is None or method in ("HEAD", "OPTIONS"):
        return
    if answer.status_code == 304 and operation.tagged:
        assert answer.data == b""
        return
    assert answer.status_code in (operation.status, *operation.answers_too), (
        f"{endpoint}: {answer.status_code}"
    )
    if operation.answer is None:
        assert answer.data == b""
        return
    assert answer.mimetype == "application/json"
    assert list(answer.json) == list(operation.answer.model_fields), endpoint
    operation.answer.model_validate_json(answer.data, strict=True)


def check_error(answer) -> None:
    assert answer.mimetype == "application/json", answer.text[:500]
    error = answer.json["error"]
    assert answer.json.keys() == {"error"} and error.keys() <= {"code", "message", "fields", "reference"}
    assert error["code"] and error["message"]
    assert ("reference" in error) == (answer.status_code >= 500)
    fields = TypeAdapter(dict[str, list[str]], config=ConfigDict(strict=True))
    assert fields.validate_json(json.dumps(error.get("fields", {}))) is not None
