"""A seeded generator of a customer file as real shops have them: for the demo and for tests. Nobody in it exists."""

import random
from collections.abc import Callable
from pathlib import Path

FIRST = "Aarav Aditi Arjun Asha Björn Çağla Chetan Deepa Devika Farhan Gauri Harsh Ishaan José Kavya Kiran Lakshmi Łukasz Meera Mohan Neha Nikhil Pooja Priya Rahul Rekha Sana Shreya Tara Uday Vidya Yash Zoya".split()
LAST = "Agarwal Chatterjee D'Souza Das Desai Fernandes Gupta Iyer Jain Joshi Kapoor Khan Kulkarni Mehta Menon Mishra Naidu Nair O'Brien Patel Pillai Rao Reddy Roy Saxena Sharma Singh Sinha Verma".split()
TIERS = ("gold", "Gold", "GOLD ", "silver", "silver", "bronze", "platinum", "")
CITIES = (
    "Mumbai",
    "mumbai ",
    "Pune",
    "New Delhi",
    "Bengaluru",
    "Chennai",
    "Kolkata",
    "Hyderabad",
    "Ahmedabad",
    "São Paulo",
)
LANGUAGES = ("en", "en_US", "hi", "mr", "")
TAGS = ("vip", "newsletter", "vip,repeat", "vip|diwali", "repeat", "")
HEADER = "Customer Name;Mobile No.;Tier;City;Language;Tags;Joined;Loyalty Points"

SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda ten: f"+91{ten}",
    lambda ten: f"+91 {ten[:5]} {ten[5:]}",
    lambda ten: f"91{ten}",
    lambda ten: ten,
    lambda ten: f"+91-{ten[:3]}-{ten[3:6]}-{ten[6:]}",
    lambda ten: f"0{ten}",
    lambda ten: f"0091{ten}",
    lambda ten: f" (+91) {ten} ",
    lambda ten: f"\u202a+91 {ten}\u202c",
)
NO_NUMBERS = ("9.19876E+11", "N/A", "", "8729355", "+919876543210/9876501234")


def write_messy_customers(path: Path, customers: int, seed: int) -> None:
    """Write a file out of which an import with the default country IN makes exactly `customers` customers.

    With a byte-order mark, semicolons, several spellings of numbers, repeated people, empty lines, a total line, rows
    without a usable number, quotes, accents, emoji and a formula among the names. The same seed gives the same file.
    """
    chance = random.Random(seed)  # noqa: S311 - a story, not a secret
    numbers: list[str] = []
    known = set()
    while len(numbers) < customers:
        ten = f"{chance.choice('6789')}{chance.randrange(10**9):09d}"
        if ten not in known:
            known.add(ten)
            numbers.append(ten)
    lines = []
    for place, ten in enumerate(numbers):
        lines.append(_line(chance, chance.choice(SPELLINGS)(ten)))
        if chance.random() < 0.03:
            lines.append(_line(chance, chance.choice(SPELLINGS)(chance.choice(numbers[: place + 1]))))
        if chance.random() < 0.01:
            lines.append(chance.choice(("", ";;;;;;;")))
        if chance.random() < 0.015:
            lines.append(_line(chance, chance.choice(NO_NUMBERS)))
    for number in NO_NUMBERS:
        lines.insert(chance.randrange(len(lines) + 1), _line(chance, number))
    lines.append("TOTAL;;;;")
    path.write_text("\r\n".join([HEADER, *lines, ""]), encoding="utf-8-sig", newline="")


def _line(chance: random.Random, number: str) -> str:
    name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
    odd = chance.random()
    if odd < 0.02:
        name = '"' + name.replace(" ", ' ""Bunny"" ', 1) + '"'
    elif odd < 0.04:
        name = f"{name} 🎉"
    elif odd < 0.045:
        name = '"=HYPERLINK(""http://example.com"";""Click"")"'
    elif odd < 0.06:
        name = ""
    joined = chance.choice(("2023-04-01", "01/04/2023", "1-Apr-23", "2025-13-40", ""))
    points = chance.choice(("0", "120", "98.5", "1,250", "n/a", ""))
    return ";".join(
        (
            name,
            number,
            chance.choice(TIERS),
            chance.choice(CITIES),
            chance.choice(LANGUAGES),
            chance.choice(TAGS),
            joined,
            points,
        )
    )
