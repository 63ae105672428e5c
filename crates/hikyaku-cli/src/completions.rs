//! `hikyaku completions`: what a shell needs to complete this command's words.

use clap::{Args, Command};
use clap_complete::Shell;

/// What `hikyaku completions` takes.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Prints the script.
    pub(crate) fn run(&self, command: &mut Command) {
        clap_complete::generate(self.shell, command, "hikyaku", &mut std::io::stdout());
    }
}
