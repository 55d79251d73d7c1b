"""Why a server's certificate was refused, in words that say what to do about it."""

import ssl
from collections.abc import Iterator

from imgai.errors import HostUnreachable

_CLOCK = "Check this machine's clock"
_EXPIRED = "has expired", f"{_CLOCK}; if it is right, whoever runs the server must act."
_NOT_YET_VALID = "is not valid yet", f"{_CLOCK}."
_OTHER_NAME = (
    "is for another name",
    (
        "Check {setting}. A network that first wants you to sign in answers for "
        "others, too: open a page in a browser."
    ),
)
_UNKNOWN_ISSUER = (
    "is from an issuer that this machine does not trust",
    (
        "A proxy that looks into traffic has certificates of its own: name its file "
        "with SSL_CERT_FILE. Otherwise somebody may be in between."
    ),
)
# By OpenSSL's numbers, X509_V_ERR_….
# https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
_WRONGS_AND_HINTS = {
    9: _NOT_YET_VALID,
    10: _EXPIRED,
    18: _UNKNOWN_ISSUER,  # signed by itself
    19: _UNKNOWN_ISSUER,  # by one that signed itself
    20: _UNKNOWN_ISSUER,
    21: _UNKNOWN_ISSUER,
    62: _OTHER_NAME,
    64: _OTHER_NAME,  # of an IP address
}


def certificate_refused(
    error: BaseException, host: str, setting: str
) -> HostUnreachable | None:
    """Return what a failed connection means, if the certificate is the reason.

    Trying again would not help: a certificate does not get better in seconds.

    Args:
        error: of the connection, with what caused it.
        host: that was to be reached.
        setting: where its name comes from, for the hint.
    """
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            fallback = f"does not hold: {cause.verify_message}", "Ask who runs it."
            wrong, hint = _WRONGS_AND_HINTS.get(cause.verify_code, fallback)
            return HostUnreachable(
                f"The certificate of {host} {wrong}.",
                hint=hint.format(setting=setting),
            )
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
