//! Chance.

/// Where nonces and jitter come from.
pub trait Random: Send + Sync + 'static {
    /// 64 bits that no other process is likely to draw.
    fn next_u64(&self) -> u64;

    /// Bytes that nobody can foresee: what a cipher begins with. None: the system has none.
    fn secret(&self) -> Option<[u8; 16]>;
}
