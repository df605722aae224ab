"""Two databases, one behaviour: a test that needs a database takes it from the fixtures, which run it on each kind. What is tied to
one kind stands here with its reason."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FIXTURE_MAKERS = {"conftest.py", "databases.py"}

# file -> why something in it is tied to one kind of database
TIED = {
    "browser/conftest.py": "what a browser makes of a page; the job itself is done in the browser on both (test_main_job.py)",
    "browser/screenshots.py": "takes pictures, and is no test",
    "cli/test_doctor.py": "a database that fills a small disk is a file of SQLite's",
    "cli/test_backups.py": "what a file and a dump are restored to differs",
    "services/test_audience.py": "the plan of a question, in SQLite's words; PostgreSQL's are read by test_query_plans.py",
    "services/test_customer_import.py": "only SQLite has a lock that a reader could hold",
    "services/test_imports_on_machines.py": "several machines share a PostgreSQL; a file of SQLite's lies on one",
    "stories/test_any_order.py": "one test that compares both",
    "stories/test_cut_connections.py": "SQLite has no connection that could die",
    "stories/test_full_disk.py": "a small disk for a file of SQLite's; the disk of a server is its own",
    "test_migrations.py": "a fixture of its own with both kinds, and SQL for administrators of PostgreSQL",
    "test_readme_examples.py": "the examples as they are typed, on the database that needs nothing",
    "test_start.py": "a fixture of its own with both kinds",
    "test_upgrade.py": "a fixture of its own with both kinds",
    "web/test_webhook_test.py": "some other installation that answers: on what is the same",
}
NO_DATABASE = "unused.db"  # an app that is only looked at


def tied_to_one_kind(source: str) -> list[str]:
    """What in a test's text names one kind of database."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("fresh_sqlite", "fresh_postgresql", "empty_postgresql"):
                found.append(f"{node.lineno}: {node.func.id}")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if (
                node.value.startswith("sqlite:///")
                and NO_DATABASE not in node.value
                and node.value != "sqlite:///"
            ):
                found.append(f"{node.lineno}: {node.value}")
        elif isinstance(node, ast.JoinedStr):
            first = node.values[0]
            if isinstance(first, ast.Constant) and str(first.value).startswith("sqlite:///"):
                found.append(f"{node.lineno}: a URL of SQLite's")
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith("parametrize")
            and len(node.args) > 1
        ):
            if ast.unparse(node.args[0]) == "'database_url'":
                found.append(f"{node.lineno}: {ast.unparse(node.args[1])}")
    return found


def files() -> list[Path]:
    return sorted(
        file for file in TESTS.rglob("*.py") if file.parent != TESTS or file.name not in FIXTURE_MAKERS
    )


@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.relative_to(TESTS)))
def test_a_test_runs_on_both_unless_a_reason_stands_here(file):
    name = str(file.relative_to(TESTS))
    found = tied_to_one_kind(file.read_text(encoding="utf-8"))
    settings_only = name == "test_settings.py" or "alembic" in name
    if name == Path(__file__).name or settings_only:
        return
    reason = "say in TIED why, or take `database_url` or `app`" if found else "it stands in TIED without need"
    assert bool(found) == (name in TIED), f"{name}: {reason}: {found}"


@pytest.mark.parametrize(
    "line",
    [
        "app = an_app(fresh_sqlite(tmp_path))",
        "url = 'sqlite:///campaigns.db'",
        "url = f'sqlite:///{tmp_path}/x.db'",
        "@pytest.mark.parametrize('database_url', ['sqlite'], indirect=True)\ndef test(app): pass",
    ],
)
def test_a_planted_one_is_seen(line):
    assert tied_to_one_kind(line)


def test_the_fixtures_do_run_on_both(request, app):
    kind = request.node.callspec.params["database_url"]
    assert app.config["SQLALCHEMY_DATABASE_URI"].startswith(kind)
    assert kind in ("sqlite", "postgresql")
