"""Order numbers: every slip of the pen is noticed, and bank texts are read as banks write them."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.domain.errors import OrderNumberInvalid
from portal.domain.order_numbers import (
    ALPHABET,
    LENGTH,
    RANDOM_BYTES,
    find_order_numbers,
    new_order_number,
    normalise_order_number,
)

NUMBERS = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES).map(new_order_number)
NUMBER = new_order_number(b"123456789")
OTHER = new_order_number(b"abcdefghi")


def is_valid(text: str) -> bool:
    try:
        normalise_order_number(text)
    except OrderNumberInvalid:
        return False
    return True


def field_product(left: int, right: int) -> int:
    """Multiply two elements of the field by school long multiplication, then divide by the polynomial."""
    product = 0
    for bit in range(5):
        if right >> bit & 1:
            product ^= left << bit
    for bit in range(9, 4, -1):
        if product >> bit & 1:
            product ^= 0b100101 << (bit - 5)
    return product


def test_the_alphabet_has_no_letters_that_look_alike() -> None:
    assert len(set(ALPHABET)) == 32
    assert not set("O0I1") & set(ALPHABET)


@given(NUMBERS)
def test_a_new_number_is_ten_letters_that_weigh_nothing(number: str) -> None:
    weight, total = 1, 0
    for letter in reversed(number):
        total ^= field_product(ALPHABET.index(letter), weight)
        weight = field_product(weight, 2)

    assert (len(number), total) == (LENGTH, 0)
    assert normalise_order_number(number) == number


@given(NUMBERS)
def test_every_single_wrong_character_is_noticed(number: str) -> None:
    wrong = [
        f"{number[:place]}{letter}{number[place + 1 :]}"
        for place in range(LENGTH)
        for letter in ALPHABET
        if letter != number[place]
    ]

    assert len(wrong) == LENGTH * 31
    assert not any(map(is_valid, wrong))


@given(NUMBERS)
@example(NUMBER)
def test_every_swap_of_two_characters_is_noticed(number: str) -> None:
    for first, second in combinations(range(LENGTH), 2):
        letters = list(number)
        letters[first], letters[second] = letters[second], letters[first]

        assert is_valid("".join(letters)) == (number[first] == number[second])


@given(
    st.lists(
        st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES), unique_by=lambda b: bytes(x % 32 for x in b)
    )
)
def test_different_randomness_gives_different_numbers(draws: list[bytes]) -> None:
    assert len({new_order_number(draw) for draw in draws}) == len(draws)


@pytest.mark.parametrize("place", range(RANDOM_BYTES))
def test_every_letter_is_as_likely_at_every_place(place: int) -> None:
    drawn = [
        new_order_number(bytes(place) + bytes([byte]) + bytes(RANDOM_BYTES - 1 - place))
        for byte in range(256)
    ]

    assert sorted(number[place] for number in drawn) == sorted(ALPHABET * 8)


@pytest.mark.parametrize("random_bytes", [b"", b"12345678", b"1234567890"])
def test_another_amount_of_randomness_is_refused(random_bytes: bytes) -> None:
    with pytest.raises(ValueError, match="random bytes"):
        new_order_number(random_bytes)


@pytest.mark.parametrize(
    "written",
    [
        NUMBER,
        NUMBER.lower(),
        f"  {NUMBER}\n",
        f"{NUMBER[:5]} {NUMBER[5:]}",
        f"{NUMBER[:5]}-{NUMBER[5:]}",
        f"{NUMBER[:5]}\u2013{NUMBER[5:]}",
        f"{NUMBER[:3]}\u00a0{NUMBER[3:]}",
        ".".join(NUMBER),
        f"{NUMBER[:4]}/{NUMBER[4:]}.",
    ],
)
def test_the_way_of_writing_does_not_matter(written: str) -> None:
    assert normalise_order_number(written) == NUMBER


@pytest.mark.parametrize(
    "text",
    [
        "",
        " - ",
        NUMBER[:-1],
        NUMBER + "A",
        f"ordine {NUMBER}",
        f"O{NUMBER[1:]}",
        f"1{NUMBER[1:]}",
        f"\u00df{NUMBER[2:]}",  # in capitals it becomes two letters
        f"\u017f{NUMBER[1:]}",  # in capitals it becomes S
        f"\uff21{NUMBER[1:]}",
    ],
)
def test_what_is_no_order_number_is_refused(text: str) -> None:
    with pytest.raises(OrderNumberInvalid) as refusal:
        normalise_order_number(text)

    assert refusal.value.text == text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (NUMBER, [NUMBER]),
        (f"Rinnovo pec ordine n. {NUMBER}", [NUMBER]),
        (f"ORD.{NUMBER.lower()} DEL 24/11/2026", [NUMBER]),
        (f"causale: {NUMBER[:4]} {NUMBER[4:]} grazie", [NUMBER]),
        (f"causale: {' '.join(NUMBER)}", [NUMBER]),
        (f"RI1 {NUMBER[:6]}\n{NUMBER[6:]} ROSSI MARIO", [NUMBER]),
        (f"{NUMBER} e {OTHER}", [NUMBER, OTHER]),
        (f"{OTHER} {NUMBER} {OTHER}", [OTHER, NUMBER]),
        (f"/ROC/{NUMBER}//URI/{NUMBER}", [NUMBER]),
        (f"{NUMBER[:-1]}{'A' if NUMBER[-1] != 'A' else 'B'}", []),
        (f"ORDINE{NUMBER}DEL24112026", [NUMBER]),
        (f"x{NUMBER[:3]}-{NUMBER[3:]}{OTHER}", [NUMBER, OTHER]),
        ("BONIFICO A VOSTRO FAVORE", []),
        ("", []),
    ],
)
def test_numbers_are_found_in_what_payers_write(text: str, found: list[str]) -> None:
    assert [number for number in find_order_numbers(text) if number in (NUMBER, OTHER)] == found


@given(number=NUMBERS, gaps=st.sets(st.integers(1, LENGTH - 1)), before=st.text(max_size=40))
def test_a_number_is_found_wherever_a_bank_breaks_it(number: str, gaps: set[int], before: str) -> None:
    broken = "".join(f" {letter}" if place in gaps else letter for place, letter in enumerate(number))

    assert number in find_order_numbers(f"{before} {broken}")


@given(st.text(max_size=140))
def test_whatever_is_found_is_an_order_number(text: str) -> None:
    assert all(map(is_valid, find_order_numbers(text)))
