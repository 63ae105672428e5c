//! Decoding the object, within limits: what a stranger uploaded may be anything.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};

use crate::format::Format;
use crate::jpeg::{self, Fault};

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
    /// A kind of one of the three that is not decoded.
    #[error(
        "decoding the image: it is a {format:?} of a kind that this function does not read; save it as a usual one"
    )]
    Kind {
        /// Which of the three.
        format: Format,
        /// What is unusual about it.
        source: ImageError,
    },
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
    /// More memory than its pixels explain.
    #[error(
        "decoding the image: beside its pixels it needs more than the {} MiB that this function gives to metadata; save it without",
        MAX_METADATA_BYTES >> 20
    )]
    Limits(#[source] ImageError),
    /// Broken content.
    #[error("decoding the image: the file is broken; make it anew")]
    Broken(#[source] ImageError),
    /// A JPEG whose pixels are not all there.
    #[error("decoding the image: the file is broken; make it anew")]
    Incomplete(#[from] Fault),
}

/// What a file may unpack to beside its pixels: a compressed colour profile. A bomb hides there as well.
const MAX_METADATA_BYTES: u64 = 16 << 20;

/// An image whose header was read.
#[derive(Debug)]
pub(crate) struct Measured {
    bytes: Vec<u8>,
    format: Format,
    /// How many it announces, as a decoder will make them.
    pub(crate) pixels: u64,
}

/// Reads the header of `bytes`, which may not announce more than `max_pixels`.
pub(crate) fn measure(bytes: Vec<u8>, max_pixels: u64) -> Result<Measured, SourceError> {
    let (format, decoder) = decoder(&bytes)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > max_pixels {
        return Err(SourceError::TooManyPixels {
            width,
            height,
            limit: max_pixels,
        });
    }
    drop(decoder);
    Ok(Measured {
        bytes,
        format,
        pixels,
    })
}

fn decoder(bytes: &[u8]) -> Result<(Format, impl ImageDecoder + '_), SourceError> {
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| SourceError::Broken(ImageError::IoError(error)))?;
    let format = reader
        .format()
        .and_then(Format::of)
        .ok_or(SourceError::Format)?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_METADATA_BYTES + row_bytes(bytes, format));
    reader.limits(limits);
    let decoder = reader.into_decoder();
    Ok((
        format,
        decoder.map_err(|error| failed(format, bytes, error))?,
    ))
}

/// PNG's decoder takes its rows for metadata: a few of them, of 8 bytes a pixel at most.
fn row_bytes(bytes: &[u8], format: Format) -> u64 {
    match bytes.get(16..20) {
        Some(&[a, b, c, d]) if format == Format::Png => {
            32 * u64::from(u32::from_be_bytes([a, b, c, d]))
        }
        _ => 0,
    }
}

fn failed(format: Format, bytes: &[u8], error: ImageError) -> SourceError {
    let is_unusual = format == Format::Jpeg && jpeg::is_unusual(bytes);
    match error {
        ImageError::Limits(_) => SourceError::Limits(error),
        error if is_unusual || matches!(error, ImageError::Unsupported(_)) => SourceError::Kind {
            format,
            source: error,
        },
        error => SourceError::Broken(error),
    }
}

impl Measured {
    /// Makes its pixels.
    pub(crate) fn decode(self) -> Result<Source, SourceError> {
        let Self { bytes, format, .. } = self;
        if format == Format::Jpeg {
            jpeg::check(&bytes)?;
        }
        let (_, mut decoder) = decoder(&bytes)?;
        // Broken metadata is no reason to refuse a picture that can be shown.
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let profile = decoder.icc_profile().unwrap_or_default();
        let pixels = DynamicImage::from_decoder(decoder);
        let pixels = pixels.map_err(|error| failed(format, &bytes, error))?;
        let pixels = to_eight_bits(pixels);
        let profile = profile.filter(|profile| describes(profile, &pixels));
        Ok(Source {
            pixels,
            orientation,
            profile,
            format,
        })
    }
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
pub(crate) fn decode(bytes: &[u8], max_pixels: u64) -> Result<Source, SourceError> {
    measure(bytes.to_vec(), max_pixels)?.decode()
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

    /// One file of each format, and one more that libwebp makes.
    fn files() -> [Vec<u8>; 4] {
        let lossy = crate::draw::Loss {
            quality: 80,
            webp: true,
        };
        let image = samples::gradient(64, 48).into();
        [
            samples::photo(64, 48, Format::Jpeg),
            samples::photo(64, 48, Format::Png),
            samples::photo(64, 48, Format::Webp),
            crate::draw::encode(&image, Format::Webp, lossy, None).unwrap(),
        ]
    }

    #[test]
    fn a_file_that_is_cut_is_refused_wherever_it_is_cut() {
        for file in files() {
            let whole = decode(&file, 10_000).unwrap().pixels;
            for length in 20..file.len() {
                match decode(&file[..length], 10_000) {
                    // Nothing but a checksum or a byte that fills up is missing.
                    Ok(source) => {
                        assert!(length + 4 >= file.len(), "{length}");
                        assert_eq!(source.pixels, whole, "{length}");
                    }
                    Err(error) => {
                        let text = error.to_string();
                        assert!(text.contains("the file is broken"), "{length}: {text}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_picture_longer_than_others_is_a_picture() {
        // A row of 40 MB, which is more than metadata may be.
        let row = DynamicImage::new_rgba16(5_000_000, 1);
        let source = decode(&samples::png(&row), 5_000_000).unwrap();
        assert_eq!(source.size(), (5_000_000, 1));
    }

    #[test]
    fn an_unusual_kind_is_not_called_broken() {
        let mut file = samples::photo(64, 48, Format::Jpeg);
        let frame = file.windows(2).position(|pair| pair == [0xff, 0xc0]);
        let frame = frame.unwrap();
        // Lossless, arithmetic, and progressive arithmetic codes; then 12 bits a channel.
        for (place, byte) in [(1, 0xc3), (1, 0xc9), (1, 0xca), (4, 12)] {
            file[frame + 1] = 0xc0;
            file[frame + place] = byte;
            let error = decode(&file, 10_000).unwrap_err();
            assert!(matches!(error, SourceError::Kind { .. }), "{error:?}");
            assert!(!error.to_string().contains("broken"), "{error}");
        }
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
