//! A question before something is gone for good.

use std::io::{self, IsTerminal as _};

use clap::Args;

use crate::outcome::OperatorError;
use crate::output;

/// The option of commands that cannot be undone.
#[derive(Debug, Clone, Args)]
pub(crate) struct Confirm {
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

impl Confirm {
    /// Whether it is meant. Without a terminal there is nobody to ask.
    pub(crate) fn asked(&self, question: &str) -> Result<bool, OperatorError> {
        if self.yes {
            return Ok(true);
        }
        if !io::stdin().is_terminal() {
            return Err(OperatorError::Given(format!(
                "{question} Nobody can be asked here: say --yes"
            )));
        }
        output::tell(&text!("{} [y/N] ", question));
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer);
        Ok(read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes"))
    }
}
