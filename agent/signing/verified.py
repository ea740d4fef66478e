"""Whether a bare signature is by a certificate's key, before anything is built on it."""

from agent.keys import Mechanism


def is_by(der: bytes, signature: bytes, message: bytes, mechanism: Mechanism) -> bool:
    """Whether `signature` over `message` was made with the key of the certificate `der`.

    A key of another kind than the mechanism's has made none of its signatures.
    """
    # Loaded at the first signature: the libraries would delay the agent's start.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.x509 import load_der_x509_certificate

    algorithms: dict[Mechanism, hashes.HashAlgorithm] = {
        Mechanism.RSA_PKCS1_SHA256: hashes.SHA256(),
        Mechanism.RSA_PKCS1_SHA384: hashes.SHA384(),
        Mechanism.RSA_PKCS1_SHA512: hashes.SHA512(),
        Mechanism.RSA_PSS_SHA256: hashes.SHA256(),
        Mechanism.ECDSA_SHA256: hashes.SHA256(),
        Mechanism.ECDSA_SHA384: hashes.SHA384(),
    }
    algorithm = algorithms[mechanism]
    try:
        match mechanism, load_der_x509_certificate(der).public_key():
            case Mechanism.RSA_PSS_SHA256, rsa.RSAPublicKey() as key:
                salt = algorithm.digest_size
                pss = padding.PSS(mgf=padding.MGF1(algorithm), salt_length=salt)
                key.verify(signature, message, pss, algorithm)
            case (
                (Mechanism.ECDSA_SHA256 | Mechanism.ECDSA_SHA384),
                ec.EllipticCurvePublicKey() as key,
            ):
                key.verify(signature, message, ec.ECDSA(algorithm))
            case (
                Mechanism.RSA_PKCS1_SHA256
                | Mechanism.RSA_PKCS1_SHA384
                | Mechanism.RSA_PKCS1_SHA512,
                rsa.RSAPublicKey() as key,
            ):
                key.verify(signature, message, padding.PKCS1v15(), algorithm)
            case _:
                return False
    except InvalidSignature:
        return False
    return True
