//! How a connection to a server is encrypted, and what its certificate has to be.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

/// PostgreSQL calls it `sslmode`, MySQL `ssl-mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tls {
    /// None.
    Disabled,
    /// Where the server has it, whoever it is.
    Preferred,
    /// Always, whoever the server is.
    Required,
    /// Always, and an authority has signed the certificate.
    Authority,
    /// And the certificate is for this host.
    Identity,
}

impl Tls {
    pub(crate) fn named(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().replace('_', "-").as_str() {
            "disable" | "disabled" => Self::Disabled,
            "allow" | "prefer" | "preferred" => Self::Preferred,
            "require" | "required" => Self::Required,
            "verify-ca" => Self::Authority,
            "verify-full" | "verify-identity" => Self::Identity,
            _ => return None,
        })
    }
}

/// What rustls needs to know. `pem`: the authorities; none: those of the operating system.
pub(crate) fn config(tls: Tls, pem: Option<&[u8]>) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let authorities = match tls {
        Tls::Disabled | Tls::Preferred | Tls::Required => None,
        Tls::Authority | Tls::Identity => Some(authorities(pem, &provider)?),
    };
    let verifier = Verifier {
        authorities,
        any_name: tls != Tls::Identity,
        provider: provider.clone(),
    };
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let dangerous = builder.dangerous();
    let builder = dangerous.with_custom_certificate_verifier(Arc::new(verifier));
    Ok(builder.with_no_client_auth())
}

/// The certificates in a PEM file; none if there are none, or something else stands there.
pub(crate) fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    read.ok().filter(|certificates| !certificates.is_empty())
}

/// The operating system's authorities.
pub(crate) fn of_the_system() -> Vec<CertificateDer<'static>> {
    rustls_native_certs::load_native_certs().certs
}

fn authorities(
    pem: Option<&[u8]>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(match pem {
        Some(pem) => certificates(pem).unwrap_or_default(),
        None => of_the_system(),
    });
    let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let built = builder.build();
    built.map_err(|error| Error::General(format!("no certificate authority is known: {error}")))
}

/// Both databases have ways of encrypting that ask less of a certificate than rustls does by itself.
#[derive(Debug)]
struct Verifier {
    /// None: any certificate will do.
    authorities: Option<Arc<WebPkiServerVerifier>>,
    any_name: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(authorities) = &self.authorities else {
            return Ok(ServerCertVerified::assertion());
        };
        match authorities.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.any_name => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
