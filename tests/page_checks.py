"""A client for page tests: every HTML answer that it gets is checked for what must hold on every page."""

import re
from functools import cache
from html.parser import HTMLParser

import html5lib
from flask import Flask

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.user import User
from campaign_app.services.passwords import hash_of
from campaign_app.services.user_sessions import begin_session
from campaign_app.services.users import find_user_by_email
from campaign_app.web.browser_sessions import COOKIE_KEY

PASSWORD = "a lantern by the river"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class _Elements(HTMLParser):
    """Collects every start tag with its attributes, and the text of the title."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict]] = []
        self.title = ""
        self._in_title = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self._in_title = self._in_title or (tag == "title" and not self.title)

    def handle_endtag(self, tag):
        if tag == "title":
            self._in_title = False

    def handle_data(self, data):
        if self._in_title:
            self.title += data


class PageClient:
    """A browser of one person. `get` and `post` check the answer; `post` fetches the CSRF token by itself."""

    def __init__(self, app: Flask, base_url: str = "http://localhost"):
        self.app = app
        self.base_url = base_url
        self.http = app.test_client()

    def sign_in(self, role: str = "admin") -> "PageClient":
        """Be signed in as a user with `role`, made when there is none yet. The sign-in page has tests of its own."""
        email = f"{role}@example.com"
        user = find_user_by_email(email) or a_user(role, email)
        key = begin_session(user, "127.0.0.1", "a test", utc_now())
        db.session.commit()
        with self.http.session_transaction(base_url=self.base_url) as session:
            session[COOKIE_KEY] = key
        return self

    def get(self, path: str, status: int = 200, **options):
        """GET and check; `status` is what is expected."""
        answer = self._ask("get", path, **options)
        assert answer.status_code == status, (
            f"GET {path}: {answer.status_code}, not {status}\n{answer.text[:3000]}"
        )
        check_answer(answer, path)
        return answer

    def post(self, path: str, data: dict | None = None, status: int | None = None, **options):
        """POST a form with its token and check."""
        data = {"csrf_token": self.csrf_token(), **(data or {})}
        answer = self._ask("post", path, data=data, **options)
        if status is not None:
            assert answer.status_code == status, (
                f"POST {path}: {answer.status_code}, not {status}\n{answer.text[:3000]}"
            )
        check_answer(answer, path)
        return answer

    def csrf_token(self) -> str:
        page = self._ask("get", "/login", follow_redirects=True)
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert found, "No page with a form: " + page.text[:500]
        return found[1]

    def _ask(self, method: str, path: str, **options):
        """One request in an application context of its own: what a request keeps in `g` must not reach the next one.

        Ends the test's transaction first, which would keep others from writing to SQLite, and reads anew after it.
        """
        db.session.commit()
        with self.app.app_context():
            headers = {"Referer": f"{self.base_url}/", **options.pop("headers", {})}  # as browsers send it
            options = {"base_url": self.base_url, "headers": headers, **options}
            answer = getattr(self.http, method)(path, **options)
            answer.get_data()  # a streamed answer is read within the context
        db.session.expire_all()
        return answer


def a_client(app: Flask, role: str | None = "admin", base_url: str = "http://localhost") -> PageClient:
    """A client that is signed in with `role`, or anonymous for None."""
    client = PageClient(app, base_url)
    return client if role is None else client.sign_in(role)


def a_user(role: str = "staff", email: str = "somebody@example.com") -> User:
    """A committed user with the password PASSWORD."""
    user = User(email=email, role=role, password_hash=_hash_of_the_password(), created_at=utc_now())
    db.session.add(user)
    db.session.commit()
    return user


@cache
def _hash_of_the_password() -> str:
    return hash_of(PASSWORD)


def check_answer(answer, path: str) -> None:
    """Check headers and, where it is HTML, the page. Fragments (their last part begins with `_`) need no head."""
    for name, value in HEADERS.items():
        assert answer.headers.get(name) == value, f"{path}: {name} is {answer.headers.get(name)!r}"
    policy = answer.headers.get("Content-Security-Policy", "")
    assert "default-src 'none'" in policy and "unsafe" not in policy, f"{path}: {policy!r}"
    if answer.mimetype != "text/html" or answer.status_code in (301, 302, 303, 307, 308):
        return
    is_fragment = path.split("?")[0].rsplit("/", 1)[-1].startswith("_")
    check_html(answer.text, path, is_fragment)


def check_html(html: str, path: str, is_fragment: bool = False) -> None:
    """Assert that `html` is valid, has a title, unique ids, nothing inline, and a token in every form that POSTs."""
    parser = html5lib.HTMLParser(strict=True)
    parser.parseFragment(html) if is_fragment else parser.parse(html)
    elements = _Elements(html)
    if not is_fragment:
        assert elements.title.strip() and not elements.title.strip().startswith("·"), f"{path}: no title"
        assert sum(tag == "h1" for tag, _ in elements.found) == 1, f"{path}: not exactly one h1"
        assert sum(tag == "main" for tag, _ in elements.found) == 1, f"{path}: not exactly one main"
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids)), f"{path}: repeated ids {sorted({i for i in ids if ids.count(i) > 1})}"
    for tag, attributes in elements.found:
        assert "style" not in attributes, f"{path}: inline style on <{tag}>"
        assert not any(name.startswith("on") for name in attributes), f"{path}: inline handler on <{tag}>"
        assert tag != "style", f"{path}: a <style> element"
        if tag == "script":
            assert "src" in attributes or attributes.get("type") == "application/json", (
                f"{path}: inline script"
            )
        for name in ("src", "href", "action", "formaction"):
            check_address(attributes.get(name), path, is_loaded=name == "src" or tag == "link")
        for name in ("aria-describedby", "aria-labelledby", "aria-controls", "for", "list"):
            for wanted in (attributes.get(name) or "").split():
                assert is_fragment or wanted in ids, f"{path}: {name}={wanted!r} points at nothing"
    _check_forms(html, path)


def check_address(address: str | None, path: str, is_loaded: bool) -> None:
    if address is None:
        return
    assert not address.lower().startswith("javascript:"), f"{path}: {address}"
    if is_loaded:
        assert not re.match(r"(https?:)?//", address), f"{path}: loads {address} from another host"


def _check_forms(html: str, path: str) -> None:
    for form in re.findall(r"<form\b.*?</form>", html, re.DOTALL | re.IGNORECASE):
        if re.search(r'method="?post', form, re.IGNORECASE):
            assert re.search(r'name="csrf_token"[^>]*value="[^"]+"', form), (
                f"{path}: a form without csrf_token: {form[:200]}"
            )
