"""What lies in `deploy/` and the guide that leads through it: everything that they name exists, and what can be checked here holds."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from config import load_settings
from tests.databases import an_app

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
GUIDE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])
COMMANDS = set(an_app("sqlite:///unused.db").cli.commands)


def test_the_guide_names_every_file_and_no_other():
    there = {file.name for file in DEPLOY.iterdir()}
    named = set(re.findall(r"deploy/([\w.@-]+\w)", GUIDE)) | {"campaign-app-backup.timer"}
    assert named == there


@pytest.mark.parametrize(
    "file",
    [ROOT / "docs" / "deployment.md", ROOT / "Containerfile", *sorted(DEPLOY.iterdir())],
    ids=lambda file: file.name,
)
def test_every_command_that_is_named_exists(file):
    text = file.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:bin/|`|exec web )flask ([a-z-]+)", text)) | set(
        re.findall(r'"flask", "([a-z-]+)"', text)
    )
    assert named <= COMMANDS


def test_every_setting_that_the_guide_and_compose_name_exists():
    settings = load_settings({"SECRET_KEY": "0123456789abcdef"})
    known = {name.upper() for name in vars(settings)} | {
        "POSTGRES_PASSWORD",
        "POSTGRES_USER",
        "POSTGRES_DB",
    }
    text = GUIDE + (DEPLOY / "compose.yaml").read_text() + "".join(unit.read_text() for unit in UNITS)
    named = set(re.findall(r"\b([A-Z]+(?:_[A-Z]+)+)\b", text)) - {"NNNN", "CMD_SHELL", "AF_UNIX", "AF_INET"}
    assert {name for name in named if not name.startswith("AF_")} <= known


def test_links_of_the_guide_lead_somewhere():
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in GUIDE.splitlines()
        if line.startswith("#")
    }
    assert set(re.findall(r"\]\(#([a-z0-9-]+)\)", GUIDE)) <= headings


@pytest.mark.parametrize("unit", UNITS, ids=lambda file: file.name)
def test_systemd_takes_the_unit(unit, tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here")
    text = (
        unit.read_text().replace("/srv/campaign-app/.venv/bin/", "/bin/").replace("/bin/flask", "/bin/true")
    )
    copy = tmp_path / unit.name
    copy.write_text(text.replace("/bin/gunicorn", "/bin/true"))
    if unit.suffix == ".timer":
        service = unit.with_suffix(".service")
        (tmp_path / service.name).write_text(service.read_text())
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True
    )
    ours = [line for line in checked.stderr.splitlines() if "campaign-app" in line]
    assert (checked.returncode, ours) == (0, [])


@pytest.mark.parametrize(
    "unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda file: file.name
)
def test_a_service_runs_without_rights_and_has_time_to_finish(unit):
    text = unit.read_text()
    assert "User=campaign" in text and "NoNewPrivileges=true" in text and "PrivateTmp=true" in text
    if "Restart=always" in text:
        assert "KillMode=mixed" in text and int(re.search(r"TimeoutStopSec=(\d+)", text)[1]) > 45
        assert "ReadWritePaths=/srv/campaign-app/instance" in text


def nginx_directives(text: str) -> list[str]:
    plain = re.sub(r"#.*", "", text)
    assert plain.count("{") == plain.count("}")
    parts = [part.strip() for part in re.split(r"[;{}]", plain)]
    return [part for part in parts if part]


def test_nginx_passes_on_what_the_app_relies_on():
    text = (DEPLOY / "nginx.conf").read_text()
    directives = nginx_directives(text)
    for needed in (
        "proxy_set_header X-Forwarded-For $remote_addr", "proxy_set_header X-Forwarded-Proto $scheme", "proxy_set_header Host $host",
        "proxy_set_header X-Forwarded-Host $host", "ssl_protocols TLSv1.2 TLSv1.3", "client_max_body_size 201m", "client_max_body_size 4m",
    ):  # fmt: skip
        assert needed in directives, needed
    # A header set in a location would drop all those of the server.
    locations = re.findall(r"location [^{]+\{([^}]*)\}", text)
    assert locations and not any("proxy_set_header" in inside for inside in locations)
    for line in re.sub(r"#.*", "", text).splitlines():
        assert not line.strip() or line.strip()[-1] in ";{}", line


def test_nginx_takes_its_configuration(tmp_path):
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not here")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", "1", "-keyout", tmp_path / "privkey.pem",
         "-out", tmp_path / "fullchain.pem"], check=True, capture_output=True,
    )  # fmt: skip
    site = (
        (DEPLOY / "nginx.conf")
        .read_text()
        .replace("/etc/letsencrypt/live/campaigns.example.com", str(tmp_path))
    )
    (tmp_path / "nginx.conf").write_text(f"events {{}}\nhttp {{\n{site}\n}}\n")
    checked = subprocess.run(["nginx", "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_the_container_has_everything_that_starting_needs_and_runs_without_rights():
    lines = (ROOT / "Containerfile").read_text().replace("\\\n", " ").splitlines()
    steps = [line.split(None, 1) for line in lines if line and not line.startswith("#")]
    copied = [word for name, rest in steps if name == "COPY" for word in rest.split()[:-1]]
    for name in copied:
        assert (ROOT / name).exists(), name
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*" and {line[1:] for line in ignored if line.startswith("!")} == set(copied)
    # what the app reads at its start, beside the package itself
    assert {
        "wsgi.py",
        "config.py",
        "gunicorn.conf.py",
        "migrations",
        "campaign_app",
        "requirements.txt",
    } == set(copied)
    names = [name for name, _ in steps]
    assert names.index("USER") < names.index("CMD") and dict(steps)["USER"] not in ("root", "0")
    assert "/healthz" in dict(steps)["HEALTHCHECK"]
    assert '"gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"' in dict(steps)["CMD"]


def test_compose_migrates_before_anything_starts_and_lets_one_service_run_the_timed_jobs():
    text = (DEPLOY / "compose.yaml").read_text()
    services = dict(
        re.findall(r"^  (\w+):\n((?:    .*\n|\n)+)", text.split("\nservices:\n")[1], re.MULTILINE)
    )
    assert {"database", "migrate", "web", "scheduler"} <= set(services)
    for name in ("web", "scheduler"):
        assert "migrate: {condition: service_completed_successfully}" in services[name]
    assert "database: {condition: service_healthy}" in services["migrate"]
    assert (
        'SCHEDULER_ENABLED: "1"' in services["scheduler"] and 'SCHEDULER_ENABLED: "1"' not in services["web"]
    )
    assert 'ports: ["127.0.0.1:' in services["web"], "only this machine, and so the proxy, may reach it"
    client = re.search(r"postgresql-client-(\d+)", (ROOT / "Containerfile").read_text())[1]
    assert f"image: postgres:{client}" in services["database"], "pg_dump must be as new as the server"
