"""The right side of `~`: Lucene's syntax as Jira has it, and a clear refusal of what is not answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.errors import Refused
from sojourn.history.text_query import NOTHING, Clauses, Pattern, Phrase, Stem, Words, parse

FOO, BAR, BAZ = Stem("foo"), Stem("bar"), Stem("baz")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("foo", FOO),
        ("FOO", FOO),
        ("customizing", Stem("custom")),
        ("2024", Phrase(("2024",))),
        ("foo bar", Clauses((FOO, BAR))),
        ("foo-bar", Clauses((FOO, BAR))),
        ("foo AND bar", Clauses((FOO, BAR))),
        ("foo && +bar", Clauses((FOO, BAR))),
        ("+foo +bar", Clauses((FOO, BAR))),
        ("foo OR bar", Clauses((), (FOO, BAR))),
        ("foo || bar || baz", Clauses((), (FOO, BAR, BAZ))),
        ("foo -bar", Clauses((FOO,), (), (BAR,))),
        ("foo NOT bar", Clauses((FOO,), (), (BAR,))),
        ("foo AND NOT bar", Clauses((FOO,), (), (BAR,))),
        ("foo !bar", Clauses((FOO,), (), (BAR,))),
        ("-foo bar", Clauses((BAR,), (), (FOO,))),
        ("foo OR -bar", Clauses((), (FOO,), (BAR,))),
        # As Lucene weighs them where AND is the default: what stands beside OR is not needed any more.
        ("foo OR bar baz", BAZ),
        ("foo AND bar OR baz", FOO),
        ("foo bar OR baz", FOO),
        ("(foo OR bar) baz", Clauses((Clauses((), (FOO, BAR)), BAZ))),
        ("(foo)", FOO),
        ("foo (NOT bar)", NOTHING),
        ("NOT foo", NOTHING),
        ("-foo", NOTHING),
        ("foo OR (NOT bar)", FOO),
        # Jira's reserved words, and marks alone, are passed over.
        ("the foo", FOO),
        ("foo and bar", Clauses((FOO, BAR))),
        ("foo OR the", FOO),
        ("will not", NOTHING),
        ("...", NOTHING),
        ("foo - bar", Clauses((FOO, BAR))),
        ("foo!", FOO),
        ("foo ! bar", Clauses((FOO, BAR))),
        ("foo --> bar", Clauses((FOO, BAR))),
        ("~ foo ^ bar", Clauses((FOO, BAR))),
        ("foo~bar", Clauses((FOO, BAR))),
        ("field:foo/bar [baz]", Clauses((Clauses((Stem("field"), FOO, BAR)), BAZ))),
        # Phrases are exact, and wildcards in them are marks.
        ('"Foo bar"', Phrase(("foo", "bar"))),
        ('"customizing"', Phrase(("customizing",))),
        ('"the foo"', Phrase(("the", "foo"))),
        ('"foo* b?r"', Phrase(("foo", "b", "r"))),
        ('"foo \\"bar\\""', Phrase(("foo", "bar"))),
        ('"foo" -"bar baz"', Clauses((Phrase(("foo",)),), (), (Phrase(("bar", "baz")),))),
        ('""', NOTHING),
        ('"…" foo', FOO),
        # Wildcards.
        ("foo*", Pattern("foo*")),
        ("Customiz*", Pattern("customiz*")),
        ("fo?", Pattern("fo?")),
        ("wi*95", Pattern("wi*95")),
        ("f**o", Pattern("f*o")),
        ("the*", Pattern("the*")),
        ("é*", Pattern("e*")),
        ("foo-b*", Clauses((FOO, Pattern("b*")))),
        ("検索*", Clauses((Stem("検"), Pattern("索*")))),
        ("foo？", FOO),
        # Escapes.
        ("foo\\*", FOO),
        ("\\-foo", FOO),
        ("\\(foo\\)", FOO),
        ("foo\\~", FOO),
        ("\\NOT", NOTHING),
        ("foo\\", FOO),
        ("c++", Stem("c")),
    ],
)
def test_what_a_text_asks_for(text: str, words: Words) -> None:
    assert parse(text, "english") == words


def test_without_a_language_words_are_exact_and_none_is_reserved() -> None:
    assert parse("the customizing", "none") == Clauses((Phrase(("the",)), Phrase(("customizing",))))
    assert parse("the", "german") == Stem("the")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty text"),
        (" \t", "empty text"),
        ("foo~", "a fuzzy word (~) is not answered; leave ~ out"),
        ("foo~0.8 bar", "leave ~0.8 out"),
        ('"foo bar"~10', "proximity (~) is not answered"),
        ("foo^4 bar", "a boost (^) is not answered"),
        ("(foo bar)^2", "a boost"),
        ("[2020 TO 2021]", "ranges such as [2020 TO 2021] are not answered"),
        ("foo {a TO b}", "ranges"),
        ("*foo", "*foo begins with a wildcard"),
        ("?foo", "begins with a wildcard"),
        ("*", "use IS NOT EMPTY"),
        ("foo ?", "begins with a wildcard"),
        ("foo-*bar", "begins with a wildcard"),
        (f"{'a' * 255}*", "more than 255 characters"),
        ('foo "bar', "a quote is not closed"),
        ("(foo", "a bracket is not closed"),
        ("foo)", "a bracket is closed that was not opened"),
        ("run() fails", "nothing between two brackets"),
        ("AND foo", "AND and OR stand between two words"),
        ("foo OR", "AND and OR stand between two words"),
        ("foo AND OR bar", "AND and OR stand between two words"),
        ("(foo AND) bar", "AND and OR stand between two words"),
        ("foo NOT", "stand before a word"),
        ("NOT -foo", "stand before a word"),
        ("NOT AND foo", "stand before a word"),
        ("(" * 21 + "foo" + ")" * 21, "nested more than 20 deep"),
        ("a " * 201, "more than 200 words"),
        (f'"{"a " * 201}"', "more than 200 words"),
    ],
)
def test_what_cannot_be_answered_is_refused_and_named(text: str, problem: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(text, "english")
    assert problem in refused.value.problem
    assert len(str(refused.value)) < 250


@given(st.text(st.sampled_from('ab*?"\\()+-!~^& |ANDORT[]{}:é東 '), max_size=40))
def test_any_text_is_read_or_refused_and_nothing_is_no_part_of_anything(text: str) -> None:
    def check(words: Words) -> None:
        if isinstance(words, Clauses):
            assert words.must or words.should
            assert not (words.must and words.should)
            for part in (*words.must, *words.should, *words.must_not):
                check(part)

    try:
        words = parse(text, "english")
    except Refused:
        return
    if words != NOTHING:
        check(words)
