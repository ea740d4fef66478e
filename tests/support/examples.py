"""A good request of each method, as `protocol/vectors/examples` has it."""

import json
from typing import Any

from protocol.conformance.cases import HOME


def example_params(method: str) -> dict[str, Any]:
    request = json.loads((HOME / "examples" / method / "request.json").read_text("utf-8"))
    return request["params"]
