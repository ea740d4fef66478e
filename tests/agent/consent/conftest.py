import pytest


@pytest.fixture(autouse=True)
def _off_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows are real, their screen is not; tests on a display say so themselves."""
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
