"""The doors for programs, through the sandbox as a program of its own."""

import urllib.error
from collections.abc import Iterator

import pytest

from tests.support.sandbox import SandboxProgram, nth_mst
from tests.support.waiting import wait_for
from webui.bhxh.mst import checked


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProgram]:
    with SandboxProgram(tmp_path_factory.mktemp("sandbox")) as program:
        yield program


def test_a_certificate_is_issued_for_a_public_key(program) -> None:
    company = program.subscriber(mst="9900000150", name="CÔNG TY KHÁC")

    assert company.facts.mst == ("9900000150",)
    assert company.facts.holder == "CÔNG TY KHÁC"
    numbers = company.key.public_key().public_numbers()
    from cryptography import x509

    issued = x509.load_der_x509_certificate(company.certificate).public_key()
    assert issued.public_numbers() == numbers


def test_a_revocation_is_seen(program) -> None:
    company = program.subscriber(mst="9900000150")

    program.revoke(company)

    page = program.call("/sandbox/dossiers")  # still answering
    assert page["counts"] == {"pending": 0, "accepted": 0, "refused": 0}


def test_a_unit_can_be_known_beforehand(program) -> None:
    company = program.subscriber(mst="9900000168")

    program.register("9900000168", company)

    known = program.call("/sandbox/registered")["registered"]
    assert company.facts.serial in {one["serial"] for one in known}


def test_faults_are_told_and_read_back(program) -> None:
    assert program.set_faults(latency=0.5)["latency"] == 0.5
    assert program.call("/sandbox/gateway")["latency"] == 0.5
    program.set_faults(latency=0)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sandbox/gateway", {"sleep": 1}),
        ("/sandbox/ca/certificates", {"name": "X", "public_key": "AAAA"}),
        ("/sandbox/ca/certificates", {"name": "X"}),
        ("/sandbox/ca/revocations", {"certificate": "AAAA"}),
        ("/sandbox/registered", {"mst": "1", "certificate": ""}),
    ],
)
def test_nonsense_is_refused(program, path, body) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        program.call(path, body)

    caught.value.close()
    assert caught.value.code in {400, 404}


def test_the_program_ends_when_its_parent_is_gone(tmp_path) -> None:
    program = SandboxProgram(tmp_path)
    with program:
        process = program._process

    assert process is not None
    assert wait_for(lambda: process.poll() is not None, "the end") is True
    assert process.returncode == 0


def test_killed_and_started_again_it_holds_what_it_held(tmp_path) -> None:
    with SandboxProgram(tmp_path) as program:
        company = program.subscriber(mst="9900000150")
        program.register("9900000150", company)
        places = program.places
        program.kill()

    with SandboxProgram(tmp_path) as again:
        assert again.places == places
        known = {one["mst"] for one in again.call("/sandbox/registered")["registered"]}
        assert "9900000150" in known


def test_there_are_enough_numbers_for_many_companies() -> None:
    numbers = {nth_mst(number) for number in range(300)}

    assert len(numbers) == 300
    assert all(checked(number) for number in numbers)
