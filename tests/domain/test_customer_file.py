"""Customer files in every shape: encodings, separators, headers, and rows that cannot be taken."""

import io

import pytest

from campaign_app.domain.customer_file import CustomerRow, EmptyRow, RefusedRow, read_customers
from campaign_app.domain.customer_header import is_header, read_header
from campaign_app.domain.delimited_text import delimited_rows
from campaign_app.domain.errors import Invalid

PLAIN = "phone_number,name\n+919876543210,José O'Brien\n"


def read(content: bytes | str) -> list:
    content = content.encode() if isinstance(content, str) else content
    return list(read_customers(delimited_rows(io.BytesIO(content), is_header), "IN"))


def values(content) -> list[dict]:
    return [row.values for row in read(content) if isinstance(row, CustomerRow)]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
)
def test_every_usual_encoding_is_found(encoding):
    assert values(PLAIN.encode(encoding)) == [{"phone_number": "+919876543210", "name": "José O'Brien"}]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_usual_separator_and_newline_is_found(separator, newline):
    lines = [
        "Customer Name,Mobile No.,City",
        'Asha "A" Rao,+919876543210,"Pune, West"',
        "Ravi,+919876543211,Goa",
    ]
    content = newline.join(lines).replace(",", separator).replace(f"Pune{separator} West", "Pune, West")
    assert [row["location"] for row in values(content)] == ["Pune, West", "Goa"]
    assert values(content)[0]["name"] == 'Asha "A" Rao'


def test_mixed_newlines_nul_bytes_and_a_closing_control_z_do_no_harm():
    content = b"phone_number,name\r\n+919876543210,As\0ha\r+919876543211,Ravi\n\x1a"
    assert [row["name"] for row in values(content)] == ["Asha", "Ravi"]


def test_a_hint_of_excel_and_a_title_above_the_header_are_passed_over():
    assert values("sep=;\nphone;name\n9876543210;Asha\n")[0]["name"] == "Asha"
    first = read("Customers of March\n\nphone,name\n9876543210,Asha\n")[0]
    assert (first.line, first.values["name"]) == (4, "Asha")


def test_a_quotation_mark_that_is_never_closed_swallows_no_rows():
    content = 'phone,name,city\n9876543210,"Asha,Pune\n9876543211,Ravi "R,Goa\n9876543212,"Tara",Pune\n'
    rows = values(content)
    assert [row["name"] for row in rows] == ['"Asha', 'Ravi "R', "Tara"]


def test_a_value_may_go_on_in_the_next_line_and_lines_are_counted_as_in_the_file():
    rows = read('phone,name,city\n9876543210,"Asha\nRao",Pune\n\n12,Ravi,Goa\n')
    assert rows[0].values["name"] == "Asha Rao"
    assert (type(rows[1]), rows[1].line) == (EmptyRow, 4)
    assert (type(rows[2]), rows[2].line, rows[2].value) == (RefusedRow, 5, "12")


def test_a_few_broken_bytes_refuse_their_rows_and_not_the_accents_of_the_others():
    content = "phone,name\n9876543210,José\n9876543211,Łukasz\n".encode() * 10 + b"9876543212,Jos\xe9\n"
    rows = read(content)
    assert isinstance(rows[-1], RefusedRow) and "save the file as UTF-8" in rows[-1].reason
    assert {row.values["name"] for row in rows if isinstance(row, CustomerRow)} == {"José", "Łukasz"}


def test_all_columns_of_the_contract_are_read():
    header = "phone_number,name,customer_tier,location,language,tags,opted_in,Loyalty Points"
    (row,) = values(f'{header}\n+919876543210, Asha  Rao ,GOLD ,mumbai ,pt-BR,vip|new,Yes,"1,250"\n')
    assert row == {
        "phone_number": "+919876543210",
        "name": "Asha Rao",
        "customer_tier": "gold",
        "location": "mumbai",
        "language": "pt_BR",
        "tags": ["vip", "new"],
        "opted_in": True,
        "attributes": {"Loyalty Points": "1,250"},
    }


def test_an_empty_cell_says_nothing():
    assert values("phone,name,tags,opted_in,points\n9876543210,,,,\n") == [{"phone_number": "+919876543210"}]


def test_a_yes_in_a_column_of_unsubscribed_people_is_a_no():
    rows = values("phone,Unsubscribed,Consent\n9876543210,yes,yes\n9876543211,no,\n9876543212,,yes\n")
    assert [row.get("opted_in") for row in rows] == [False, None, True]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Mobile No.", "phone_number"), ("PHONE", "phone_number"), ("WhatsApp", "phone_number"),
        ("whats-app number", "phone_number"), ("Teléfono", "phone_number"), ("Handy-Nr", None),
        ("Customer Name", "name"), ("Tier", "customer_tier"), ("CITY", "location"), ("Lang.", "language"),
        ("Labels", "tags"), ("Consent", "opted_in"), ("WhatsApp Opt-In", "opted_in"), ("Loyalty Points", None),
    ],
)  # fmt: skip
def test_columns_are_known_by_their_usual_names(name, field):
    header = read_header(["phone_number", name] if field != "phone_number" else [name])
    place = 0 if field == "phone_number" else 1
    assert header.fields.get(field) == place if field else header.attributes == {1: name}


def test_the_better_name_wins_and_the_other_column_becomes_an_attribute():
    (row,) = values("Phone,Mobile,Name,Customer Name\n020 7946,9876543210,Asha,Asha Rao\n")
    assert row == {
        "phone_number": "+919876543210",
        "name": "Asha",
        "attributes": {"Phone": "020 7946", "Customer Name": "Asha Rao"},
    }


def test_first_and_last_name_make_a_name_where_there_is_no_other():
    (row,) = values("First Name,Last Name,Phone\nAsha,Rao,9876543210\n")
    assert row["name"] == "Asha Rao"
    assert row["attributes"] == {"First Name": "Asha", "Last Name": "Rao"}


def test_a_nameless_column_and_two_of_one_name_lose_nothing():
    (row,) = values("phone,,Notes,Notes\n9876543210,a,b,c\n")
    assert row["attributes"] == {"column 2": "a", "Notes": "b", "Notes (2)": "c"}


@pytest.mark.parametrize(
    ("row", "value", "reason"),
    [
        ("TOTAL,,", "TOTAL", "The phone number is empty"),
        ("Asha,9.19876E+11,", "9.19876E+11", "rounded"),
        ("Asha,9876543210,,extra", "extra", "more values than the 3 columns"),
        ("Asha,9876543210,perhaps", "perhaps", "opted_in: “perhaps” is neither yes nor no"),
        (f"{'x' * 201},9876543210,", "x" * 59 + "…", "name: This is longer than 200"),
    ],
)
def test_a_row_that_cannot_be_taken_is_told_with_line_value_and_reason(row, value, reason):
    refused = read(f"name,phone,opted_in\nRavi,9876543211,\n{row}\n")[1]
    assert (refused.line, refused.value) == (3, value)
    assert reason in refused.reason


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"\xef\xbb\xbf\r\n \n", "The file is empty"),
        (b"name,city\nAsha,Pune\n", "The columns are: “name”, “city”"),
        (b"Phone,name,Phone\n1,2,3\n", "Two columns are called “Phone”"),
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a picture"),
        (bytes(range(256)) * 20, "not a text file"),
        (b"phone" + b",x" * 10_000 + b"\n", "10,001 columns"),
        (b"phone\n" + b"9" * 200_000, "Line 2 is longer than 100,000"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole_with_a_sentence(content, sentence):
    with pytest.raises(Invalid, match=sentence):
        read(content)


def test_our_own_guard_against_formulas_is_undone():
    (row,) = values("phone_number,name,note\n'+919876543210,'=HYPERLINK(1),'n Beetje\n")
    assert (row["phone_number"], row["name"]) == ("+919876543210", "=HYPERLINK(1)")
    assert row["attributes"] == {"note": "'n Beetje"}
