"""Messages as the Cloud API wants them, and the sending of them."""

import requests

ORDINARY_NUMBER = "+919812340000"  # delivered and read, with seed 1


def a_message(to: str = ORDINARY_NUMBER, **changes: object) -> dict:
    """A template message without parameters; `changes` replace top-level keys, None removes one."""
    message = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to,
        "type": "template",
        "template": {"name": "holiday_sale_template", "language": {"code": "en_US"}},
        **changes,
    }
    return {key: value for key, value in message.items() if value is not None}


def a_template(name: str, *components: dict, language: str = "en_US", **more: object) -> dict:
    return {"name": name, "language": {"code": language}, "components": list(components), **more}


def body(*texts: str, **named: str) -> dict:
    parameters = [{"type": "text", "text": text} for text in texts]
    parameters += [{"type": "text", "parameter_name": name, "text": text} for name, text in named.items()]
    return {"type": "body", "parameters": parameters}


def header(*parameters: dict) -> dict:
    return {"type": "header", "parameters": list(parameters)}


def button(sub_type: str, index: object, *parameters: dict) -> dict:
    return {"type": "button", "sub_type": sub_type, "index": index, "parameters": list(parameters)}


def text(value: object) -> dict:
    return {"type": "text", "text": value}


def send(simulator, message: object, *, token: str | None = "", url: str = "", seconds: float = 10):
    """POST the message (JSON, or bytes as they are) and return the response."""
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token or simulator.access_token}"
    data = {"data": message} if isinstance(message, bytes) else {"json": message}
    address = url or simulator.messages_url
    return requests.post(address, headers=headers, timeout=seconds, allow_redirects=False, **data)


def get(simulator, path: str, **query: str):
    """GET a Graph path such as `102290129340398/message_templates`."""
    headers = {"Authorization": f"Bearer {simulator.access_token}"}
    return requests.get(f"{simulator.url}/v25.0/{path}", params=query, headers=headers, timeout=10)


def error_of(response) -> dict:
    return response.json()["error"]


def code_of(simulator, message: object) -> int | None:
    """The code that the message is refused with; None when it is accepted."""
    answer = send(simulator, message).json()
    return answer.get("error", {}).get("code")
