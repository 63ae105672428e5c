//! DynamoDB, embedded: in memory, or in a file that survives whatever ends this process.

mod consumed;
mod server;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use dynoxide::actions::create_table::CreateTableRequest;
use dynoxide::actions::describe_table::DescribeTableRequest;
use dynoxide::actions::update_time_to_live::{TimeToLiveSpecification, UpdateTimeToLiveRequest};
use dynoxide::{Database, DynoxideError};
use serde_json::Value;

use crate::clock::SharedClock;
use crate::tasks::Tasks;
use crate::template::Table;

/// How often expired items are deleted. AWS takes up to a few days; a laptop should show what will happen.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// The file in the data folder.
const FILE: &str = "dynamodb.sqlite";

/// Is told the table and the write capacity units of each write.
pub(crate) type Written = Arc<dyn Fn(&str, usize) + Send + Sync>;

/// Why a database could not be made ready.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DynamoDbError {
    /// The data folder could not be made.
    #[error("could not create the data folder `{}`", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The database could not be opened.
    #[error("could not open the DynamoDB database {place}")]
    Open {
        /// Where it is.
        place: String,
        /// What it says.
        source: DynoxideError,
    },
    /// A table could not be created.
    #[error("could not create the table `{table}`: {reason}")]
    Create {
        /// The table.
        table: String,
        /// What DynamoDB says.
        reason: String,
    },
    /// The table on disk is another one than that of the template.
    #[error(
        "the table `{table}` in `{}` has other keys or indexes than in the template; delete that file or choose another data folder",
        path.display()
    )]
    Changed {
        /// The table.
        table: String,
        /// The file.
        path: PathBuf,
    },
}

/// A DynamoDB of one's own. Clones are handles to the same one.
#[derive(Clone)]
pub struct DynamoDb {
    database: Database,
    file: Option<PathBuf>,
}

impl DynamoDb {
    /// Opens `dynamodb.sqlite` in this folder, or an empty database in memory.
    pub fn open(folder: Option<&Path>) -> Result<Self, DynamoDbError> {
        let Some(folder) = folder else {
            let opened = Database::memory();
            let database = opened.map_err(|source| DynamoDbError::Open {
                place: "in memory".to_owned(),
                source,
            })?;
            return Ok(Self {
                database,
                file: None,
            });
        };
        std::fs::create_dir_all(folder).map_err(|source| DynamoDbError::Folder {
            path: folder.to_owned(),
            source,
        })?;
        let file = folder.join(FILE);
        let place = file.display().to_string();
        let database =
            Database::new(&place).map_err(|source| DynamoDbError::Open { place, source })?;
        Ok(Self {
            database,
            file: Some(file),
        })
    }

    /// Creates a table of the template, unless it is there already.
    pub fn create_table(&self, table: &Table) -> Result<(), DynamoDbError> {
        let name = &table.name;
        let refuse = |reason: String| DynamoDbError::Create {
            table: name.clone(),
            reason,
        };
        let wanted = table.create_request();
        match self.database.describe_table(DescribeTableRequest {
            table_name: name.clone(),
        }) {
            Ok(found) => {
                let found =
                    serde_json::to_value(found.table).map_err(|error| refuse(error.to_string()))?;
                if shape(&found) != shape(&wanted) {
                    let path = self.file.clone().unwrap_or_default();
                    return Err(DynamoDbError::Changed {
                        table: name.clone(),
                        path,
                    });
                }
            }
            Err(DynoxideError::ResourceNotFoundException(_)) => {
                let request: CreateTableRequest =
                    serde_json::from_value(wanted).map_err(|error| refuse(error.to_string()))?;
                self.database
                    .create_table(request)
                    .map_err(|error| refuse(error.to_string()))?;
            }
            Err(error) => return Err(refuse(error.to_string())),
        }
        self.enable_ttl(table)
            .map_err(|error| refuse(error.to_string()))
    }

    fn enable_ttl(&self, table: &Table) -> Result<(), DynoxideError> {
        let Some(attribute) = table.ttl_attribute.clone() else {
            return Ok(());
        };
        let known = self.database.get_table_metadata(&table.name)?;
        if known.is_some_and(|known| {
            known.ttl_enabled && known.ttl_attribute.as_ref() == Some(&attribute)
        }) {
            return Ok(());
        }
        let time_to_live_specification = TimeToLiveSpecification {
            attribute_name: attribute,
            enabled: true,
        };
        let request = UpdateTimeToLiveRequest {
            table_name: table.name.clone(),
            time_to_live_specification,
        };
        self.database.update_time_to_live(request).map(drop)
    }

    /// Deletes what has expired; returns how many items that were.
    pub fn sweep(&self) -> Result<usize, DynoxideError> {
        self.database.sweep_ttl()
    }

    /// The database itself, for whoever runs in the same process.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// What answers over HTTP; `written` is told of each write.
    pub(crate) fn routes(&self, tasks: &Tasks, written: Written) -> Router {
        server::routes(self.database.clone(), tasks.clone(), written)
    }

    /// Deletes expired items until the cloud stops.
    pub(crate) fn sweep_on(&self, clock: SharedClock, tasks: &Tasks) {
        let swept = self.clone();
        tasks.spawn_until_stopped(async move {
            loop {
                clock.sleep(SWEEP_EVERY).await;
                let dynamodb = swept.clone();
                // SQLite blocks.
                if let Ok(Err(error)) = tokio::task::spawn_blocking(move || dynamodb.sweep()).await
                {
                    tracing::warn!(%error, "could not delete expired items");
                }
            }
        });
    }
}

/// What makes two tables the same: their keys, and the names and keys of their indexes.
fn shape(table: &Value) -> Vec<String> {
    let mut shape = vec![table["KeySchema"].to_string()];
    for kind in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
        let indexes = table[kind].as_array().into_iter().flatten();
        shape.extend(
            indexes.map(|index| format!("{kind} {} {}", index["IndexName"], index["KeySchema"])),
        );
    }
    shape[1..].sort();
    shape
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{Environment, Template};

    fn tables(key: &str) -> Vec<Table> {
        let text = format!(
            "Resources:
  Ledger:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: ledger
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{{AttributeName: {key}, AttributeType: S}}, {{AttributeName: owner, AttributeType: S}}]
      KeySchema: [{{AttributeName: {key}, KeyType: HASH}}]
      GlobalSecondaryIndexes:
        - IndexName: by-owner
          KeySchema: [{{AttributeName: owner, KeyType: HASH}}]
          Projection: {{ProjectionType: KEYS_ONLY}}
      TimeToLiveSpecification: {{AttributeName: x, Enabled: true}}
"
        );
        let template = Template::parse(&text, "test").unwrap();
        template
            .resolve(&Environment::new("http://127.0.0.1:1"))
            .unwrap()
            .tables
    }

    fn put(dynamodb: &DynamoDb, item: &Value) {
        let request = serde_json::json!({ "TableName": "ledger", "Item": item });
        dynamodb
            .database()
            .put_item(serde_json::from_value(request).unwrap())
            .unwrap();
    }

    #[test]
    fn expired_items_are_swept() {
        let dynamodb = DynamoDb::open(None).unwrap();
        dynamodb.create_table(&tables("pk")[0]).unwrap();
        put(
            &dynamodb,
            &serde_json::json!({ "pk": { "S": "old" }, "x": { "N": "1000000000" } }),
        );
        put(
            &dynamodb,
            &serde_json::json!({ "pk": { "S": "young" }, "x": { "N": "9000000000" } }),
        );
        assert_eq!(dynamodb.sweep().unwrap(), 1);
        assert_eq!(dynamodb.sweep().unwrap(), 0);
    }

    #[test]
    fn a_file_is_found_again_and_a_changed_table_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let open = || DynamoDb::open(Some(folder.path())).unwrap();
        open().create_table(&tables("pk")[0]).unwrap();
        put(&open(), &serde_json::json!({ "pk": { "S": "a" } }));
        let again = open();
        again.create_table(&tables("pk")[0]).unwrap();
        assert_eq!(again.database().table_stats().unwrap().len(), 1);
        let error = again.create_table(&tables("id")[0]).unwrap_err();
        assert!(matches!(error, DynamoDbError::Changed { .. }), "{error}");
    }
}
