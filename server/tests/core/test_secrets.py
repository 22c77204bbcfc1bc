import base64
import secrets
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from promptops_server.core.errors import SecretsUnavailable
from promptops_server.core.secrets import MasterKey, MasterKeyRefused, load_master_key
from promptops_server.core.settings import Settings


def _key() -> MasterKey:
    return MasterKey(secrets.token_bytes(32))


def test_a_secret_opens_for_the_same_identity_only() -> None:
    key = _key()
    sealed = key.seal(b"sk-canary", "row 1")
    assert b"sk-canary" not in sealed
    assert key.open(sealed, "row 1") == b"sk-canary"
    with pytest.raises(SecretsUnavailable):
        key.open(sealed, "row 2")
    with pytest.raises(SecretsUnavailable):
        _key().open(sealed, "row 1")


def test_no_changed_bit_opens() -> None:
    key = _key()
    sealed = key.seal(b"secret", "row")
    for position in range(len(sealed)):
        for bit in range(8):
            changed = bytearray(sealed)
            changed[position] ^= 1 << bit
            with pytest.raises(SecretsUnavailable):
                key.open(bytes(changed), "row")


@pytest.mark.parametrize("length", [0, 1, 12, 60, 72])
def test_a_cut_ciphertext_is_refused(length: int) -> None:
    key = _key()
    with pytest.raises(SecretsUnavailable):
        key.open(key.seal(b"secret", "row")[:length], "row")


def test_a_nonce_is_never_used_twice() -> None:
    key = _key()
    sealed = [key.seal(b"same", "row") for _ in range(2000)]
    assert len({one[1:13] for one in sealed}) == len({one[61:73] for one in sealed}) == 2000


def test_the_check_value_knows_its_key() -> None:
    key = _key()
    assert key.opens(key.check_value())
    assert not _key().opens(key.check_value())


def test_a_new_key_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    made = load_master_key(settings, create=True)
    file = tmp_path / "master.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_master_key(settings, create=True).id == made.id


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    load_master_key(settings, create=True)
    (tmp_path / "master.key").chmod(0o644)
    with pytest.raises(MasterKeyRefused, match="chmod 600"):
        load_master_key(settings, create=True)


def test_a_missing_key_is_not_made_where_that_was_not_asked(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyRefused, match="PROMPTOPS_MASTER_KEY"):
        load_master_key(Settings(data_dir=tmp_path), create=False)


@pytest.mark.parametrize("text", ["", "not base64!", base64.b64encode(b"short").decode()])
def test_a_malformed_key_is_refused_without_quoting_it(tmp_path: Path, text: str) -> None:
    settings = Settings(data_dir=tmp_path, master_key=SecretStr(text))
    with pytest.raises(MasterKeyRefused, match="32 bytes in base64") as refused:
        load_master_key(settings, create=True)
    assert not text or text not in str(refused.value)
