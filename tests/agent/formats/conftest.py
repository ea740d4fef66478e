"""A unit with a certificate, for the tests of formats."""

import pytest

from tests.support.pki import Authority, Holder, Urls


@pytest.fixture(scope="session")
def ca() -> Authority:
    return Authority.under(Authority.root(), urls=Urls())


@pytest.fixture(scope="session")
def unit(ca: Authority) -> Holder:
    return ca.issue()
