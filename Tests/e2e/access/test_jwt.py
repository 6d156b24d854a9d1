# SPDX-License-Identifier: Apache-2.0
"""JSON Web Tokens that PyJWT makes, and those that nobody should."""

import base64
import hashlib
import hmac
import json
import signal
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, HMACAlgorithm, OKPAlgorithm, RSAAlgorithm
from rawsocket import TEXT, RawSocket, frame
from serverprocess import ServerProcess, eventually, run_to_exit, takes_jwt
from ways import ask, by_authorization, by_query, by_subprotocol, try_upgrade, upgrade

pytestmark = pytest.mark.skipif(not takes_jwt(), reason="built without the package trait JWT")

SECRET = b"a secret of at least 32 bytes, as RFC 7518 asks"
AUDIENCE = "swiftlet.example"

RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()
MAKERS = {"HS256": SECRET, "RS256": RSA_KEY, "ES256": EC_KEY, "EdDSA": ED_KEY}

JWKS = {
    "HS256": HMACAlgorithm.to_jwk(SECRET, as_dict=True),
    "RS256": RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True),
    "ES256": ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True),
    "EdDSA": OKPAlgorithm.to_jwk(ED_KEY.public_key(), as_dict=True),
}


def key_set(*names: str, **more) -> str:
    return json.dumps({"keys": [JWKS[name] | more for name in names]})


def claims(**changed) -> dict:
    now = int(time.time())
    all_of_them = {"project": "one", "exp": now + 600, "aud": AUDIENCE} | changed
    return {name: value for name, value in all_of_them.items() if value is not None}


def token(algorithm: str, headers: dict | None = None, **changed) -> str:
    return jwt.encode(claims(**changed), MAKERS[algorithm], algorithm, headers)


def encoded(value: bytes | dict) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def jwt_server(tmp_path_factory):
    keys = tmp_path_factory.mktemp("keys") / "jwks.json"
    keys.write_text(key_set(*MAKERS))
    process = ServerProcess("--port", "0", "--jwt-keys", str(keys), "--jwt-audience", AUDIENCE)
    yield process
    process.stop()


@pytest.fixture
def server(jwt_server, watch):
    watch(jwt_server)
    return jwt_server


def status(server: ServerProcess, credential: str) -> int:
    response = try_upgrade(server.port, "/echo", by_authorization(credential))
    if response.status != 101:
        assert response.status == 401
        assert 'error="invalid_token"' in response.headers["www-authenticate"]
    return response.status


@pytest.mark.parametrize("algorithm", MAKERS)
@pytest.mark.parametrize("way", [by_authorization, by_query, by_subprotocol])
def test_good_tokens(server, algorithm, way):
    with RawSocket(server.port) as connection:
        assert upgrade(connection, "/echo", way(token(algorithm))).status == 101
        connection.send(frame(TEXT, b"hello"))
        connection.expect_message(TEXT, b"hello")


@pytest.mark.parametrize("algorithm", MAKERS)
def test_plain_routes(server, algorithm):
    good = by_authorization(token(algorithm))
    assert ask(server.port, "/metrics", good).status == 200
    body = b"x" * 500_000
    assert ask(server.port, "/echo", good, method="POST", body=body).body == body


@pytest.mark.parametrize("algorithm", MAKERS)
def test_tampered(server, algorithm):
    head, payload, signature = token(algorithm).split(".")
    other = encoded(claims(project="two"))
    assert status(server, f"{head}.{other}.{signature}") == 401
    flipped = signature[:9] + ("A" if signature[9] != "A" else "B") + signature[10:]
    assert status(server, f"{head}.{payload}.{flipped}") == 401
    assert status(server, f"{head}.{payload}.") == 401
    assert status(server, f"{head}.{payload}") == 401
    assert status(server, f"{head}.{payload}.{signature}.") == 401


@pytest.mark.parametrize("algorithm", MAKERS)
def test_made_with_another_key(server, algorithm):
    others = {
        "HS256": SECRET[::-1],
        "RS256": rsa.generate_private_key(65537, 2048),
        "ES256": ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    }
    assert status(server, jwt.encode(claims(), others[algorithm], algorithm)) == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": int(time.time()) - 600},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 1e300},
        {"nbf": int(time.time()) + 600},
        {"aud": "somebody else"},
        {"aud": ["somebody", "else"]},
        {"aud": []},
        {"aud": None},
        {"aud": 7},
        {"project": None},
        {"project": ""},
        {"project": 7},
    ],
    ids=str,
)
def test_claims_that_do_not_hold(server, changed):
    body = f"{encoded({'alg': 'HS256'})}.{encoded(claims(**changed))}"
    signature = encoded(hmac.digest(SECRET, body.encode(), "sha256"))
    assert status(server, f"{body}.{signature}") == 401


def test_claims_that_hold(server):
    now = int(time.time())
    for changed in (
        {"exp": now - 10},  # clocks differ
        {"nbf": now + 10},
        {"nbf": now - 10, "iat": 5, "sub": "me", "other": {"x": [1]}},
        {"aud": ["somebody", AUDIENCE]},
    ):
        assert status(server, token("HS256", **changed)) == 101, changed


# What forgers try


def test_none_is_no_algorithm(server):
    for name in ("none", "None", "NONE", "", None, 7):
        assert status(server, f"{encoded({'alg': name})}.{encoded(claims())}.") == 401
        body = f"{encoded({'alg': name})}.{encoded(claims())}"
        signature = encoded(hmac.digest(SECRET, body.encode(), "sha256"))
        assert status(server, f"{body}.{signature}") == 401


@pytest.mark.parametrize("kid", [None, "rsa"])
def test_a_public_key_is_no_secret(start_server, tmp_path, kid):
    """HS256 with the bytes of an RSA key, where a server takes the token's word for the algorithm."""
    keys = tmp_path / "keys"
    keys.write_text(key_set("RS256", kid="rsa"))
    process = start_server("--jwt-keys", str(keys), "--jwt-audience", AUDIENCE)
    public = RSA_KEY.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    modulus = public.public_numbers().n.to_bytes(256)
    header = {"alg": "HS256"} | ({"kid": kid} if kid else {})
    for secret in (pem, pem.strip(), modulus, JWKS["RS256"]["n"].encode()):
        body = f"{encoded(header)}.{encoded(claims())}"
        signature = encoded(hmac.new(secret, body.encode(), hashlib.sha256).digest())
        assert status(process, f"{body}.{signature}") == 401
    assert status(process, token("RS256", {"kid": "rsa"})) == 101


@pytest.mark.parametrize("algorithm", ["HS384", "HS512", "RS384", "RS512", "PS256"])
def test_other_algorithms_of_the_same_key(server, algorithm):
    key = SECRET * 2 if algorithm.startswith("HS") else RSA_KEY
    assert status(server, jwt.encode(claims(), key, algorithm)) == 401


def test_a_token_cannot_bring_its_key(server):
    forger = ec.generate_private_key(ec.SECP256R1())
    own = ECAlgorithm.to_jwk(forger.public_key(), as_dict=True)
    for headers in ({"jwk": own}, {"jku": "http://127.0.0.1/keys"}, {"kid": "x", "jwk": own}):
        assert status(server, jwt.encode(claims(), forger, "ES256", headers)) == 401


def test_extensions_that_must_be_understood(server):
    assert status(server, token("HS256", {"crit": ["exp"], "exp": 1})) == 401


@pytest.mark.parametrize(
    "text",
    ["..", "a.b.c", "eyJ.eyJ.x", "." * 100, f"{encoded(b'[]')}.{encoded(b'[]')}.x",
     f"{encoded({'alg': 'HS256'})}.{encoded(b'null')}.x", "A" * 8000 + ".b.c"],
)  # fmt: skip
def test_nonsense(server, text):
    assert status(server, text) == 401


def test_kid_names_the_key(start_server, tmp_path):
    keys = tmp_path / "keys"
    other = HMACAlgorithm.to_jwk(SECRET[::-1], as_dict=True)
    keys.write_text(
        json.dumps({"keys": [other | {"kid": "other"}, JWKS["HS256"] | {"kid": "right"}]})
    )
    process = start_server("--jwt-keys", str(keys))
    assert status(process, token("HS256", {"kid": "right"}, aud=None)) == 101
    assert status(process, token("HS256", aud=None)) == 101  # both are tried
    assert status(process, token("HS256", {"kid": "other"}, aud=None)) == 401
    assert status(process, token("HS256", {"kid": "third"}, aud=None)) == 401
    # RFC 7519 §4.1.3: it is for others.
    assert status(process, token("HS256", {"kid": "right"}, aud="somebody")) == 401


def test_keys_are_read_anew(start_server, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text(key_set("ES256"))
    process = start_server("--jwt-keys", str(keys), "--jwt-audience", AUDIENCE)
    with RawSocket(process.port) as connection:
        assert upgrade(connection, "/echo", by_authorization(token("ES256"))).status == 101
        keys.write_text(key_set("EdDSA"))
        process.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: status(process, token("EdDSA")) == 101)
        assert status(process, token("ES256")) == 401
        keys.write_text("{}")
        process.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: "JWT keys stays as it was" in process.stderr())
        assert status(process, token("EdDSA")) == 101
        connection.send(frame(TEXT, b"still here"))
        connection.expect_message(TEXT, b"still here")


def test_tokens_of_both_kinds(start_server, files, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text(key_set("ES256"))
    process = start_server(
        "--tokens", str(files / "tokens"), "--jwt-keys", str(keys), "--jwt-audience", AUDIENCE
    )
    for credential, expected in (("good-token", 101), (token("ES256"), 101), ("a.b.c", 401)):
        assert status(process, credential) == expected


def test_many_at_once_and_pipelined(server):
    """Decisions that come later go to their own requests, and answers stay in order."""
    good, bad = token("RS256"), token("RS256", aud="x")
    head = "GET /stats/results HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {}\r\n\r\n"
    connections = [RawSocket(server.port) for _ in range(50)]
    for number, connection in enumerate(connections):
        credentials = [good, good, bad if number % 2 else good]
        connection.send("".join(head.format(each) for each in credentials).encode())
    for number, connection in enumerate(connections):
        statuses = [connection.receive_response().status for _ in range(3)]
        assert statuses == [200, 200, 401 if number % 2 else 200]
        connection.close()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not a JWK set"),
        ("[]", "not a JWK set"),
        ('{"keys": []}', "no key"),
        (key_set("HS256", k=encoded(b"short")), "32 bytes"),
        (key_set("HS256", k=None), "32 bytes"),
        (key_set("RS256", alg="RS512"), "RS512"),
        (key_set("RS256", alg="none"), "none"),
        (key_set("RS256", use="enc"), "not for signatures"),
        (key_set("RS256", n=""), "no good RSA key"),
        (key_set("ES256", crv="P-384"), "none of oct"),
        (key_set("ES256", x=""), "no good EC key"),
        (key_set("EdDSA", x="AAAA"), "no good OKP key"),
        (key_set("RS256", kty="rsa"), "none of oct"),
    ],
)
def test_bad_keys_are_said_at_the_start(tmp_path, text, complaint):
    keys = tmp_path / "keys"
    keys.write_text(text)
    result = run_to_exit("--port", "0", "--jwt-keys", str(keys))
    assert result.returncode == 65
    assert complaint in result.stderr
    assert result.stderr.count("\n") == 1
    for secret in (encoded(SECRET), encoded(b"short")):
        assert secret not in result.stderr


def test_a_small_rsa_key_is_refused(tmp_path):
    small = rsa.generate_private_key(65537, 1024)
    keys = tmp_path / "keys"
    keys.write_text(
        json.dumps({"keys": [RSAAlgorithm.to_jwk(small.public_key(), as_dict=True)]})
    )
    assert run_to_exit("--port", "0", "--jwt-keys", str(keys)).returncode == 65


def test_an_audience_needs_keys():
    assert run_to_exit("--port", "0", "--jwt-audience", "x").returncode == 64
