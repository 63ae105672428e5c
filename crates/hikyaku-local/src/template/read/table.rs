//! `AWS::DynamoDB::Table` and `AWS::Serverless::SimpleTable`.

use super::super::{
    AttributeDefinition, AttributeKind, Index, IndexScope, KeyElement, KeyRole, Table,
    TemplateError,
};
use super::block::{Block, Reader};
use super::{Resource, properties};

/// Reads a table (page `AWS::DynamoDB::Table`, or `AWS::Serverless::SimpleTable`).
pub(super) fn read(
    reader: &Reader<'_>,
    resource: &Resource<'_>,
    name: String,
    arn: String,
) -> Result<Table, TemplateError> {
    let block = properties(reader, resource)?;
    block.skip(&[
        "TableName",
        "SSESpecification",
        "PointInTimeRecoverySpecification",
        "Tags",
        "ProvisionedThroughput",
    ]);
    let simple = resource.kind == "AWS::Serverless::SimpleTable";
    let (key_schema, attributes) = if simple {
        simple_key(&block)?
    } else {
        (read_key(&block)?, read_attributes(&block)?)
    };
    let mut table = Table {
        logical_id: resource.logical_id.to_owned(),
        name,
        arn,
        line: resource.line,
        key_schema,
        attributes,
        indexes: Vec::new(),
        ttl_attribute: None,
    };
    if !simple {
        block.skip(SKIPPED);
        for (key, scope) in [
            ("GlobalSecondaryIndexes", IndexScope::Global),
            ("LocalSecondaryIndexes", IndexScope::Local),
        ] {
            for index in block.blocks(key)? {
                table.indexes.push(read_index(&index, scope)?);
            }
        }
        table.ttl_attribute = read_ttl(&block)?;
    }
    check_attributes(&block, &table)?;
    block.finish();
    Ok(table)
}

const SKIPPED: &[&str] = &[
    "BillingMode",
    "ContributorInsightsSpecification",
    "DeletionProtectionEnabled",
    "ImportSourceSpecification",
    "KinesisStreamSpecification",
    "OnDemandThroughput",
    "ResourcePolicy",
    "StreamSpecification",
    "TableClass",
    "WarmThroughput",
];

/// A simple table has one text key called `id` unless it states another.
fn simple_key(
    block: &Block<'_, '_>,
) -> Result<(Vec<KeyElement>, Vec<AttributeDefinition>), TemplateError> {
    let (mut name, mut kind) = ("id".to_owned(), AttributeKind::String);
    if let Some(key) = block.block("PrimaryKey")? {
        name = key.text("Name")?.unwrap_or(name);
        kind = match key
            .word("Type", &["String", "Number", "Binary"])?
            .as_deref()
        {
            Some("Number") => AttributeKind::Number,
            Some("Binary") => AttributeKind::Binary,
            _ => AttributeKind::String,
        };
        key.finish();
    }
    let key = KeyElement {
        attribute: name.clone(),
        role: KeyRole::Hash,
    };
    Ok((vec![key], vec![AttributeDefinition { name, kind }]))
}

fn read_key(block: &Block<'_, '_>) -> Result<Vec<KeyElement>, TemplateError> {
    let mut elements = Vec::new();
    for element in block.blocks("KeySchema")? {
        let role = element
            .word("KeyType", &["HASH", "RANGE"])?
            .ok_or_else(|| element.missing("KeyType"))?;
        let role = if role == "HASH" {
            KeyRole::Hash
        } else {
            KeyRole::Range
        };
        elements.push(KeyElement {
            attribute: element.required_text("AttributeName")?,
            role,
        });
        element.finish();
    }
    let roles: Vec<KeyRole> = elements.iter().map(|element| element.role).collect();
    if roles != [KeyRole::Hash] && roles != [KeyRole::Hash, KeyRole::Range] {
        return Err(block.invalid(
            "KeySchema",
            "a key is one HASH attribute, then perhaps one RANGE attribute",
        ));
    }
    Ok(elements)
}

fn read_attributes(block: &Block<'_, '_>) -> Result<Vec<AttributeDefinition>, TemplateError> {
    let mut attributes = Vec::new();
    for attribute in block.blocks("AttributeDefinitions")? {
        let kind = match attribute
            .word("AttributeType", &["S", "N", "B"])?
            .as_deref()
        {
            Some("S") => AttributeKind::String,
            Some("N") => AttributeKind::Number,
            Some(_) => AttributeKind::Binary,
            None => return Err(attribute.missing("AttributeType")),
        };
        attributes.push(AttributeDefinition {
            name: attribute.required_text("AttributeName")?,
            kind,
        });
        attribute.finish();
    }
    Ok(attributes)
}

fn read_index(block: &Block<'_, '_>, scope: IndexScope) -> Result<Index, TemplateError> {
    block.skip(&[
        "ContributorInsightsSpecification",
        "OnDemandThroughput",
        "ProvisionedThroughput",
        "WarmThroughput",
    ]);
    let projection = block
        .block("Projection")?
        .ok_or_else(|| block.missing("Projection"))?;
    let index = Index {
        name: block.required_text("IndexName")?,
        scope,
        key_schema: read_key(block)?,
        projection: projection
            .word("ProjectionType", &["ALL", "KEYS_ONLY", "INCLUDE"])?
            .unwrap_or_else(|| "ALL".to_owned()),
        non_key_attributes: projection
            .texts("NonKeyAttributes")?
            .into_iter()
            .map(|(name, _)| name)
            .collect(),
    };
    projection.finish();
    block.finish();
    Ok(index)
}

fn read_ttl(block: &Block<'_, '_>) -> Result<Option<String>, TemplateError> {
    let Some(ttl) = block.block("TimeToLiveSpecification")? else {
        return Ok(None);
    };
    let attribute = ttl.text("AttributeName")?;
    let enabled = ttl.flag("Enabled")?.ok_or_else(|| ttl.missing("Enabled"))?;
    ttl.finish();
    if enabled && attribute.is_none() {
        return Err(ttl.missing("AttributeName"));
    }
    Ok(attribute.filter(|_| enabled))
}

/// DynamoDB wants the type of every key attribute, and of nothing else.
fn check_attributes(block: &Block<'_, '_>, table: &Table) -> Result<(), TemplateError> {
    let mut keys: Vec<&str> = table
        .key_schema
        .iter()
        .map(|element| element.attribute.as_str())
        .collect();
    keys.extend(
        table
            .indexes
            .iter()
            .flat_map(|index| &index.key_schema)
            .map(|element| element.attribute.as_str()),
    );
    if let Some(key) = keys.iter().find(|key| {
        !table
            .attributes
            .iter()
            .any(|attribute| attribute.name == **key)
    }) {
        return Err(block.invalid(
            "AttributeDefinitions",
            format!("the key attribute `{key}` is not defined here"),
        ));
    }
    if let Some(unused) = table
        .attributes
        .iter()
        .find(|attribute| !keys.contains(&attribute.name.as_str()))
    {
        let reason = format!(
            "`{}` is in no key: only key attributes are defined here",
            unused.name
        );
        return Err(block.invalid("AttributeDefinitions", reason));
    }
    Ok(())
}
