"""Meta's calls to a webhook, made by ourselves: to see from this server whether they would arrive."""

from dataclasses import dataclass

import requests

from campaign_app.whatsapp.signature import sign

CONNECT_SECONDS, ANSWER_SECONDS = 5, 10
LONGEST_READ = 500  # bytes of an answer


@dataclass(frozen=True)
class ProbeAnswer:
    """`status` is the HTTP status, None where none came; then `fault` is a sentence for people."""

    status: int | None
    text: str = ""
    fault: str = ""


def shake_hands(address: str, verify_token: str, challenge: str) -> ProbeAnswer:
    """As Meta does once, when the address is entered: the right answer is the challenge alone."""
    asked = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": challenge}
    return _ask("GET", address, params=asked)


def deliver(address: str, raw: bytes, secret: str) -> ProbeAnswer:
    """As Meta does for each event, signed with `secret`."""
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": sign(raw, secret)}
    return _ask("POST", address, data=raw, headers=headers)


def _ask(method: str, address: str, **options) -> ProbeAnswer:
    """Follows no redirect, as Meta does not, and reads only the beginning of the answer."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            with session.request(
                method, address, timeout=(CONNECT_SECONDS, ANSWER_SECONDS), allow_redirects=False, stream=True, **options
            ) as answer:  # fmt: skip
                beginning = answer.raw.read(LONGEST_READ, decode_content=True)
                return ProbeAnswer(answer.status_code, beginning.decode("utf-8", "replace"))
        except requests.exceptions.SSLError:
            return ProbeAnswer(None, fault="The certificate is not valid for this address.")
        except requests.exceptions.ConnectionError:
            return ProbeAnswer(None, fault="No connection: the name is not known, or nothing answers there.")
        except requests.exceptions.Timeout:
            return ProbeAnswer(None, fault=f"No answer within {ANSWER_SECONDS} seconds.")
        except (requests.exceptions.RequestException, OSError):
            return ProbeAnswer(None, fault="The answer broke off.")
