"""What a rule says when it refuses: a sentence for people, without status numbers."""


class Refused(Exception):
    """A request that cannot be granted, with the sentence that tells the person why and what helps.

    `fields` maps names of form fields to their own sentences.
    """

    def __init__(self, sentence: str, fields: dict[str, list[str]] | None = None):
        super().__init__(sentence)
        self.sentence = sentence
        self.fields = fields or {}


class Invalid(Refused):
    """The input itself is wrong: mapped to 422."""


class Conflict(Refused):
    """The input is fine, but the state of the thing forbids it: mapped to 409."""


class NotFound(Refused):
    """There is no such thing: mapped to 404."""
