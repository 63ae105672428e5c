//! Pictures for tests, made in code.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, ExtendedColorType, ImageEncoder, ImageFormat, Rgb, RgbImage};

use crate::format::Format;

/// Smooth, like a photograph.
pub(crate) fn gradient(width: u32, height: u32) -> RgbImage {
    let channel = |value: u32, whole: u32| u8::try_from(value * 255 / whole.max(1)).unwrap();
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([
            channel(x, width),
            channel(y, height),
            channel(x + y, width + height),
        ])
    })
}

/// A gradient as a file.
pub(crate) fn photo(width: u32, height: u32, format: Format) -> Vec<u8> {
    let format = match format {
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
        Format::Webp => ImageFormat::WebP,
    };
    file(&gradient(width, height).into(), format)
}

/// Any picture as PNG.
pub(crate) fn png(image: &DynamicImage) -> Vec<u8> {
    file(image, ImageFormat::Png)
}

/// A single white point with a profile of any size, which PNG compresses.
pub(crate) fn png_with_profile(profile: Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(profile).unwrap();
    encoder
        .write_image(&[255], 1, 1, ExtendedColorType::L8)
        .unwrap();
    bytes
}

fn file(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG, red at its left and blue at its right as stored, with an EXIF orientation.
pub(crate) fn turned(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let pixels = RgbImage::from_fn(width, height, |x, _| {
        if x < width / 2 {
            Rgb([255, 0, 0])
        } else {
            Rgb([0, 0, 255])
        }
    });
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    // TIFF header, one entry: tag 0x0112 (orientation), type 3 (SHORT), one value; no further directory.
    let mut exif = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    encoder.set_exif_metadata(exif).unwrap();
    encoder
        .write_image(&pixels, width, height, ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

/// The start of a PNG that announces any size, without pixels.
pub(crate) fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = png(&DynamicImage::new_luma8(1, 1));
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 0, 0, 0, 0]);
    bytes[12..29].copy_from_slice(&header);
    bytes[29..33].copy_from_slice(&checksum(&header).to_be_bytes());
    bytes
}

/// The CRC-32 that closes a PNG chunk.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| {
        if crc & 1 == 1 {
            (crc >> 1) ^ 0xEDB8_8320
        } else {
            crc >> 1
        }
    };
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), step)
    })
}

/// The beginning of an ICC profile for the given channels.
pub(crate) fn profile(channels: [u8; 4]) -> Vec<u8> {
    let mut bytes = vec![0; 128];
    bytes[16..20].copy_from_slice(&channels);
    bytes
}
