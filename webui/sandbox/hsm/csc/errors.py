"""Refusals as the API writes them: a status, `error` and `error_description`."""


class Refused(Exception):  # noqa: N818 - it reads as what happened
    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status


def invalid(parameter: str) -> Refused:
    return Refused("invalid_request", f"Invalid parameter {parameter}")


def missing(kind: str, parameter: str) -> Refused:
    return Refused("invalid_request", f"Missing (or invalid type) {kind} parameter {parameter}")
