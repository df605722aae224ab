"""The matrix of routes and roles as it is published. Write it anew after a route was added: python -m tests.route_matrix"""

import re
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from campaign_app.domain.roles import Role
from campaign_app.web.access import ROLE_ATTRIBUTE, is_public
from campaign_app.web.api.authentication import OPEN_ATTRIBUTE
from tests.databases import an_app

FILE = Path(__file__).parent.parent / "docs" / "routes-and-roles.md"
HEAD = """# Who may open what

Made from the code; a test walks every line of it with every role, and the app does not start with a route that has no rule.

- Pages: a browser that is not signed in is sent to the sign-in (303); a role that is too low gets 403.
- The API (`/api/marketing`) takes bearer tokens of the roles viewer and staff: without one 401, with too low a role 403.
- “everybody” is open without sign-in: what stands there proves its caller in another way (a webhook by its signature, a link to a
  new password by itself), or shows nothing of anybody.

| method | address | everybody | viewer | staff | admin |
|---|---|---|---|---|---|
"""
YES, NO = "yes", "–"


@dataclass(frozen=True)
class Line:
    """`least` is the lowest role that may; None: everybody."""

    method: str
    address: str
    least: Role | None

    @property
    def is_api(self) -> bool:
        return self.address.startswith("/api/")

    def text(self) -> str:
        cells = [YES if self.least is None else NO]
        for role in Role:
            no_such_token = self.is_api and role == Role.ADMIN and self.least is not None
            allowed = self.least is None or role >= self.least
            cells.append("no such token" if no_such_token else YES if allowed else NO)
        return f"| {self.method} | `{self.address}` | {' | '.join(cells)} |"


def lines_of(app: Flask) -> list[Line]:
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        role = getattr(view, ROLE_ATTRIBUTE, None)
        is_open = getattr(view, OPEN_ATTRIBUTE, False) or (role is None and is_public(rule.endpoint))
        assert is_open or role is not None, rule.endpoint
        address = re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", rule.rule)
        found += [
            Line(method, address, None if is_open else Role(role))
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
        ]
    return sorted(found, key=lambda line: (line.is_api, line.address, line.method))


def published() -> list[Line]:
    """What the file says."""
    found = []
    for method, address, *cells in re.findall(
        r"^\| ([A-Z]+) \| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$",
        FILE.read_text(encoding="utf-8"),
        re.MULTILINE,
    ):
        everybody, *roles = (cell.strip() for cell in cells)
        least = next(role for role, cell in zip(Role, roles, strict=True) if cell == YES)
        found.append(Line(method, address, None if everybody == YES else least))
    return found


def main() -> None:
    app = an_app("sqlite:///unused.db")
    FILE.write_text(HEAD + "\n".join(line.text() for line in lines_of(app)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
