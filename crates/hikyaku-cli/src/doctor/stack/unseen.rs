//! What a file does not show, so that a rule about it says nothing.

use super::grants::Grants;
use super::{Seen, Stack};

impl Stack {
    /// One sentence for each thing that no rule could look at.
    pub(crate) fn unseen(&self) -> Vec<String> {
        let mut reasons: Vec<String> = self
            .loops
            .iter()
            .map(|name| format!("{name}: what it makes is known when it is deployed"))
            .collect();
        for (index, function) in self.functions.iter().enumerate() {
            let id = function.id();
            if Grants::of_function(self, index).is_incomplete() {
                reasons.push(format!(
                    "{id}: some of its permissions are not in the template"
                ));
            }
            if function.part.number("Timeout") == Seen::Unknown {
                reasons.push(format!(
                    "{id}: its Timeout is known when it is deployed; --parameter gives it"
                ));
            }
        }
        for mapping in self
            .mappings
            .iter()
            .filter(|mapping| mapping.queue.is_none())
        {
            let id = &mapping.part.id;
            reasons.push(format!("{id}: its queue is not in the template"));
        }
        for queue in &self.queues {
            for key in [
                "VisibilityTimeout",
                "MessageRetentionPeriod",
                "RedrivePolicy.maxReceiveCount",
            ] {
                if queue.part.number(key) == Seen::Unknown {
                    let id = queue.id();
                    reasons.push(format!(
                        "{id}: its {key} is known when it is deployed; --parameter gives it"
                    ));
                }
            }
        }
        reasons
    }
}
