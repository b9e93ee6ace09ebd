"""Whose seal an evidence pack bears: an Ed25519 key of this installation (RFC 8032), in its state directory."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from monitor.subscriptions import stored_key

KEY_FILE = "evidence.key"  # in the state directory; remove it, and later packs bear another's seal


@cache
def seal(state_dir: Path) -> Ed25519PrivateKey:
    """The key, which is made at first. Raises OSError."""
    return Ed25519PrivateKey.from_private_bytes(stored_key(state_dir / KEY_FILE))


def public_pem(key: Ed25519PrivateKey) -> bytes:
    """The public half, as `openssl` reads it."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def fingerprint(key: Ed25519PrivateKey) -> str:
    """What tells this installation's key from others: SHA-256 of its public half (DER), in hexadecimal digits."""
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return sha256(der).hexdigest()
