//! Whom a database's certificate has to come from.

use std::path::PathBuf;

/// `DATABASE_CA`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authorities {
    /// `rds`: Amazon RDS's own of the function's region, which no operating system knows.
    Rds,
    /// The certificates in a PEM file.
    File(PathBuf),
}

const RDS: &str = include_str!("rds.pem");

impl Authorities {
    /// Their certificates, as PEM.
    ///
    /// # Errors
    /// The file cannot be read, or no certificates of that region are here.
    pub(crate) fn pem(&self, region: &str) -> Result<Vec<u8>, AuthoritiesError> {
        match self {
            Self::Rds => {
                let block = RDS
                    .split("\n## ")
                    .find(|block| block.lines().next() == Some(region));
                block
                    .map(|block| block.as_bytes().to_vec())
                    .ok_or_else(|| AuthoritiesError::Region(region.to_owned()))
            }
            Self::File(path) => std::fs::read(path).map_err(|source| AuthoritiesError::File {
                path: path.clone(),
                source,
            }),
        }
    }
}

/// `DATABASE_CA` names nothing that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthoritiesError {
    /// A region that opened later than these certificates were collected.
    #[error(
        "there are no certificates of RDS in {0} here: download the region's bundle from \
         https://truststore.pki.rds.amazonaws.com and name the file in DATABASE_CA"
    )]
    Region(String),
    /// There is no certificate where there should be some.
    #[error("it has no certificate in PEM form")]
    Empty,
    /// The file.
    #[error("reading the certificates of `{}`", path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_its_own_three_certificates() {
        let pem = String::from_utf8(Authorities::Rds.pem("ap-northeast-1").unwrap()).unwrap();
        assert_eq!(pem.matches("BEGIN CERTIFICATE").count(), 3);
        assert!(pem.contains("Amazon RDS ap-northeast-1 Root CA RSA2048 G1"));
        assert!(!pem.contains("ap-northeast-2"));
        let error = Authorities::Rds.pem("moon-1").unwrap_err().to_string();
        assert!(
            error.contains("truststore.pki.rds.amazonaws.com"),
            "{error}"
        );
    }
}
