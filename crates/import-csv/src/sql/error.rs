//! What a database answers, in words that hold no row's contents.

use std::error::Error;
use std::io;

use super::LoginError;
use super::sentences::{Kind, reason, sentence};

/// A database's error. Its text is ours: a server's own words stand in it only where they name objects and users, and
/// never where they may quote a value.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct SqlError {
    text: String,
    kind: Kind,
    refusal: Option<Refusal>,
}

/// Why the database will never take a row of a statement.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// With the database's own words, which may hold what is in the row: for the rejected rows' file alone.
    pub(crate) reason: String,
    /// It has a row of the same key.
    pub(crate) is_duplicate: bool,
}

/// One answer of a database.
pub(crate) struct Answer<'a> {
    pub(crate) database: &'static str,
    pub(crate) code: String,
    pub(crate) words: &'a str,
    /// What the words leave out.
    pub(crate) detail: Option<&'a str>,
    pub(crate) kind: Kind,
}

impl SqlError {
    pub(crate) fn new(text: impl Into<String>, kind: Kind) -> Self {
        Self {
            text: text.into(),
            kind,
            refusal: None,
        }
    }

    pub(crate) fn answered(answer: &Answer<'_>) -> Self {
        let Answer { database, code, .. } = answer;
        let text = match sentence(code) {
            Some(sentence) => format!("{sentence} ({database} {code}: {})", plain(answer.words)),
            None => format!("{database} answered with code {code}"),
        };
        Self {
            text,
            kind: answer.kind,
            refusal: (answer.kind == Kind::Row).then(|| refusal(answer)),
        }
    }

    /// No connection came about, and the server has not said why.
    pub(crate) fn unconnected(error: &(dyn Error + 'static)) -> Self {
        let mut causes = std::iter::successors(Some(error), |error| (*error).source());
        let is_nobody_there = causes.any(|cause| {
            let cause = cause.downcast_ref::<io::Error>();
            cause.is_some_and(|cause| {
                matches!(
                    cause.kind(),
                    io::ErrorKind::ConnectionRefused
                        | io::ErrorKind::ConnectionReset
                        | io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::UnexpectedEof
                )
            })
        });
        let kind = if is_nobody_there {
            Kind::Busy
        } else {
            Kind::Other
        };
        Self::new(hikyaku::core::explain(error), kind)
    }

    /// There is no password to connect with.
    pub(crate) fn login(error: &LoginError) -> Self {
        Self::new(hikyaku::core::explain(error), Kind::Other)
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Why a row is to blame, if one is.
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// Whether a row of this key is there already.
    pub(crate) fn is_duplicate(&self) -> bool {
        let refusal = self.refusal.as_ref();
        refusal.is_some_and(|refusal| refusal.is_duplicate)
    }

    /// The same with what else is known.
    pub(crate) fn with(mut self, more: &str) -> Self {
        self.text.push_str(more);
        self
    }

    /// Says of a missing table of ours where it comes from.
    pub(crate) fn of_the_cursor(mut self) -> Self {
        if self.kind == Kind::Missing {
            "table `hikyaku_cursors` or a column of it is missing: run the migration \
                         database/migrations/create_hikyaku_cursors_table.php or the SQL beside it"
                .clone_into(&mut self.text);
        }
        self
    }
}

/// Why a row is refused.
pub(super) fn refusal(answer: &Answer<'_>) -> Refusal {
    let (plainly, is_duplicate) = reason(&answer.code);
    let mut reason = format!("{plainly}: {}", plain(answer.words));
    if let Some(detail) = answer.detail {
        reason = format!("{reason}: {}", plain(detail));
    }
    Refusal {
        reason,
        is_duplicate,
    }
}

/// The most characters of a database's words that are kept.
const WORDS: usize = 300;

/// Text of others, fit for a line of a log.
fn plain(words: &str) -> String {
    let mut characters = words.chars();
    let first = characters.by_ref().take(WORDS);
    let mut text: String = first
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect();
    if characters.next().is_some() {
        text.push('…');
    }
    text
}
