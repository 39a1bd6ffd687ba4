"""Apache Kafka behind TLS and a password: the settings of the URL reach every connection of the log."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from runtime.events import LogUnavailable, Record, open_event_log
from testkit.kafka import KafkaServer
from testkit.parts import requires

TOPIC = "congvu.organization.v1"
USER, PASSWORD = "congvu", "mật khẩu & more"
_JAAS = f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'


@dataclass(frozen=True, slots=True, kw_only=True)
class Secured:
    """A broker whose certificate the authority in `cafile` has signed."""

    bootstrap: str
    cafile: Path

    def url(self, **changes: str) -> str:
        settings = {
            "security_protocol": "SASL_SSL",
            "ssl_cafile": str(self.cafile),
            "sasl_mechanism": "PLAIN",
            "sasl_plain_username": USER,
            "sasl_plain_password": PASSWORD,
        }
        given = {name: value for name, value in (settings | changes).items() if value}
        return f"kafka://{self.bootstrap}?{urlencode(given)}"


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    requires("kafka")
    home = tmp_path_factory.mktemp("secured")
    keystore, cafile = home / "broker.pem", home / "ca.pem"
    keystore.write_bytes(certified(cafile))
    settings = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(keystore),
        "sasl.enabled.mechanisms": "PLAIN",
        "plain.sasl.jaas.config": _escaped(_JAAS),
    }
    server = KafkaServer(home / "kafka", secure="SASL_SSL", settings=settings)
    server.start()
    yield Secured(bootstrap=server.secure_bootstrap, cafile=cafile)
    server.kill()


def test_what_is_written_over_tls_is_read_again(secured: Secured) -> None:
    log = open_event_log(secured.url())
    log.append([Record(topic=TOPIC, key="a", value=b"x")])
    assert [each.value for each in log.read(TOPIC, 0, 0, max_records=10, wait_seconds=5)] == [b"x"]
    log.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"sasl_plain_password": "wrong"},
        {"ssl_cafile": __file__},
        {"security_protocol": "SASL_PLAINTEXT", "ssl_cafile": ""},
    ],
    ids=["password", "authority", "protocol"],
)
def test_a_wrong_setting_opens_nothing_and_shows_no_password(
    secured: Secured, changes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.events.kafka.topics.START_SECONDS", 3)
    with pytest.raises(LogUnavailable) as refused:
        open_event_log(secured.url(**changes))
    assert secured.bootstrap in str(refused.value)
    assert PASSWORD not in str(refused.value)


def certified(cafile: Path) -> bytes:
    """Key and certificate of a broker on localhost, in PEM; the authority's certificate goes into `cafile`."""
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _sign(_name("Test authority"), authority, authority, issuer=_name("Test authority"), is_authority=True)
    certificate = _sign(_name("localhost"), key, authority, issuer=ca.subject, is_authority=False)
    cafile.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _sign(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    issuer: x509.Name,
    is_authority: bool,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(names, critical=False)
        .sign(signer, hashes.SHA256())
    )


def _escaped(text: str) -> str:
    """As a .properties file wants what is beyond ASCII."""
    return "".join(each if ord(each) < 128 else f"\\u{ord(each):04x}" for each in text)
