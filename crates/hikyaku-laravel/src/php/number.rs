//! Numbers as PHP prints them.

/// The most digits before the decimal point that PHP writes without an exponent (`%.17H`, PHP's `serialize_precision`
/// of -1).
const PLAIN_DIGITS: i32 = 17;
/// The most zeros between the decimal point and the first digit without an exponent.
const PLAIN_ZEROS: i32 = 3;

/// Decimal digits.
pub(super) fn write_unsigned(mut number: u64, text: &mut Vec<u8>) {
    let mut digits = [b'0'; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        // A digit: below ten.
        digits[start] += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        if number == 0 {
            break;
        }
    }
    text.extend_from_slice(&digits[start..]);
}

pub(super) fn write_signed(number: i64, text: &mut Vec<u8>) {
    if number < 0 {
        text.push(b'-');
    }
    write_unsigned(number.unsigned_abs(), text);
}

/// A float as PHP writes it since 7.1: the fewest digits that read back as the same float.
///
/// What was seen of PHP 8.2: `1`, `-0`, `0.0001`, `1.0E-5`, `10000000000000000`, `1.0E+17`, `INF`, `NAN`.
pub(super) fn write_float(float: f64, text: &mut Vec<u8>) {
    if float.is_nan() {
        return text.extend_from_slice(b"NAN");
    }
    if float.is_sign_negative() {
        text.push(b'-');
    }
    if float.is_infinite() {
        return text.extend_from_slice(b"INF");
    }
    let (digits, exponent) = shortest(float.abs());
    let before_point = exponent + 1;
    if (-PLAIN_ZEROS..=PLAIN_DIGITS).contains(&before_point) {
        write_plain(&digits, before_point, text);
    } else {
        write_scientific(&digits, exponent, text);
    }
}

/// Below so many digits no two texts of the same length read back as the same float.
const AMBIGUOUS_DIGITS: usize = 16;

/// The digits of the shortest text that reads back as the float, and the exponent of the first.
///
/// Where the float lies in the middle of two such texts, PHP takes the one that ends in an even digit; Rust does not
/// promise one.
fn shortest(float: f64) -> (Vec<u8>, i32) {
    let text = format!("{float:e}");
    let (digits, exponent) = parts(&text);
    if digits.len() < AMBIGUOUS_DIGITS {
        return (digits, exponent);
    }
    let nearest = format!("{float:.*e}", digits.len() - 1);
    if nearest != text && nearest.parse() == Ok(float) {
        return parts(&nearest);
    }
    (digits, exponent)
}

/// The digits and the exponent of `1.5e-7`, with the point taken out.
fn parts(scientific: &str) -> (Vec<u8>, i32) {
    let (digits, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let digits = digits.bytes().filter(u8::is_ascii_digit).collect();
    (digits, exponent.parse().unwrap_or_default())
}

fn write_scientific(digits: &[u8], exponent: i32, text: &mut Vec<u8>) {
    let (first, rest) = digits.split_at(1);
    text.extend_from_slice(first);
    text.push(b'.');
    text.extend_from_slice(if rest.is_empty() { b"0" } else { rest });
    text.extend_from_slice(if exponent < 0 { b"E-" } else { b"E+" });
    write_unsigned(exponent.unsigned_abs().into(), text);
}

fn write_plain(digits: &[u8], before_point: i32, text: &mut Vec<u8>) {
    let Ok(before) = usize::try_from(before_point) else {
        let zeros = before_point.unsigned_abs() as usize;
        text.extend_from_slice(b"0.");
        text.resize(text.len() + zeros, b'0');
        return text.extend_from_slice(digits);
    };
    let (whole, fraction) = digits.split_at(before.min(digits.len()));
    text.extend_from_slice(if before == 0 { b"0" } else { whole });
    text.resize(text.len() + (before - whole.len()), b'0');
    if digits != b"0" && !fraction.is_empty() {
        text.push(b'.');
        text.extend_from_slice(fraction);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_php_8_2_was_seen_to_write_them() {
        for (float, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e15, "1000000000000000"),
            (1e16, "10000000000000000"),
            (1e17, "1.0E+17"),
            (123_456_789_012_345_680.0, "1.2345678901234568E+17"),
            (9_007_199_254_740_993.0, "9007199254740992"),
            (0.01, "0.01"),
            (0.0001, "0.0001"),
            (0.000_123, "0.000123"),
            (0.000_01, "1.0E-5"),
            (1e100, "1.0E+100"),
            (5e-324, "5.0E-324"),
            (f64::MAX, "1.7976931348623157E+308"),
            (f64::MIN_POSITIVE, "2.2250738585072014E-308"),
            // Exactly between two texts of 17 digits.
            (8_082_430_142_947_673.0 / 4.0, "2020607535736918.2"),
            (8_082_430_142_947_675.0 / 4.0, "2020607535736918.8"),
            (f64::INFINITY, "INF"),
            (f64::NEG_INFINITY, "-INF"),
            (f64::NAN, "NAN"),
            (-f64::NAN, "NAN"),
        ] {
            let mut text = Vec::new();
            write_float(float, &mut text);
            assert_eq!(String::from_utf8(text).unwrap(), expected);
        }
    }

    #[test]
    fn integers_are_written_from_end_to_end_of_their_range() {
        for number in [0, 1, -1, 10, 99, -100, i64::MAX, i64::MIN] {
            let mut text = Vec::new();
            write_signed(number, &mut text);
            assert_eq!(String::from_utf8(text).unwrap(), number.to_string());
        }
    }
}
