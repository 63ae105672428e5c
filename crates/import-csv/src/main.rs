//! The function `import-csv`: serves the job under Lambda, from a shell, or as a process of its own.

use std::error::Error;

use hikyaku::Worker;
use import_csv::{ImportCsv, Importer, Settings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let importer = Importer::new(Settings::from_env()?)?;
    hikyaku::serve(Worker::new(importer).register::<ImportCsv>()).await?;
    Ok(())
}
