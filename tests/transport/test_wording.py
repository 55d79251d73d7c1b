"""What servers said, made fit to be shown."""

from hypothesis import given
from hypothesis import strategies as st

from imgai.transport.wording import LONGEST_QUOTE, Redactor


@given(
    before=st.text(),
    secret=st.from_regex("[a-z0-9]{8,40}", fullmatch=True),
    after=st.text(),
)
def test_a_secret_is_never_quoted(before: str, secret: str, after: str) -> None:
    """Wherever it stands, it is gone, and the quote is short and printable."""
    quote = Redactor((secret,))(f"{before}{secret}{after}")

    assert len(quote) <= LONGEST_QUOTE
    assert quote.isprintable()
    assert secret not in quote


def test_tokens_of_others_are_not_quoted_either() -> None:
    """Cloudflare's tokens can be told by their prefix, whoever they belong to."""
    said = "bad tokens: cfut_abcdefgh123, cfat_ABCDEFGH, cfk_0123456789, cf-ray"

    assert Redactor()(said) == "bad tokens: ***, ***, ***, cf-ray"
