"""Text.Encoding, hashes, HMAC, RSA, AES and certificates.

Source: Learn, .NET API reference of System.Text.Encoding and System.Security.Cryptography.
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from constructs_lib.simulation.csharp.errors import ExpressionFailed, NotSimulated
from constructs_lib.simulation.csharp.tables import define, enumeration
from constructs_lib.simulation.csharp.values import (
    Array,
    Bytes,
    EnumValue,
    Thing,
    Time,
    argument_null,
    bad_argument,
)

_ENCODINGS = {
    "UTF8": "utf-8",
    "ASCII": "ascii",
    "Unicode": "utf-16-le",
    "BigEndianUnicode": "utf-16-be",
    "UTF32": "utf-32-le",
    "UTF7": "utf-7",
    "Default": "cp1252",
}


def _encoding(name: str) -> Callable[[], Thing]:
    made = Thing("Encoding", {"codec": _ENCODINGS[name]})
    return lambda: made


def _encode(encoding: Thing, text: Any) -> Bytes:
    if text is None:
        raise argument_null("s")
    if isinstance(text, Array):
        text = "".join(map(chr, text))
    return Bytes(
        text.encode("utf-16", "surrogatepass")
        .decode("utf-16", "replace")
        .encode(encoding.members["codec"], "replace")
    )


def _decode(encoding: Thing, data: Any, *part: int) -> str:
    if data is None:
        raise argument_null("bytes")
    if part:
        data = data[part[0] : part[0] + part[1]]
    codec = encoding.members["codec"]
    text = bytes(data).decode(codec, "replace")
    return text.replace("\ufffd", "?") if codec == "ascii" else text


def _get_encoding(name: Any) -> Thing:
    import codecs

    try:
        codec = codecs.lookup(
            f"cp{name}"
            if isinstance(name, int) and name != 65001
            else str(name)
            if name != 65001
            else "utf-8"
        ).name
    except LookupError as error:
        raise bad_argument(
            f"'{name}' is not a supported encoding name.\r\nParameter name: name"
        ) from error
    return Thing("Encoding", {"codec": {"utf-16": "utf-16-le"}.get(codec, codec)})


define(
    "Encoding",
    "System.Text.Encoding",
    static={f"{name} -> Encoding": _encoding(name) for name in _ENCODINGS},
    static_methods={"GetEncoding -> Encoding": _get_encoding},
    methods={
        "GetBytes -> byte[]": _encode,
        "GetString -> string": _decode,
        "GetByteCount -> int": lambda encoding, text: len(_encode(encoding, text)),
    },
    known="GetChars GetCharCount Convert WebName GetPreamble",
)

# Hashes -------------------------------------------------------------------------------------------


def _data(value: Any) -> bytes:
    if value is None:
        raise argument_null("buffer")
    return bytes(value)


def _hash(thing: Thing, data: Any, *part: int) -> Bytes:
    content = _data(data)
    if part:
        content = content[part[0] : part[0] + part[1]]
    name, key = thing.members["algorithm"], thing.members.get("key")
    if key is not None:
        return Bytes(hmac.digest(key, content, name))
    return Bytes(hashlib.new(name, content, usedforsecurity=False).digest())


def _maker(type_: str, algorithm: str, *, keyed: bool) -> Callable[..., Thing]:
    def make(run: Any, *key: Any) -> Thing:
        members: dict[str, Any] = {"algorithm": algorithm}
        if keyed:
            # Without a key .NET makes one by chance.
            members["key"] = bytes(_data(key[0])) if key else run.context.random.randbytes(64)
        return Thing(type_, members)

    return make


_HASHES = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512"}
_SPACE = "System.Security.Cryptography"
define(
    "HashAlgorithm",
    f"{_SPACE}.HashAlgorithm",
    methods={
        "ComputeHash -> byte[]": _hash,
        "Dispose": lambda _thing: None,
        "Clear": lambda _thing: None,
        "Initialize": lambda _thing: None,
    },
    properties={"HashSize -> int": lambda thing: len(_hash(thing, b"")) * 8},
    known="TransformBlock TransformFinalBlock Hash CanReuseTransform",
)
define("KeyedHashAlgorithm", f"{_SPACE}.KeyedHashAlgorithm", bases=("HashAlgorithm",))
define(
    "HMAC",
    f"{_SPACE}.HMAC",
    bases=("KeyedHashAlgorithm",),
    properties={"Key -> byte[]": lambda thing: Bytes(thing.members["key"])},
    setters={"Key": lambda thing, key: thing.members.__setitem__("key", bytes(key))},
)
for _each, _digest in _HASHES.items():
    for _suffix in ("", "Managed"):
        if _suffix and _each == "MD5":
            continue
        _make = _maker(f"{_each}{_suffix}", _digest, keyed=False)
        define(
            f"{_each}{_suffix}",
            f"{_SPACE}.{_each}{_suffix}",
            bases=("HashAlgorithm",),
            static_methods={f"Create! -> {_each}": _make},
            make=_make if _suffix else None,
            make_run=True,
        )
    _make = _maker(f"HMAC{_each}", _digest, keyed=True)
    define(
        f"HMAC{_each}",
        f"{_SPACE}.HMAC{_each}",
        bases=("HMAC",),
        make=_make,
        make_run=True,
        static_methods={f"Create! -> HMAC{_each}": _make},
    )


def _constant(type_: str, name: str) -> Callable[[], Thing]:
    made = Thing(type_, {"Name": name}, name)
    return lambda: made


def _constants(type_: str, *names: str) -> None:
    define(
        type_,
        f"{_SPACE}.{type_}",
        static={f"{name} -> {type_}": _constant(type_, name) for name in names},
        properties={"Name -> string": lambda thing: thing.members["Name"]},
    )


_constants("HashAlgorithmName", *_HASHES)
_constants("RSASignaturePadding", "Pkcs1", "Pss")
_constants("RSAEncryptionPadding", "Pkcs1", "OaepSHA1", "OaepSHA256", "OaepSHA384", "OaepSHA512")
enumeration("CipherMode", f"{_SPACE}.CipherMode", CBC=1, ECB=2, OFB=3, CFB=4, CTS=5)
enumeration(
    "PaddingMode",
    f"{_SPACE}.PaddingMode",
    **{"None": 1, "PKCS7": 2, "Zeros": 3, "ANSIX923": 4, "ISO10126": 5},
)

# RSA and certificates -----------------------------------------------------------------------------


def _algorithm(name: Thing) -> Any:
    from cryptography.hazmat.primitives import hashes

    known = {"SHA1": hashes.SHA1, "SHA256": hashes.SHA256, "SHA384": hashes.SHA384}
    return {**known, "SHA512": hashes.SHA512, "MD5": hashes.MD5}[name.members["Name"]]()


def _padding(scheme: Thing, algorithm: Any) -> Any:
    from cryptography.hazmat.primitives.asymmetric import padding

    name = scheme.members["Name"]
    if name == "Pkcs1":
        return padding.PKCS1v15()
    if name == "Pss":
        return padding.PSS(padding.MGF1(algorithm), padding.PSS.DIGEST_LENGTH)
    inner = _algorithm(Thing("", {"Name": name[4:]}))
    return padding.OAEP(padding.MGF1(inner), inner, None)


def _sign(rsa: Thing, data: Any, name: Thing, scheme: Thing) -> Bytes:
    algorithm = _algorithm(name)
    return Bytes(rsa.members["key"].sign(_data(data), _padding(scheme, algorithm), algorithm))


def _public(rsa: Thing) -> Any:
    key = rsa.members["key"]
    return key.public_key() if hasattr(key, "public_key") else key


def _verify(rsa: Thing, data: Any, signature: Any, name: Thing, scheme: Thing) -> bool:
    from cryptography.exceptions import InvalidSignature

    algorithm = _algorithm(name)
    try:
        _public(rsa).verify(_data(signature), _data(data), _padding(scheme, algorithm), algorithm)
    except InvalidSignature:
        return False
    return True


define(
    "AsymmetricAlgorithm",
    f"{_SPACE}.AsymmetricAlgorithm",
    methods={"Dispose": lambda _thing: None},
    properties={"KeySize -> int": lambda rsa: rsa.members["key"].key_size},
)
define(
    "RSA",
    f"{_SPACE}.RSA",
    bases=("AsymmetricAlgorithm",),
    methods={
        "SignData -> byte[]": _sign,
        "VerifyData -> bool": _verify,
        "Encrypt -> byte[]": lambda rsa, data, how: Bytes(
            _public(rsa).encrypt(_data(data), _padding(how, None))
        ),
        "Decrypt -> byte[]": lambda rsa, data, how: Bytes(
            rsa.members["key"].decrypt(_data(data), _padding(how, None))
        ),
    },
    known="SignHash VerifyHash ImportParameters ExportParameters Create FromXmlString ToXmlString",
)
define("RSACryptoServiceProvider", f"{_SPACE}.RSACryptoServiceProvider", bases=("RSA",))
define(
    "RNGCryptoServiceProvider",
    f"{_SPACE}.RNGCryptoServiceProvider",
    methods={
        "GetBytes!": lambda run, _thing, data: data.__setitem__(
            slice(None), run.context.random.randbytes(len(data))
        ),
        "Dispose": lambda _thing: None,
    },
    make=lambda: Thing("RNGCryptoServiceProvider", {}),
)
define("Oid", f"{_SPACE}.Oid", properties={"Value -> string": None, "FriendlyName -> string": None})


def certificate_of(given: Any, key: Any = None) -> Thing | None:
    """A certificate: one of `cryptography`, or PEM, with its private key in it or not."""
    if given is None:
        return None
    if isinstance(given, (bytes, bytearray)):
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        content = bytes(given)
        if not content.lstrip().startswith(b"-----"):
            return Thing(
                "X509Certificate2", {"given": x509.load_der_x509_certificate(content), "key": None}
            )
        if b"PRIVATE KEY" in content:
            key = load_pem_private_key(content, None)
        given = x509.load_pem_x509_certificate(content)
    return Thing("X509Certificate2", {"given": given, "key": key})


def _make_certificate(data: Any, *rest: Any) -> Thing:
    from cryptography.hazmat.primitives.serialization import pkcs12

    if isinstance(data, str):
        raise NotSimulated("a certificate from a file")
    try:
        found = certificate_of(data)
    except ValueError:
        found = None
    if found is None:
        try:
            secret = rest[0].encode() if rest and isinstance(rest[0], str) and rest[0] else None
            key, given, _ = pkcs12.load_key_and_certificates(bytes(data), secret)
        except ValueError as error:
            raise ExpressionFailed(
                "Cannot find the requested object.\r\n", f"{_SPACE}.CryptographicException"
            ) from error
        return Thing("X509Certificate2", {"given": given, "key": key})
    return found


def distinguished_name(name: Any) -> str:
    """A name as .NET writes it: the last part first."""

    def short(part: Any) -> str:
        name = part.rfc4514_attribute_name
        return "E" if name == "1.2.840.113549.1.9.1" else name

    return ", ".join(f"{short(part)}={part.value}" for part in reversed(list(name)))


def serial_number(certificate: Any) -> str:
    """A serial number as .NET writes it: whole bytes, with a zero before a leading one bit."""
    number = certificate.serial_number
    return f"{number:0{2 * (number.bit_length() // 8 + 1)}X}"


def _rsa(certificate: Thing) -> Thing | None:
    key = certificate.members["key"]
    return Thing("RSA", {"key": key}) if key is not None else None


def _thumbprint(certificate: Thing) -> bytes:
    from cryptography.hazmat.primitives import hashes

    return certificate.members["given"].fingerprint(hashes.SHA1())  # noqa: S303


def _common_name(certificate: Thing, _kind: Any = None, issuer: bool = False, *_: Any) -> str:
    from cryptography.x509.oid import NameOID

    given = certificate.members["given"]
    found = (given.issuer if issuer else given.subject).get_attributes_for_oid(NameOID.COMMON_NAME)
    return found[0].value if found else ""


def _raw(certificate: Thing) -> Bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return Bytes(certificate.members["given"].public_bytes(Encoding.DER))


def _day(name: str) -> Callable[[Thing], Time]:
    from constructs_lib.simulation.csharp.libraries.dates import ticks_of

    return lambda certificate: Time(ticks_of(getattr(certificate.members["given"], name)), "Local")


def _valid(run: Any, certificate: Thing, *_: Any) -> bool:
    """Whether it is within its time; the trust in its issuer is not simulated."""
    given = certificate.members["given"]
    return given.not_valid_before_utc <= run.context.now() <= given.not_valid_after_utc


_CERTIFICATE = "System.Security.Cryptography.X509Certificates"
enumeration("X509NameType", f"{_CERTIFICATE}.X509NameType", SimpleName=0, DnsName=3)
for _certificate_name, _base in (
    ("X509Certificate", ()),
    ("X509Certificate2", ("X509Certificate",)),
):
    define(
        _certificate_name,
        f"{_CERTIFICATE}.{_certificate_name}",
        bases=_base,
        properties={
            "Thumbprint -> string": lambda c: _thumbprint(c).hex().upper(),
            "Subject -> string": lambda c: distinguished_name(c.members["given"].subject),
            "Issuer -> string": lambda c: distinguished_name(c.members["given"].issuer),
            "SubjectName -> X500DistinguishedName": lambda c: Thing(
                "X500DistinguishedName", {"Name": distinguished_name(c.members["given"].subject)}
            ),
            "IssuerName -> X500DistinguishedName": lambda c: Thing(
                "X500DistinguishedName", {"Name": distinguished_name(c.members["given"].issuer)}
            ),
            "SerialNumber -> string": lambda c: serial_number(c.members["given"]),
            "NotBefore -> DateTime": _day("not_valid_before_utc"),
            "NotAfter -> DateTime": _day("not_valid_after_utc"),
            "RawData -> byte[]": _raw,
            "HasPrivateKey -> bool": lambda c: c.members["key"] is not None,
            "Version -> int": lambda c: c.members["given"].version.value + 1,
        },
        methods={
            "GetRSAPrivateKey -> RSA": _rsa,
            "GetRSAPublicKey -> RSA": lambda c: Thing(
                "RSA", {"key": c.members["given"].public_key()}
            ),
            "GetNameInfo -> string": _common_name,
            "GetCertHash -> byte[]": lambda c: Bytes(_thumbprint(c)),
            "GetCertHashString -> string": lambda c: _thumbprint(c).hex().upper(),
            "GetRawCertData -> byte[]": _raw,
            "Verify! -> bool": _valid,
            "VerifyNoRevocation! -> bool": _valid,
            "GetSerialNumberString -> string": lambda c: serial_number(c.members["given"]),
        },
        make=_make_certificate,
        known="PublicKey PrivateKey Export FriendlyName SignatureAlgorithm Extensions Archived "
        "GetExpirationDateString GetEffectiveDateString GetPublicKey GetPublicKeyString Import",
    )
define(
    "X500DistinguishedName",
    f"{_CERTIFICATE}.X500DistinguishedName",
    properties={"Name -> string": lambda name: name.members["Name"]},
)

# AES ----------------------------------------------------------------------------------------------


_CBC, _PKCS7 = EnumValue("CipherMode", "CBC", 1), EnumValue("PaddingMode", "PKCS7", 2)


def _create(name: str) -> Thing:
    """`SymmetricAlgorithm.Create("aes")`, with the settings that .NET begins with."""
    if name.upper() not in ("AES", "RIJNDAEL"):
        raise NotSimulated(f"the algorithm {name}")
    settings = {"Key": None, "IV": None, "KeySize": 256, "BlockSize": 128}
    return Thing("SymmetricAlgorithm", {**settings, "Mode": _CBC, "Padding": _PKCS7})


def _prepared(algorithm: Any, rest: tuple[Any, ...]) -> tuple[Any, Any]:
    """The cipher, and what pads its blocks; None pads nothing."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    given = algorithm if isinstance(algorithm, Thing) else _create(algorithm)
    settings = given.members
    key, vector = rest or (settings["Key"], settings["IV"])
    mode, padding = settings["Mode"].name, settings["Padding"].name
    if mode not in ("CBC", "ECB") or padding not in ("PKCS7", "None"):
        raise NotSimulated(f"AES with {mode} and {padding}")
    try:
        chained = modes.CBC(bytes(vector or ())) if mode == "CBC" else modes.ECB()  # noqa: S305
        cipher = Cipher(algorithms.AES(bytes(key or ())), chained)
    except ValueError as error:
        raise ExpressionFailed(
            "Specified key is not a valid size for this algorithm.",
            f"{_SPACE}.CryptographicException",
        ) from error
    return cipher, PKCS7(128) if padding == "PKCS7" else None


def encrypt(data: Any, algorithm: Any, *rest: Any) -> Bytes:
    """`bytes.Encrypt("Aes", key, iv)`, or with a SymmetricAlgorithm."""
    cipher, padding = _prepared(algorithm, rest)
    maker, plain = cipher.encryptor(), _data(data)
    if padding is not None:
        padder = padding.padder()
        plain = padder.update(plain) + padder.finalize()
    return Bytes(maker.update(plain) + maker.finalize())


def decrypt(data: Any, algorithm: Any, *rest: Any) -> Bytes:
    """`bytes.Decrypt("Aes", key, iv)`, or with a SymmetricAlgorithm."""
    cipher, padding = _prepared(algorithm, rest)
    maker = cipher.decryptor()
    try:
        plain = maker.update(_data(data)) + maker.finalize()
        if padding is not None:
            padder = padding.unpadder()
            plain = padder.update(plain) + padder.finalize()
        return Bytes(plain)
    except ValueError as error:
        raise ExpressionFailed(
            "Padding is invalid and cannot be removed.", f"{_SPACE}.CryptographicException"
        ) from error


def _setting(name: str) -> Any:
    return lambda thing: thing.members[name]


def _set(name: str) -> Any:
    return lambda thing, value: thing.members.__setitem__(name, value)


_SETTINGS = {
    "Key": "byte[]",
    "IV": "byte[]",
    "KeySize": "int",
    "BlockSize": "int",
    "Mode": "CipherMode",
    "Padding": "PaddingMode",
}
define(
    "SymmetricAlgorithm",
    f"{_SPACE}.SymmetricAlgorithm",
    properties={f"{name} -> {type_}": _setting(name) for name, type_ in _SETTINGS.items()},
    setters={name: _set(name) for name in _SETTINGS},
    static_methods={"Create -> SymmetricAlgorithm": _create},
    methods={"Dispose": lambda _thing: None},
    known="CreateEncryptor CreateDecryptor GenerateKey GenerateIV",
)
