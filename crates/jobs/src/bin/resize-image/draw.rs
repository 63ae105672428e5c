//! One variant: the source at another width, in a given format. Work for a blocking thread.

use std::borrow::Cow;

use fast_image_resize::{FilterType, ResizeAlg, ResizeError, ResizeOptions, Resizer};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ImageEncoder, ImageError, ImageResult, Rgb, RgbImage};

use crate::format::Format;
use crate::source::Source;

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
        "encoding the {width} pixels wide variant as {format:?}; choose another format or width"
    )]
    Encode {
        /// The width wanted.
        width: u32,
        /// The format wanted.
        format: Format,
        /// Why not.
        source: ImageError,
    },
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
pub(crate) fn resize(source: &Source, width: u32) -> Result<DynamicImage, DrawError> {
    let (width, height) = fit(source.size(), width);
    // Turning a small picture is cheaper than turning a large one.
    let (across, down) = if source.lies_down() {
        (height, width)
    } else {
        (width, height)
    };
    let mut image = DynamicImage::new(across, down, source.pixels.color());
    // The crate weighs colours by their alpha, so that those of invisible pixels do not bleed into visible ones.
    let sharp = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    let resized = Resizer::new().resize(&source.pixels, &mut image, &sharp);
    resized.map_err(|source| DrawError::Resize { width, source })?;
    image.apply_orientation(source.orientation);
    Ok(image)
}

/// The bytes of `image` as a file, with the source's colour profile and nothing else of its metadata: no place, no camera.
pub(crate) fn encode(
    image: &DynamicImage,
    format: Format,
    quality: u8,
    profile: Option<&[u8]>,
) -> Result<Vec<u8>, DrawError> {
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
    written.map_err(|source| DrawError::Encode {
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
