"""An association's file: whatever somebody uploads, each row is a firm or says what is wrong with it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.firms.model import COLUMNS, BadFile, BadRow, NewFirm, read_file

CELLS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n"), max_size=12),
    st.sampled_from(("alpha", "beta-2", "help_request", "41170", "2027-03-31", "203.0.113.7", "0.0.0.0/0", "kim.1")),
)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=len(COLUMNS)), max_size=6), st.sampled_from(",;"))
def test_every_row_is_a_firm_within_the_agreement_or_says_what_is_wrong(rows: list[list[str]], comma: str) -> None:
    quoted = [comma.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    body = "\n".join((comma.join(COLUMNS), *quoted)).encode()
    read = list(read_file(body, triggers={"help_request"}, centers={"41170"}))
    firms = [one for _, one in read if isinstance(one, NewFirm)]
    assert len({one.agency_id for one in firms}) == len(firms)
    for one in firms:
        assert set(one.triggers or ()) <= {"help_request"} and set(one.centers or ()) <= {"41170"}
        assert one.networks or not one.login
    for line, one in read:
        if isinstance(one, BadRow):
            assert one.line == line >= 2 and one.ko and one.en and one.field in COLUMNS


@given(st.binary(max_size=200))
def test_a_file_of_anything_is_refused_in_words_or_read(body: bytes) -> None:
    try:
        list(read_file(body, triggers=(), centers=()))
    except BadFile as wrong:
        assert wrong.code and wrong.ko and wrong.en
