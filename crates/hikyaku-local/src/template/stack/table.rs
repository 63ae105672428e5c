//! A DynamoDB table, as a template describes it.

use serde_json::{Value, json};

/// A DynamoDB table (page `CreateTable` of the DynamoDB API reference).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The resource's name in the template.
    pub logical_id: String,
    /// `TableName`, or `<stack>-<logical id>`.
    pub name: String,
    /// `arn:aws:dynamodb:<region>:<account>:table/<name>`.
    pub arn: String,
    /// The line of the logical id.
    pub line: usize,
    /// The primary key: a hash key, then perhaps a range key.
    pub key_schema: Vec<KeyElement>,
    /// The types of all key attributes, of the table and of its indexes.
    pub attributes: Vec<AttributeDefinition>,
    /// Global and local secondary indexes.
    pub indexes: Vec<Index>,
    /// `TimeToLiveSpecification.AttributeName`, when that is enabled.
    pub ttl_attribute: Option<String>,
}

/// One attribute of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyElement {
    /// The attribute's name.
    pub attribute: String,
    /// Its part in the key.
    pub role: KeyRole,
}

/// The part an attribute has in a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRole {
    /// The partition key.
    Hash,
    /// The sort key.
    Range,
}

/// The type of a key attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeDefinition {
    /// The attribute's name.
    pub name: String,
    /// Its type.
    pub kind: AttributeKind,
}

/// The types a key attribute may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeKind {
    /// `S`.
    String,
    /// `N`.
    Number,
    /// `B`.
    Binary,
}

/// A secondary index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// `IndexName`.
    pub name: String,
    /// Global or local.
    pub scope: IndexScope,
    /// The index's key.
    pub key_schema: Vec<KeyElement>,
    /// `Projection.ProjectionType`: `ALL`, `KEYS_ONLY` or `INCLUDE`.
    pub projection: String,
    /// `Projection.NonKeyAttributes`.
    pub non_key_attributes: Vec<String>,
}

/// The two kinds of secondary index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexScope {
    /// Its partition key is its own.
    Global,
    /// It shares the table's partition key.
    Local,
}

impl Table {
    /// The body of a `CreateTable` request that makes this table, billed on demand.
    pub fn create_request(&self) -> Value {
        let mut request = json!({
            "TableName": self.name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": key_schema(&self.key_schema),
            "AttributeDefinitions": self.attributes.iter().map(AttributeDefinition::to_json).collect::<Vec<_>>(),
        });
        for (scope, property) in [
            (IndexScope::Global, "GlobalSecondaryIndexes"),
            (IndexScope::Local, "LocalSecondaryIndexes"),
        ] {
            let indexes: Vec<Value> = self
                .indexes
                .iter()
                .filter(|index| index.scope == scope)
                .map(Index::to_json)
                .collect();
            if !indexes.is_empty() {
                request[property] = Value::Array(indexes);
            }
        }
        request
    }
}

impl AttributeDefinition {
    fn to_json(&self) -> Value {
        let kind = match self.kind {
            AttributeKind::String => "S",
            AttributeKind::Number => "N",
            AttributeKind::Binary => "B",
        };
        json!({ "AttributeName": self.name, "AttributeType": kind })
    }
}

impl Index {
    fn to_json(&self) -> Value {
        let mut projection = json!({ "ProjectionType": self.projection });
        if !self.non_key_attributes.is_empty() {
            projection["NonKeyAttributes"] = json!(self.non_key_attributes);
        }
        json!({ "IndexName": self.name, "KeySchema": key_schema(&self.key_schema), "Projection": projection })
    }
}

fn key_schema(elements: &[KeyElement]) -> Vec<Value> {
    let element = |element: &KeyElement| {
        let role = match element.role {
            KeyRole::Hash => "HASH",
            KeyRole::Range => "RANGE",
        };
        json!({ "AttributeName": element.attribute, "KeyType": role })
    };
    elements.iter().map(element).collect()
}
