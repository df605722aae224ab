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


# What people make passwords of first. One of these, or two, is no password whatever digits and signs surround it.
COMMON_WORDS = frozenset(
    """
    access account admin administrator adobe amanda america andrew angel apple april arsenal asdfgh ashley august autumn awesome baby
    backup banana barcelona baseball basketball batman beautiful biteme blink blue business butterfly campaign caroline changeme charlie
    cheese chelsea chocolate christmas company computer cookie corona cricket customer daniel december default demo diamond dragon email
    enter eminem facebook family february flower football forever freedom friday friends george ginger google guest hannah happy hello
    heaven hunter iloveyou india internet january jasmine jennifer jessica jesus jordan joshua july june killer letmein liverpool login
    london love lovely maggie manager march marina market marketing master matrix matthew michael michelle mobile monday monkey mother
    mumbai mustang mypassword naruto newpassword newyork nicole november october office oliver orange pass passw passwd password pepper
    phone pokemon princess private purple qazwsx qwerty qwertyuiop rainbow robert root samsung samantha saturday secret security server
    service shadow shop silver soccer spiderman spring staff starwars summer sunday sunshine superman superstar support system taylor
    temp temporary test tester thomas thursday tigger tomorrow trustno tuesday unknown user vanessa victoria wednesday welcome whatever
    whatsapp william winter wizard yellow zaqwsx zxcvbn zxcvbnm
    """.split()
)
_LOOKALIKES = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"}
)

# A last letter that is written as a digit or sign, `hell0`, falls off with the ending.
_COMMON_ENDS = COMMON_WORDS | {word[:-1] for word in COMMON_WORDS if word[-1] in _LOOKALIKES.values()}


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
    is_common = plain in _COMMON or _is_common_word(plain)
    if is_common or len(set(plain)) < 4 or _is_repeated(plain) or _is_run(plain):
        return "This one is among the first that a stranger would try. Choose another."
    local_part = email.partition("@")[0].casefold()
    if plain == email.casefold() or (
        len(local_part) >= 4 and not plain.replace(local_part, "").strip("0123456789!@#.-_")
    ):
        return "It is made of the e-mail address. Choose another."
    return None


def _is_common_word(text: str) -> bool:
    """`Password2026!`, `p@ssw0rd1234`, `summerwinter`: one or two common words under digits and signs."""
    as_letters = re.sub(r"[^a-z]+$", "", text).translate(_LOOKALIKES)
    return any(
        spelling in _COMMON_ENDS
        or any(
            spelling[:cut] in COMMON_WORDS and spelling[cut:] in _COMMON_ENDS
            for cut in range(3, len(spelling))
        )
        for spelling in (re.sub(r"[^a-z]", "", text), re.sub(r"[^a-z]", "", as_letters))
    )


def _is_repeated(text: str) -> bool:
    """`abcabcabcabc`: a short piece again and again."""
    return len(text) > 2 and (text + text).find(text, 1) <= 6


def _is_run(text: str) -> bool:
    """`abcdefghijklm`, `987654321098`: each sign next to the one before it."""
    steps = {ord(later) - ord(earlier) for earlier, later in pairwise(text)}
    return steps in ({1}, {-1})
