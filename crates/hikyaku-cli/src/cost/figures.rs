//! Amounts as people read them.

use rust_decimal::{Decimal, RoundingStrategy};

/// Dollars and cents, with commas: `1,022.71`.
pub(crate) fn usd(amount: Decimal) -> String {
    let cents = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    let text = format!("{cents:.2}");
    let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
    format!("{}.{cents}", grouped(whole))
}

/// A quantity: whole where it is large, with three digits behind the point where it is small.
pub(crate) fn quantity(amount: Decimal) -> String {
    let places = if amount < Decimal::ONE_HUNDRED { 3 } else { 0 };
    let text = amount
        .round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
        .normalize()
        .to_string();
    match text.split_once('.') {
        Some((whole, rest)) => format!("{}.{rest}", grouped(whole)),
        None => grouped(&text),
    }
}

/// Three digits that count: `14.8 million`, `308,000`.
pub(crate) fn about(jobs: u64) -> String {
    let digits = jobs.checked_ilog10().map_or(1, |log| log + 1);
    let unit = 10_u64.pow(digits.saturating_sub(4));
    let rounded = jobs.saturating_add(unit / 2) / unit * unit;
    if rounded >= 1_000_000 {
        let millions = Decimal::from(rounded) / Decimal::from(1_000_000);
        format!("{} million", quantity_of_millions(millions))
    } else {
        grouped(&rounded.to_string())
    }
}

fn quantity_of_millions(millions: Decimal) -> String {
    let text = millions.normalize().to_string();
    match text.split_once('.') {
        Some((whole, rest)) => format!("{}.{rest}", grouped(whole)),
        None => grouped(&text),
    }
}

fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0
            && (digits.len() - at).is_multiple_of(3)
            && digits.as_bytes()[at - 1].is_ascii_digit()
        {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_on_a_bill() {
        assert_eq!(usd(Decimal::new(1_022_705, 3)), "1,022.71");
        assert_eq!(usd(Decimal::ZERO), "0.00");
        assert_eq!(usd(Decimal::new(134_739_635_400, 6)), "134,739.64");
        assert_eq!(quantity(Decimal::from(3_657_000)), "3,657,000");
        assert_eq!(quantity(Decimal::new(953_674, 6)), "0.954");
        assert_eq!(about(14_845_312), "14.85 million");
        assert_eq!(about(308_123), "308,100");
        assert_eq!(about(7), "7");
    }
}
