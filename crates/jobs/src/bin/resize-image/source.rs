//! Decoding the object, within limits: what a stranger uploaded may be anything.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};

use crate::format::Format;

/// A decoded image: 8 bits a channel, grey, RGB or RGBA, and an alpha channel only where something shows through.
#[derive(Debug)]
pub(crate) struct Source {
    /// The pixels as they are stored: a camera held upright stores them lying down.
    pub(crate) pixels: DynamicImage,
    /// How they are to be turned.
    pub(crate) orientation: Orientation,
    /// The colour profile, where it describes these pixels.
    pub(crate) profile: Option<Vec<u8>>,
    /// What the object was.
    pub(crate) format: Format,
}

/// The object is not an image this job can use. Trying again does not help.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    /// Unknown or unsupported content.
    #[error("decoding the image: it is not a JPEG, PNG or WebP file")]
    Format,
    /// Too many pixels, whatever its bytes.
    #[error(
        "decoding the image: {width}×{height} are more than the {limit} pixels RESIZE_MAX_PIXELS allows"
    )]
    TooManyPixels {
        /// As its header says.
        width: u32,
        /// As its header says.
        height: u32,
        /// The setting.
        limit: u64,
    },
    /// Broken content.
    #[error("decoding the image: the file is broken; make it anew")]
    Broken(#[source] ImageError),
}

/// What a file may unpack to beside its pixels: a compressed colour profile, a row. A bomb hides there as well.
const MAX_METADATA_BYTES: u64 = 16 << 20;

/// Decodes `bytes`, whose header may not announce more than `max_pixels`.
pub(crate) fn decode(bytes: &[u8], max_pixels: u64) -> Result<Source, SourceError> {
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(broken)?;
    let format = reader
        .format()
        .and_then(Format::of)
        .ok_or(SourceError::Format)?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_METADATA_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(SourceError::Broken)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > max_pixels {
        return Err(SourceError::TooManyPixels {
            width,
            height,
            limit: max_pixels,
        });
    }
    // Broken metadata is no reason to refuse a picture that can be shown.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().unwrap_or_default();
    let pixels = to_eight_bits(DynamicImage::from_decoder(decoder).map_err(SourceError::Broken)?);
    let profile = profile.filter(|profile| describes(profile, &pixels));
    Ok(Source {
        pixels,
        orientation,
        profile,
        format,
    })
}

impl Source {
    /// Width and height as a viewer sees them.
    pub(crate) fn size(&self) -> (u32, u32) {
        let (width, height) = (self.pixels.width(), self.pixels.height());
        if self.lies_down() {
            (height, width)
        } else {
            (width, height)
        }
    }

    /// Whether a viewer sees its width as height.
    pub(crate) fn lies_down(&self) -> bool {
        matches!(
            self.orientation,
            Orientation::Rotate90
                | Orientation::Rotate270
                | Orientation::Rotate90FlipH
                | Orientation::Rotate270FlipH
        )
    }
}

fn broken(error: std::io::Error) -> SourceError {
    SourceError::Broken(ImageError::IoError(error))
}

fn to_eight_bits(image: DynamicImage) -> DynamicImage {
    match image {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_) => image,
        DynamicImage::ImageLuma16(_) => image.into_luma8().into(),
        other if !other.color().has_alpha() => other.into_rgb8().into(),
        other => {
            let pixels = other.into_rgba8();
            let opaque = pixels.pixels().all(|pixel| pixel.0[3] == u8::MAX);
            let pixels = DynamicImage::from(pixels);
            if opaque {
                pixels.into_rgb8().into()
            } else {
                pixels
            }
        }
    }
}

/// Whether an ICC profile speaks of the channels that were decoded: a CMYK picture arrives as RGB, and its profile
/// would spoil the colours.
fn describes(profile: &[u8], pixels: &DynamicImage) -> bool {
    let grey = matches!(pixels, DynamicImage::ImageLuma8(_));
    match profile.get(16..20) {
        Some(b"RGB ") => !grey,
        Some(b"GRAY") => grey,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn every_format_is_decoded_and_named() {
        for format in [Format::Jpeg, Format::Png, Format::Webp] {
            let source = decode(&samples::photo(8, 4, format), 32).unwrap();
            assert_eq!((source.format, source.size()), (format, (8, 4)));
        }
    }

    #[test]
    fn a_turned_picture_is_measured_as_it_is_seen() {
        let upright = decode(&samples::turned(8, 4, 6), 1000).unwrap();
        assert_eq!((upright.pixels.width(), upright.size()), (8, (4, 8)));
        let mirrored = decode(&samples::turned(8, 4, 2), 1000).unwrap();
        assert_eq!(mirrored.size(), (8, 4));
    }

    #[test]
    fn deep_grey_and_opaque_pixels_become_plain_ones() {
        let deep = DynamicImage::new_luma16(2, 2);
        assert!(matches!(
            decode(&samples::png(&deep), 4).unwrap().pixels,
            DynamicImage::ImageLuma8(_)
        ));
        let opaque = DynamicImage::from(image::RgbaImage::from_pixel(
            2,
            2,
            image::Rgba([1, 2, 3, 255]),
        ));
        assert!(matches!(
            decode(&samples::png(&opaque), 4).unwrap().pixels,
            DynamicImage::ImageRgb8(_)
        ));
        let clear = DynamicImage::new_rgba16(2, 2);
        assert!(matches!(
            decode(&samples::png(&clear), 4).unwrap().pixels,
            DynamicImage::ImageRgba8(_)
        ));
    }

    #[test]
    fn one_pixel_over_the_limit_is_refused() {
        assert!(decode(&samples::photo(8, 4, Format::Png), 32).is_ok());
        let error = decode(&samples::photo(8, 4, Format::Png), 31).unwrap_err();
        assert!(matches!(
            error,
            SourceError::TooManyPixels {
                width: 8,
                height: 4,
                limit: 31
            }
        ));
    }

    #[test]
    fn a_bomb_is_refused_by_its_header() {
        // 60 bytes that announce 60,000 × 60,000 pixels.
        let error = decode(&samples::png_header(60_000, 60_000), 50_000_000).unwrap_err();
        assert!(
            matches!(error, SourceError::TooManyPixels { width: 60_000, .. }),
            "{error:?}"
        );
    }

    #[test]
    fn a_bomb_in_the_colour_profile_is_not_unpacked() {
        let bomb = samples::png_with_profile(vec![0; 40 << 20]);
        assert!(bomb.len() < 1 << 20);
        let profile = decode(&bomb, 1000).map(|source| source.profile);
        assert!(
            matches!(profile, Ok(None) | Err(SourceError::Broken(_))),
            "{profile:?}"
        );
    }

    #[test]
    fn no_picture_is_refused_with_a_plain_reason() {
        for bytes in [
            &b""[..],
            b"hello",
            b"GIF89a\x01\x00\x01\x00",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        ] {
            assert!(
                matches!(decode(bytes, 1000), Err(SourceError::Format)),
                "{bytes:?}"
            );
        }
        let whole = samples::photo(64, 64, Format::Png);
        assert!(matches!(
            decode(&whole[..whole.len() / 2], 10_000),
            Err(SourceError::Broken(_))
        ));
    }

    #[test]
    fn a_profile_of_other_channels_is_dropped() {
        let rgb = DynamicImage::new_rgb8(1, 1);
        assert!(describes(&samples::profile(*b"RGB "), &rgb));
        assert!(!describes(&samples::profile(*b"CMYK"), &rgb));
        assert!(!describes(&samples::profile(*b"GRAY"), &rgb));
        assert!(describes(
            &samples::profile(*b"GRAY"),
            &DynamicImage::new_luma8(1, 1)
        ));
        assert!(!describes(b"short", &rgb));
    }
}
