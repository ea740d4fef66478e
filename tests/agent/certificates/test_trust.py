"""Whom the agent believes, and who may change that."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from agent.certificates.trust import Kind, Source, TrustStore
from agent.errors import UserError
from tests.support.pki import Authority, Urls, rsa_key


@pytest.fixture(scope="module")
def root() -> Authority:
    return Authority.root()


@pytest.fixture(scope="module")
def ca(root: Authority) -> Authority:
    return Authority.under(root, urls=Urls())


def fingerprints(store: TrustStore) -> list[str]:
    return [c.fingerprint for c in store.certificates()]


def test_nothing_is_believed_by_default(tmp_path: Path) -> None:
    store = TrustStore(tmp_path / "none")

    assert store.certificates() == ()
    assert not (tmp_path / "none").exists()


class TestTheUsersFolder:
    @pytest.mark.parametrize("form", ["der", "pem", "p7b", "p7b in PEM", "two in PEM"])
    def test_takes_the_usual_forms(
        self, tmp_path: Path, root: Authority, ca: Authority, form: str
    ) -> None:
        both = [root.certificate, ca.certificate]
        data, expected = {
            "der": (root.der, {root.id}),
            "pem": (b"Root:\n" + root.pem, {root.id}),
            "p7b": (pkcs7.serialize_certificates(both, Encoding.DER), {root.id, ca.id}),
            "p7b in PEM": (pkcs7.serialize_certificates(both, Encoding.PEM), {root.id, ca.id}),
            "two in PEM": (root.pem + ca.pem, {root.id, ca.id}),
        }[form]
        store = TrustStore(tmp_path)

        added = store.add(data)

        assert {c.fingerprint for c in added} == expected
        assert set(fingerprints(store)) == expected
        assert set(fingerprints(TrustStore(tmp_path))) == expected

    def test_tells_roots_from_intermediates_by_themselves(
        self, tmp_path: Path, root: Authority, ca: Authority
    ) -> None:
        store = TrustStore(tmp_path)
        store.add(root.pem + ca.pem)

        assert store.of_kind(Kind.ROOT) == [root.der]
        assert store.of_kind(Kind.INTERMEDIATE) == [ca.der]
        (shown,) = [c for c in store.certificates() if c.kind is Kind.ROOT]
        assert (shown.holder, shown.source) == ("Test National Root CA", Source.USER)

    def test_a_certificate_that_only_names_itself_as_issuer_is_no_root(
        self, tmp_path: Path, root: Authority
    ) -> None:
        """Anybody can write the same name twice; only the key's owner can sign it."""
        forger = Authority(certificate=root.certificate, key=rsa_key("forger"))
        forged = Authority.under(forger, "Test National Root CA", urls=Urls())
        store = TrustStore(tmp_path)

        (added,) = store.add(forged.der)

        assert added.kind is Kind.INTERMEDIATE

    def test_adding_twice_is_adding_once(self, tmp_path: Path, root: Authority) -> None:
        store = TrustStore(tmp_path)
        store.add(root.der)
        store.add(root.pem)

        assert fingerprints(store) == [root.id]

    def test_a_unit_is_nobody_to_believe(self, tmp_path: Path, ca: Authority) -> None:
        with pytest.raises(UserError) as caught:
            TrustStore(tmp_path).add(ca.issue().der)

        assert caught.value.details == {"reason": "not-a-ca"}

    def test_all_are_added_or_none(self, tmp_path: Path, root: Authority, ca: Authority) -> None:
        store = TrustStore(tmp_path)
        with pytest.raises(UserError):
            store.add(root.pem + ca.issue().pem)

        assert store.certificates() == ()
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        "junk",
        [
            b"",
            b"junk",
            b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
            b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
            bytes.fromhex("300b06092a864886f70d010702"),
        ],
    )
    def test_junk_is_refused_by_name(self, tmp_path: Path, junk: bytes) -> None:
        with pytest.raises(UserError) as caught:
            TrustStore(tmp_path).add(junk)

        assert caught.value.details == {"reason": "unreadable"}

    def test_what_was_added_can_be_removed(self, tmp_path: Path, root: Authority) -> None:
        store = TrustStore(tmp_path)
        store.add(root.der)

        store.remove(root.id)

        assert store.certificates() == ()
        assert TrustStore(tmp_path).certificates() == ()

    @pytest.mark.parametrize("fingerprint", ["", "00" * 32, "../../etc/passwd"])
    def test_only_what_is_there_can_be_removed(self, tmp_path: Path, fingerprint: str) -> None:
        with pytest.raises(UserError, match="certificate_not_found"):
            TrustStore(tmp_path).remove(fingerprint)

    def test_unfinished_and_foreign_files_are_left_alone(
        self, tmp_path: Path, root: Authority, caplog: pytest.LogCaptureFixture
    ) -> None:
        tmp_path.joinpath("x.part").write_bytes(root.der)
        tmp_path.joinpath("notes.txt").write_text("mine")
        tmp_path.joinpath("broken.der").write_bytes(b"junk")

        assert TrustStore(tmp_path).certificates() == ()
        assert "broken.der" in caplog.text


class TestTheAdministratorsFiles:
    def test_files_and_folders_are_read(
        self, tmp_path: Path, root: Authority, ca: Authority
    ) -> None:
        folder = tmp_path / "roots"
        folder.mkdir()
        folder.joinpath("root.CRT").write_bytes(root.pem)
        file = tmp_path / "ca.cer"
        file.write_bytes(ca.der)

        store = TrustStore(tmp_path / "user", configured=[folder, file])

        assert fingerprints(store) == [root.id, ca.id]
        assert {c.source for c in store.certificates()} == {Source.ADMINISTRATOR}

    def test_cannot_be_removed_by_the_user(self, tmp_path: Path, root: Authority) -> None:
        file = tmp_path / "root.pem"
        file.write_bytes(root.pem)
        store = TrustStore(tmp_path / "user", configured=[file])
        store.add(root.der)

        with pytest.raises(UserError) as caught:
            store.remove(root.id)

        assert caught.value.details == {"reason": "administrator"}
        assert file.exists()

    def test_a_missing_or_broken_file_is_said_and_the_rest_believed(
        self, tmp_path: Path, root: Authority, caplog: pytest.LogCaptureFixture
    ) -> None:
        good = tmp_path / "good.pem"
        good.write_bytes(root.pem)
        broken = tmp_path / "broken.pem"
        broken.write_bytes(b"junk")
        huge = tmp_path / "huge.pem"
        huge.write_bytes(b"\0" * (4 * 1024 * 1024 + 1))
        missing = tmp_path / "missing.pem"

        store = TrustStore(tmp_path / "user", configured=[missing, broken, huge, good])

        assert fingerprints(store) == [root.id]
        for name in ("missing.pem", "broken.pem", "huge.pem"):
            assert name in caplog.text
