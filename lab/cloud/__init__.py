"""The same request on another machine: as JSON on the way there, as JSON on the way back."""

from lab.cloud.handler import ServerlessHandler
from lab.cloud.payload import request_from_payload, request_to_payload

__all__ = ["ServerlessHandler", "request_from_payload", "request_to_payload"]
