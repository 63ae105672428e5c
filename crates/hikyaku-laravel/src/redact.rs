//! Keeps payloads out of error texts: these are logged, and stored beside failed jobs.

/// The words after which serde quotes a value in backticks.
const BEFORE_VALUES: [&str; 5] = [
    "integer ",
    "floating point ",
    "boolean ",
    "character ",
    "unknown variant ",
];

/// The message of a deserializer without the values in it: `invalid type: string "…", expected u64`.
///
/// serde quotes strings in double quotes and other values in backticks; names of fields and types, in backticks too,
/// stay.
pub(crate) fn without_values(message: &str) -> String {
    let mut kept = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(start) = rest.find(['"', '`']) {
        let quote = if rest[start..].starts_with('"') {
            '"'
        } else {
            '`'
        };
        kept.push_str(&rest[..start]);
        let quoted = &rest[start + 1..];
        // A value may hold the quote itself: it ends at the last one, so that nothing behind it leaks out.
        let end = if quote == '"' {
            quoted.rfind('"')
        } else {
            quoted.find('`')
        };
        let is_value = quote == '"' || BEFORE_VALUES.iter().any(|words| kept.ends_with(words));
        kept.push(quote);
        // Without an end all the rest belongs to the value.
        let (inside, behind) = match end {
            Some(end) => (&quoted[..end], &quoted[end + 1..]),
            None => ("…", ""),
        };
        kept.push_str(if is_value { "…" } else { inside });
        rest = behind;
        kept.push(quote);
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_numbers_are_taken_out_and_names_stay() {
        for (message, kept) in [
            (
                "missing field `email` at line 1 column 2",
                "missing field `email` at line 1 column 2",
            ),
            (
                "invalid type: string \"hush\", expected u64",
                "invalid type: string \"…\", expected u64",
            ),
            (
                "invalid type: integer `42`, expected a string",
                "invalid type: integer `…`, expected a string",
            ),
            (
                "unknown variant `hush`, expected `a` or `b`",
                "unknown variant `…`, expected `a` or `b`",
            ),
            (
                "relative URL without a base: \"hu\"sh\"",
                "relative URL without a base: \"…\"",
            ),
            ("an odd \"quote", "an odd \"…\""),
        ] {
            assert_eq!(without_values(message), kept);
        }
    }
}
