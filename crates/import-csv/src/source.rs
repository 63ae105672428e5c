//! The object, its encoding, its delimiter and its header, from where the last attempt got to.

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, StreamExt, stream};
use hikyaku::objects::{Object, ObjectInfo, Objects};
use url::Url;

use crate::encoding::{Charset, Encoding};
use crate::error::ImportError;
use crate::evidence::Evidence;
use crate::rows::{Pieces, Position, Rows};
use crate::start::{DELIMITERS, Start};

/// How much of the object is looked at before anything is decided. The header has to end in it.
const SAMPLE: usize = 64 * 1024;

/// An object, its header read.
pub(crate) struct Source {
    pub(crate) info: ObjectInfo,
    pub(crate) charset: Charset,
    pub(crate) header: Vec<String>,
    pub(crate) rows: Rows,
    delimiter: u8,
}

impl Source {
    /// Reads the object's header with the first delimiter for which `layout` takes it, and, unless the encoding is given
    /// or `known` of this object, all of its bytes.
    pub(crate) async fn open<L>(
        objects: &Objects,
        url: &Url,
        encoding: Encoding,
        known: impl Fn(&ObjectInfo) -> Option<Charset>,
        layout: impl Fn(&[String]) -> Result<L, ImportError>,
    ) -> Result<(Self, L), ImportError> {
        let Object { info, bytes } = objects.get(url).await.map_err(ImportError::Object)?;
        let (sample, mut rest) = sample(bytes).await?;
        let start = Start::of(&sample)?;
        let mut is_read = false;
        let charset = match (encoding, known(&info)) {
            (Encoding::Utf8, _) => Charset::Utf8,
            (Encoding::Cp932, _) => Charset::Cp932,
            (Encoding::Auto, _) if start.is_marked => Charset::Utf8,
            (Encoding::Auto, Some(charset)) => charset,
            (Encoding::Auto, None) => {
                is_read = true;
                decide(&sample, &mut rest).await?
            }
        };
        let head = Head::read(&sample, start, charset, layout)?;
        let rows = match usize::try_from(head.end.offset) {
            Ok(offset) if !is_read || sample.len() as u64 == info.size() => {
                let pieces = stream::iter([Ok(sample.slice(offset..))])
                    .chain(rest)
                    .boxed();
                Rows::new(pieces, head.end, head.delimiter)
            }
            _ => {
                let object = objects.get_from(url, head.end.offset, &info).await;
                let object = object.map_err(ImportError::Object)?;
                Rows::new(object.bytes, head.end, head.delimiter)
            }
        };
        let source = Self {
            info,
            charset,
            header: head.names,
            rows,
            delimiter: head.delimiter,
        };
        Ok((source, head.layout))
    }

    /// Goes on at `position` with another request; the bytes before are not read again.
    pub(crate) async fn resume(
        &mut self,
        objects: &Objects,
        url: &Url,
        position: Position,
    ) -> Result<(), ImportError> {
        let object = objects
            .get_from(url, position.offset, &self.info)
            .await
            .map_err(ImportError::Object)?;
        self.rows = Rows::new(object.bytes, position, self.delimiter);
        Ok(())
    }
}

/// The header as one of the delimiters makes it.
struct Head<L> {
    names: Vec<String>,
    layout: L,
    delimiter: u8,
    end: Position,
}

impl<L> Head<L> {
    /// The table's columns say which delimiter it is: only one makes names of them. If none does, the error is that of
    /// the one which makes most fields.
    fn read(
        sample: &Bytes,
        start: Start,
        charset: Charset,
        layout: impl Fn(&[String]) -> Result<L, ImportError>,
    ) -> Result<Self, ImportError> {
        let mut refused: Option<(usize, ImportError)> = None;
        for delimiter in DELIMITERS {
            if start.delimiter.is_some_and(|said| said != delimiter) {
                continue;
            }
            let (names, end) = names(sample, start, charset, delimiter)?;
            match layout(&names) {
                Ok(layout) => {
                    return Ok(Self {
                        names,
                        layout,
                        delimiter,
                        end,
                    });
                }
                Err(error) => {
                    if refused.as_ref().is_none_or(|(most, _)| names.len() > *most) {
                        refused = Some((names.len(), error));
                    }
                }
            }
        }
        Err(refused.map_or(
            ImportError::Record {
                line: start.line,
                limit: "64 KiB",
            },
            |(_, error)| error,
        ))
    }
}

/// The fields of the sample's first record, and where it ends.
fn names(
    sample: &Bytes,
    start: Start,
    charset: Charset,
    delimiter: u8,
) -> Result<(Vec<String>, Position), ImportError> {
    let position = Position {
        offset: start.offset as u64,
        line: start.line,
        rows: 0,
    };
    let pieces = stream::iter([Ok(sample.slice(start.offset..))]).boxed();
    let mut rows = Rows::new(pieces, position, delimiter);
    // All of it is there: nothing is waited for.
    let record = rows.next().now_or_never().transpose()?.flatten();
    let names = record.map_or(Vec::new(), |record| {
        let blank = |character: char| character.is_whitespace() || character == '\u{feff}';
        record
            .fields()
            .map(|field| {
                charset
                    .decode_for_people(field)
                    .trim_matches(blank)
                    .to_owned()
            })
            .collect()
    });
    rows.forget_header();
    let end = rows.position();
    if end.offset == sample.len() as u64 && sample.len() >= SAMPLE {
        return Err(ImportError::Record {
            line: start.line,
            limit: "64 KiB",
        });
    }
    Ok((names, end))
}

/// Reads all of the object.
async fn decide(sample: &[u8], rest: &mut Pieces) -> Result<Charset, ImportError> {
    let mut evidence = Evidence::default();
    evidence.read(sample);
    while let Some(piece) = rest.next().await {
        evidence.read(&piece.map_err(ImportError::Object)?);
    }
    evidence.decide()
}

/// The first bytes, and the stream that goes on behind them.
async fn sample(mut pieces: Pieces) -> Result<(Bytes, Pieces), ImportError> {
    let mut sample = BytesMut::new();
    while sample.len() < SAMPLE {
        let Some(piece) = pieces.next().await else {
            break;
        };
        sample.extend_from_slice(&piece.map_err(ImportError::Object)?);
    }
    Ok((sample.freeze(), pieces))
}
