//! Schedules: rate(), cron() and at(), with time zones.
