"""What can be uploaded to the import wizard, by whom, and the list of what was."""

import pytest

from tests.import_wizard import LIST, checked, how_many, the_import, upload, work
from tests.page_checks import a_client
from tests.pages_made import words


@pytest.fixture(autouse=True)
def folder(app, tmp_path):
    app.instance_path = str(tmp_path)
    return tmp_path / "imports"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.7", "This is a PDF document"),
        (b"", "The file is empty"),
        (b"PK\x03\x04 no workbook", "The workbook is damaged"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(app, folder, content, sentence):
    answer = upload(a_client(app, "staff"), content, status=422)
    assert "Nothing was imported" in answer and sentence in answer
    assert list(folder.iterdir()) == []


def test_without_a_file_it_asks_for_one(app):
    assert "Choose a file first" in a_client(app, "staff").post("/customers/import", {}, status=422).text


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\files\\list.csv", "<script>.csv", "x" * 5000 + ".csv"]
)
def test_the_name_of_the_file_is_only_shown(app, folder, name):
    client = a_client(app, "staff")
    address = upload(client, LIST, name=name)
    page = client.get(address).text
    assert "<script>.csv" not in page and "etc/" not in page
    assert [file.suffix for file in folder.iterdir()] == [".upload"]
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())


def test_an_import_that_does_not_exist_is_a_404(app):
    a_client(app, "staff").get("/customers/import/00000000-0000-0000-0000-000000000000", status=404)


def test_the_list_of_imports_names_the_latest(app):
    client = a_client(app, "staff")
    client.post(f"{checked(client, LIST, name='spring.csv')}/confirm", status=303)
    work()
    page = words(client.get("/customers/import").text)
    assert "spring.csv" in page and "Imported" in page


def test_the_example_can_be_imported(app):
    client = a_client(app, "staff")
    example = client.get("/customers/import/example.csv").data
    client.post(f"{checked(client, example)}/confirm", status=303)
    work()
    assert (the_import().refused, how_many()) == (0, 2)


def test_a_viewer_cannot_import(app):
    client = a_client(app, "viewer")
    client.get("/customers/import", status=403)
    upload(client, LIST, status=403)
