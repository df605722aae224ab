"""The law of the house: imports go down, stand at the top of their file, and never reach for the bare package."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = "campaign_app"

# room -> the rooms that it may import from. Beside them, `extensions` and `database` stand below the services.
MAY_IMPORT = {
    "domain": {"domain"},
    "models": {"models", "domain", "extensions"},
    "whatsapp": {"whatsapp", "domain"},
    "services": {"services", "models", "whatsapp", "domain", "extensions", "database"},
    "scheduler": {
        "scheduler",
        "steady_jobs",
        "services",
        "models",
        "whatsapp",
        "domain",
        "extensions",
        "database",
    },
    "web": {"web", "services", "models", "whatsapp", "domain", "extensions", "database", "schema"},
    "cli": {
        "cli",
        "scheduler",
        "simulator",
        "services",
        "models",
        "whatsapp",
        "domain",
        "extensions",
        "database",
        "schema",
    },
    "simulator": {"simulator"},
    "extensions": set(),
    "database": set(),
    "logs": set(),
    "steady_jobs": set(),
    "schema": {"extensions", "database"},
}
OUTSIDE_OF_DOMAIN = {"phonenumbers"}
NO_SERVICE_KNOWS = {
    "request",
    "session",
    "g",
    "render_template",
    "redirect",
    "url_for",
    "flash",
    "abort",
    "Response",
    "Blueprint",
}


def room_of(module: str) -> str | None:
    """`campaign_app.web.api.campaigns` → `web`; None for the bare package and for what is not ours."""
    parts = module.split(".")
    return parts[1] if parts[0] == PACKAGE and len(parts) > 1 else None


def violations(module: str, source: str) -> list[str]:
    """What `source`, the text of `module`, does against the law."""
    tree = ast.parse(source)
    room = room_of(module)
    only_for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    found = []
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    found.append(f"{module}:{node.lineno} imports inside a function")
    for node in ast.walk(tree):
        if id(node) in only_for_types:
            continue
        for imported, name in _imports(node, module):
            found += _broken(module, room, imported, name, node.lineno)
    return found


def _imports(node: ast.AST, module: str) -> list[tuple[str, str | None]]:
    """(module, name) of what a statement imports; the name is None for `import x`."""
    if isinstance(node, ast.Import):
        return [(alias.name, None) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            base = ".".join([*module.split(".")[: -node.level], *([base] if base else [])])
        return [(base, alias.name) for alias in node.names]
    return []


def _broken(module: str, room: str | None, imported: str, name: str | None, line: int) -> list[str]:
    place = f"{module}:{line}"
    if room is None:  # create_app binds everything together
        return []
    if imported == PACKAGE:
        if name is None or not _is_module(f"{PACKAGE}.{name}"):
            return [f"{place} imports “{name or PACKAGE}” from the bare package"]
        imported = f"{PACKAGE}.{name}"
    target = room_of(imported)
    if target is not None and target not in MAY_IMPORT.get(room, set()):
        return [f"{place} ({room}) imports {imported}"]
    top = imported.split(".")[0]
    if room == "domain" and top != PACKAGE and top not in sys.stdlib_module_names | OUTSIDE_OF_DOMAIN:
        return [f"{place} (domain) imports {imported}"]
    if room in ("domain", "models", "whatsapp", "simulator", "extensions", "database") and top in (
        "config",
        "wsgi",
    ):
        return [f"{place} ({room}) imports {imported}"]
    if room == "services" and imported == "flask" and name in NO_SERVICE_KNOWS:
        return [f"{place} (services) knows of the page: {name}"]
    is_other_model = (
        room == "models"
        and target == "models"
        and imported not in (f"{PACKAGE}.models.types", f"{PACKAGE}.models")
    )
    if is_other_model and module != f"{PACKAGE}.models":
        return [f"{place} names another model outside of TYPE_CHECKING: {imported}"]
    return []


def _is_module(module: str) -> bool:
    path = ROOT.joinpath(*module.split("."))
    return path.with_suffix(".py").exists() or path.is_dir()


def our_modules() -> dict[str, Path]:
    found = {}
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def test_imports_go_down_and_stand_at_the_top():
    broken = [
        fault for module, path in our_modules().items() for fault in violations(module, path.read_text())
    ]
    assert not broken, "\n".join(broken)


def test_every_room_has_its_rule():
    rooms = {room_of(module) for module in our_modules()} - {None}
    assert rooms <= set(MAY_IMPORT), f"Say in MAY_IMPORT what these may import: {rooms - set(MAY_IMPORT)}"


def test_every_module_says_in_one_line_what_it_is_for():
    silent = [
        module for module, path in our_modules().items() if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("campaign_app.services.sender", "from campaign_app.web.formatting import number"),
        ("campaign_app.models.campaign", "from campaign_app.services.campaigns import find_campaign"),
        ("campaign_app.models.campaign", "from campaign_app.models.recipient import Recipient"),
        ("campaign_app.models.campaign", "from campaign_app.whatsapp.client import CloudApi"),
        ("campaign_app.whatsapp.client", "import campaign_app.models.message"),
        ("campaign_app.whatsapp.client", "from campaign_app.extensions import db"),
        ("campaign_app.domain.phone", "from campaign_app.models.customer import Customer"),
        ("campaign_app.domain.phone", "import sqlalchemy"),
        ("campaign_app.domain.phone", "import config"),
        ("campaign_app.simulator.app", "from campaign_app.whatsapp.payloads import read"),
        ("campaign_app.extensions", "from campaign_app.models import campaign"),
        ("campaign_app.web.home", "from campaign_app.cli.users import create_user_command"),
        ("campaign_app.web.home", "from campaign_app.scheduler import start"),
        ("campaign_app.web.home", "from campaign_app import create_app"),
        ("campaign_app.services.users", "import campaign_app"),
        ("campaign_app.services.users", "from campaign_app import db"),
        ("campaign_app.services.users", "from ..web import formatting"),
        ("campaign_app.services.users", "from flask import request"),
        ("campaign_app.services.users", "def late():\n    import json"),
        (
            "campaign_app.web.home",
            "class View:\n    def show(self):\n        from campaign_app.services import users",
        ),
    ],
)
def test_a_planted_fault_is_seen(module, line):
    assert violations(module, line), f"{module}: {line}"


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("campaign_app.web.home", "from campaign_app.services import number"),
        ("campaign_app.web.home", "from campaign_app.web import access"),
        ("campaign_app.cli.simulate", "from campaign_app.simulator.app import run"),
        ("campaign_app.services.users", "from flask import current_app"),
        ("campaign_app.domain.phone", "import phonenumbers"),
        (
            "campaign_app.models.campaign",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from campaign_app.models.recipient import Recipient",
        ),
        ("campaign_app", "from campaign_app.web import registry"),
    ],
)
def test_what_goes_down_is_let_through(module, line):
    assert not violations(module, line)
