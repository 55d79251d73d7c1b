"""Certificates for servers on loopback: good, expired, and for other names."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import trustme

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LATER = datetime(2100, 1, 1, tzinfo=UTC)


class Issuer:
    """Issues certificates, which nobody trusts that does not trust it."""

    def __init__(self, folder: Path) -> None:
        """Write its own certificate into a folder: for SSL_CERT_FILE."""
        self._authority = trustme.CA()
        self.path = folder / "issuer.pem"
        self._authority.cert_pem.write_to_path(str(self.path))

    def tls(
        self,
        name: str = "127.0.0.1",
        begins: datetime = LONG_AGO,
        ends: datetime = LATER,
    ) -> ssl.SSLContext:
        """Return the TLS of a server, with a certificate for a name and a time."""
        leaf = self._authority.issue_cert(name, not_before=begins, not_after=ends)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf.configure_cert(context)
        return context
