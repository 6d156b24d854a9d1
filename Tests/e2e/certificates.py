# SPDX-License-Identifier: Apache-2.0
"""Certificates made for a test by the openssl command."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

NEW_KEY = {
    "rsa": ["-newkey", "rsa:2048"],
    "ecdsa": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
}


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@dataclass(frozen=True)
class Identity:
    """A certificate that vouches for itself, and its key."""

    certificate: Path
    key: Path

    def take_over(self, other: "Identity") -> None:
        """Becomes what the other is, in its own files."""
        self.certificate.write_bytes(other.certificate.read_bytes())
        self.key.write_bytes(other.key.read_bytes())

    @property
    def flags(self) -> list[str]:
        """Has `swiftlet serve` show it."""
        return ["--tls-certificate", str(self.certificate), "--tls-key", str(self.key)]

    def serving(self) -> ssl.SSLContext:
        """A server's side that shows it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def trusting(self, **settings) -> ssl.SSLContext:
        """A client's side that believes this certificate and no other."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        for name, value in settings.items():
            setattr(context, name, value)
        return context


def make_identity(folder: Path, *names: str, kind: str = "ecdsa", days: int = 2) -> Identity:
    """Names are `DNS:...` or `IP:...`; localhost unless told otherwise. Negative days: long expired."""
    names = names or ("DNS:localhost", "IP:127.0.0.1")
    stem = f"{names[0].partition(':')[2]}-{kind}-{len(list(folder.iterdir()))}".replace("*", "any")
    identity = Identity(folder / f"{stem}.pem", folder / f"{stem}.key")
    request = folder / f"{stem}.csr"
    openssl(
        *["req", "-new", *NEW_KEY[kind], "-nodes", "-keyout", str(identity.key)],
        *["-subj", "/CN=test", "-addext", f"subjectAltName={','.join(names)}"],
        *["-out", str(request)],
    )
    openssl(
        *["x509", "-req", "-in", str(request), "-signkey", str(identity.key)],
        *["-copy_extensions", "copyall", "-days", str(days), "-out", str(identity.certificate)],
    )
    return identity
