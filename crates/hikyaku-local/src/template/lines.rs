//! Which line of which file a line of a template is, once the templates of its nested stacks are written below it.

use super::Place;

/// The files of a template, as if they were written one below the other.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    /// The line before each file's first, and the file's name; in this order.
    files: Vec<(usize, String)>,
    /// How many lines all have.
    count: usize,
}

impl Lines {
    /// Those of a single file.
    pub(super) fn of(source: &str, text: &str) -> Self {
        let mut lines = Self::default();
        lines.add(source, text);
        lines
    }

    /// Writes a file below the others; answers with the line before its first.
    pub(super) fn add(&mut self, source: &str, text: &str) -> usize {
        let before = self.count;
        self.files.push((before, source.to_owned()));
        self.count += text.lines().count().max(1);
        before
    }

    /// The file and its own line. A line past the end belongs to the last file.
    pub fn place(&self, line: usize) -> Place {
        let file = self.files.iter().rev().find(|(before, _)| *before < line);
        let (before, source) = file.or(self.files.first()).cloned().unwrap_or_default();
        Place {
            source,
            line: line.saturating_sub(before),
        }
    }

    /// A line as it is named within the text of another one: with its file, if that is another.
    pub(super) fn seen_from(&self, here: usize, line: usize) -> String {
        let place = self.place(line);
        if place.source == self.place(here).source {
            format!("line {}", place.line)
        } else {
            place.to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn every_line_is_that_of_its_own_file() {
        let mut lines = Lines::of("template.yaml", "a\nb\nc\n");
        assert_eq!(lines.add("templates/lane.yaml", "d\ne"), 3);
        assert_eq!(lines.add("templates/alarms.yaml", ""), 5);
        let shown = [1, 3, 4, 5, 6, 9].map(|line| lines.place(line).to_string());
        let wanted = [
            "template.yaml:1",
            "template.yaml:3",
            "templates/lane.yaml:1",
            "templates/lane.yaml:2",
            "templates/alarms.yaml:1",
            "templates/alarms.yaml:4",
        ];
        assert_eq!(shown, wanted);
        assert_eq!(lines.seen_from(1, 2), "line 2");
        assert_eq!(lines.seen_from(1, 4), "templates/lane.yaml:1");
    }
}
