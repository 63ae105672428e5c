//! How many bytes a piece of work holds at its peak.

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What `work` answers, and how many bytes it held at most, its answer included. For work on one thread.
pub fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let answer = work();
    (answer, ALLOCATOR.peak_usage().saturating_sub(before))
}
