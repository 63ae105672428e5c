//! The object, its encoding and its header, from where the last attempt got to.

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use hikyaku::objects::{Object, ObjectInfo, Objects};
use url::Url;

use crate::encoding::{Charset, Encoding};
use crate::error::ImportError;
use crate::rows::{Pieces, Position, Rows};

/// How much of the object decides on its encoding.
const SAMPLE: usize = 64 * 1024;

/// An object, its header read.
pub(crate) struct Source {
    pub(crate) info: ObjectInfo,
    pub(crate) charset: Charset,
    pub(crate) header: Vec<String>,
    pub(crate) rows: Rows,
}

impl Source {
    /// Reads the object's first bytes and its header.
    pub(crate) async fn open(
        objects: &Objects,
        url: &Url,
        encoding: Encoding,
    ) -> Result<Self, ImportError> {
        let Object { info, bytes } = objects.get(url).await.map_err(ImportError::Object)?;
        let (mut sample, rest) = sample(bytes).await?;
        let (charset, mark) = encoding.detect(&sample)?;
        let _mark = sample.split_to(mark);
        let pieces = stream::iter([Ok(sample)]).chain(rest).boxed();
        let mut rows = Rows::new(
            pieces,
            Position {
                offset: mark as u64,
                line: 1,
                rows: 0,
            },
        );
        let header = match rows.next().await? {
            Some(record) => record
                .fields()
                .map(|field| charset.decode_for_people(field).trim().to_owned())
                .collect(),
            None => Vec::new(),
        };
        rows.forget_header();
        Ok(Self {
            info,
            charset,
            header,
            rows,
        })
    }

    /// Goes on at `position` with a second request; the bytes before are not read again.
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
        self.rows = Rows::new(object.bytes, position);
        Ok(())
    }
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
