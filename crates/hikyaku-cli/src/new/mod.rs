//! `hikyaku new`: a project of one's own, outside of hikyaku's repository.

mod files;
mod names;
mod source;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::output::{self, Text};
use files::File;
use names::{JobName, PackageName};
use source::{NoCheckout, Source};

/// What `hikyaku new` takes.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// The project's name in kebab-case, such as shop-jobs; the function's binary is called so too
    name: PackageName,
    /// The folder to make; it must be empty or not there [default: ./NAME]
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,
    /// The first job: the name of its class in App\Jobs
    #[arg(long, value_name = "CLASS", default_value = "SendInvoice")]
    job: JobName,
    /// A checkout of hikyaku to take the crates from; else the one that this command was built from
    #[arg(long, value_name = "DIR")]
    hikyaku: Option<PathBuf>,
}

/// Why there is no new project.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NewError {
    /// Where the crates were to come from.
    #[error(transparent)]
    NoCheckout(#[from] NoCheckout),
    /// Somebody's files are there.
    #[error(
        "{} is not empty, and nothing there is overwritten: name another folder with --path", path.display()
    )]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The disk said no.
    #[error("could not make {} (give a folder that you may write to with --path)", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl New {
    /// Writes the project, and says what it wrote and what to type next.
    pub(crate) fn run(self) -> Result<(), NewError> {
        let source = Source::find(self.hikyaku.as_deref())?;
        let folder = self
            .path
            .clone()
            .unwrap_or_else(|| PathBuf::from(self.name.as_str()));
        refuse_if_used(&folder)?;
        let files = files::filled(&self.name, &self.job, &source);
        for file in &files {
            write(&folder.join(&file.path), &file.text)?;
        }
        output::say(&Text::block("", &self.report(&folder, &files, &source)));
        Ok(())
    }

    fn report(&self, folder: &Path, files: &[File], source: &Source) -> String {
        let width = files.iter().map(|file| file.path.len()).max().unwrap_or(0);
        let mut lines = vec![format!(
            "The project {} is in {}:\n",
            self.name.as_str(),
            folder.display()
        )];
        lines.extend(
            files
                .iter()
                .map(|file| format!("  {:width$}  {}", file.path, file.about)),
        );
        lines.push(format!("\n{}\n", source.remark()));
        lines.push("Next:".to_owned());
        lines.push(format!("  cd {}", folder.display()));
        lines.push("  make run     # one job, end to end, on this machine".to_owned());
        lines.push("  make test    # the job's own tests".to_owned());
        lines.join("\n")
    }
}

fn refuse_if_used(folder: &Path) -> Result<(), NewError> {
    let unwritable = |source| NewError::Unwritable {
        path: folder.to_owned(),
        source,
    };
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(NewError::NotEmpty {
                path: folder.to_owned(),
            }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(unwritable(error)),
    }
}

/// Makes a file that is not there yet, and its folder.
fn write(path: &Path, text: &str) -> Result<(), NewError> {
    let make = || {
        fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        fs::File::create_new(path)?.write_all(text.as_bytes())
    };
    make().map_err(|source| NewError::Unwritable {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests;
