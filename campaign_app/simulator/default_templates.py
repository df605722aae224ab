"""The message templates that a fresh simulator holds: every shape that a campaign can meet."""

_OPT_OUT = {"type": "QUICK_REPLY", "text": "Stop promotions"}


def _template(name: str, language: str, category: str, *components: dict, **more: object) -> dict:
    return {
        "name": name,
        "language": language,
        "status": "APPROVED",
        "category": category,
        "parameter_format": "POSITIONAL",
        "components": list(components),
        "rejected_reason": "NONE",
        **more,
    }


def _body(text: str, *examples: str, named: dict[str, str] | None = None) -> dict:
    component: dict = {"type": "BODY", "text": text}
    if examples:
        component["example"] = {"body_text": [list(examples)]}
    if named:
        component["example"] = {
            "body_text_named_params": [
                {"param_name": name, "example": value} for name, value in named.items()
            ]
        }
    return component


def _header(text: str, *examples: str) -> dict:
    component: dict = {"type": "HEADER", "format": "TEXT", "text": text}
    if examples:
        component["example"] = {"header_text": list(examples)}
    return component


def _footer(text: str) -> dict:
    return {"type": "FOOTER", "text": text}


def _buttons(*buttons: dict) -> dict:
    return {"type": "BUTTONS", "buttons": list(buttons)}


def _loyalty(language: str, text: str) -> dict:
    return _template("loyalty_reward", language, "MARKETING", _body(text, "Asha", "500"), _buttons(_OPT_OUT))


DEFAULT_TEMPLATES: list[dict] = [
    _template(
        "holiday_sale_template",
        "en_US",
        "MARKETING",
        _header("Holiday Sale"),
        _body(
            "Our Holiday Sale is on! Enjoy up to 40% off in every store and online until the end of the week."
        ),
        _footer("Tap Stop promotions to hear no more from us"),
        _buttons(_OPT_OUT),
    ),
    _template(
        "spring_offer",
        "en_US",
        "MARKETING",
        _header("Spring is here"),
        _body("Hello {{1}}, your spring offer is waiting: {{2}} off everything in store.", "Asha", "20%"),
        _footer("Offer valid until the end of the month"),
        _buttons(
            {
                "type": "URL",
                "text": "See the offer",
                "url": "https://shop.example.com/offers/{{1}}",
                "example": ["https://shop.example.com/offers/asha-77"],
            },
            _OPT_OUT,
        ),
    ),
    _template(
        "diwali_greeting",
        "en_US",
        "MARKETING",
        _body(
            "Happy Diwali, {{first_name}}! Our {{city}} store lights up for you this week.",
            named={"first_name": "Asha", "city": "Mumbai"},
        ),
        _buttons(_OPT_OUT),
        parameter_format="NAMED",
    ),
    _template(
        "new_collection",
        "en_US",
        "MARKETING",
        {
            "type": "HEADER",
            "format": "IMAGE",
            "example": {"header_handle": ["https://shop.example.com/new.jpg"]},
        },
        _body("{{1}}, the new collection has arrived. Come and see it first.", "Asha"),
        _buttons({"type": "URL", "text": "Look inside", "url": "https://shop.example.com/new"}, _OPT_OUT),
    ),
    _template(
        "coupon_code",
        "en_US",
        "MARKETING",
        _header("A gift for {{1}}", "Asha"),
        _body("Here is your code for {{1}} off your next order. It is good for 7 days.", "25%"),
        _buttons({"type": "COPY_CODE", "text": "Copy offer code", "example": ["25OFF"]}, _OPT_OUT),
    ),
    _template(
        "order_update",
        "en_US",
        "UTILITY",
        _body(
            "Hello {{1}}, your order {{2}} is on its way and arrives on {{3}}.", "Asha", "A-1042", "Monday"
        ),
        _buttons({"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+919876500000"}),
    ),
    _template(
        "store_opening",
        "en_US",
        "MARKETING",
        {"type": "HEADER", "format": "LOCATION"},
        _body("A new store opens near you, {{1}}. See you there on Saturday!", "Asha"),
        _buttons(_OPT_OUT),
    ),
    _loyalty("en_US", "Dear {{1}}, you have {{2}} points. Use them before the year ends."),
    _loyalty("hi", "प्रिय {{1}}, आपके पास {{2}} अंक हैं। वर्ष के अंत से पहले इनका उपयोग करें।"),
    _loyalty("pt_BR", "Olá {{1}}, você tem {{2}} pontos. Use-os antes do fim do ano."),
    _template(
        "clearance_sale", "en_US", "MARKETING", _body("Everything must go, {{1}}!", "Asha"), status="PAUSED"
    ),
    _template(
        "lottery_prize",
        "en_US",
        "MARKETING",
        _body("You may have won a prize. Answer now."),
        status="REJECTED",
        rejected_reason="SCAM",
    ),
    _template(
        "summer_preview", "en_US", "MARKETING", _body("Summer comes early this year."), status="PENDING"
    ),
    _template("old_promotion", "en_US", "MARKETING", _body("Last year's prices again."), status="DISABLED"),
]
