"""Keys are made once, kept to their owner, and read once."""

from webui.sandbox.ca import keys


def test_a_key_is_made_once_and_is_its_owner_s_alone(tmp_path) -> None:
    path = tmp_path / "a.key.pem"
    made = keys.kept(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.kept(path).private_numbers() == made.private_numbers()


def test_it_is_read_from_its_file_and_not_by_its_name(tmp_path) -> None:
    path = tmp_path / "a.key.pem"
    first = keys.kept(path)
    other = keys.kept(tmp_path / "b.key.pem")
    path.write_bytes(keys.pem(other))

    assert keys.kept(path).private_numbers() == other.private_numbers()
    assert first.private_numbers() != other.private_numbers()


def test_what_was_read_is_not_read_again(tmp_path) -> None:
    """Reading proves the primes."""
    path = tmp_path / "a.key.pem"

    assert keys.kept(path) is keys.kept(path)
