"""Every error code that the Cloud API is known to answer with: HTTP status, title, details.

Source: Meta, "Cloud API error codes" and its change log, read 2026-09; statuses from the older page and from
Meta's OpenAPI file, since the newer page leaves them out.
"""

from typing import NamedTuple


class CataloguedError(NamedTuple):
    http_status: int
    title: str
    details: str = ""


def _entry(line: str) -> tuple[int, CataloguedError]:
    code, status, title, details = (part.strip() for part in line.split("|"))
    return int(code), CataloguedError(int(status), title, details)


_LINES = """
0      | 401 | AuthException | We were unable to authenticate the app user.
1      | 400 | API Unknown | Invalid request or possible server error.
2      | 503 | API Service | Temporary due to downtime or due to being overloaded.
3      | 500 | API Method | Capability or permissions issue.
4      | 429 | Application request limit reached | The app has reached its API call rate limit.
10     | 403 | Permission Denied | Permission is either not granted or has been removed.
17     | 429 | User request limit reached | The user has reached the API call rate limit.
32     | 429 | Page request limit reached | The page has reached the API call rate limit.
33     | 400 | Parameter value is not valid | The business phone number has been deleted.
100    | 400 | Invalid parameter | The request included one or more unsupported or misspelled parameters.
104    | 401 | An access token is required to request this resource. |
190    | 401 | Error validating access token: Session has expired. |
200    | 403 | API Permission | Permission is either not granted or has been removed.
368    | 403 | Temporarily blocked for policies violations | The WhatsApp Business Account has been restricted or disabled for violating a platform policy.
613    | 429 | Calls to this api have exceeded the rate limit. |
803    | 404 | Some of the aliases you requested do not exist |
1005   | 400 | Access denied | The phone number is still registered with the On-Premises API.
2200   | 400 | Callback verification failed | The callback URL did not answer the challenge.
2500   | 400 | Unknown path components |
80007  | 429 | Rate limit issues | The WhatsApp Business Account has reached its rate limit.
130403 | 400 | User blocked by business | The message was not sent because the business has blocked this user.
130429 | 429 | Rate limit hit | Cloud API message throughput has been reached.
130472 | 400 | User's number is part of an experiment | Failed to send message because this user's phone number is part of an experiment.
130497 | 403 | Business account is restricted from messaging users in this country. | Business account is restricted from messaging users in this country.
131000 | 500 | Something went wrong | Message failed to send due to an unknown error.
131005 | 403 | Access denied | Permission is either not granted or has been removed.
131008 | 400 | Required parameter is missing | The request is missing a required parameter.
131009 | 400 | Parameter value is not valid | One or more parameter values are invalid.
131014 | 400 | Request for url failed | The media could not be fetched from its address.
131016 | 500 | Service unavailable | A service is temporarily unavailable.
131020 | 400 | Group is not valid | The group does not exist or is not active.
131021 | 400 | Recipient cannot be sender | Sender and recipient phone number is the same.
131026 | 400 | Message undeliverable | Unable to deliver message. Reasons can include: the recipient phone number is not a WhatsApp phone number, the recipient has not accepted our latest Terms of Service and Privacy Policy, or the recipient uses an old WhatsApp version.
131030 | 400 | Recipient phone number not in allowed list | Recipient phone number not in allowed list: add it to the recipient list and try again.
131031 | 403 | Business Account locked | Business account has been locked.
131037 | 400 | Display name approval needed | The 555 business phone number lacks an approved display name.
131041 | 400 | Group operation failed | The group operation could not be carried out.
131042 | 400 | Business eligibility payment issue | Message failed to send because there were one or more errors related to your payment method.
131044 | 400 | Business eligibility payment issue | The account has no valid payment method.
131045 | 500 | Incorrect certificate | Message failed to send due to a phone number registration error.
131047 | 400 | Re-engagement message | Message failed to send because more than 24 hours have passed since the customer last replied to this number.
131048 | 400 | Spam rate limit hit | Message failed to send because there are restrictions on how many messages can be sent from this phone number. This may be because too many previous messages were blocked or flagged as spam.
131049 | 400 | This message was not delivered to maintain healthy ecosystem engagement. | In order to maintain a healthy ecosystem engagement, the message failed to be delivered.
131050 | 400 | User has stopped marketing messages | This user has chosen to stop receiving marketing messages on WhatsApp from your business.
131051 | 400 | Unsupported message type | Unsupported message type.
131052 | 400 | Media download error | Unable to download the media sent by the user.
131053 | 400 | Media upload error | Unable to upload the media used in the message.
131055 | 400 | Method not allowed | Only marketing templates may be sent with this method.
131056 | 429 | (Business Account, Consumer Account) pair rate limit hit | Too many messages sent from this phone number to the same phone number in a short period of time.
131057 | 500 | Account in maintenance mode | Business Account is in maintenance mode.
131059 | 400 | Group limit reached | The business has reached its limit of groups.
131060 | 400 | Message unavailable | This message is currently unavailable.
131062 | 400 | Recipient not supported | Business-scoped user IDs are not supported for this message.
131063 | 400 | Marketing templates disabled | Marketing template messages are disabled on Cloud API for this account.
131064 | 400 | Messaging limit reached | The messaging limit was reached because of template classification violations.
132000 | 400 | Number of parameters does not match the expected number of params | The number of variable parameter values included in the request did not match the template.
132001 | 404 | Template name does not exist in the translation | The template does not exist in the specified language or has not been approved.
132005 | 400 | Translated text too long | The translated text is too long.
132007 | 400 | Template format character policy violated | Template content violates a WhatsApp policy.
132008 | 400 | Parameter value is not valid | A template parameter's value is formatted incorrectly.
132012 | 400 | Parameter format does not match format in the created template | Variable parameter values formatted incorrectly.
132015 | 400 | Template is paused | Template is paused due to low quality so it cannot be sent in a template message.
132016 | 400 | Template is disabled | Template has been paused too many times due to low quality and is now permanently disabled.
132018 | 400 | There's an issue with the parameters in your template | The template's parameters could not be validated.
132068 | 400 | Flow is blocked | Flow is in blocked state.
132069 | 400 | Flow is throttled | Flow is in throttled state and 10 messages using it were already sent in the last hour.
133000 | 500 | Incomplete deregistration | A previous deregistration attempt failed.
133004 | 503 | Server temporarily unavailable | Server is temporarily unavailable.
133005 | 400 | Two step verification PIN mismatch | Two-step verification PIN incorrect.
133006 | 400 | Phone number re-verification needed | Phone number needs to be verified before registering.
133008 | 400 | Too many two step verification PIN guesses | Too many two-step verification PIN guesses for this phone number.
133009 | 400 | Two step verification PIN guessed too fast | Two-step verification PIN was entered too quickly.
133010 | 400 | Phone number not registered | Phone number not registered on the WhatsApp Business Platform.
133015 | 400 | Please wait a few minutes before attempting to register this phone number | The phone number was recently deleted.
133016 | 400 | Account register deregister rate limit exceeded | Too many attempts for this phone number in a short period of time.
134011 | 400 | WhatsApp Payments terms of service has not been accepted | The terms of service are pending.
134100 | 400 | Only marketing messages supported | Only templates of the marketing category may be sent with this method.
134101 | 400 | Template not synced | The template is still being synchronised; try again in ten minutes.
134102 | 500 | Template unavailable | The template cannot be used with this method.
134103 | 400 | Template cannot be sent |
135000 | 400 | Generic user error | Message failed to send because of an unknown error with your request parameters.
137000 | 400 | Recipient identity key hash mismatch | The recipient's identity changed.
138000 | 400 | Calling not enabled | Calling is not enabled for this number.
139000 | 400 | Flow is blocked by integrity | Flow is blocked due to integrity.
139100 | 400 | Failed to block users | Some users could not be blocked.
147001 | 400 | Username not available | The username cannot be used.
200005 | 400 | Template insights are not available | Template insights are not available for this account.
200006 | 400 | Template insights cannot be disabled | Template insights cannot be disabled once enabled.
200007 | 400 | Template insights are not enabled | Template insights are not enabled.
1752041 | 400 | Duplicate request | The onboarding request was already made.
2388019 | 400 | Message template limit exceeded | The account has reached its number of templates.
2388039 | 400 | Template status cannot change | The template's status does not allow this.
2388040 | 400 | Character limit exceeded | A template field exceeds its length.
2388047 | 400 | Message header format is incorrect | The header's format is incorrect.
2388072 | 400 | Message body format is incorrect | The body's format is incorrect.
2388073 | 400 | Message footer format is incorrect | The footer's format is incorrect.
2388293 | 400 | Too many variables for the length | The template has too many variables for its length.
2388299 | 400 | Variables at start or end | Variables cannot be at the start or end of the template.
2494100 | 400 | Phone number in maintenance | The phone number is in maintenance mode.
"""

CATALOGUE: dict[int, CataloguedError] = dict(_entry(line) for line in _LINES.strip().splitlines())
