//! What AWS charges, with where each price was read and when.
//!
//! `prices.json` holds list prices on demand in US dollars, without tax. A price's `confidence` is `read` (found in the
//! named source), `derived` (from another price) or `unconfirmed`.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;

const EMBEDDED: &str = include_str!("prices.json");

/// A price older than this, in days, is mentioned: AWS changes some price every few months.
pub(crate) const OLD_AFTER_DAYS: i64 = 180;

/// The prices of one region.
#[derive(Debug, Clone)]
pub(crate) struct Prices {
    pub(crate) region: String,
    by_name: BTreeMap<String, Price>,
    free: BTreeMap<String, Decimal>,
}

/// What one unit of something costs.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Price {
    pub(crate) usd: Decimal,
    pub(crate) unit: String,
    /// When it was read; none if its source has no date.
    pub(crate) as_of: Option<Date>,
    pub(crate) source: String,
    pub(crate) confidence: Confidence,
    /// Where a lower price begins, and which; empty if one price holds for all.
    #[serde(default)]
    tiers: Vec<(Decimal, Decimal)>,
}

/// How a price came to be here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Confidence {
    /// Found in the named source.
    Read,
    /// Follows from another price.
    Derived,
    /// Found in no source.
    Unconfirmed,
}

/// Why there is no price.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PriceError {
    /// The file in this binary is wrong.
    #[error("reading the prices in this program; please report it")]
    Broken(#[source] serde_json::Error),
    /// No prices of that region.
    #[error("no prices of region `{region}` are in this program; it has {known}")]
    Region { region: String, known: String },
    /// No price under that name.
    #[error("no price of `{name}` in {region} is in this program; it has {known}")]
    Name {
        name: String,
        region: String,
        known: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    free_each_month: BTreeMap<String, Decimal>,
    regions: BTreeMap<String, BTreeMap<String, Price>>,
}

impl Prices {
    /// The prices of a region.
    pub(crate) fn of(region: &str) -> Result<Self, PriceError> {
        let mut file: File = serde_json::from_str(EMBEDDED).map_err(PriceError::Broken)?;
        match file.regions.remove(region) {
            Some(prices) => Ok(Self {
                region: region.to_owned(),
                by_name: prices,
                free: file.free_each_month,
            }),
            None => Err(PriceError::Region {
                region: region.to_owned(),
                known: join(file.regions.keys()),
            }),
        }
    }

    /// The price under a name such as `sqs.request`.
    pub(crate) fn price(&self, name: &str) -> Result<&Price, PriceError> {
        self.by_name.get(name).ok_or_else(|| {
            let (kind, _) = name.split_once('.').unwrap_or((name, ""));
            let prefix = format!("{kind}.");
            let siblings = self
                .by_name
                .keys()
                .filter_map(|key| key.strip_prefix(&prefix));
            PriceError::Name {
                name: name.to_owned(),
                region: self.region.clone(),
                known: join(siblings),
            }
        })
    }

    /// How much of something is free each month, for ever, in an account.
    pub(crate) fn free(&self, name: &str) -> Decimal {
        self.free.get(name).copied().unwrap_or_default()
    }
}

impl Price {
    /// What a quantity costs, lower prices of large quantities included.
    pub(crate) fn of(&self, quantity: Decimal) -> Decimal {
        if self.tiers.is_empty() {
            return quantity * self.usd;
        }
        let ends = self.tiers.iter().skip(1).map(|(begin, _)| Some(*begin));
        self.tiers
            .iter()
            .zip(ends.chain([None]))
            .map(|((begin, usd), end)| {
                let within = end.map_or(quantity, |end| quantity.min(end)) - begin;
                within.max(Decimal::ZERO) * usd
            })
            .sum()
    }

    /// Whether it was read so long ago that it may have changed.
    pub(crate) fn is_old(&self, today: Date) -> bool {
        self.as_of
            .is_none_or(|date| (today - date).get_days() > days(OLD_AFTER_DAYS))
    }
}

fn days(days: i64) -> i32 {
    i32::try_from(days).unwrap_or(i32::MAX)
}

fn join(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let names: Vec<String> = names
        .into_iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::prelude::FromPrimitive as _;

    fn price(region: &str, name: &str, quantity: u64) -> String {
        let prices = Prices::of(region).unwrap();
        let usd = prices
            .price(name)
            .unwrap()
            .of(Decimal::from_u64(quantity).unwrap());
        usd.round_dp(2).to_string()
    }

    #[test]
    fn large_quantities_are_cheaper_where_aws_says_so() {
        for (name, quantity, usd) in [
            ("lambda.x86_64_gb_second", 61_440_000_000, "854203.30"),
            ("lambda.arm64_gb_second", 74_752_000_000, "832358.16"),
            ("sqs.request", 2_000_000, "0.80"),
        ] {
            assert_eq!(price("us-east-1", name, quantity), usd, "{name}");
        }
    }

    #[test]
    fn what_is_not_priced_is_said_with_what_is() {
        let error = Prices::of("eu-central-1").unwrap_err().to_string();
        assert!(error.contains("`us-east-1`"), "{error}");
        let prices = Prices::of("us-east-1").unwrap();
        let error = prices.price("ec2.m5.large").unwrap_err().to_string();
        assert!(error.contains("`t4g.small`"), "{error}");
    }

    #[test]
    fn a_price_without_a_date_or_read_long_ago_is_old() {
        let prices = Prices::of("ap-northeast-1").unwrap();
        let today = jiff::civil::date(2026, 11, 26);
        assert!(prices.price("rds.db.t4g.small").unwrap().is_old(today));
        assert!(prices.price("ec2.t3.nano").unwrap().is_old(today));
        assert!(!prices.price("sqs.request").unwrap().is_old(today));
    }
}
