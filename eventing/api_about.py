"""What holds for every operation: told in the OpenAPI document and on its readable page."""

from eventing.http import LARGEST_BODY, LARGEST_UPLOAD
from eventing.idempotency import LONGEST_KEY

LEAD = "Commands change one aggregate and raise events; what others make of them shows later."

RULES = (
    (
        "Keys",
        "Every route but health and these pages wants a function key, in the header "
        "x-functions-key, or in Azure a token that App Service authentication takes. "
        "The local stack asks for none.",
    ),
    (
        "Repeating",
        f"A POST that creates takes an Idempotency-Key of up to {LONGEST_KEY} visible ASCII "
        "characters. The same key of the same caller names the same thing: again with the same "
        "body it has no further effect and answers with the thing, with another body it is a 422. "
        "Failures are not remembered. Every other command may be repeated as it is.",
    ),
    (
        "Versions",
        "ETag is the version of what is shown. A command with If-Match is carried out on that "
        "version or answers 412; If-None-Match: * asks that there be nothing yet. Without them the "
        "last command wins. A 409 says that what it asks is not possible as things are.",
    ),
    (
        "Pages",
        "next is the address of the next page, or null. Items are in no order that means "
        "anything, and each is on one page only.",
    ),
    (
        "Not yet",
        "A 404 with Retry-After is of something that this team has not heard of, perhaps not yet.",
    ),
    (
        "Problems",
        "Refusals are problem details (RFC 9457). type is stable; errors names each wrong field "
        "by its JSON pointer, or parameter by its name.",
    ),
    (
        "Limits",
        f"A JSON body has at most {LARGEST_BODY:,} bytes, a file {LARGEST_UPLOAD:,}. "
        "JSON is UTF-8, money a decimal string, a time an ISO 8601 instant in UTC.",
    ),
)
