"""Words: what a text is split into, what is folded, which forms of a word are one."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.history.words import LONGEST, STEM, indexed, stem, tokens, with_stems


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("Login fails", ["login", "fails"]),
        ("log-in (again!), NPE: a.b.C#run", ["log", "in", "again", "npe", "a", "b", "c", "run"]),
        ("the user's", ["the", "user", "s"]),
        ("my_field __init__ ___ _", ["my_field", "__init__"]),
        ("IPv6 10.0.0.1 2024-01-31 1e5", ["ipv6", "10", "0", "0", "1", "2024", "01", "31", "1e5"]),
        ("ABC-123", ["abc", "123"]),
        ("Crème BRÛLÉE Straße Øre", ["creme", "brulee", "strasse", "øre"]),
        ("Cre\u0300me ﬁnance ｆｕｌｌ ℌ x²", ["creme", "finance", "full", "h", "x2"]),
        ("İstanbul ΆΛΦΑΣ", ["istanbul", "αλφασ"]),
        ("Ёлка Йод", ["ёлка", "йод"]),
        ("東京 ビル ひらがな", ["東", "京", "ビル", "ひ", "ら", "が", "な"]),
        ("한국어 검색", ["한국어", "검색"]),
        ("हिन्दी खोज", ["हिन्दी", "खोज"]),
        ("co\u00adoperate zero\u200bwidth", ["cooperate", "zero", "width"]),
        ("😀 :-) … — «»", []),
        ("a\u0000b\n\tc", ["a", "b", "c"]),
        ("x" * 256, ["x" * 255, "x"]),
    ],
)
def test_a_text_is_split_into_folded_words(text: str, words: list[str]) -> None:
    assert tokens(text) == words


@given(st.text())
def test_words_stay_as_they_are_when_they_are_split_again(text: str) -> None:
    once = tokens(text)
    assert tokens(" ".join(once)) == once


@given(st.text())
def test_no_word_has_what_a_database_or_our_own_marks_could_stumble_over(text: str) -> None:
    for word in tokens(text):
        assert 0 < len(word) <= LONGEST
        assert {unicodedata.category(char)[0] for char in word} - set("LMN") <= ({"P"} if "_" in word else set())
        assert not {STEM, "'", '"', "\\", "*", "?", " ", "\0"} & set(word)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("english", "customize customized customizing customs customer"),
        ("english", "connection connections connective connected connecting"),
        ("german", "katze katzen"),
        ("french", "continuer continua"),
        ("russian", "важная важные"),
    ],
)
def test_forms_of_a_word_have_one_stem(language: str, words: str) -> None:
    assert len({stem(word, language) for word in tokens(words)}) == 1


@pytest.mark.parametrize(("word", "language"), [("123", "english"), ("win95", "english"), ("words", "none")])
def test_what_is_no_word_of_a_language_has_no_forms(word: str, language: str) -> None:
    assert stem(word, language) is None


def test_what_is_stored_are_the_words_and_then_each_stem_once() -> None:
    assert indexed("The customer's 2 customers", "english") == " the customer s 2 customers ·custom "
    assert indexed("The customers", "none") == " the customers "
    assert indexed("…", "english") == "  "


@given(st.text(), st.sampled_from(["english", "german", "none"]), st.sampled_from(["english", "russian", "none"]))
def test_stems_can_be_made_anew_from_what_is_stored(text: str, before: str, after: str) -> None:
    assert with_stems(indexed(text, before), after) == indexed(text, after)


@pytest.mark.parametrize("text", ["word " * 100_000, "ü" * 1_000_000, "東" * 200_000, "ﷺ" * 50_000], ids=len)
def test_of_a_very_long_text_the_beginning_is_stored(text: str) -> None:
    stored = indexed(text, "none")
    assert 99_000 < len(stored) <= 100_002
    assert tokens(text)[: len(stored.split())] == stored.split()
