//! The settings of Cargo's files that matter here: what a panic does, and which processor is built for.

/// What `[profile.release]` says about panics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PanicSetting {
    /// The line of the setting, else of the profile, else the first.
    pub(crate) line: usize,
    /// `unwind`, `abort`, or nothing.
    pub(crate) value: Option<String>,
}

/// Reads it line by line: a table header or a dotted key, and a string. Nothing else in the file matters.
pub(super) fn panic_setting(manifest: &str) -> PanicSetting {
    let mut setting = PanicSetting {
        line: 1,
        value: None,
    };
    let mut section = String::new();
    for (index, line) in manifest.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']').replace([' ', '"'], "");
            if section == "profile.release" {
                setting.line = index + 1;
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let key = key.replace([' ', '"'], "");
        let path = if section.is_empty() {
            key
        } else {
            format!("{section}.{key}")
        };
        if path == "profile.release.panic" {
            setting.line = index + 1;
            setting.value = Some(value.trim().trim_matches(['"', '\'']).to_owned());
        }
    }
    setting
}

/// The line of Cargo's configuration that builds for the processor of whoever builds.
pub(super) fn native_line(config: &str) -> Option<usize> {
    let says = |line: &str| {
        let line = line.split('#').next().unwrap_or_default();
        line.replace(' ', "").contains("target-cpu=native")
    };
    config.lines().position(says).map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(manifest: &str, line: usize, value: Option<&str>) {
        let value = value.map(str::to_owned);
        assert_eq!(panic_setting(manifest), PanicSetting { line, value });
    }

    #[test]
    fn it_is_found_however_it_is_written() {
        check("[profile.release]\npanic = \"abort\"\n", 2, Some("abort"));
        check(
            "[profile]\nrelease.panic = 'unwind' # why\n",
            2,
            Some("unwind"),
        );
        check("profile.release.panic=\"abort\"", 1, Some("abort"));
        check(
            "[package]\nname = \"x\"\n\n[profile.release]\nlto = true\n",
            4,
            None,
        );
        check("[profile.dev]\npanic = \"abort\"\n", 1, None);
        check("", 1, None);
    }

    #[test]
    fn a_comment_builds_for_no_processor() {
        let flags = "[build]\nrustflags = [\"-C\", \"target-cpu=native\"]\n";
        assert_eq!(native_line(flags), Some(2));
        assert_eq!(native_line("# target-cpu=native\n"), None);
    }
}
