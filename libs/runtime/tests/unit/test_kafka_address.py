"""Where Kafka is: read from a URL, with sentences that name what is wrong, and no password in sight."""

import pytest

from runtime.config import ConfigError
from runtime.events import open_event_log
from runtime.events.kafka import KafkaAddress


def test_one_broker_is_enough() -> None:
    address = KafkaAddress.parse("kafka://10.0.0.1:9092")
    assert address.bootstrap == ("10.0.0.1:9092",)
    assert address.topic("congvu.work.v1") == "congvu.work.v1"
    assert dict(address.settings) == {}


def test_several_brokers_a_namespace_and_settings() -> None:
    address = KafkaAddress.parse(
        "kafka://k1:9092,k2:9093,[::1]:9094/hue.test?security_protocol=SSL&ssl_cafile=/a%20b.pem"
    )
    assert address.bootstrap == ("k1:9092", "k2:9093", "[::1]:9094")
    assert address.topic("congvu.work.v1") == "hue.test.congvu.work.v1"
    assert address.settings == {"security_protocol": "SSL", "ssl_cafile": "/a b.pem"}


def test_settings_have_the_types_that_the_driver_wants() -> None:
    address = KafkaAddress.parse("kafka://k:1?ssl_check_hostname=false&receive_buffer_bytes=65536")
    assert address.settings == {"ssl_check_hostname": False, "receive_buffer_bytes": 65536}


@pytest.mark.parametrize(
    "url",
    [
        "kafka://k1:9092",
        "kafka://k1:9092,k2:9092/hue-test",
        "kafka://k1:9092?sasl_plain_password=a%26b%2Fc+d%3D&ssl_check_hostname=true",
    ],
)
def test_an_address_writes_the_url_that_it_was_read_from(url: str) -> None:
    assert KafkaAddress.parse(url).url() == url


def test_a_password_is_never_shown() -> None:
    address = KafkaAddress.parse("kafka://k:9092/hue?sasl_plain_password=geheim")
    assert address.settings["sasl_plain_password"] == "geheim"
    for text in (str(address), repr(address), str(address.unavailable("it is away"))):
        assert "geheim" not in text
        assert "k:9092" in text


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("kafka://", "''"),
        ("kafka://k1", "'k1'"),
        ("kafka://k1:9092,", "''"),
        ("kafka://k1:port", "'k1:port'"),
        ("kafka://user:secret@k1:9092", "sasl_plain_username"),
        ("kafka://k1:9092/hue test", "namespace 'hue test'"),
        ("kafka://k1:9092/a/b", "namespace 'a/b'"),
        ("kafka://k1:9092?acks=0", "'acks'"),
        ("kafka://k1:9092?ssl_check_hostname=maybe", "ssl_check_hostname='maybe'; it must be true or false"),
        ("kafka://k1:9092?security_protocol=SASL_SLL", "it must be one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"),
        ("kafka://k1:9092?receive_buffer_bytes=big", "receive_buffer_bytes='big'; it must be a whole number"),
    ],
)
def test_a_wrong_part_is_named(url: str, named: str) -> None:
    with pytest.raises(ConfigError) as refused:
        KafkaAddress.parse(url)
    assert named in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ("security_protocol=SSL&ssl_cafile=/not/there.pem", "names /not/there.pem, and there is no such file"),
        ("ssl_cafile=/ca.pem", "ssl_cafile has no effect with security_protocol=PLAINTEXT"),
        ("security_protocol=SSL&sasl_mechanism=PLAIN", "sasl_mechanism has no effect with security_protocol=SSL"),
    ],
)
def test_what_the_driver_would_meet_with_silence_is_refused(settings: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        KafkaAddress.parse(f"kafka://k1:9092?{settings}").check()


def test_another_scheme_is_refused() -> None:
    with pytest.raises(ConfigError, match="'pulsar'"):
        open_event_log("pulsar://k:1")
