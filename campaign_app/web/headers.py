"""The headers that every answer carries: nothing from another host, nothing inline, nothing kept by the browser's cache."""

from flask import Flask, Response, request

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)


_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)
_OVER_TLS = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")


def standard_headers(is_secure: bool) -> list[tuple[str, str]]:
    """What every answer carries, for an answer that Flask does not make."""
    tls = (_OVER_TLS,) if is_secure else ()
    return [("Content-Security-Policy", CONTENT_SECURITY_POLICY), *_ALWAYS, *tls]


def register(app: Flask) -> None:
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    for name, value in _ALWAYS:
        headers[name] = value
    if request.is_secure:
        headers[_OVER_TLS[0]] = _OVER_TLS[1]
    is_static = request.endpoint is not None and request.endpoint.endswith("static")
    if not is_static and not response.cache_control.private:  # which only a view with a reason says
        headers["Cache-Control"] = "no-store"
    return response
