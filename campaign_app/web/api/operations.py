"""What a view of the API takes and answers, stated above the view: the description of the API is made from it."""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import BaseModel

ATTRIBUTE = "api_operation"


@dataclass(frozen=True)
class Operation:
    """`answer` None: the answer has no body. `conflicts`: the state of the thing can forbid it (409)."""

    summary: str
    answer: type[BaseModel] | None
    status: int = 200
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    conflicts: bool = False
    answers_too: tuple[int, ...] = ()  # further statuses with the same answer
    located: bool = False  # carries a Location header
    tagged: bool = False  # carries an ETag


def operation(summary: str, answer: type[BaseModel] | None, **more) -> Callable:
    """Describe a view. Stands below the route, like `requires`; the view's docstring is the longer text."""

    def mark(view: Callable) -> Callable:
        setattr(view, ATTRIBUTE, Operation(summary, answer, **more))
        return view

    return mark
