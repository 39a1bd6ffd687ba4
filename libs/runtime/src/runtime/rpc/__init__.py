"""The gRPC door and the way to others' doors."""

from runtime.rpc.client import open_channel, open_connection, speak_for
from runtime.rpc.server import ANYONE, GrpcServer, GrpcService, caller_of

__all__ = ["ANYONE", "GrpcServer", "GrpcService", "caller_of", "open_channel", "open_connection", "speak_for"]
