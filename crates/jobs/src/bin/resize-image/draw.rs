//! One variant: the source at another width, in a given format. Work for a blocking thread.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageEncoder, ImageError, ImageResult, Rgb, RgbImage, RgbaImage};

use crate::format::Format;
use crate::source::Source;

/// A variant could not be written: its size is beyond what the format can hold.
#[derive(Debug, thiserror::Error)]
#[error("encoding the {width} pixels wide variant as {format:?}")]
pub(crate) struct EncodeError {
    width: u32,
    format: Format,
    source: ImageError,
}

/// The size of the variant `width` pixels wide: the same shape, and never larger than the source.
pub(crate) fn fit((source_width, source_height): (u32, u32), width: u32) -> (u32, u32) {
    if width >= source_width {
        return (source_width, source_height);
    }
    let (width, source_width, source_height) = (
        u64::from(width),
        u64::from(source_width),
        u64::from(source_height),
    );
    let height = (source_height * width + source_width / 2) / source_width;
    // Both are smaller than the source's sides, so neither conversion can fail.
    (
        u32::try_from(width).unwrap_or(u32::MAX),
        u32::try_from(height.max(1)).unwrap_or(u32::MAX),
    )
}

/// The source at `width`, turned the way a viewer sees it.
pub(crate) fn resize(source: &Source, width: u32) -> DynamicImage {
    let (width, height) = fit(source.size(), width);
    // Turning a small picture is cheaper than turning a large one.
    let (width, height) = if source.lies_down() {
        (height, width)
    } else {
        (width, height)
    };
    let mut image = match &source.pixels {
        image if (image.width(), image.height()) == (width, height) => image.clone(),
        DynamicImage::ImageRgba8(pixels) => {
            unmultiply(scale(&multiply(pixels).into(), width, height))
        }
        image => scale(image, width, height),
    };
    image.apply_orientation(source.orientation);
    image
}

/// Lanczos for sharpness. Its time and memory follow the size it starts from, so a much larger source is first averaged
/// down to twice the size wanted; nobody sees the difference.
fn scale(image: &DynamicImage, width: u32, height: u32) -> DynamicImage {
    let (near_width, near_height) = (width.saturating_mul(2), height.saturating_mul(2));
    if image.width() / 2 >= near_width && image.height() / 2 >= near_height {
        image.thumbnail_exact(near_width, near_height).resize_exact(
            width,
            height,
            FilterType::Lanczos3,
        )
    } else {
        image.resize_exact(width, height, FilterType::Lanczos3)
    }
}

/// Colours weighed by their alpha: otherwise the colour of invisible pixels would bleed into visible ones.
fn multiply(pixels: &RgbaImage) -> RgbaImage {
    let mut pixels = pixels.clone();
    for pixel in pixels.pixels_mut() {
        let [red, green, blue, alpha] = pixel.0;
        pixel.0 = [
            weigh(red, alpha),
            weigh(green, alpha),
            weigh(blue, alpha),
            alpha,
        ];
    }
    pixels
}

fn unmultiply(image: DynamicImage) -> DynamicImage {
    let mut pixels = image.into_rgba8();
    for pixel in pixels.pixels_mut() {
        let [red, green, blue, alpha] = pixel.0;
        pixel.0 = [
            unweigh(red, alpha),
            unweigh(green, alpha),
            unweigh(blue, alpha),
            alpha,
        ];
    }
    pixels.into()
}

fn weigh(channel: u8, alpha: u8) -> u8 {
    to_channel((u32::from(channel) * u32::from(alpha) + 127) / 255)
}

fn unweigh(channel: u8, alpha: u8) -> u8 {
    let alpha = u32::from(alpha);
    to_channel(
        (u32::from(channel) * 255 + alpha / 2)
            .checked_div(alpha)
            .unwrap_or(0),
    )
}

fn to_channel(value: u32) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

/// The bytes of `image` as a file, with the source's colour profile and nothing else of its metadata: no place, no camera.
pub(crate) fn encode(
    image: &DynamicImage,
    format: Format,
    quality: u8,
    profile: Option<&[u8]>,
) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = Vec::new();
    let written = match format {
        Format::Jpeg => write(
            JpegEncoder::new_with_quality(&mut bytes, quality),
            &on_white(image),
            profile,
        ),
        Format::Png => write(PngEncoder::new(&mut bytes), image, profile),
        Format::Webp => write(WebPEncoder::new_lossless(&mut bytes), image, profile),
    };
    written.map_err(|source| EncodeError {
        width: image.width(),
        format,
        source,
    })?;
    Ok(bytes)
}

fn write(
    mut encoder: impl ImageEncoder,
    image: &DynamicImage,
    profile: Option<&[u8]>,
) -> ImageResult<()> {
    if let Some(profile) = profile {
        encoder
            .set_icc_profile(profile.to_vec())
            .map_err(ImageError::Unsupported)?;
    }
    encoder.write_image(
        image.as_bytes(),
        image.width(),
        image.height(),
        image.color().into(),
    )
}

/// JPEG knows no transparency: what showed through is white.
fn on_white(image: &DynamicImage) -> std::borrow::Cow<'_, DynamicImage> {
    let DynamicImage::ImageRgba8(pixels) = image else {
        return std::borrow::Cow::Borrowed(image);
    };
    let flat = RgbImage::from_fn(pixels.width(), pixels.height(), |x, y| {
        let [red, green, blue, alpha] = pixels.get_pixel(x, y).0;
        let white = u8::MAX - alpha;
        Rgb([red, green, blue].map(|channel| weigh(channel, alpha).saturating_add(white)))
    });
    std::borrow::Cow::Owned(flat.into())
}

#[cfg(test)]
mod tests;
