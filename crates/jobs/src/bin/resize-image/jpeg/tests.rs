//! Every kind of JPEG whole, cut everywhere, zeroed from everywhere, and with a header that lies.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::*;
use crate::samples;

/// One way to write a JPEG.
#[derive(Debug, Clone, Copy)]
struct Way {
    color: ColorType,
    sampling: SamplingFactor,
    is_progressive: bool,
    is_optimised: bool,
    restart_interval: u16,
}

fn ways() -> Vec<Way> {
    let mut ways = Vec::new();
    for (color, sampling) in [
        (ColorType::Rgb, SamplingFactor::F_1_1),
        (ColorType::Rgb, SamplingFactor::F_2_1),
        (ColorType::Rgb, SamplingFactor::F_2_2),
        (ColorType::Rgb, SamplingFactor::F_1_2),
        (ColorType::Luma, SamplingFactor::F_1_1),
        (ColorType::Cmyk, SamplingFactor::F_1_1),
    ] {
        for (is_progressive, is_optimised) in [(false, false), (false, true), (true, true)] {
            // The encoder counts no codes for pictures with restarts, and has none for some of them.
            for restart_interval in if is_optimised { 0..=0 } else { 0..=1 } {
                ways.push(Way {
                    color,
                    sampling,
                    is_progressive,
                    is_optimised,
                    restart_interval: 3 * restart_interval,
                });
            }
        }
    }
    ways
}

/// A busy picture, so that all kinds of codes occur.
fn picture(width: u16, height: u16, way: Way) -> Vec<u8> {
    let channels = match way.color {
        ColorType::Luma => 1,
        ColorType::Rgb => 3,
        _ => 4,
    };
    let pixels = usize::from(width) * usize::from(height) * channels;
    let mut state = 1_u32;
    let pixels: Vec<u8> = (0..pixels)
        .map(|index| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = if index / 300 % 3 == 0 { state >> 27 } else { 0 };
            let [.., low] = u32::to_be_bytes(u32::try_from(index / 7).unwrap() + noise);
            low
        })
        .collect();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 75);
    encoder.set_sampling_factor(way.sampling);
    encoder.set_progressive(way.is_progressive);
    encoder.set_optimized_huffman_tables(way.is_optimised);
    if way.restart_interval > 0 {
        encoder.set_restart_interval(way.restart_interval);
    }
    encoder.encode(&pixels, width, height, way.color).unwrap();
    bytes
}

/// Where the first scan's data starts.
fn data(bytes: &[u8]) -> usize {
    let scan = bytes.windows(2).position(|pair| pair == [0xff, 0xda]);
    let scan = scan.unwrap();
    scan + 2 + usize::from(u16::from_be_bytes([bytes[scan + 2], bytes[scan + 3]]))
}

/// Where the header says the height, and behind it the width.
fn size(bytes: &[u8]) -> usize {
    let frame = bytes
        .windows(2)
        .position(|pair| pair[0] == 0xff && (0xc0..=0xc2).contains(&pair[1]));
    frame.unwrap() + 5
}

#[test]
fn a_whole_picture_is_whole() {
    for way in ways() {
        for (width, height) in [(1, 1), (8, 8), (17, 9), (40, 33), (64, 48)] {
            let bytes = picture(width, height, way);
            assert_eq!(check(&bytes), Ok(()), "{width}x{height} {way:?}");
            // What follows the end is no part of it: a second picture, or a camera's zeros.
            let more = [&bytes[..], &[0; 100]].concat();
            assert_eq!(check(&more), Ok(()), "{way:?}");
        }
    }
    for photo in [
        samples::photo(33, 17, crate::format::Format::Jpeg),
        samples::turned(40, 20, 6),
    ] {
        assert_eq!(check(&photo), Ok(()));
    }
}

#[test]
fn a_cut_is_found_wherever_it_is() {
    for way in ways() {
        let bytes = picture(24, 17, way);
        for length in 2..bytes.len() {
            assert!(check(&bytes[..length]).is_err(), "{length} {way:?}");
        }
        // The same with an end put behind, as a program may that saves what it has. A progressive picture without its last
        // scans is a picture.
        let is_marker = |at: usize| bytes[at] == 0xff && bytes[at + 1] != 0;
        let is_scan_end = |length: &usize| is_marker(*length) || is_marker(length - 1);
        for length in (data(&bytes)..bytes.len() - 3).filter(|length| !is_scan_end(length)) {
            let mended = [&bytes[..length], &[0xff, 0xd9]].concat();
            assert!(check(&mended).is_err(), "{length} mended {way:?}");
        }
    }
}

#[test]
fn zeros_in_place_of_data_are_found() {
    for way in ways() {
        let bytes = picture(64, 48, way);
        let (start, end) = (data(&bytes), bytes.len() - 2);
        // A few zeros may by chance be as many codes as they stand for.
        for from in (start..end - (end - start) / 8).step_by(7) {
            let mut zeroed = bytes.clone();
            zeroed[from..end].fill(0);
            assert!(check(&zeroed).is_err(), "from {from} {way:?}");
            zeroed[end..].fill(0);
            assert!(check(&zeroed).is_err(), "from {from} to the end {way:?}");
        }
    }
}

#[test]
fn zeros_to_the_end_are_called_so() {
    for way in ways() {
        let mut bytes = picture(320, 240, way);
        let middle = bytes.len() / 2;
        bytes[middle..].fill(0);
        assert_eq!(check(&bytes), Err(Fault::Zeroed), "{way:?}");
    }
}

/// By chance some of them are as many blocks as they stand for.
#[test]
fn a_part_that_a_disk_has_lost_is_found_wherever_it_is() {
    for way in ways().iter().filter(|way| !way.is_optimised) {
        let whole = picture(320, 240, *way);
        for from in (data(&whole)..whole.len() - 514).step_by(97) {
            let mut bytes = whole.clone();
            bytes[from..from + 512].fill(0);
            assert_eq!(check(&bytes), Err(Fault::Zeroed), "from {from} {way:?}");
        }
    }
}

/// With codes made for it, a plain picture is zeros.
#[test]
fn a_plain_picture_is_whole() {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 75);
    encoder.set_optimized_huffman_tables(true);
    encoder
        .encode(&vec![200; 2_000 * 2_000], 2_000, 2_000, ColorType::Luma)
        .unwrap();
    assert!(has_zeros(&bytes[data(&bytes)..]));
    assert_eq!(check(&bytes), Ok(()));
}

#[test]
fn a_header_that_lies_about_the_size_is_found() {
    for way in ways() {
        let bytes = picture(64, 48, way);
        let place = size(&bytes);
        for (height, width) in [
            (48 + 16, 64),
            (48, 64 + 16),
            (16, 64),
            (48, 16),
            (480, 640),
            (65_000, 65_000),
        ] {
            let mut lying = bytes.clone();
            lying[place..place + 2].copy_from_slice(&u16::to_be_bytes(height));
            lying[place + 2..place + 4].copy_from_slice(&u16::to_be_bytes(width));
            assert!(check(&lying).is_err(), "{width}x{height} {way:?}");
        }
    }
}

#[test]
fn nothing_makes_it_panic() {
    for way in ways() {
        let bytes = picture(24, 17, way);
        for place in 0..bytes.len() {
            for byte in [0x00, 0xda, 0xff, bytes[place] ^ 1] {
                let mut damaged = bytes.clone();
                damaged[place] = byte;
                let _ = check(&damaged);
            }
        }
    }
}
