//! The formats a variant can have.

use image::ImageFormat;
use serde::{Deserialize, Serialize};

/// A format that browsers show and this job writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// JPEG at the payload's quality, colours at half the size (4:2:0). Transparent pixels become white.
    #[serde(alias = "jpg")]
    Jpeg,
    /// PNG with 8 bits a channel.
    Png,
    /// WebP, *lossless* unless the payload says otherwise: right for logos and screenshots, larger than JPEG for photographs.
    Webp,
}

impl Format {
    /// The format of a decoded object, when it is one of ours.
    pub(crate) fn of(format: ImageFormat) -> Option<Self> {
        match format {
            ImageFormat::Jpeg => Some(Self::Jpeg),
            ImageFormat::Png => Some(Self::Png),
            ImageFormat::WebP => Some(Self::Webp),
            _ => None,
        }
    }

    /// The most pixels a side that a file of this format can have.
    pub(crate) fn longest_side(self) -> u32 {
        match self {
            Self::Jpeg => 65_535,
            Self::Png => i32::MAX.unsigned_abs(),
            Self::Webp => 16_383,
        }
    }

    /// What its objects are served as.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    /// How the names of its objects end.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }
}
