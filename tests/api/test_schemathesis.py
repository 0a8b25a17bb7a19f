"""Schemathesis asks every address what its description allows, and what it does not: no answer is a surprise."""

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from schemathesis.config import SchemathesisConfig

from sojourn.access import attempts
from sojourn.api.routes import api
from tests.builders import change, issue, store

pytestmark = pytest.mark.django_db

REFUSALS = ["400", "401", "403", "404", "405", "406", "409", "413", "415"]
# Reports have one code and one table of options: of two of them everything is tried, of the others something.
OTHER_REPORTS = r"/reports/(?!time-in-status$|sla-summary$)."
SETTINGS = hypothesis.settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)


def described(*, coverage: bool) -> Any:
    checks = {
        "positive_data_acceptance": {"enabled": False},  # see below
        "negative_data_rejection": {"expected-statuses": REFUSALS},
    }
    config = SchemathesisConfig.from_dict({"checks": checks, "phases": {"coverage": {"enabled": coverage}}})
    found = schemathesis.openapi.from_dict(api.get_openapi_schema(), config=config)
    found.app = get_wsgi_application()
    return found


whole = described(coverage=True).exclude(path_regex=OTHER_REPORTS)
others = described(coverage=False).include(path_regex=OTHER_REPORTS)


@pytest.fixture
def kept_open() -> Iterator[None]:
    """The connection of the test outlives each request, as with Django's own client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def asker(writer: str, kept_open: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An administrator's headers; a store of two work items."""
    monkeypatch.setattr(attempts, "MOST", 1 << 30)  # wrong tokens come by the hundred
    store(issue("SUP-1"), issue("SUP-2", "Done", change("2024-01-02T10:00:00.000+0000", "status", "Open", "Done")))
    return {"Authorization": f"Bearer {writer}", "Accept-Encoding": "identity"}


def refusals_name_what_is_wrong(ctx: Any, response: Any, case: Any) -> None:
    """In place of positive_data_acceptance: what is stored, and what texts mean, is no part of a description.

    So a question that fits it may be refused, but then the answer names the parameter.
    """
    if case.meta and case.meta.generation.mode.is_positive and response.status_code == 400:
        assert response.json()["errors"], response.text


@whole.parametrize()
@SETTINGS
def test_no_answer_is_a_surprise(case: Any, asker: dict[str, str]) -> None:
    case.call_and_validate(headers=asker, additional_checks=[refusals_name_what_is_wrong])


@others.parametrize()
@SETTINGS
def test_no_answer_of_another_report_is_a_surprise(case: Any, asker: dict[str, str]) -> None:
    case.call_and_validate(headers=asker, additional_checks=[refusals_name_what_is_wrong])
