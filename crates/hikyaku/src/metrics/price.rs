//! What an invocation costs: the few prices that a function needs for it, in picodollars (millionths of a millionth of a
//! dollar), so that they are whole numbers.
//!
//! First tier of each, without free tiers. Not in it: SQS's requests, logs, metrics, init, and the time before and after
//! the handler.

/// A request to Lambda: 0.20 USD a million, in every region (AWS Price List, 2026-09-23).
const REQUEST: u64 = 200_000;

/// A second of 1 GB: 0.0000133334 USD on arm64 (AWS Pricing Calculator, 2025-10-30), 0.0000166667 USD on `x86_64` (AWS Price
/// List, 2026-09-23); the same in us-east-1 and ap-northeast-1.
const GB_SECOND: u64 = if cfg!(target_arch = "aarch64") {
    13_333_400
} else {
    16_666_700
};

/// A write request unit of DynamoDB on demand (AWS Price List, 2026-09-23). A region that is not listed counts as us-east-1.
fn write_unit(region: &str) -> u64 {
    match region {
        "ap-northeast-1" => 715_000,
        _ => 625_000,
    }
}

/// An invocation's time and request, in picodollars. Lambda bills whole milliseconds, begun ones in full.
pub(super) fn invocation(memory_mb: u32, milliseconds: u64) -> u64 {
    let mb_milliseconds = u64::from(memory_mb).saturating_mul(milliseconds);
    REQUEST.saturating_add(mb_milliseconds.saturating_mul(GB_SECOND) / 1_024_000)
}

/// So many write request units, in picodollars.
pub(super) fn writes(region: &str, units: u64) -> u64 {
    units.saturating_mul(write_unit(region))
}
