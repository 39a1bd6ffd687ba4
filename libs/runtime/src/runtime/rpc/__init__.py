"""The gRPC door and the way to others' doors."""

from runtime.rpc.client import open_channel
from runtime.rpc.server import GrpcServer, GrpcService, caller_of

__all__ = ["GrpcServer", "GrpcService", "caller_of", "open_channel"]
