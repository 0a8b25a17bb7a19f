"""Finding work items by their texts: Jira's answers, the same on both databases, and those of a slow evaluation."""

import importlib
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sojourn.errors import Refused
from sojourn.history import dump
from sojourn.history.models import Issue, Site, Text
from sojourn.history.text import FIELDS, asked, having, matching, renew
from sojourn.history.text_query import Clauses, Pattern, Phrase, Stem, Words, parse
from sojourn.history.words import stem, tokens
from sojourn.history.write import Writer
from sojourn.jira.payload import Reader
from tests.builders import issue
from tests.history.plain_words import matches

pytestmark = pytest.mark.django_db


def write(*payloads: dict[str, Any], keep_texts: bool = True) -> None:
    Writer("Test").write([Reader(keep_texts=keep_texts).read(payload) for payload in payloads])


def summaries(*texts: str) -> None:
    """Work items ABC-1, ABC-2 … of these summaries."""
    write(*(issue(f"ABC-{number}", summary=text) for number, text in enumerate(texts, 1)))


def keys(text: str, *fields: str) -> list[str]:
    return sorted(Issue.objects.filter(matching(fields or ("summary",), asked(text))).values_list("key", flat=True))


# The examples of Jira's manual, and of what people ask about it.
@pytest.mark.parametrize(
    ("text", "query", "is_found"),
    [
        ("Jira is the best software!", "jira software", True),
        ("Jira is the best software!", '"jira software"', False),
        ("We use Jira Software.", '"jira software"', True),
        ("We use Jira-Software.", '"jira software"', True),
        ("Windows", "win*", True),
        ("Win95", "win*", True),
        ("WindowsNT", "win*", True),
        ("Darwin", "win*", False),
        ("Win95", "wi*95", True),
        ("Windows95", "wi*95", True),
        ("Windows98", "wi*95", False),
        ("Windows 95", "wi*95", False),
        ("wide", "wi?d*", False),
        ("windy", "wi?d*", True),
        ("text", "te?t", True),
        ("test", "te?t", True),
        ("tet", "te?t", False),
        ("teest", "te?t", False),
        ("atlassian jira", "atlassian AND jira", True),
        ("atlassian", "atlassian AND jira", False),
        ("issues links", '"atlassian jira" || confluence', False),
        ("confluence", '"atlassian jira" || confluence', True),
        ("jira", "+jira atlassian", False),
        ("atlassian jira", '"atlassian jira" NOT "japan"', True),
        ("atlassian jira japan", '"atlassian jira" NOT "japan"', False),
        ("atlassian jira japan", '"atlassian jira" -japan', False),
        ("anything", 'NOT "atlassian jira"', False),
        ("bugs atlassian jira", "bugs AND (atlassian OR jira)", True),
        ("bugs", "bugs AND (atlassian OR jira)", False),
        ("VSX will crash", "VSX will crash", True),
        ("VSX will not crash", "VSX will crash", True),
        ("VSX will not crash", '"VSX will crash"', False),
        ("is (1+1):2 right", "\\(1\\+1\\)\\:2", True),
        ("customized", "customize", True),
        ("customized", "customize -red", True),
        ("customized red", "customize -red", False),
        ("red customized", '"red" customs "customized"', True),
        ("customizing", "customize", True),
        ("customs", "customize", True),
        ("customer", "customize", True),
        ("customer", '"customize"', False),
        ("customize", '"customize"', True),
        ("customer", "customize*", False),
        ("customizes", "customize*", True),
        ("Users cannot log in", "user", True),
        ("part of a keyword", "word", False),
        ("CASE Folded", "case fOLDED", True),
        ("Crème brûlée", "creme BRULEE", True),
        ("creme", "crème", True),
        ("my_field", "field", False),
        ("my_field", "my_f*", True),
        ("version 1.10.2", '"1.10"', True),
        ("version 11.0", '"1.10"', False),
        ("ABC-123", "ABC-123", True),
        ("see ABC-12", "ABC-123", False),
        ("東京タワー", "京", True),
        ("東京タワー", '"東京"', True),
        ("京東", '"東京"', False),
        ("京東", "東京", True),
        ("the", "the", False),
        ("the", '"the"', True),
        ("…", "…", False),
        ("don't panic", '"don\'t panic"', True),
        ("100% of it", "100%", True),
        ("it's", "' OR 1=1", False),
    ],
)
def test_a_summary_is_found_as_jira_finds_it(text: str, query: str, is_found: bool) -> None:
    summaries(text)
    assert keys(query) == (["ABC-1"] if is_found else [])
    assert matches(asked(query), text) is is_found


def comments(*texts: str) -> dict[str, Any]:
    return {"comments": [{"id": str(n), "created": 1704103200000, "body": text} for n, text in enumerate(texts, 1)]}


def test_each_field_and_each_comment_is_a_text_of_its_own() -> None:
    write(
        issue("ABC-1", summary="red", description="green", environment="blue", comment=comments("one two", "three")),
        issue("ABC-2", summary="red green", comment=comments("one", "two")),
    )
    assert keys("red green", *FIELDS) == ["ABC-2"]
    assert keys("green", "description") == ["ABC-1"]
    assert keys("green", "summary", "description") == ["ABC-1", "ABC-2"]
    assert keys("blue", "environment") == ["ABC-1"]
    assert keys("one two", "comment") == ["ABC-1"]
    assert keys("three -one", "comment") == ["ABC-1"]
    assert keys("one OR two", *FIELDS) == ["ABC-1", "ABC-2"]


def test_the_condition_is_true_or_false_and_never_unknown() -> None:
    write(issue("ABC-1", description="green"), issue("ABC-2"), issue("ABC-3", summary="", description="red green"))
    for query in ("green", '"red green"', "gr*n", "green -red", "NOT green", "nowhere", "the"):
        for fields in (("description",), ("summary", "comment"), FIELDS):
            found = matching(fields, asked(query))
            every = [*Issue.objects.filter(found), *Issue.objects.filter(~found)]
            assert sorted(one.key for one in every) == ["ABC-1", "ABC-2", "ABC-3"]
            assert Issue.objects.filter(found | ~found).count() == 3
            assert Issue.objects.filter(found & ~found).count() == 0
    not_green = having(["description"]) & ~matching(["description"], asked("green"))
    assert Issue.objects.filter(having(["description"])).count() == 2
    assert Issue.objects.filter(having(["summary"])).count() == 2
    assert Issue.objects.filter(~having(["comment"])).count() == 3
    assert Issue.objects.filter(not_green).count() == 0


def test_the_index_follows_the_work_item() -> None:
    write(issue("ABC-1", summary="before", description="old", updated="2024-01-02T09:00:00.000+0000"), issue("ABC-2"))
    write(issue("ABC-1", summary="after", comment=comments("new"), updated="2024-01-03T09:00:00.000+0000"))
    assert [keys(word, *FIELDS) for word in ("before", "old", "after", "new")] == [[], [], ["ABC-1"], ["ABC-1"]]
    Issue.objects.filter(key="ABC-1").delete()
    assert [keys(word, *FIELDS) for word in ("after", "new", "abc")] == [[], [], ["ABC-2"]]
    summaries("another")  # takes the numbers of rows that are gone
    assert [keys(word, *FIELDS) for word in ("after", "another")] == [[], ["ABC-1"]]


def test_texts_but_the_summary_are_kept_only_where_the_setting_says_so() -> None:
    payload = issue("ABC-1", summary="red", description="green", comment=comments("blue"))
    write(payload, keep_texts=False)
    assert [keys(word, *FIELDS) for word in ("red", "green", "blue")] == [["ABC-1"], [], []]
    told = list(dump.lines())
    write(payload)
    assert [keys(word, *FIELDS) for word in ("red", "green", "blue")] == [["ABC-1"]] * 3
    assert list(dump.lines()) == told


def test_more_texts_than_one_statement_takes_are_all_found() -> None:
    write(issue("ABC-1", comment=comments(*(f"number{n}" for n in range(1201)))))
    assert Text.objects.filter(field="comment").count() == 1201
    assert [keys(f"number{n}", "comment") for n in (0, 499, 500, 1200, 1201)] == [["ABC-1"]] * 4 + [[]]


def test_another_language_makes_the_index_anew(settings: Any) -> None:
    summaries("Katzen customized", "Katze", "customer")
    assert (keys("Katze"), keys("customizing")) == (["ABC-2"], ["ABC-1", "ABC-3"])
    settings.SOJOURN_TEXT_LANGUAGE = "german"
    renew("german")
    assert (keys("Katze"), keys("customizing")) == (["ABC-1", "ABC-2"], [])
    write(issue("ABC-4", summary="eine Katze"))
    assert keys("Katzen") == ["ABC-1", "ABC-2", "ABC-4"]
    settings.SOJOURN_TEXT_LANGUAGE = "none"
    renew("none")
    assert (keys("Katze"), keys("eine")) == (["ABC-2", "ABC-4"], ["ABC-4"])
    assert set(Site.objects.values_list("text_language", flat=True)) == {"none"}


@pytest.mark.django_db(transaction=True)
def test_work_items_that_were_stored_before_there_was_an_index_are_found() -> None:
    summaries("first words", "", *(f"number{n}" for n in range(3, 1500)))
    [(_, before)] = importlib.import_module("sojourn.history.migrations.0004_text").Migration.dependencies
    call_command("migrate", "history", before, verbosity=0)
    assert "history_text" not in connection.introspection.table_names()
    call_command("migrate", verbosity=0)
    assert (keys("first"), keys("number1499"), keys("words -first")) == (["ABC-1"], ["ABC-1499"], [])
    assert Text.objects.count() == 1498
    Issue.objects.filter(key="ABC-1").delete()
    summaries("first again")
    assert (keys("first"), keys("words")) == (["ABC-1"], [])


@pytest.mark.parametrize("query", ["number7", '"number7"', "number7*", '"a number7"', "number7 -b", "num*7"])
def test_a_choice_is_made_by_the_index_and_not_by_reading_all_texts(query: str) -> None:
    summaries(*(f"a number{n}" for n in range(2000)))
    found = Issue.objects.filter(matching(["summary"], asked(query)))
    if connection.vendor == "sqlite":
        assert "SCAN history_text_index VIRTUAL TABLE INDEX" in found.explain()
        assert "SCAN U0" not in found.explain()
    else:
        with connection.cursor() as cursor:  # so few texts are read whole where they may be
            cursor.execute("ANALYZE history_text")
            for way in ("seqscan", "indexscan", "nestloop"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
        assert "history_text_index" in found.explain()


def test_what_cannot_be_read_is_refused_before_the_store_is_asked() -> None:
    with pytest.raises(Refused, match="fuzzy"):
        asked("foo~")


ALPHABET = "aab_9éßÅIİ東京が한국ड़िй·'\"\\*?-.\n "
few_words = st.lists(st.sampled_from(["ab", "ba", "abba", "é", "9", "customs", "custom"]), max_size=4).map(" ".join)
texts = st.one_of(few_words, st.text(st.sampled_from(ALPHABET), max_size=12), st.text(max_size=12))
summary_lists = st.lists(texts, min_size=1, max_size=5)


@st.composite
def questions(draw: st.DrawFn) -> tuple[list[str], Words]:
    """Some summaries, and something to ask for that is made of their words."""
    found = draw(summary_lists)
    known = [word for text in found for word in tokens(text)] or ["a"]
    words = st.sampled_from([*known, "aab"])
    stems = words.map(lambda word: Stem(stem(word, "english") or word))
    phrases = st.lists(words, min_size=1, max_size=2).map(lambda some: Phrase(tuple(some)))
    patterns = st.builds(_pattern, words, st.lists(st.tuples(st.integers(1, 8), st.sampled_from("*?")), min_size=1))

    def clauses(part: st.SearchStrategy[Words]) -> st.SearchStrategy[Words]:
        some, many = st.lists(part, max_size=2).map(tuple), st.lists(part, min_size=1, max_size=3).map(tuple)
        return st.builds(Clauses, many, st.just(()), some) | st.builds(Clauses, st.just(()), many, some)

    return found, draw(st.recursive(stems | phrases | patterns, clauses, max_leaves=5))


def _pattern(word: str, wild: list[tuple[int, str]]) -> Pattern:
    for place, sign in wild:
        word = f"{word[:place]}{sign}{word[place + 1 :]}" if place <= len(word) else f"{word}{sign}"
    return Pattern(word)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(questions())
def test_the_index_answers_as_a_slow_evaluation_does(question: tuple[list[str], Words]) -> None:
    found, words = question
    with transaction.atomic():
        summaries(*found)
        stored = list(Issue.objects.values_list("key", "summary"))
        right = {key for key, summary in stored if matches(words, summary)}
        query = Issue.objects.filter(matching(["summary"], words))
        wrong = Issue.objects.filter(~matching(["summary"], words))
        assert set(query.values_list("key", flat=True)) == right
        assert set(wrong.values_list("key", flat=True)) == {key for key, _ in stored} - right
        transaction.set_rollback(True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    summary_lists,
    st.lists(st.sampled_from(["ab", "custom", "-é", '"ab ba"', "OR", "AND", "a*", "東", "a?b"]), min_size=1),
)
def test_whatever_is_written_is_answered_as_a_slow_evaluation_does(found: list[str], written: list[str]) -> None:
    try:
        words = parse(" ".join(written), "english")
    except Refused:
        return
    with transaction.atomic():
        summaries(*found)
        right = {key for key, text in Issue.objects.values_list("key", "summary") if matches(words, text)}
        assert set(Issue.objects.filter(matching(["summary"], words)).values_list("key", flat=True)) == right
        transaction.set_rollback(True)


@pytest.mark.parametrize("stars", [3, 30])
def test_many_wildcards_in_a_long_word_come_to_an_end(stars: int) -> None:
    summaries("a" * 255, f"{'a' * 200}b")
    assert keys("a*" * stars + "b") == ["ABC-2"]
