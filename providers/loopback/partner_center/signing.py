"""What Partner Center signs its webhooks with: an authority made anew with each server."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from fastapi import APIRouter, Response

from providers.loopback.callbacks import Call

CERTIFICATE = "/cert/pcnotifications-dispatch.microsoft.com.cer"
CERTIFICATE_URL = f"https://3psostorageacct.blob.core.windows.net{CERTIFICATE}"
ISSUER = "/pkiops/certs/issuing.crt"
_ISSUER_URL = f"http://www.microsoft.com{ISSUER}"
_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "rsa-sha1": hashes.SHA1(),
    "rsa-sha256": hashes.SHA256(),
    "rsa-sha384": hashes.SHA384(),
    "rsa-sha512": hashes.SHA512(),
}
_DER = serialization.Encoding.DER


@dataclass
class Signer:
    """A root, an issuer below it that certificates name the address of, and the certificate that signs.

    Attributes:
        now: when the certificates were made; they hold for ninety days.
        organisation: in whose name the certificate is.
        bits: of its key.
        served: instead of the certificate, what comes from its address: bytes, or a whole answer.
    """

    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    organisation: str = "Microsoft Corporation"
    bits: int = 2048
    served: bytes | Response | None = None
    fetched: list[str] = field(default_factory=list)

    @cached_property
    def _root_key(self) -> ec.EllipticCurvePrivateKey:
        return ec.generate_private_key(ec.SECP256R1())

    @cached_property
    def _issuer_key(self) -> ec.EllipticCurvePrivateKey:
        return ec.generate_private_key(ec.SECP256R1())

    @cached_property
    def key(self) -> rsa.RSAPrivateKey:
        """What signs."""
        return rsa.generate_private_key(public_exponent=65537, key_size=self.bits)

    @cached_property
    def root(self) -> x509.Certificate:
        """The root."""
        name = _name("Loopback", "Loopback Root")
        made = self._begun(name, name, self._root_key.public_key())
        return _authority(made, self._root_key, 1).sign(self._root_key, hashes.SHA256())

    @cached_property
    def issuer(self) -> x509.Certificate:
        """What stands between the root and the certificate."""
        made = self._begun(
            _name("Loopback", "Loopback Issuing"), self.root.subject, self._issuer_key.public_key()
        )
        return _authority(made, self._root_key, 0).sign(self._root_key, hashes.SHA256())

    @cached_property
    def certificate(self) -> x509.Certificate:
        """The certificate, which says where that of its issuer is."""
        name = _name(self.organisation, "pcnotifications-dispatch.microsoft.com")
        at = x509.UniformResourceIdentifier(_ISSUER_URL)
        access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, at)
        return (
            self._begun(name, self.issuer.subject, self.key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._issuer_key.public_key()),
                critical=False,
            )
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityInformationAccess([access]), critical=False)
            .sign(self._issuer_key, hashes.SHA256())
        )

    @property
    def roots(self) -> bytes:
        """The root as a file of settings has it."""
        return self.root.public_bytes(serialization.Encoding.PEM)

    def _begun(self, subject: x509.Name, issuer: x509.Name, key: Any) -> x509.CertificateBuilder:
        day = timedelta(days=1)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - day)
            .not_valid_after(self.now + 90 * day)
        )

    def call(
        self,
        url: str,
        body: Mapping[str, Any] | bytes,
        *,
        algorithm: str = "rsa-sha256",
        header: str = "Authorization",
        certificate: str = CERTIFICATE_URL,
    ) -> Call:
        """Return a delivery to a webhook."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        signature = self.key.sign(raw, padding.PKCS1v15(), _HASHES[algorithm])
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            header: f"Signature {base64.b64encode(signature).decode()}",
            "X-MS-Certificate-Url": certificate,
            "X-MS-Signature-Algorithm": algorithm,
        }
        return Call(url=url, body=raw, headers=headers)


def event(name: str, uri: str | None, at: datetime, **more: Any) -> dict[str, Any]:
    """Return the body of an event, with seven digits behind the second as Microsoft writes them."""
    stamp = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond:06}0+00:00"
    return {"EventName": name, "ResourceUri": uri, "AuditUri": None, "ResourceChangeUtcDate": stamp, **more}


def certificates_router(signer: Signer) -> APIRouter:
    """Return where the certificates are."""
    router = APIRouter()

    @router.get(CERTIFICATE)
    async def certificate() -> Response:
        signer.fetched.append(CERTIFICATE)
        if isinstance(signer.served, Response):
            return signer.served
        content = signer.certificate.public_bytes(_DER) if signer.served is None else signer.served
        return Response(content, media_type="application/octet-stream")

    @router.get(ISSUER)
    async def issuer() -> Response:
        signer.fetched.append(ISSUER)
        return Response(signer.issuer.public_bytes(_DER), media_type="application/pkix-cert")

    return router


def _name(organisation: str, common: str) -> x509.Name:
    given = ((NameOID.ORGANIZATION_NAME, organisation), (NameOID.COMMON_NAME, common))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in given])


def _authority(
    made: x509.CertificateBuilder, signing: ec.EllipticCurvePrivateKey, below: int
) -> x509.CertificateBuilder:
    use = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    public = made._public_key
    assert public is not None
    return (
        made.add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
        .add_extension(use, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
        )
    )
