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
        crate::output::script(|out| {
            let mut script = Vec::new();
            clap_complete::generate(self.shell, command, "hikyaku", &mut script);
            drop(out.write_all(&script));
        });
    }
}
