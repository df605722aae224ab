"""A corpus of customer files as people really have them, each with what must become of it."""

import io
import zipfile
from dataclasses import dataclass
from datetime import date, datetime

import xlsxwriter

ASHA, RAVI = "+919876543210", "+919876543211"
BOTH = (("9876543210", "Asha"), ("9876543211", "Ravi"))
TAKEN = {ASHA: "Asha", RAVI: "Ravi"}


@dataclass(frozen=True)
class DirtyFile:
    """`people`: number -> name of everybody who is taken. `refused`: (line, part of the reason) of each refused row.
    `fault`: part of the sentence with which the whole file is refused; nobody is taken then."""

    content: bytes
    people: dict[str, str | None]
    refused: tuple[tuple[int, str], ...] = ()
    duplicates: int = 0
    fault: str | None = None


def text(content: str, people=None, *refused, encoding: str = "utf-8", duplicates: int = 0) -> DirtyFile:
    return DirtyFile(content.encode(encoding), TAKEN if people is None else people, refused, duplicates)


def broken(content: bytes, fault: str) -> DirtyFile:
    return DirtyFile(content, {}, fault=fault)


def plain(separator: str = ",", newline: str = "\n", rows=BOTH) -> str:
    lines = [f"phone{separator}name", *(separator.join(row) for row in rows), ""]
    return newline.join(lines)


def sheet(*rows, people=None, refused=(), prepare=None) -> DirtyFile:
    """An XLSX file; `prepare(workbook, sheet)` may do more to it."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd"}) as workbook:
        page = workbook.add_worksheet("customers")
        for line, row in enumerate(rows):
            for column, value in enumerate(row):
                page.write(line, column, value)
        if prepare is not None:
            prepare(workbook, page)
    return DirtyFile(file.getvalue(), TAKEN if people is None else people, tuple(refused))


def merged(workbook, page) -> None:
    page.merge_range(0, 0, 0, 1, "Customers of March", workbook.add_format({"align": "center"}))
    for line, row in enumerate((("phone", "name"), *BOTH), 1):
        page.write_row(line, 0, row)


def formulas(_workbook, page) -> None:
    page.write_formula(1, 0, '="98765"&"43210"', None, "9876543210")
    page.write_formula(1, 1, "=A1", None, "Asha")


def truncated(file: DirtyFile) -> bytes:
    return file.content[: len(file.content) // 2]


def a_bomb() -> bytes:
    """A megabyte that becomes a gigabyte."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("xl/workbook.xml", "<workbook/>")
        with packed.open("xl/worksheets/sheet1.xml", "w") as page:
            for _ in range(300):
                page.write(bytes(2**20))
    return file.getvalue()


def a_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("customers.csv", plain())
    return file.getvalue()


ACCENTS = {ASHA: "José", RAVI: "Zoë"}
WITH_ACCENTS = plain(rows=(("9876543210", "José"), ("9876543211", "Zoë")))
HEADER = ("phone", "name")

FILES: dict[str, DirtyFile] = {
    # encodings
    "utf-8": text(WITH_ACCENTS, ACCENTS),
    "utf-8 with a BOM": text(WITH_ACCENTS, ACCENTS, encoding="utf-8-sig"),
    "utf-16 with a BOM": text(WITH_ACCENTS, ACCENTS, encoding="utf-16"),
    "utf-16 little end first": text(WITH_ACCENTS, ACCENTS, encoding="utf-16-le"),
    "utf-16 big end first": text(WITH_ACCENTS, ACCENTS, encoding="utf-16-be"),
    "latin-1": text(WITH_ACCENTS, ACCENTS, encoding="latin-1"),
    "windows-1252": text(plain(rows=(("9876543210", "Asha “A” €"),)), {ASHA: "Asha “A” €"}, encoding="cp1252"),
    "right to left": text(plain(rows=(("9876543210", "عائشة"), ("\u202a9876543211\u202c", "רחל"))), {ASHA: "عائشة", RAVI: "רחל"}),
    "emoji and flags": text(plain(rows=(("9876543210", "Asha 🎉👩‍👩‍👧 🇮🇳"),)), {ASHA: "Asha 🎉👩‍👩‍👧 🇮🇳"}),
    "a few broken bytes": DirtyFile(
        (plain(rows=(("9876543210", "José"),)) * 1 + "9876543212,Łukasz\n" * 30).encode() + b"9876543211,Zo\xeb\n",
        {ASHA: "José", "+919876543212": "Łukasz"}, ((33, "save the file as UTF-8"),), 29,
    ),
    # separators, line ends, quotes
    "semicolons": text(plain(";")),
    "tabs": text(plain("\t")),
    "bars": text(plain("|")),
    "Windows line ends": text(plain(newline="\r\n")),
    "old Mac line ends": text(plain(newline="\r")),
    "mixed line ends": text("phone,name\r\n9876543210,Asha\r9876543211,Ravi\n"),
    "no line end at the end": text(plain().rstrip("\n")),
    "Excel's hint of the separator": text("sep=;\n" + plain(";")),
    "quotes around everything": text('"phone","name"\n"9876543210","Asha"\n"9876543211","Ravi"\n'),
    "a quote that is never closed": text('phone,name\n9876543210,"Asha\n9876543211,Ravi\n', {ASHA: '"Asha', RAVI: "Ravi"}),
    "a line end inside a value": text('phone,name\n9876543210,"Asha\nRao"\n9876543211,Ravi\n', {ASHA: "Asha Rao", RAVI: "Ravi"}),
    "a separator inside a value without quotes": text(
        "phone,name\n9876543210,Rao, Asha\n9876543211,Ravi\n", {RAVI: "Ravi"}, (2, "more values than the 2 columns")
    ),
    # empty and torn
    "empty lines everywhere": text("\n\nphone,name\n\n9876543210,Asha\n,\n   \n9876543211,Ravi\n\n\n"),
    "a title above the header": text("Customers of March\nPrinted 1 April\n\n" + plain()),
    "a line of totals": text(plain() + ",Total 2\n", None, (4, "phone number is empty")),
    "NUL signs": DirtyFile(b"phone,name\n98765\x0043210,As\0ha\n9876543211,Ravi\n", TAKEN),
    "Control-Z at the end": DirtyFile(plain().encode() + b"\x1a", TAKEN),
    "rows that are too short": text("phone,name,city\n9876543210,Asha\n9876543211,Ravi,Goa\n"),
    # headers
    "columns in another order, with other names": text("City,Customer Name,Mobile No.\nPune,Asha,9876543210\nGoa,Ravi,9876543211\n"),
    "no header that names the numbers": broken(b"name,city\nAsha,Pune\n", "The columns are"),
    "two columns of numbers": broken(b"Phone,name,Phone\n9876543210,Asha,9876543211\n", "Two columns are called"),
    "two columns of one name": text("phone,name,note,note\n9876543210,Asha,a,b\n9876543211,Ravi,c,d\n"),
    "a column without a name": text("phone,,name\n9876543210,x,Asha\n9876543211,y,Ravi\n"),
    "a header in capitals with blanks": text("  PHONE  , NAME \n9876543210,Asha\n9876543211,Ravi\n"),
    "ten thousand columns": broken(b"phone" + b",x" * 10_000 + b"\n", "10,001 columns"),
    # cells
    "a rounded number": text(plain() + "9.19876E+11,Tara\n", None, (4, "rounded")),
    "numbers with a point and a nought": text(plain(rows=(("919876543210.0", "Asha"), ("919876543211.0", "Ravi")))),
    "five spellings of one number": text(
        plain(rows=(("+91 98765 43210", "A"), ("09876543210", "B"), ("919876543210", "C"), ("(+91) 98765-43210", "D"),
                    ("0091 9876543210", "Asha"))), {ASHA: "Asha"}, duplicates=4,
    ),
    "spaces that cannot be seen": text(plain(rows=(("\u00a09876543210\u200b", "\u00a0Asha "), ("98765\u202f43211", "Ravi")))),
    "digits of another script": text(plain(rows=(("९८७६५४३२१०", "Asha"), ("９８７６５４３２１１", "Ravi")))),
    "leading apostrophes": text(plain(rows=(("'9876543210", "Asha"), ("'+919876543211", "Ravi")))),
    "formulas": text(
        plain(rows=(("9876543210", '=HYPERLINK("http://x")'), ("9876543211", "@SUM(1)"))),
        {ASHA: '=HYPERLINK("http://x")', RAVI: "@SUM(1)"},
    ),
    "a number that is a formula": text(plain() + "=9876543212,Tara\n", None, (4, "signs")),
    "two numbers in a cell": text(plain() + "9876543212 / 9876543213,Tara\n", None, (4, "two phone numbers")),
    "words, dashes and nothing for a number": text(
        plain() + "N/A,Tara\n-,Uma\n,Vik\n", None, (4, "not a phone number"), (5, "not a phone number"), (6, "empty")
    ),
    "numbers that do not exist": text(plain() + "+15550000000,Tara\n12,Uma\n", None, (4, "no such"), (5, "too short")),
    "a number of no country": text(plain() + "+999123456789,Tara\n", None, (4, "country code")),
    "a name that is too long": text(plain() + f"9876543212,{'x' * 201}\n", None, (4, "longer than 200")),
    "an answer that is neither yes nor no": text(
        "phone,name,opted_in\n9876543210,Asha,yes\n9876543211,Ravi,no\n9876543212,Tara,perhaps\n", None, (4, "neither yes nor no")
    ),
    "a line that is too long": broken(b"phone\n" + b"9" * 200_000, "Line 2 is longer than"),
    # workbooks
    "a workbook": sheet(HEADER, *BOTH),
    "a workbook with numbers as floats": sheet(HEADER, (9876543210.0, "Asha"), (919876543211, "Ravi")),
    "a workbook with dates and truths": sheet(
        ("phone", "name", "since", "at"), (9876543210, "Asha", date(2026, 3, 1), datetime(2026, 3, 1, 9, 30)),
        (9876543211, "Ravi", True, None),
    ),
    "a workbook with merged cells above the header": sheet(prepare=merged),
    "a workbook with formulas": sheet(HEADER, ("", ""), BOTH[1], prepare=formulas),
    "a workbook with empty rows and columns": sheet((), (None, *HEADER), (), (None, *BOTH[0]), (None, *BOTH[1])),
    "a workbook with a date for a number": sheet(HEADER, *BOTH, (date(2026, 3, 1), "Tara"), refused=((4, ""),)),
    "a workbook with nothing in it": broken(sheet(people={}).content, "empty"),
    "a torn workbook": broken(truncated(sheet(HEADER, *BOTH)), ""),
    "a bomb": broken(a_bomb(), ""),
    # what is no customer file at all
    "a zip file": broken(a_zip(), ""),
    "HTML that is called CSV": broken(b"<!DOCTYPE html><html><body><table><tr><td>phone</td></tr></table></body></html>", "a web page"),
    "a PDF": broken(b"%PDF-1.7 ...", "PDF"),
    "a picture": broken(b"\x89PNG\r\n\x1a\n" + bytes(100), "picture"),
    "an old workbook (.xls)": broken(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ""),
    "bytes of any kind": broken(bytes(range(256)) * 20, "not a text file"),
    "nothing": broken(b"", "empty"),
    "blank lines alone": broken(b"\xef\xbb\xbf\r\n \n", "empty"),
}  # fmt: skip
