"""The `components` of one recipient's send request: the campaign's, the customer's values, the recipient's own."""

from collections.abc import Mapping
from typing import Any

from campaign_app.domain.errors import Invalid
from campaign_app.domain.template_needs import TemplateNeeds
from campaign_app.domain.template_text import fill_all

PLACES = {"header", "body", "buttons"}


def components_for(
    campaign_components: list[dict] | None,
    template_parameters: Any | None,
    values: Mapping[str, Any],
    needs: TemplateNeeds | None,
) -> list[dict]:
    """Build the request's components. Raises MissingValue for an empty field without fallback, Invalid for parameters of
    no known shape. What `template_parameters` gives for a place wins over the campaign's component for it, and is sent as
    it was given: references to the customer stand in the campaign's texts only."""
    own = own_components(template_parameters, needs)
    places = {_place(component) for component in own}
    kept = [component for component in campaign_components or [] if _place(component) not in places]
    return fill_all(kept, values) + own


def own_components(template_parameters: Any | None, needs: TemplateNeeds | None) -> list[dict]:
    """Turn a recipient's `template_parameters` into components.

    A list holds the body's values in order; an object holds the named body values; an object of `header`, `body` and
    `buttons` holds those of each place: `{"header": "Sale", "body": ["Ana"], "buttons": {"0": "ana-77"}}`.
    """
    if template_parameters is None or template_parameters in ({}, []):
        return []
    if isinstance(template_parameters, list):
        return [_body(template_parameters)]
    if not isinstance(template_parameters, Mapping):
        raise _refusal("must be a list of values or an object")
    named_header_or_body = (
        needs is not None and needs.named and set(template_parameters) & set(needs.body_names)
    )
    if not set(template_parameters) <= PLACES or named_header_or_body:
        return [_body(template_parameters)]
    components = []
    if template_parameters.get("header") not in (None, "", [], {}):
        components.append(_header(template_parameters["header"], needs))
    if template_parameters.get("body"):
        components.append(_body(template_parameters["body"]))
    buttons = template_parameters.get("buttons") or {}
    if not isinstance(buttons, Mapping):
        raise _refusal('must give “buttons” as an object such as {"0": "ana-77"}')
    sub_types = {str(need.index): need.sub_type for need in needs.buttons} if needs else {}
    components += [
        _button(str(index), value, sub_types.get(str(index), "url")) for index, value in buttons.items()
    ]
    return components


def _place(component: Mapping[str, Any]) -> tuple[str, str]:
    kind = str(component.get("type", "")).lower()
    return kind, str(component.get("index", "0")) if kind == "button" else ""


def _body(values: Any) -> dict:
    if isinstance(values, Mapping):
        parameters = [
            {"type": "text", "parameter_name": str(name), "text": _text(value)}
            for name, value in values.items()
        ]
    elif isinstance(values, list):
        parameters = [
            value if isinstance(value, dict) else {"type": "text", "text": _text(value)} for value in values
        ]
    else:
        raise _refusal("must give “body” as a list or an object of names")
    return {"type": "body", "parameters": parameters}


def _header(value: Any, needs: TemplateNeeds | None) -> dict:
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    if isinstance(value, Mapping) and "type" in value:
        return {"type": "header", "parameters": [dict(value)]}
    if isinstance(value, Mapping) and len(value) == 1:  # a named header
        name, text = next(iter(value.items()))
        return {
            "type": "header",
            "parameters": [{"type": "text", "parameter_name": str(name), "text": _text(text)}],
        }
    if needs is not None and needs.named and needs.header_names:
        name = {"parameter_name": needs.header_names[0]}
        return {"type": "header", "parameters": [{"type": "text", **name, "text": _text(value)}]}
    return {"type": "header", "parameters": [{"type": "text", "text": _text(value)}]}


def _button(index: str, value: Any, sub_type: str) -> dict:
    if sub_type == "copy_code":
        parameter = {"type": "coupon_code", "coupon_code": _text(value)}
    else:
        parameter = {"type": "text", "text": _text(value)}
    return {"type": "button", "sub_type": sub_type, "index": index, "parameters": [parameter]}


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _refusal("must hold texts or numbers only")
    text = str(value)
    if not text.strip():
        raise _refusal("must not hold an empty value")
    return " ".join(text.split())


def _refusal(fault: str) -> Invalid:
    sentence = f"The template parameters {fault}."
    return Invalid(sentence, {"template_parameters": [sentence]})
