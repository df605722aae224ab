"""Which passwords are taken: long ones that are not on everybody's list. No rules of composition."""

import re
import unicodedata
from itertools import pairwise

SHORTEST = 12
LONGEST = 128

# The passwords of twelve signs and more that stand near the top of published leaks, lower case, without blanks.
_COMMON = frozenset(
    """
    password1234 password12345 password123456 passwordpassword password123password mypassword123 mypassword1234 newpassword123
    thisismypassword letmein12345 letmeinletmein welcome12345 welcome123456 welcomewelcome administrator admin1234567 adminadminadmin
    changeme1234 changemechangeme changemenow123 qwertyuiop12 qwertyuiop123 qwertyuiop[] qwertyuiopasdf qwertyqwerty qwerty123456
    qwerty12345678 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1qaz2wsx3edc 1qaz2wsx3edc4rfv zaq12wsxcde3 asdfghjkl123 asdfasdfasdf abcd12345678
    abcdefghijkl abcdefgh1234 abc123abc123 iloveyou1234 iloveyouforever iloveyouiloveyou 123456789012 1234567890123 12345678901234
    123456789abc 1234567890qw 1234567890ab 123123123123 123321123321 987654321098 098765432109 112233445566 121212121212 147258369147
    123456123456 123456654321 111222333444 monkeymonkey dragondragon sunshine1234 football1234 baseball1234 superman1234 princess1234
    whatsapp1234 whatsapp12345 campaign1234 marketing123 marketing1234 companyname1 correcthorsebatterystaple secretsecret topsecret123
    p@ssw0rd1234 p@ssword1234 passw0rd1234 summer202412 winter202412 trustno1trustno1 masterpassword defaultpassword temporary123
    """.split()
)


def password_fault(password: str, email: str = "") -> str | None:
    """Why `password` is not taken, as a sentence, or None. Counts signs, not bytes; blanks and any script are welcome.

    >>> password_fault("short")
    'Use at least 12 signs; a short sentence is fine.'
    >>> password_fault("a lantern by the river") is None
    True
    """
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} signs; a short sentence is fine."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} signs."
    if "\0" in password:
        return "It holds a sign that cannot be stored."
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", password)).casefold()
    if plain in _COMMON or len(set(plain)) < 4 or _is_repeated(plain) or _is_run(plain):
        return "This one is among the first that a stranger would try. Choose another."
    local_part = email.partition("@")[0].casefold()
    if plain == email.casefold() or (
        len(local_part) >= 4 and not plain.replace(local_part, "").strip("0123456789!@#.-_")
    ):
        return "It is made of the e-mail address. Choose another."
    return None


def _is_repeated(text: str) -> bool:
    """`abcabcabcabc`: a short piece again and again."""
    return len(text) > 2 and (text + text).find(text, 1) <= 6


def _is_run(text: str) -> bool:
    """`abcdefghijklm`, `987654321098`: each sign next to the one before it."""
    steps = {ord(later) - ord(earlier) for earlier, later in pairwise(text)}
    return steps in ({1}, {-1})
