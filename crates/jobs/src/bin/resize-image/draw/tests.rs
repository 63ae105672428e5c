use image::metadata::Orientation;
use image::{GenericImageView, Rgba, RgbaImage};

use super::*;
use crate::samples;
use crate::source::decode;

const MANY: u64 = 1_000_000;
const LOSS: Loss = Loss {
    quality: 80,
    webp: false,
};

fn source(pixels: DynamicImage) -> Source {
    Source {
        pixels,
        orientation: Orientation::NoTransforms,
        profile: None,
        format: Format::Png,
    }
}

#[test]
fn the_shape_is_kept_and_nothing_is_enlarged() {
    assert_eq!(fit((4000, 3000), 640), (640, 480));
    assert_eq!(fit((3000, 2000), 1000), (1000, 667));
    assert_eq!(fit((640, 480), 640), (640, 480));
    assert_eq!(fit((640, 480), 1920), (640, 480));
    assert_eq!(fit((1, 1), u32::MAX), (1, 1));
}

#[test]
fn a_thin_picture_keeps_a_pixel() {
    assert_eq!(fit((10_000, 1), 100), (100, 1));
    assert_eq!(fit((1, 10_000), 1), (1, 10_000));
}

#[test]
fn every_format_becomes_every_other() {
    let formats = [Format::Jpeg, Format::Png, Format::Webp];
    for (from, to) in formats
        .iter()
        .flat_map(|from| formats.map(|to| (*from, to)))
    {
        let source = decode(&samples::photo(40, 20, from), MANY).unwrap();
        let bytes = encode(&resize(&source, None, 10).unwrap(), to, LOSS, None).unwrap();
        let variant = decode(&bytes, MANY).unwrap();
        assert_eq!(
            (variant.format, variant.size()),
            (to, (10, 5)),
            "{from:?} to {to:?}"
        );
    }
}

#[test]
fn grey_stays_grey() {
    for format in [Format::Jpeg, Format::Png, Format::Webp] {
        let bytes = encode(
            &resize(&source(DynamicImage::new_luma8(8, 8)), None, 4).unwrap(),
            format,
            LOSS,
            None,
        )
        .unwrap();
        let pixels = decode(&bytes, MANY).unwrap().pixels;
        assert!(
            pixels.to_rgb8().pixels().all(|pixel| pixel.0 == [0, 0, 0]),
            "{format:?}"
        );
    }
}

#[test]
fn a_turned_picture_stands_upright() {
    // Stored lying down, red at its left; orientation 6 turns it clockwise, so red is seen above.
    let upright = resize(
        &decode(&samples::turned(80, 40, 6), MANY).unwrap(),
        None,
        20,
    )
    .unwrap();
    assert_eq!(upright.dimensions(), (20, 40));
    let (above, below) = (upright.get_pixel(10, 5), upright.get_pixel(10, 35));
    assert!(above.0[0] > 200 && above.0[2] < 60, "{above:?}");
    assert!(below.0[2] > 200 && below.0[0] < 60, "{below:?}");
}

#[test]
fn a_mirrored_picture_is_mirrored_back() {
    let mirrored = resize(
        &decode(&samples::turned(80, 40, 2), MANY).unwrap(),
        None,
        40,
    )
    .unwrap();
    assert_eq!(mirrored.dimensions(), (40, 20));
    assert!(mirrored.get_pixel(5, 10).0[2] > 200);
}

#[test]
fn invisible_colours_do_not_bleed() {
    // Left: visible red. Right: invisible green.
    let pixels = RgbaImage::from_fn(64, 64, |x, _| {
        if x < 31 {
            Rgba([255, 0, 0, 255])
        } else {
            Rgba([0, 255, 0, 0])
        }
    });
    let small = resize(&source(pixels.into()), None, 16)
        .unwrap()
        .into_rgba8();
    assert!(small.pixels().all(|pixel| pixel.0[1] == 0), "green bled");
    assert!(
        small.pixels().any(|pixel| (1..=254).contains(&pixel.0[3])),
        "the edge is soft"
    );
}

#[test]
fn jpeg_shows_transparency_as_white() {
    let half = Rgba([0, 0, 0, 128]);
    let bytes = encode(
        &RgbaImage::from_pixel(8, 8, half).into(),
        Format::Jpeg,
        LOSS,
        None,
    )
    .unwrap();
    let pixels = decode(&bytes, MANY).unwrap().pixels.into_rgb8();
    assert!(
        pixels
            .get_pixel(4, 4)
            .0
            .iter()
            .all(|channel| (124..=130).contains(channel))
    );
}

#[test]
fn the_result_is_what_the_image_crate_would_draw() {
    let large = source(DynamicImage::from(samples::gradient(400, 300)));
    let quick = resize(&large, None, 100).unwrap().into_rgb8();
    let exact = large
        .pixels
        .resize_exact(100, 75, image::imageops::FilterType::Lanczos3)
        .into_rgb8();
    let worst = quick
        .iter()
        .zip(exact.iter())
        .map(|(left, right)| left.abs_diff(*right))
        .max();
    assert!(worst <= Some(1), "{worst:?}");
}

#[test]
fn a_variant_of_a_variant_is_as_good_and_of_the_same_size() {
    let pixels = RgbaImage::from_fn(401, 299, |x, y| {
        let wave = |value: u32| u8::try_from(128 + value % 97).unwrap();
        Rgba([wave(x * y / 40), wave(x * 3), wave(y * 5), 255])
    });
    let lying = Source {
        orientation: Orientation::Rotate90,
        ..source(DynamicImage::from(pixels).into_rgb8().into())
    };
    let wide = resize(&lying, None, 150).unwrap();
    for width in [75, 33, 1] {
        let direct = resize(&lying, None, width).unwrap();
        let indirect = resize(&lying, Some(&wide), width).unwrap();
        assert_eq!(direct.dimensions(), indirect.dimensions());
        let far = direct.as_bytes().iter().zip(indirect.as_bytes());
        let far = far.map(|(left, right)| left.abs_diff(*right)).max();
        assert!(far <= Some(12), "{width}: {far:?}");
    }
    // One that is not twice as wide does not serve.
    let direct = resize(&lying, None, 76).unwrap();
    assert_eq!(resize(&lying, Some(&wide), 76).unwrap(), direct);
}

#[test]
fn the_same_source_gives_the_same_bytes() {
    for format in [Format::Jpeg, Format::Png, Format::Webp] {
        let draw = || {
            let source = decode(&samples::photo(90, 70, Format::Jpeg), MANY).unwrap();
            encode(&resize(&source, None, 33).unwrap(), format, LOSS, None).unwrap()
        };
        assert_eq!(draw(), draw(), "{format:?}");
    }
}

#[test]
fn the_colour_profile_goes_along_and_the_rest_stays_behind() {
    let profile = samples::profile(*b"RGB ");
    let image = DynamicImage::new_rgb8(4, 4);
    for format in [Format::Jpeg, Format::Png, Format::Webp] {
        let bytes = encode(&image, format, LOSS, Some(&profile)).unwrap();
        assert_eq!(
            decode(&bytes, MANY).unwrap().profile.as_deref(),
            Some(&*profile),
            "{format:?}"
        );
    }
    let turned = decode(&samples::turned(8, 8, 6), MANY).unwrap();
    let again = decode(
        &encode(&resize(&turned, None, 8).unwrap(), Format::Jpeg, LOSS, None).unwrap(),
        MANY,
    )
    .unwrap();
    assert_eq!(again.orientation, Orientation::NoTransforms);
}

#[test]
fn a_lower_quality_is_a_smaller_file() {
    let image = DynamicImage::from(samples::gradient(200, 200));
    for format in [Format::Jpeg, Format::Webp] {
        let size = |quality| {
            let loss = Loss {
                quality,
                webp: true,
            };
            encode(&image, format, loss, None).unwrap().len()
        };
        assert!(size(30) < size(95), "{format:?}");
    }
}

#[test]
fn a_lossy_webp_is_a_webp_with_all_that_others_have() {
    let loss = Loss {
        quality: 80,
        webp: true,
    };
    // An odd size: the chunk has a byte more.
    let profile = [&samples::profile(*b"RGB ")[..], &[7]].concat();
    let see_through = RgbaImage::from_fn(40, 30, |x, _| {
        Rgba([200, 100, 50, if x < 20 { 255 } else { 60 }])
    });
    for (image, has_alpha) in [
        (DynamicImage::from(samples::gradient(40, 30)), false),
        (see_through.into(), true),
    ] {
        for profile in [None, Some(&profile[..])] {
            let bytes = encode(&image, Format::Webp, loss, profile).unwrap();
            let again = decode(&bytes, MANY).unwrap();
            assert_eq!((again.format, again.size()), (Format::Webp, (40, 30)));
            assert_eq!(again.profile.as_deref(), profile);
            assert_eq!(again.pixels.color().has_alpha(), has_alpha);
            let (was, is) = (image.to_rgba8(), again.pixels.to_rgba8());
            let (was, is) = (was.get_pixel(30, 15).0, is.get_pixel(30, 15).0);
            let far = was.iter().zip(is).any(|(was, is)| was.abs_diff(is) > 12);
            assert!(!far, "{was:?} {is:?}");
        }
    }
    let grey = encode(&DynamicImage::new_luma8(9, 9), Format::Webp, loss, None).unwrap();
    assert_eq!(decode(&grey, MANY).unwrap().size(), (9, 9));
}

#[test]
fn colours_are_at_half_the_size_and_codes_made_for_the_picture() {
    let image = DynamicImage::from(samples::gradient(300, 200));
    let bytes = encode(&image, Format::Jpeg, LOSS, None).unwrap();
    let frame = bytes
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .unwrap();
    // The first component's sampling factors, and the others'.
    assert_eq!(
        [bytes[frame + 11], bytes[frame + 14], bytes[frame + 17]],
        [0x22, 0x11, 0x11]
    );
    let mut usual = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut usual, LOSS.quality)
        .encode_image(&image)
        .unwrap();
    assert!(
        bytes.len() * 3 < usual.len() * 2,
        "{} {}",
        bytes.len(),
        usual.len()
    );
}

#[test]
fn what_a_format_cannot_hold_says_so() {
    for (format, most) in [(Format::Webp, 16_383), (Format::Jpeg, 65_535)] {
        for lossy in [false, true] {
            let loss = Loss {
                quality: 80,
                webp: lossy,
            };
            let made = encode(&DynamicImage::new_luma8(most, 1), format, loss, None);
            assert!(made.is_ok(), "{format:?} {lossy}");
            for (width, height) in [(most + 1, 1), (1, most + 1)] {
                let image = DynamicImage::new_luma8(width, height);
                let error = encode(&image, format, loss, None).unwrap_err();
                let text = format!(
                    "encoding a variant of {width}×{height} pixels: {format:?} has at most {most} a side; \
                     choose another format or width"
                );
                assert_eq!(error.to_string(), text);
            }
        }
    }
}
