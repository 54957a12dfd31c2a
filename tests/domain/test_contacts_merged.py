"""Two pages about one holder: what each changed, and where they disagree."""

from __future__ import annotations

import pytest

from portal.domain.contacts import CONTACT_FIELDS, FormCode, merged

SEEN = dict.fromkeys(CONTACT_FIELDS, "") | {"phone": "1", "street": "Via Roma", "city": "Torino"}


@pytest.mark.parametrize(
    ("typed", "stored", "kept", "disputed"),
    [
        ({}, {}, {}, []),
        ({"phone": "2"}, {}, {"phone": "2"}, []),
        ({}, {"phone": "3"}, {"phone": "3"}, []),
        ({"phone": "2"}, {"mobile": "3"}, {"phone": "2", "mobile": "3"}, []),
        ({"phone": "2"}, {"phone": "2"}, {"phone": "2"}, []),
        ({"phone": "2"}, {"phone": "3"}, {"phone": "2"}, ["phone"]),
        ({"street": "Via Po"}, {"city": "Milano"}, {"street": "Via Po"}, ["street", "city"]),
    ],
)
def test_what_a_page_left_alone_is_kept_as_it_is_now(
    typed: dict[str, str], stored: dict[str, str], kept: dict[str, str], disputed: list[str]
) -> None:
    texts, problems = merged(SEEN | typed, SEEN, SEEN | stored)

    assert texts == SEEN | kept
    assert [(problem.field, problem.code) for problem in problems] == [
        (name, FormCode.CHANGED_MEANWHILE) for name in disputed
    ]


def test_a_page_that_does_not_say_what_it_showed_is_taken_at_its_word() -> None:
    assert merged(SEEN | {"phone": "2"}, {}, SEEN | {"phone": "3"})[1] == []
