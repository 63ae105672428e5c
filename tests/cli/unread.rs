//! Commands whose output nobody reads to its end.

use std::process::Command;

use crate::process::binaries::folder;

#[test]
fn a_reader_that_goes_away_stops_no_command() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Command::new(folder().join("hikyaku"))
        .args(["doctor", "--rules"])
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}
