//! Lossy WebP, by libwebp, and the colour profile that it does not write.

use ::webp::Encoder;
use image::DynamicImage;

use crate::draw::EncodeError;

/// Writes `image` at `quality`, from 1 to 100.
pub(crate) fn encode(
    image: &DynamicImage,
    quality: u8,
    profile: Option<&[u8]>,
    bytes: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let (width, height) = (image.width(), image.height());
    let encoded = match image {
        DynamicImage::ImageRgb8(pixels) => {
            Encoder::from_rgb(pixels, width, height).encode_simple(false, quality.into())
        }
        DynamicImage::ImageRgba8(pixels) => {
            Encoder::from_rgba(pixels, width, height).encode_simple(false, quality.into())
        }
        other => {
            let pixels = other.to_rgb8();
            Encoder::from_rgb(&pixels, width, height).encode_simple(false, quality.into())
        }
    };
    let encoded = encoded.map_err(|error| EncodeError::Webp(format!("{error:?}")))?;
    match profile {
        Some(profile) => add_profile(&encoded, (width, height), profile, bytes),
        None => bytes.extend_from_slice(&encoded),
    }
    Ok(())
}

/// The chunks of a file (RFC 9649, section 2.7): `RIFF`, the size of what follows, `WEBP`; then a name, a size, contents
/// and perhaps a byte that makes their number even.
const HEAD: usize = 12;
/// `VP8X`, its size, and its ten bytes.
const EXTENDED: usize = 18;
const HAS_PROFILE: u8 = 0x20;

/// The file with a chunk `ICCP` before its picture, and the chunk `VP8X` that announces it.
fn add_profile(file: &[u8], (width, height): (u32, u32), profile: &[u8], bytes: &mut Vec<u8>) {
    let chunks = &file[HEAD..];
    let (mut extended, picture) = match chunks.first_chunk::<EXTENDED>() {
        // A picture with transparency has one already.
        Some(extended) if extended.starts_with(b"VP8X") => (*extended, &chunks[EXTENDED..]),
        _ => {
            let mut extended = *b"VP8X\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0";
            extended[12..15].copy_from_slice(&(width - 1).to_le_bytes()[..3]);
            extended[15..].copy_from_slice(&(height - 1).to_le_bytes()[..3]);
            (extended, chunks)
        }
    };
    extended[8] |= HAS_PROFILE;
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
    let padding = profile.len() % 2;
    let size = 4 + EXTENDED + 8 + profile.len() + padding + picture.len();
    bytes.extend_from_slice(b"RIFF");
    bytes.extend_from_slice(&length(size));
    bytes.extend_from_slice(b"WEBP");
    bytes.extend_from_slice(&extended);
    bytes.extend_from_slice(b"ICCP");
    bytes.extend_from_slice(&length(profile.len()));
    bytes.extend_from_slice(profile);
    bytes.extend_from_slice(&[0][..padding]);
    bytes.extend_from_slice(picture);
}
