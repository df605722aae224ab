"""What a program is told of its limit: the headers RateLimit-*, and Retry-After with a 429.

Source: IETF, draft-ietf-httpapi-ratelimit-headers-07.
"""

from uuid import UUID

from flask import Response, current_app, g

from campaign_app.domain.clock import utc_now
from campaign_app.services.api_rates import WINDOW_SECONDS, Rate, spend_request
from campaign_app.web.errors import answer


def refuse_too_many(token_id: UUID):
    """Count the request of this token; the refusal where its minute is spent, else None."""
    limit = current_app.config["SETTINGS"].api_requests_per_minute
    if not limit:
        return None
    g.api_rate = rate = spend_request(token_id, limit, utc_now())
    if not rate.is_over:
        return None
    sentence = f"This token may make {limit:,} requests a minute. Wait {rate.reset} seconds."
    return (*answer(429, sentence), {"Retry-After": str(rate.reset)})


def tell_rate(response: Response) -> Response:
    """After every request of the API."""
    rate: Rate | None = g.get("api_rate")
    if rate is not None:
        response.headers.extend(rate_headers(rate))
    return response


def rate_headers(rate: Rate) -> list[tuple[str, str]]:
    return [
        ("RateLimit-Limit", str(rate.limit)),
        ("RateLimit-Remaining", str(rate.remaining)),
        ("RateLimit-Reset", str(rate.reset)),
        ("RateLimit-Policy", f"{rate.limit};w={WINDOW_SECONDS}"),
    ]
