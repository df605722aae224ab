"""What a model finds wrong, as sentences for people beside the names of the fields."""

from pydantic import ValidationError

# type of pydantic's error -> sentence; names in braces come from the error's context
_SENTENCES = {
    "missing": "This is required.",
    "extra_forbidden": "There is no such field.",
    "string_type": "This must be text.",
    "string_too_short": "This must not be empty.",
    "string_too_long": "Use at most {max_length} signs.",
    "string_pattern_mismatch": "Use hours and minutes such as 09:00.",  # times of day are the only texts with a pattern
    "int_type": "This must be a whole number.",
    "int_parsing": "This must be a whole number.",
    "int_from_float": "This must be a whole number.",
    "int_parsing_size": "The number is too large.",
    "greater_than_equal": "Use a number from {ge} on.",
    "less_than_equal": "Use a number up to {le}.",
    "bool_type": "This must be true or false.",
    "list_type": "This must be a list.",
    "dict_type": "This must be an object.",
    "model_type": "This must be an object.",
    "model_attributes_type": "This must be an object.",
    "too_long": "Send at most {max_length} at once.",
    "too_short": "Give at least {min_length}.",
    "enum": "Use one of {expected}.",
    "literal_error": "Use one of {expected}.",
}
LONGEST_NAME = 200


def fields_of(error: ValidationError, most: int) -> dict[str, list[str]]:
    """`{"recipients.3.phone_number": ["This is required."]}`, at most `most` fields."""
    fields: dict[str, list[str]] = {}
    for fault in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in fault["loc"])[:LONGEST_NAME] or "body"
        if name not in fields and len(fields) == most:
            break
        template = _SENTENCES.get(fault["type"])
        sentence = template.format(**fault.get("ctx", {})) if template else fault["msg"]
        fields.setdefault(name, []).append(sentence)
    return fields
