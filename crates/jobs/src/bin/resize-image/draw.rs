//! One variant: the source at another width, in a given format. Work for a blocking thread.

use std::borrow::Cow;

use fast_image_resize::{FilterType, ResizeAlg, ResizeError, ResizeOptions, Resizer};
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ImageEncoder, ImageError, Rgb, RgbImage};
use jpeg_encoder::{ColorType, SamplingFactor};

use crate::format::Format;
use crate::source::Source;
use crate::webp;

/// A variant cannot be made. Trying again does not help.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DrawError {
    /// The pixels are of a kind that the resizer does not know.
    #[error("resizing the image to {width} pixels")]
    Resize {
        /// The width wanted.
        width: u32,
        /// Why not.
        source: ResizeError,
    },
    /// The size is beyond what the format can hold.
    #[error(
        "encoding a variant of {width}×{height} pixels: {format:?} has at most {most} a side; choose another format or width"
    )]
    Size {
        /// The width it would have.
        width: u32,
        /// The height it would have.
        height: u32,
        /// The format wanted.
        format: Format,
        /// The format's limit.
        most: u32,
    },
    /// The encoder gave up.
    #[error(
        "encoding the {width} pixels wide variant as {format:?}; choose another format or width"
    )]
    Encode {
        /// The width wanted.
        width: u32,
        /// The format wanted.
        format: Format,
        /// Why not.
        source: EncodeError,
    },
}

/// How much may be lost for a smaller file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Loss {
    /// From 1 (small) to 100 (good).
    pub(crate) quality: u8,
    /// Whether WebP loses anything.
    pub(crate) webp: bool,
}

/// Why an encoder gave up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EncodeError {
    /// PNG and lossless WebP.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// JPEG.
    #[error(transparent)]
    Jpeg(#[from] jpeg_encoder::EncodingError),
    /// Lossy WebP, by libwebp's name of the error.
    #[error("libwebp answered {0}")]
    Webp(String),
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

/// The source at `width`, turned the way a viewer sees it. A variant that is at least twice as wide and as high serves as
/// well as the source, and is quicker read: the two are 54 dB apart, far less than what JPEG loses.
pub(crate) fn resize(
    source: &Source,
    wider: Option<&DynamicImage>,
    width: u32,
) -> Result<DynamicImage, DrawError> {
    let (width, height) = fit(source.size(), width);
    let serves = |image: &&DynamicImage| image.width() >= 2 * width && image.height() >= 2 * height;
    if let Some(wider) = wider.filter(serves) {
        return resample(wider, (width, height));
    }
    // Turning a small picture is cheaper than turning a large one.
    let lying = if source.lies_down() {
        (height, width)
    } else {
        (width, height)
    };
    let mut image = resample(&source.pixels, lying)?;
    image.apply_orientation(source.orientation);
    Ok(image)
}

fn resample(from: &DynamicImage, (width, height): (u32, u32)) -> Result<DynamicImage, DrawError> {
    let mut image = DynamicImage::new(width, height, from.color());
    // The crate weighs colours by their alpha, so that those of invisible pixels do not bleed into visible ones.
    let sharp = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    let resized = Resizer::new().resize(from, &mut image, &sharp);
    resized.map_err(|source| DrawError::Resize { width, source })?;
    Ok(image)
}

/// The bytes of `image` as a file, with the source's colour profile and nothing else of its metadata: no place, no camera.
pub(crate) fn encode(
    image: &DynamicImage,
    format: Format,
    loss: Loss,
    profile: Option<&[u8]>,
) -> Result<Vec<u8>, DrawError> {
    let (width, height) = (image.width(), image.height());
    let most = format.longest_side();
    if width.max(height) > most {
        return Err(DrawError::Size {
            width,
            height,
            format,
            most,
        });
    }
    let mut bytes = Vec::new();
    let written = match format {
        Format::Jpeg => jpeg(&on_white(image), loss.quality, profile, &mut bytes),
        Format::Png => write(PngEncoder::new(&mut bytes), image, profile),
        Format::Webp if loss.webp => webp::encode(image, loss.quality, profile, &mut bytes),
        Format::Webp => write(WebPEncoder::new_lossless(&mut bytes), image, profile),
    };
    written.map_err(|source| DrawError::Encode {
        width,
        format,
        source,
    })?;
    Ok(bytes)
}

/// As browsers and libjpeg-turbo write it: colours at half the size, which no eye sees, and Huffman codes made for this
/// picture.
fn jpeg(
    image: &DynamicImage,
    quality: u8,
    profile: Option<&[u8]>,
    bytes: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let mut encoder = jpeg_encoder::Encoder::new(bytes, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.set_optimized_huffman_tables(true);
    if let Some(profile) = profile {
        encoder.add_icc_profile(profile)?;
    }
    let color = match image {
        DynamicImage::ImageLuma8(_) => ColorType::Luma,
        _ => ColorType::Rgb,
    };
    // Longer sides were refused before.
    let side = |pixels| u16::try_from(pixels).unwrap_or(u16::MAX);
    let (width, height) = (side(image.width()), side(image.height()));
    Ok(encoder.encode(image.as_bytes(), width, height, color)?)
}

fn write(
    mut encoder: impl ImageEncoder,
    image: &DynamicImage,
    profile: Option<&[u8]>,
) -> Result<(), EncodeError> {
    if let Some(profile) = profile {
        encoder
            .set_icc_profile(profile.to_vec())
            .map_err(ImageError::Unsupported)?;
    }
    let (width, height) = (image.width(), image.height());
    Ok(encoder.write_image(image.as_bytes(), width, height, image.color().into())?)
}

/// JPEG knows no transparency: what showed through is white.
fn on_white(image: &DynamicImage) -> Cow<'_, DynamicImage> {
    let DynamicImage::ImageRgba8(pixels) = image else {
        return Cow::Borrowed(image);
    };
    let flat = RgbImage::from_fn(pixels.width(), pixels.height(), |x, y| {
        let [red, green, blue, alpha] = pixels.get_pixel(x, y).0.map(u32::from);
        let over_white = |channel| (channel * alpha + 255 * (255 - alpha) + 127) / 255;
        Rgb([red, green, blue].map(|channel| u8::try_from(over_white(channel)).unwrap_or(u8::MAX)))
    });
    Cow::Owned(flat.into())
}

#[cfg(test)]
mod tests;
