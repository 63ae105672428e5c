//! What a function or a role may do, as far as the template says.

use hikyaku_local::template::{Node, is_unknown, with_unknowns_as};

use super::Stack;
use super::part::{Part, one_or_many, texts};
use super::{connectors, managed_policies, policy_templates};

/// Whether something is permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum May {
    Yes,
    No,
    /// It depends on policies that are not in the template.
    Unknown,
}

/// The statements of a role.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    allowed: Vec<Allowed>,
    /// What is refused whatever else allows it, without a condition.
    denied: Vec<Allowed>,
    /// Whether there are policies whose statements are not in the template.
    incomplete: bool,
    /// Where policies would be added: the function's or the role's logical id.
    pub(crate) holder: String,
    /// The line of that.
    pub(crate) line: usize,
}

/// One statement.
#[derive(Debug)]
struct Allowed {
    actions: Vec<String>,
    resources: Vec<String>,
}

impl Grants {
    /// What that function may do.
    pub(crate) fn of_function(stack: &Stack, index: usize) -> Self {
        let function = &stack.functions[index];
        let mut grants = Self {
            holder: function.id().to_owned(),
            line: function.part.line,
            ..Self::default()
        };
        if let Some(role) = function.part.at("Role") {
            let arn = role.text().unwrap_or_default();
            let mut grants = Self::of_role(stack, arn).unwrap_or(Self {
                incomplete: true,
                ..grants
            });
            grants.add_connectors(stack, function.id());
            return grants;
        }
        grants.incomplete = !function.serverless;
        for policy in one_or_many(function.part.at("Policies")) {
            grants.add_sam_policy(stack, policy);
        }
        grants.add_what_sam_adds(stack, index);
        // SAM calls the role after the function, so that policies can name it.
        grants.add_attached(stack, &format!("{}Role", function.id()));
        grants
    }

    /// What a role of the template may do; `None` if it is not there.
    pub(crate) fn of_role(stack: &Stack, arn: &str) -> Option<Self> {
        let role = stack.of_kind("AWS::IAM::Role");
        let role = role.into_iter().find(|role| stack.is(&role.id, arn))?;
        let mut grants = Self {
            holder: role.id.clone(),
            line: role.line,
            ..Self::default()
        };
        for policy in one_or_many(role.at("ManagedPolicyArns")) {
            grants.add_managed(stack, policy.text().unwrap_or_default());
        }
        for policy in one_or_many(role.at("Policies")) {
            grants.add_document(policy.get("PolicyDocument"));
        }
        grants.add_attached(stack, &role.id);
        Some(grants)
    }

    /// Whether there are policies that the template does not show.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// Whether an action on a resource is permitted.
    pub(crate) fn may(&self, action: &str, arn: &str) -> May {
        if self
            .denied
            .iter()
            .any(|denied| denied.surely_covers(action, arn))
        {
            return May::No;
        }
        let permitted = self.allowed.iter().any(|allowed| {
            allowed.actions.iter().any(|known| matches(known, action))
                && allowed.resources.iter().any(|known| matches(known, arn))
        });
        match (permitted, self.incomplete) {
            (true, _) => May::Yes,
            (false, true) => May::Unknown,
            (false, false) => May::No,
        }
    }

    /// Whether an action on a resource is permitted, whatever is not known turns out to be.
    pub(crate) fn surely_may(&self, action: &str, arn: &str) -> bool {
        self.may(action, arn) != May::No
            && self
                .allowed
                .iter()
                .any(|allowed| allowed.surely_covers(action, arn))
    }

    /// Whether a statement is about this action on this resource, and not about all actions or all resources: then it is
    /// meant to be used.
    pub(crate) fn names(&self, action: &str, arn: &str) -> bool {
        let is_wide = |pattern: &String| pattern == "*" || pattern.ends_with(":*");
        self.may(action, arn) != May::No
            && self.allowed.iter().any(|allowed| {
                let actions = allowed.actions.iter().filter(|known| !is_wide(known));
                let resources = allowed.resources.iter().filter(|known| !is_wide(known));
                let named = Allowed {
                    actions: actions.cloned().collect(),
                    resources: resources.cloned().collect(),
                };
                named.surely_covers(action, arn)
            })
    }

    /// Those of the actions that are not permitted.
    pub(crate) fn lacks<'a>(&self, actions: &[&'a str], arn: &str) -> Vec<&'a str> {
        let actions = actions.iter().copied();
        actions
            .filter(|action| self.may(action, arn) == May::No)
            .collect()
    }

    fn allow(&mut self, actions: &[&str], resource: &str) {
        self.allowed.push(Allowed {
            actions: actions.iter().map(|&action| action.to_owned()).collect(),
            resources: vec![resource.to_owned()],
        });
    }

    /// An item of SAM's `Policies`: a policy's name or ARN, a document, or one of SAM's policy templates.
    fn add_sam_policy(&mut self, stack: &Stack, policy: &Node) {
        if let Some(text) = policy.text() {
            return self.add_managed(stack, text);
        }
        if policy.get("Statement").is_some() {
            return self.add_document(Some(policy));
        }
        let [entry] = policy.entries() else {
            self.incomplete = true;
            return;
        };
        for (actions, resource) in policy_templates::grants(&entry.key, &entry.node) {
            self.allow(actions, &resource);
        }
    }

    fn add_what_sam_adds(&mut self, stack: &Stack, index: usize) {
        let function = &stack.functions[index];
        let events = stack
            .mappings
            .iter()
            .filter(|mapping| mapping.is_event && mapping.function == Some(index));
        if events.count() > 0 {
            self.allow(managed_policies::SQS_EXECUTION, "*");
        }
        self.allow(&["logs:*"], "*");
        if function.part.has("VpcConfig") {
            self.allow(managed_policies::VPC_ACCESS, "*");
        }
        for place in [
            "DeadLetterQueue.TargetArn",
            "EventInvokeConfig.DestinationConfig.OnFailure.Destination",
        ] {
            if let Some(arn) = function.part.at(place).and_then(Node::text) {
                self.allow(&["sqs:SendMessage", "sns:Publish"], arn);
            }
        }
        self.add_connectors(stack, function.id());
    }

    /// What SAM's connectors let a function do.
    fn add_connectors(&mut self, stack: &Stack, function: &str) {
        for (actions, arn) in connectors::grants(stack, function) {
            self.allow(actions, &arn);
        }
    }

    /// A managed policy by ARN, or, as SAM permits, by name.
    fn add_managed(&mut self, stack: &Stack, reference: &str) {
        let own = stack.of_kind("AWS::IAM::ManagedPolicy");
        if let Some(policy) = own.iter().find(|policy| stack.is(&policy.id, reference)) {
            return self.add_document(policy.at("PolicyDocument"));
        }
        let name = reference.rsplit('/').next().unwrap_or(reference);
        match managed_policies::actions(name).filter(|_| !is_unknown(reference)) {
            Some(actions) => self.allow(actions, "*"),
            None => self.incomplete = true,
        }
    }

    /// Policies that name the role, rather than the reverse.
    fn add_attached(&mut self, stack: &Stack, role: &str) {
        for kind in [
            "AWS::IAM::Policy",
            "AWS::IAM::ManagedPolicy",
            "AWS::IAM::RolePolicy",
        ] {
            for policy in stack.of_kind(kind) {
                let mut roles = texts(policy.at("Roles"));
                roles.extend(texts(policy.at("RoleName")));
                if roles
                    .iter()
                    .any(|named| named == role || stack.is(role, named))
                {
                    self.add_document(policy.at("PolicyDocument"));
                }
            }
        }
    }

    fn add_document(&mut self, document: Option<&Node>) {
        let Some(document) = document.filter(|document| document.text().is_none()) else {
            self.incomplete = true;
            return;
        };
        for statement in one_or_many(document.get("Statement")) {
            if statement.text().is_some() {
                self.incomplete = true;
                continue;
            }
            let part = Part::new("", statement.line, Some(statement));
            let effect = part.text("Effect").known();
            // Under which circumstances a condition holds, or what `NotAction` leaves, is not looked into.
            let is_plain = ["Condition", "NotAction", "NotResource"]
                .iter()
                .all(|key| !part.has(key));
            let denies = effect.as_deref() == Some("Deny") && is_plain;
            if effect.as_deref() != Some("Allow") && !denies {
                continue;
            }
            let everything = |texts: Vec<String>| {
                if texts.is_empty() {
                    vec!["*".to_owned()]
                } else {
                    texts
                }
            };
            // `NotAction` and `NotResource` permit nearly everything: they are read as if they did.
            let statement = Allowed {
                actions: everything(texts(part.at("Action"))),
                resources: everything(texts(part.at("Resource"))),
            };
            let statements = if denies {
                &mut self.denied
            } else {
                &mut self.allowed
            };
            statements.push(statement);
        }
    }
}

impl Allowed {
    /// Whether it is about an action on a resource, whatever is not known turns out to be.
    fn surely_covers(&self, action: &str, arn: &str) -> bool {
        let covers = |patterns: &[String], text: &str| {
            let mut known = patterns.iter().filter(|pattern| !is_unknown(pattern));
            known.any(|pattern| matches(pattern, text))
        };
        covers(&self.actions, action) && covers(&self.resources, arn)
    }
}

/// Whether an IAM pattern covers a text (page "IAM JSON policy elements: Resource"). What is not known may be anything.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let pattern = with_unknowns_as(pattern, "*").to_lowercase();
    let text = with_unknowns_as(text, "?").to_lowercase();
    let place = place_of(&pattern).zip(place_of(&text));
    // Beside `AWS::Region`, which is known when it is deployed, a region that is written out may be the same one.
    let (pattern, text) = match place {
        Some((wanted, found)) if wanted == AS_DEPLOYED || found == AS_DEPLOYED => {
            (pattern.replacen(wanted, "", 1), text.replacen(found, "", 1))
        }
        _ => (pattern, text),
    };
    fits(pattern.as_bytes(), text.as_bytes())
}

/// What `AWS::Region` and `AWS::AccountId` are read as, in an ARN.
const AS_DEPLOYED: &str = "us-east-1:000000000000";

/// An ARN's region and account.
fn place_of(arn: &str) -> Option<&str> {
    let rest = arn.strip_prefix("arn:")?;
    let start = arn.len() - rest.splitn(3, ':').nth(2)?.len();
    let mut colons = arn[start..].match_indices(':');
    let (end, _) = colons.nth(1)?;
    Some(&arn[start..start + end])
}

/// Goes back to the last star only, so that it takes at most pattern times text.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut position, mut star) = (0, 0, None);
    while position < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, position));
                at += 1;
            }
            Some(&letter) if letter == b'?' || letter == text[position] => {
                at += 1;
                position += 1;
            }
            _ => {
                let Some((star_at, taken)) = star else {
                    return false;
                };
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                position = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_as_iam_matches_them() {
        assert!(matches("sqs:SendMessage*", "sqs:SendMessage"));
        assert!(matches("sqs:*", "sqs:ReceiveMessage"));
        assert!(matches("SQS:receivemessage", "sqs:ReceiveMessage"));
        assert!(matches("*", "dynamodb:PutItem"));
        assert!(matches(
            "arn:aws:sqs:*:*:orders-?",
            "arn:aws:sqs:eu-west-1:1:orders-1"
        ));
        assert!(!matches(
            "arn:aws:sqs:*:*:orders",
            "arn:aws:sqs:eu-west-1:1:orders-1"
        ));
        assert!(!matches("sqs:Send", "sqs:SendMessage"));
        let written_out = "arn:aws:sqs:eu-west-1:123456789012:orders";
        assert!(matches(
            "arn:aws:sqs:us-east-1:000000000000:orders",
            written_out
        ));
        assert!(matches(
            written_out,
            "arn:aws:sqs:us-east-1:000000000000:orders"
        ));
        assert!(!matches(
            "arn:aws:sqs:us-east-1:000000000000:other",
            written_out
        ));
        assert!(!matches(
            "arn:aws:sqs:eu-west-2:123456789012:orders",
            written_out
        ));
        assert!(!matches("", "sqs:SendMessage"));
    }
}
