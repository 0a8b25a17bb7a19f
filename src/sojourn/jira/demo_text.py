"""What the people of the demo write: summaries and comments."""

import random
from typing import Final

_SUMMARIES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "SUP:Incident": (
        (
            "{} fails with error 502",
            "{} has been very slow since this morning",
            "{} is blank after signing in",
            "Cannot open {}",
            "{} shows yesterday's figures",
            "{} stopped working after the update",
            "{} times out for our whole office",
        ),
        (
            "the monthly invoice",
            "the customer portal",
            "the sales dashboard",
            "the CSV export",
            "single sign-on",
            "the Android app",
            "the warehouse report",
            "password reset",
            "the address book",
            "card payment",
        ),
    ),
    "SUP:Service request": (
        (
            "Please set up {}",
            "Please change {}",
            "Request for {}",
            "We need {} before the end of the month",
            "Please remove {}",
        ),
        (
            "access for three new colleagues",
            "a second billing address",
            "a shared mailbox for the Lyon branch",
            "read access to the finance reports",
            "our VAT number on invoices",
            "an extra test account",
            "the old delivery addresses",
            "the approval limit for team leads",
            "a weekly usage report",
        ),
    ),
    "SUP:Question": (
        (
            "How do we {}?",
            "Is it possible to {}?",
            "Who is allowed to {}?",
            "Where can I {}?",
        ),
        (
            "export all orders of a quarter",
            "merge two customer accounts",
            "change the language of the invoices",
            "see who approved a purchase",
            "restore an archived order",
            "use the app without a phone number",
            "add a second administrator",
        ),
    ),
    "APP:Story": (
        (
            "Let users {}",
            "As an administrator I can {}",
            "Allow customers to {}",
        ),
        (
            "filter orders by warehouse",
            "sign in with a passkey",
            "download invoices as one archive",
            "save a search and share it",
            "pay by instant transfer",
            "undo the last bulk edit",
            "see stock levels per branch",
            "mute notifications at night",
            "import addresses from a spreadsheet",
            "compare two price lists",
        ),
    ),
    "APP:Bug": (
        (
            "{} loses its filter on reload",
            "{} counts cancelled orders twice",
            "{} crashes on an empty list",
            "{} ignores the time zone of the branch",
            "{} breaks with long product names",
            "Wrong totals in {} across a month's end",
        ),
        (
            "Order list",
            "Search page",
            "Checkout",
            "Stock overview",
            "Invoice preview",
            "Refund dialog",
            "Price import",
            "Activity feed",
        ),
    ),
    "APP:Task": (
        (
            "Upgrade {}",
            "Write tests for {}",
            "Remove the old code of {}",
            "Measure and speed up {}",
            "Document {}",
        ),
        (
            "the payment client",
            "the search index",
            "the session store",
            "the export job",
            "the mail templates",
            "the rounding of taxes",
            "the order events",
        ),
    ),
    "OPS:Task": (
        (
            "Renew {}",
            "Move {} to the new cluster",
            "Clean up {}",
            "Rotate the credentials of {}",
            "Review {}",
        ),
        (
            "the wildcard certificate",
            "the reporting database",
            "the build runners",
            "the firewall rules of the Albany site",
            "the backup schedule",
            "the mail relay",
            "unused disk snapshots",
            "on-call alerts",
        ),
    ),
    "OPS:Change": (
        ("Patch {}", "Resize {}", "Switch {} over to the standby", "Raise the limits of {}", "Retire {}"),
        (
            "the order database",
            "the load balancers",
            "the message broker",
            "the office VPN",
            "the cache nodes",
            "the artifact store",
            "the staging hosts",
        ),
    ),
    "OPS:Incident": (
        ("{} is almost full", "{} does not answer health checks", "High load on {}", "Replication lag on {}"),
        (
            "the order database",
            "the log volume",
            "api-04",
            "the message broker",
            "the search cluster",
            "the backup target",
        ),
    ),
}

GREETINGS: Final = (
    "Thank you for your report, we are looking into it.",
    "Hello, I have taken this over and will come back to you today.",
    "Thanks, that is all we need for now.",
)
QUESTIONS: Final = (
    "Could you send us a screenshot and the time at which it happened?",
    "Which browser and version do you use?",
    "Does it happen with another account as well?",
    "We have changed a setting on our side. Could you try again, please?",
    "Which order number is affected?",
)
REPLIES: Final = (
    "It happened again at about ten o'clock, the screenshot is attached.",
    "Yes, with every account in our office.",
    "It works for me now, but my colleague still sees the error.",
    "Sorry for the late reply. The order number is on the second page.",
    "We use Firefox on Windows. The same in Edge.",
    "Is there any news on this?",
)
SOLUTIONS: Final = (
    "This is fixed now. Please tell us if you see it again.",
    "The setting has been changed, and it takes effect at the next sign-in.",
    "We have added the access you asked for.",
    "The corrected document has been sent to your address.",
)
INTERNAL: Final = (
    "Looks like the same cause as last week, checking the logs.",
    "Reproduced on staging with the customer's data.",
    "Asked the platform team, waiting for their answer.",
    "Workaround: clear the cache of this tenant.",
    "Talked to the account manager, please keep this one moving.",
)
TEAM: Final = (
    "The branch is up, review welcome.",
    "Found one more case: an empty list. Adding a test.",
    "Blocked by the certificate, the order is placed.",
    "Agreed in the stand-up to split this.",
    "Checked on staging, looks good.",
    "Rolled out to one node, watching it until tomorrow.",
)


def summary(rng: random.Random, project: str, issue_type: str) -> str:
    """Return a believable summary for a type of work item of that project."""
    patterns, things = _SUMMARIES[f"{project}:{issue_type}"]
    text = rng.choice(patterns).format(rng.choice(things))
    return text[0].upper() + text[1:]
