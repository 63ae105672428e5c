//! The function `import-csv`: serves the job under Lambda, from a shell, or as a process of its own.

use std::error::Error;

use hikyaku::Worker;
use import_csv::{ImportCsv, Importer, Settings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), hikyaku::Error> {
    hikyaku::serve(Worker::setup_with(importer).register::<ImportCsv>()).await
}

async fn importer() -> Result<Importer, Box<dyn Error + Send + Sync>> {
    let importer = Importer::new(Settings::from_env()?)?;
    importer.log_in().await?;
    Ok(importer)
}
