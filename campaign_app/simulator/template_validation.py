"""Checks the template part of a request: name, language, status, components."""

from .errors import Refusal
from .graph_checks import must_be, one_of, only_keys, required
from .parameter_validation import LONGEST_BODY, VALUE_KEYS, check_button, check_header, check_text_parameters
from .template_shape import TemplateShape, filled
from .templates import TemplateStore

COMPONENT_TYPES = (
    "HEADER",
    "BODY",
    "BUTTON",
    "FOOTER",
    "CAROUSEL",
    "LIMITED_TIME_OFFER",
    "ORDER_STATUS",
    "TAP_TARGET_CONFIGURATION",
)
TEMPLATE_KEYS = {"name", "language", "components", "namespace"}
COMPONENT_KEYS = {"type", "sub_type", "index", "parameters", "cards"}


def check_template(template: object, templates: TemplateStore) -> TemplateShape:
    """The template asked for. Raises Refusal with Meta's code for the first thing that is wrong."""
    if template is None:
        raise required("template")
    if not isinstance(template, dict):
        raise must_be("template", "a JSON object")
    only_keys(template, TEMPLATE_KEYS, "template")
    name, language = template.get("name"), template.get("language")
    if not isinstance(name, str) or not name:
        raise required("template['name']")
    if not isinstance(language, dict) or not isinstance(language.get("code"), str) or not language["code"]:
        raise required("template['language']['code']")
    only_keys(language, {"code", "policy"}, "template['language']")
    shape = templates.shape(name, language["code"])
    if shape is None or shape.status not in ("APPROVED", "PAUSED", "DISABLED"):
        raise Refusal(132001, f"template name ({name}) does not exist in {language['code']}")
    if shape.status == "PAUSED":
        raise Refusal(132015)
    if shape.status == "DISABLED":
        raise Refusal(132016)
    components = template.get("components") or []
    if not isinstance(components, list):
        raise must_be("template['components']", "an array")
    _check_components(components, shape)
    return shape


def _check_components(components: list, shape: TemplateShape) -> None:
    header: list[dict] = []
    body: list[dict] = []
    buttons: dict[int, list[dict]] = {}
    for place, component in enumerate(components):
        where = f"template['components'][{place}]"
        if not isinstance(component, dict):
            raise must_be(where, "a JSON object")
        only_keys(component, COMPONENT_KEYS, where)
        kind = one_of(component.get("type"), COMPONENT_TYPES, f"{where}['type']")
        parameters = _parameters(component.get("parameters"), where)
        if kind == "HEADER":
            header += parameters
        elif kind == "BODY":
            body += parameters
        elif kind == "BUTTON":
            index = check_button(component, parameters, shape, where)
            if index in buttons:
                raise Refusal(100, f"buttons: Button at index {index} is given twice")
            buttons[index] = parameters
        elif parameters or component.get("cards"):
            raise Refusal(132012, f"{kind.lower()}: the template has no such component")
    check_header(header, shape)
    body_values = check_text_parameters("body", body, shape.body_variables, shape.is_named)
    if len(filled(shape.body_text, body_values)) > LONGEST_BODY:
        raise Refusal(132005, f"body: text is longer than {LONGEST_BODY} characters")
    for index, button in enumerate(shape.buttons):
        if button.needs_parameter and not buttons.get(index):
            raise Refusal(
                131008, f"buttons: Button at index {index} of type {button.name} requires a parameter"
            )


def _parameters(given: object, where: str) -> list[dict]:
    """The parameters, each an object with a known type, its value and nothing else."""
    if given is None:
        return []
    if not isinstance(given, list):
        raise must_be(f"{where}['parameters']", "an array")
    for place, parameter in enumerate(given):
        here = f"{where}['parameters'][{place}]"
        if not isinstance(parameter, dict):
            raise must_be(here, "a JSON object")
        kind = one_of(parameter.get("type"), tuple(VALUE_KEYS), f"{here}['type']").lower()
        only_keys(parameter, {"type", "parameter_name", VALUE_KEYS[kind]}, here)
        if VALUE_KEYS[kind] not in parameter:
            key = VALUE_KEYS[kind]
            raise Refusal(100, f"Parameter '{key}' is mandatory for component parameter type '{kind}'")
    return given
