//! Laravel's DynamoDB cache store: what its items are called, and what a lock looks like in it.
//!
//! Sources: `Illuminate\Cache\DynamoDbStore` and `DynamoDbLock`, Laravel 8 to 13. An item has `key` (S), `value` (S, the
//! serialized value; N for a number) and `expires_at` (N, Unix time in seconds).

use crate::Envelope;

/// How long `DynamoDbLock` holds a lock that names no time, in seconds.
pub const LOCK_SECONDS_BY_DEFAULT: u64 = 86_400;

/// What a message's shape says of the Laravel that sent it, as far as the names of locks depend on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Era {
    /// Laravel 8 to 12.10, from which nothing tells these apart.
    Before12_11,
    /// Laravel 12.11 and later: the body has `createdAt`.
    Since12_11,
    /// Laravel 12.51 and later: `data` has `batchId`. (12.54 is the first to hash display names into lock names.)
    Since12_51,
}

impl Era {
    /// Reads the era off a message.
    pub fn of(envelope: &Envelope) -> Self {
        let data = envelope.member("data").unwrap_or_default();
        if crate::envelope::has_member(data, "batchId") {
            Self::Since12_51
        } else if envelope.created_at.is_some() {
            Self::Since12_11
        } else {
            Self::Before12_11
        }
    }
}

/// The key of a cache entry that is not a lock.
pub fn entry_key(prefix: &str, name: &str) -> String {
    format!("{prefix}{name}")
}

/// The keys under which a lock may be, the likeliest first.
///
/// Until Laravel 11 the prefix stands there twice, for both the lock and the store add it; until Laravel 10 a colon
/// ends it each time. A lock's key holds its name, so that a key of another version is nobody else's.
pub fn lock_keys(prefix: &str, name: &str, era: Era) -> Vec<String> {
    let once = entry_key(prefix, name);
    if era >= Era::Since12_11 || prefix.is_empty() {
        return vec![once];
    }
    vec![
        format!("{prefix}:{prefix}:{name}"),
        format!("{prefix}{prefix}{name}"),
        once,
    ]
}

/// A string as the store writes it.
pub fn serialized(text: &str) -> String {
    format!("s:{}:\"{text}\";", text.len())
}

/// The string that the store wrote; none if it wrote something else.
pub fn unserialized(value: &str) -> Option<&str> {
    let (length, rest) = value.strip_prefix("s:")?.split_once(':')?;
    let text = rest.strip_prefix('"')?.strip_suffix("\";")?;
    (length.parse() == Ok(text.len())).then_some(text)
}

/// The owner of a lock that an attempt of ours holds: its job, and its fencing token in twenty digits, so that all
/// attempts of one job write values of one length.
pub fn owner(job: &str, token: u64) -> String {
    format!("{}{token:020}", owner_prefix(job))
}

/// What the serialized owners of all attempts of one job begin with. An attempt that died left its lock; the job's next
/// attempt, and nobody else, may take it over before it expires.
pub fn serialized_owner_prefix(job: &str) -> String {
    let prefix = owner_prefix(job);
    format!("s:{}:\"{prefix}", prefix.len() + 20)
}

fn owner_prefix(job: &str) -> String {
    format!("hikyaku:{job}:")
}

/// The lock of a unique job that does not say its own (`Illuminate\Bus\UniqueLock::getKey`).
///
/// Before Laravel 11 no colon stands between class and id, and no message says which it was: both are named.
pub fn unique_names(class: &str, display_name: Option<&str>, id: &str, era: Era) -> Vec<String> {
    if era == Era::Since12_51 {
        return vec![format!(
            "laravel_unique_job:{}:{id}",
            job_name(class, display_name)
        )];
    }
    let colon = format!("laravel_unique_job:{class}:{id}");
    if era == Era::Since12_11 {
        return vec![colon];
    }
    vec![format!("laravel_unique_job:{class}{id}"), colon]
}

/// The lock of the middleware `WithoutOverlapping` (`getLockKey`).
pub fn overlap_name(
    prefix: &str,
    class: &str,
    display_name: Option<&str>,
    key: &str,
    shared: bool,
    era: Era,
) -> String {
    if shared {
        return format!("{prefix}{key}");
    }
    let name = if era == Era::Since12_51 {
        job_name(class, display_name)
    } else {
        class.to_owned()
    };
    format!("{prefix}{name}:{key}")
}

/// The entry that says who was dispatched last (`Illuminate\Bus\DebounceLock::getKey`, Laravel 13.6 and later).
pub fn debounce_name(class: &str, display_name: Option<&str>, id: &str) -> String {
    format!(
        "laravel_debounced_job:{}:{id}",
        job_name(class, display_name)
    )
}

/// A class that has a `displayName()` of its own is known by that name's xxh128 (since Laravel 12.54).
fn job_name(class: &str, display_name: Option<&str>) -> String {
    match display_name.filter(|name| *name != class) {
        Some(name) => format!("{:032x}", xxhash_rust::xxh3::xxh3_128(name.as_bytes())),
        None => class.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_of_an_old_laravel_has_its_prefix_twice() {
        assert_eq!(
            lock_keys("laravel_cache", "lock", Era::Before12_11),
            [
                "laravel_cache:laravel_cache:lock",
                "laravel_cachelaravel_cachelock",
                "laravel_cachelock"
            ]
        );
        assert_eq!(
            lock_keys("laravel-cache-", "lock", Era::Since12_11),
            ["laravel-cache-lock"]
        );
    }

    #[test]
    fn a_serialized_string_counts_bytes_and_is_read_back() {
        assert_eq!(serialized("鍵"), "s:3:\"鍵\";");
        assert_eq!(unserialized("s:3:\"鍵\";"), Some("鍵"));
        for odd in ["s:4:\"鍵\";", "i:5;", "s:3:鍵;", "", "s:1:\""] {
            assert_eq!(unserialized(odd), None, "{odd}");
        }
    }

    #[test]
    fn every_attempt_of_a_job_begins_its_owner_alike_and_no_other_job_does() {
        let prefix = serialized_owner_prefix("job");
        assert!(serialized(&owner("job", 1)).starts_with(&prefix));
        assert!(serialized(&owner("job", u64::MAX)).starts_with(&prefix));
        assert!(!serialized(&owner("job2", 1)).starts_with(&prefix));
        assert!(!serialized(&owner("jo", 1)).starts_with(&prefix));
    }

    #[test]
    fn a_class_with_a_display_name_of_its_own_is_known_by_its_hash_as_php_has_it() {
        // php -r 'echo hash("xxh128", "Import of customers");'
        assert_eq!(
            unique_names(
                "App\\Jobs\\Import",
                Some("Import of customers"),
                "7",
                Era::Since12_51
            ),
            ["laravel_unique_job:892c0a13f8e6b5058ca7f9cf78293e07:7"]
        );
        assert_eq!(
            unique_names(
                "App\\Jobs\\Import",
                Some("App\\Jobs\\Import"),
                "7",
                Era::Since12_51
            ),
            ["laravel_unique_job:App\\Jobs\\Import:7"]
        );
    }
}
