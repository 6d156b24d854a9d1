# SPDX-License-Identifier: Apache-2.0
"""Certificates and keys of `swiftlet serve`: which are refused, whose is shown, and how they are read anew."""

import dataclasses
import signal
import socket
import ssl

import pytest
from certificates import make_identity, openssl
from rawsocket import BINARY, RawSocket, frame
from serverprocess import eventually, run_to_exit


@pytest.fixture
def identity(tmp_path):
    return make_identity(tmp_path)


def secured(port: int, context: ssl.SSLContext, name: str = "localhost") -> ssl.SSLSocket:
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname=name)


def shown_names(port: int, identity, name: str) -> set[str]:
    """Of the certificate that a client gets who asks for this name."""
    context = identity.trusting(check_hostname=False)
    with secured(port, context, name) as connection:
        return {value for _, value in connection.getpeercert()["subjectAltName"]}


# What is refused


def refusal(identity, *flags: str) -> tuple[int, str]:
    result = run_to_exit("--port", "0", *identity.flags, *flags)
    assert result.stderr.count("\n") == 1, "one sentence"
    return result.returncode, result.stderr


def test_an_absent_file(identity, tmp_path):
    absent = dataclasses.replace(identity, key=tmp_path / "absent")
    status, says = refusal(absent)
    assert status == 66
    assert f'cannot read "{absent.key}": No such file or directory' in says


def test_a_folder(identity, tmp_path):
    status, says = refusal(dataclasses.replace(identity, certificate=tmp_path))
    assert status == 66
    assert f'cannot read "{tmp_path}": Is a directory' in says


def test_a_file_that_is_no_certificate(identity):
    status, says = refusal(dataclasses.replace(identity, certificate=identity.key))
    assert status == 65
    assert f'there is no usable certificate in "{identity.key}"' in says


def test_a_damaged_certificate(identity):
    text = identity.certificate.read_text()
    identity.certificate.write_text(text[:200] + text[260:])
    status, says = refusal(identity)
    assert status == 65
    assert "there is no usable certificate in" in says


def test_a_file_that_is_no_key(identity):
    status, says = refusal(dataclasses.replace(identity, key=identity.certificate))
    assert status == 65
    assert f'there is no usable private key in "{identity.certificate}"' in says


def test_an_encrypted_key(identity, tmp_path):
    encrypted = tmp_path / "encrypted"
    openssl("pkey", "-in", str(identity.key), "-aes256", "-passout", "pass:x", "-out", str(encrypted))
    status, says = refusal(dataclasses.replace(identity, key=encrypted))
    assert status == 65
    assert f'the key in "{encrypted}" is encrypted' in says


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_another_certificates_key(identity, tmp_path, kind):
    other = make_identity(tmp_path, kind=kind)
    status, says = refusal(dataclasses.replace(identity, key=other.key))
    assert status == 65
    assert "is not that of the first certificate in" in says


def test_an_expired_certificate(tmp_path):
    status, says = refusal(make_identity(tmp_path, days=-1))
    assert status == 65
    assert "expired on " in says


def test_a_certificate_without_a_key(identity):
    status, says = refusal(identity, "--tls-certificate", str(identity.certificate))
    assert status == 64
    assert "each --tls-certificate needs its --tls-key: there are 2 and 1" in says


# Which is shown


def test_the_certificate_of_the_name_that_is_asked_for(start_server, tmp_path):
    first = make_identity(tmp_path, "DNS:first.test")
    second = make_identity(tmp_path, "DNS:second.test", "DNS:*.second.test", kind="rsa")
    process = start_server(*first.flags, *second.flags)
    assert shown_names(process.port, first, "first.test") == {"first.test"}
    assert "second.test" in shown_names(process.port, second, "second.test")
    assert "second.test" in shown_names(process.port, second, "any.second.test")
    assert shown_names(process.port, first, "third.test") == {"first.test"}
    assert shown_names(process.port, first, None) == {"first.test"}


def test_files_from_the_environment(start_server, tmp_path):
    first = make_identity(tmp_path, "DNS:first.test")
    second = make_identity(tmp_path, "DNS:second.test")
    process = start_server(
        env={
            "SWIFTLET_TLS_CERTIFICATE": f"{first.certificate},{second.certificate}",
            "SWIFTLET_TLS_KEY": f"{first.key},{second.key}",
        }
    )
    assert shown_names(process.port, second, "second.test") == {"second.test"}


# Reading anew


def test_a_hangup_reads_them_anew_and_drops_nobody(start_server, tmp_path, identity):
    process = start_server("--loops", "1", *identity.flags)
    old_trust = identity.trusting()
    open_one = RawSocket(process.port, tls=old_trust).upgrade()
    begun = RawSocket(process.port)
    new = make_identity(tmp_path, "DNS:new.test")

    identity.take_over(new)
    process.process.send_signal(signal.SIGHUP)
    assert eventually(lambda: "read the TLS identity anew" in process.stderr())
    assert shown_names(process.port, new, "new.test") == {"new.test"}
    open_one.send(frame(BINARY, b"still here"))
    open_one.expect_message(BINARY, b"still here")
    begun.secure(new.trusting(check_hostname=False))
    assert begun.get("/healthz").status == 200


def test_what_is_wrong_at_a_hangup_changes_nothing(start_server, identity):
    process = start_server(*identity.flags)
    trust = identity.trusting()
    key = identity.key.read_bytes()
    identity.key.write_text("nonsense")
    process.process.send_signal(signal.SIGHUP)
    assert eventually(lambda: "the TLS identity stays as it was: " in process.stderr())
    assert RawSocket(process.port, tls=trust).get("/healthz").status == 200
    identity.key.write_bytes(key)
