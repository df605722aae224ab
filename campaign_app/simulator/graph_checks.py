"""The checks that Graph makes on any parameter, with Graph's own sentences."""

from .errors import Refusal


def only_keys(value: dict, allowed: set[str], where: str) -> None:
    for key in value:
        if key not in allowed:
            raise Refusal(100, message=f'(#100) Unexpected key "{key}" on param "{where}".')


def one_of(value: object, choices: tuple[str, ...], where: str) -> str:
    """The value in the choices' own case. Raises Refusal 100 with Graph's sentence."""
    if isinstance(value, str):
        for choice in choices:
            if choice.lower() == value.lower():
                return choice
    raise Refusal(
        100, message=f'(#100) Param {where} must be one of {{{", ".join(choices)}}} - got "{value}".'
    )


def required(name: str) -> Refusal:
    return Refusal(100, message=f"(#100) The parameter {name} is required.")


def must_be(name: str, kind: str) -> Refusal:
    return Refusal(100, message=f"(#100) Param {name} must be {kind}.")
