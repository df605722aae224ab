"""The Cloud API as this app uses it: send a message, upload a medium, list the message templates, ask about the number."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from campaign_app.domain.messaging_limit import Limit, parse_limit
from campaign_app.whatsapp.errors import GraphError, graph_error
from campaign_app.whatsapp.json_values import NotJson, load_json, text_of
from campaign_app.whatsapp.multipart import MultipartForm
from campaign_app.whatsapp.send_outcome import SendKind, SendOutcome, outcome_of
from campaign_app.whatsapp.token_facts import Health, TokenFacts, health, server_time, token_facts
from campaign_app.whatsapp.transport import Answer, AnswerUnknown, NotSent, perform

MOST_ANSWER_BYTES = 1 << 20
MOST_LIST_BYTES = 8 << 20
MOST_PAGES = 1000
UPLOAD_SECONDS = 180.0  # 100 MB over a line of 5 Mbit a second
TEMPLATE_FIELDS = (
    "id,name,language,status,category,components,parameter_format,quality_score,rejected_reason,"
    "previous_category,correct_category,sub_category,message_send_ttl_seconds"
)
NUMBER_FIELDS = (
    "id,display_phone_number,verified_name,whatsapp_business_manager_messaging_limit,quality_rating,"
    "throughput,status,name_status,health_status"
)


class CloudApiError(Exception):
    """A question to the Cloud API got no good answer. `code` is Meta's, or None when it gave none."""

    def __init__(self, sentence: str, code: int | None = None, http_status: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
        self.http_status = http_status


@dataclass(frozen=True, slots=True)
class PhoneNumberFacts:
    """What Meta says about our number. `messaging_limit` is a number, "unlimited", or None: not said."""

    display_phone_number: str | None
    verified_name: str | None
    messaging_limit: Limit | None
    quality_rating: str | None
    throughput_level: str | None
    status: str | None
    health: Health
    raw: dict


@dataclass(frozen=True, slots=True)
class SubscribedApp:
    """An app that gets our account's webhooks; `callback_url` only where it differs from the app's own."""

    id: str | None
    name: str | None
    callback_url: str | None


@dataclass(frozen=True)
class CloudApi:
    """Safe to share between threads: each has its own connection. The token is in no repr and no log."""

    base_url: str
    version: str
    phone_number_id: str
    business_account_id: str
    access_token: str = field(repr=False)
    send_timeout_seconds: float = 20.0

    def send(self, payload: dict, may_leave: Callable[[], bool] | None = None) -> SendOutcome:
        """POST one message, once. Never raises; see SendKind for what may follow from the outcome.

        `may_leave` is asked right before the first byte is written; when it says no, the message is not sent.
        """
        missing = self._missing("WHATSAPP_ACCESS_TOKEN", "WHATSAPP_PHONE_NUMBER_ID")
        if missing:
            return SendOutcome(SendKind.NOT_SENT, detail=missing)
        try:
            body = json.dumps(payload, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError):
            return _unwritable()
        headers = {**self._headers(), "Content-Type": "application/json"}
        try:
            answer = perform(
                "POST",
                self._url(self.phone_number_id, "messages"),
                headers,
                body,
                self.send_timeout_seconds,
                MOST_ANSWER_BYTES,
                may_leave,
            )
        except NotSent as error:
            return SendOutcome(SendKind.NOT_SENT, detail=str(error))
        except AnswerUnknown as error:
            return SendOutcome(SendKind.UNKNOWN, detail=str(error))
        return outcome_of(answer)

    def upload_media(self, path: Path, mime_type: str) -> str:
        """The id of a medium uploaded from a file; WhatsApp keeps it for 30 days. Nobody gets anything of it yet: after a
        failure it may be tried again.

        Raises CloudApiError.
        """
        missing = self._missing("WHATSAPP_ACCESS_TOKEN", "WHATSAPP_PHONE_NUMBER_ID")
        if missing:
            raise CloudApiError(missing)
        form = MultipartForm.of({"messaging_product": "whatsapp", "type": mime_type}, path, mime_type)
        headers = {**self._headers(), **form.headers()}
        url = self._url(self.phone_number_id, "media")
        try:
            answer = perform("POST", url, headers, form, UPLOAD_SECONDS, MOST_ANSWER_BYTES)
        except (NotSent, AnswerUnknown) as error:
            raise CloudApiError(str(error)) from None
        media_id = text_of(_document(answer).get("id"), 64)
        if media_id is None:
            raise CloudApiError("WhatsApp gave an answer without the number of the medium.")
        return media_id

    def iter_templates(self) -> Iterator[dict]:
        """Every message template of the account as Meta gives it, page after page.

        Raises CloudApiError, perhaps after some templates: take all of them before you drop others.
        """
        query = {"fields": TEMPLATE_FIELDS, "limit": "100"}
        asked: set[str] = set()
        while (key := urlencode(query)) not in asked and len(asked) < MOST_PAGES:
            asked.add(key)
            page = self._get(self.business_account_id, "message_templates", query)
            yield from _items(page)
            following = _following(page)
            if following is None:
                return
            query = following
        raise CloudApiError("WhatsApp's list of message templates does not end.")

    def phone_number(self) -> PhoneNumberFacts:
        """Raises CloudApiError."""
        facts = self._get(self.phone_number_id, "", {"fields": NUMBER_FIELDS})
        throughput = facts.get("throughput")
        limit = facts.get("whatsapp_business_manager_messaging_limit", facts.get("messaging_limit_tier"))
        return PhoneNumberFacts(
            display_phone_number=text_of(facts.get("display_phone_number"), 40),
            verified_name=text_of(facts.get("verified_name"), 200),
            messaging_limit=parse_limit(limit),
            quality_rating=text_of(facts.get("quality_rating"), 20),
            throughput_level=text_of(throughput.get("level"), 20) if isinstance(throughput, dict) else None,
            status=text_of(facts.get("status")),
            health=health(facts),
            raw=facts,
        )

    def subscribed_apps(self) -> list[SubscribedApp]:
        """The apps that get this account's webhooks; none means that no status will ever come.

        Raises CloudApiError.
        """
        apps = []
        for item in _items(self._get(self.business_account_id, "subscribed_apps", {})):
            app = item.get("whatsapp_business_api_data")
            app = app if isinstance(app, dict) else {}
            callback_url = text_of(item.get("override_callback_uri"))
            apps.append(SubscribedApp(text_of(app.get("id")), text_of(app.get("name")), callback_url))
        return apps

    def token_facts(self) -> TokenFacts:
        """What our token may do, and until when. Raises CloudApiError.

        Meta takes the token in question in the address only; it goes nowhere but there.
        """
        return token_facts(self._get("debug_token", "", {"input_token": self.access_token}))

    def server_time(self) -> datetime | None:
        """The time of day by WhatsApp's own clock, to the second, whatever else it answers. Raises CloudApiError."""
        url = self._url(self.phone_number_id, "") + "?fields=id"
        return server_time(self._ask(url).headers.get("Date"))

    def _get(self, object_id: str, edge: str, query: dict[str, str]) -> dict:
        missing = self._missing("WHATSAPP_ACCESS_TOKEN") or (
            "" if object_id else "WHATSAPP_PHONE_NUMBER_ID or WHATSAPP_BUSINESS_ACCOUNT_ID is not set."
        )
        if missing:
            raise CloudApiError(missing)
        url = self._url(object_id, edge) + (f"?{urlencode(query)}" if query else "")
        return _document(self._ask(url))

    def _ask(self, url: str) -> Answer:
        try:
            return perform("GET", url, self._headers(), None, self.send_timeout_seconds, MOST_LIST_BYTES)
        except (NotSent, AnswerUnknown) as error:
            raise CloudApiError(str(error)) from None

    def _url(self, object_id: str, edge: str) -> str:
        path = "/".join(quote(part, safe="") for part in (self.version, object_id, edge) if part)
        return f"{self.base_url.rstrip('/')}/{path}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}

    def _missing(self, *settings: str) -> str:
        """A sentence naming the first of these settings that is empty, or an empty text."""
        values = {
            "WHATSAPP_ACCESS_TOKEN": self.access_token,
            "WHATSAPP_PHONE_NUMBER_ID": self.phone_number_id,
        }
        return next((f"{name} is not set." for name in settings if not values[name]), "")


def _document(answer: Answer) -> dict:
    """The JSON object of a good answer. Raises CloudApiError."""
    status = answer.status
    try:
        document = load_json(answer.body)
    except NotJson:
        raise CloudApiError(
            f"WhatsApp answered {status} with something else than JSON.", None, status
        ) from None
    error = graph_error(document, status)
    if error is not None:
        raise CloudApiError(error.reason, error.code, status)
    if status != 200 or not isinstance(document, dict):
        raise CloudApiError(
            f"WhatsApp gave an answer ({status}) that the app does not understand.", None, status
        )
    return document


def _items(page: dict) -> list[dict]:
    items = page.get("data")
    if not isinstance(items, list):
        raise CloudApiError("WhatsApp gave an answer without the list that was asked for.")
    return [item for item in items if isinstance(item, dict)]


def _following(page: dict) -> dict[str, str] | None:
    """The next page's query, from `paging.next`; None on the last page.

    Only the query is taken: the token goes to no other address than ours. Meta repeats the token in it,
    which would then stand in logs of addresses.
    """
    paging = page.get("paging")
    address = text_of(paging.get("next"), 8192) if isinstance(paging, dict) else None
    if address is None:
        return None
    try:
        pairs = parse_qsl(urlsplit(address).query)
    except ValueError:
        raise CloudApiError("WhatsApp gave an address of the next page that cannot be read.") from None
    return {name: value for name, value in pairs if name != "access_token"}


def _unwritable() -> SendOutcome:
    error = GraphError(
        code=None,
        title="The message could not be written as JSON",
        message=None,
        details="It was refused by this app and not sent",
    )
    return SendOutcome(SendKind.REFUSED, error=error, detail=error.reason)
