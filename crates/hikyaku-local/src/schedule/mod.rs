//! Schedules: rate(), cron() and at(), with time zones.

/// A schedule expression, parsed.
#[derive(Debug, Clone)]
pub struct Schedule;
