//! A month's bill: lines of quantity times price, with and without what AWS gives for free.

use rust_decimal::Decimal;
use serde::Serialize;

use super::prices::{Confidence, PriceError, Prices};

/// Hours of a month, as AWS's own calculators count them.
pub(crate) const HOURS: Decimal = Decimal::from_parts(730, 0, 0, false, 0);

/// One line of a bill.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    /// What is paid for.
    pub(crate) what: String,
    /// The price's name.
    pub(crate) price: String,
    pub(crate) quantity: Decimal,
    pub(crate) unit: String,
    /// What the first unit costs; large quantities may cost less.
    pub(crate) usd_per_unit: Decimal,
    pub(crate) usd: Decimal,
    /// What is left to pay after the free tier, if the account uses it for nothing else.
    pub(crate) usd_with_free_tier: Decimal,
    pub(crate) as_of: Option<String>,
    pub(crate) source: String,
    pub(crate) confidence: Confidence,
}

/// What a month costs.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Bill {
    pub(crate) lines: Vec<Line>,
}

impl Bill {
    /// Adds a line; a quantity of zero is none.
    pub(crate) fn add(
        &mut self,
        prices: &Prices,
        what: impl Into<String>,
        name: &str,
        quantity: Decimal,
    ) -> Result<(), PriceError> {
        self.add_reduced(prices, what, name, quantity, Decimal::ONE)
    }

    /// Adds a line that costs only a part of its price, as Spot does.
    pub(crate) fn add_reduced(
        &mut self,
        prices: &Prices,
        what: impl Into<String>,
        name: &str,
        quantity: Decimal,
        factor: Decimal,
    ) -> Result<(), PriceError> {
        if quantity.is_zero() {
            return Ok(());
        }
        let price = prices.price(name)?;
        let free = prices.free(match name {
            // One allowance for both architectures, and one for both kinds of queues.
            "lambda.arm64_gb_second" | "lambda.x86_64_gb_second" => "lambda.gb_second",
            "sqs.fifo_request" => "sqs.request",
            name => name,
        });
        let used = self.of_price(name);
        let paid = |quantity: Decimal| price.of((quantity - free).max(Decimal::ZERO));
        self.lines.push(Line {
            what: what.into(),
            price: name.to_owned(),
            quantity,
            unit: price.unit.clone(),
            usd_per_unit: price.usd * factor,
            usd: (price.of(used + quantity) - price.of(used)) * factor,
            usd_with_free_tier: (paid(used + quantity) - paid(used)) * factor,
            as_of: price.as_of.map(|date| date.to_string()),
            source: price.source.clone(),
            confidence: price.confidence,
        });
        Ok(())
    }

    /// How much of something is on the bill already.
    fn of_price(&self, name: &str) -> Decimal {
        let same = self.lines.iter().filter(|line| line.price == name);
        same.map(|line| line.quantity).sum()
    }

    pub(crate) fn total(&self) -> Decimal {
        self.lines.iter().map(|line| line.usd).sum()
    }

    pub(crate) fn total_with_free_tier(&self) -> Decimal {
        self.lines.iter().map(|line| line.usd_with_free_tier).sum()
    }
}
