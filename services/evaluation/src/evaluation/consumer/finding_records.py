"""Records of `congvu.evaluation.findings.v1`: what people found about a subject's month."""

import logging

from google.protobuf.message import DecodeError

from congvu.evaluation.findings.v1 import events_pb2
from evaluation.domain.findings import FindingRow
from evaluation.events.findings import read_finding
from runtime.errors import InvalidInput
from runtime.events import StoredRecord

logger = logging.getLogger(__name__)


def read_finding_record(record: StoredRecord) -> FindingRow | None:
    """The finding; None, with a line in the log, for what cannot be one."""
    try:
        event = events_pb2.FindingEvent.FromString(record.value)
        return read_finding(event)
    except (DecodeError, InvalidInput) as error:
        logger.error("The record %s/%d@%d is no finding: %s", record.topic, record.partition, record.offset, error)
        return None
