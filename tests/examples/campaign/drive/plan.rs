//! What a campaign sends: jobs of every kind, in the order in which the seed puts them.

use hikyaku_laravel::derived_uuid;
use serde_json::json;

/// The links of a chain.
const LINKS: usize = 3;
/// The jobs of a batch.
const MEMBERS: usize = 20;

/// A kind of job, as the results list them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Keyed,
    Rows,
    Chain,
    Batch,
    Zombie,
    AtMostOnce,
    AtLeastOnce,
    Unkeyed,
}

impl Kind {
    /// What people call it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Keyed => "`Once`, keyed effect",
            Self::Rows => "`Once`, rows and mark in one SQL transaction",
            Self::Chain => "`Once`, chains of three, keyed",
            Self::Batch => "`Once`, batches of twenty in DynamoDB, keyed",
            Self::Zombie => "`Once`, keyed, frozen beyond its lease and thawed",
            Self::AtMostOnce => "`AtMostOnce`, effect without a key",
            Self::AtLeastOnce => "`AtLeastOnce`, effect without a key",
            Self::Unkeyed => "`Once`, effect without a key (what keys are for)",
        }
    }

    /// Whether a second application of its effect breaks what is promised.
    pub(crate) fn promises_one_effect(self) -> bool {
        !matches!(self, Self::AtLeastOnce | Self::Unkeyed)
    }

    fn class(self) -> &'static str {
        match self {
            Self::Keyed => "Campaign\\Keyed",
            Self::Rows => "Campaign\\Rows",
            Self::Chain | Self::Batch => "Campaign\\Step",
            Self::Zombie => "Campaign\\Zombie",
            Self::AtMostOnce => "Campaign\\AtMostOnce",
            Self::AtLeastOnce => "Campaign\\AtLeastOnce",
            Self::Unkeyed => "Campaign\\Unkeyed",
        }
    }
}

/// One job that has to come to its end.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) kind: Kind,
    /// What its effect is about.
    pub(crate) subject: String,
    /// Its id, where the producer chooses it.
    pub(crate) id: Option<String>,
    /// The link before it.
    pub(crate) after: Option<String>,
}

/// One message to send.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// Whether it goes to the queue whose function is frozen.
    pub(crate) zombie: bool,
    pub(crate) subject: String,
    pub(crate) body: String,
    /// Sent twice, as producers do that got no answer.
    pub(crate) twice: bool,
}

/// A batch and how many jobs it has.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) id: String,
    pub(crate) jobs: usize,
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) jobs: Vec<Job>,
    pub(crate) messages: Vec<Message>,
    pub(crate) batches: Vec<Batch>,
}

/// Of a hundred jobs so many are of each kind; the rest are `Keyed`.
const MIX: [(Kind, usize); 7] = [
    (Kind::Rows, 14),
    (Kind::Chain, 15),
    (Kind::Batch, 15),
    (Kind::Zombie, 2),
    (Kind::AtMostOnce, 8),
    (Kind::AtLeastOnce, 8),
    (Kind::Unkeyed, 6),
];

impl Plan {
    /// `jobs` jobs, links and members counted.
    pub(crate) fn of(jobs: usize, seed: u64) -> Self {
        let mut chance = fastrand::Rng::with_seed(seed);
        let mut plan = Self::default();
        for (kind, share) in MIX {
            let wanted = jobs * share / 100;
            let at_once = match kind {
                Kind::Chain => LINKS,
                Kind::Batch => MEMBERS,
                _ => 1,
            };
            for number in 0..wanted / at_once {
                plan.add(kind, number, seed, &mut chance);
            }
        }
        for number in 0..jobs.saturating_sub(plan.jobs.len()) {
            plan.add(Kind::Keyed, number, seed, &mut chance);
        }
        chance.shuffle(&mut plan.messages);
        plan
    }

    fn add(&mut self, kind: Kind, number: usize, seed: u64, chance: &mut fastrand::Rng) {
        let name = format!("{kind:?}-{number}").to_lowercase();
        let uuid = |purpose: &str| derived_uuid(&format!("campaign {seed}"), purpose);
        match kind {
            Kind::Chain => self.add_chain(&name, &uuid(&name), chance),
            Kind::Batch => {
                let batch = uuid(&name);
                for member in 1..=MEMBERS {
                    let subject = format!("{name}:{member}");
                    let work = Work::new(&subject, kind, chance);
                    let command = work.command(&format!("s:7:\"batchId\";s:36:\"{batch}\";"), 1);
                    let body = object_job(&uuid(&subject), kind, &command, Some(&batch));
                    self.push(kind, &subject, Some(uuid(&subject)), None);
                    self.send(kind, subject, body, chance);
                }
                self.batches.push(Batch {
                    id: batch,
                    jobs: MEMBERS,
                });
            }
            _ => {
                let work = Work::new(&name, kind, chance);
                let body = json!({ "uuid": uuid(&name), "job": kind.class(), "data": work.data() });
                self.push(kind, &name, Some(uuid(&name)), None);
                self.send(kind, name, body.to_string(), chance);
            }
        }
    }

    fn add_chain(&mut self, name: &str, id: &str, chance: &mut fastrand::Rng) {
        let kind = Kind::Chain;
        let subjects: Vec<String> = (1..=LINKS).map(|link| format!("{name}:{link}")).collect();
        let links: Vec<String> = subjects[1..]
            .iter()
            .map(|subject| Work::new(subject, kind, chance).command("", 0))
            .enumerate()
            .map(|(index, link)| format!("i:{index};s:{}:\"{link}\";", link.len()))
            .collect();
        let chained = format!("s:7:\"chained\";a:{}:{{{}}}", links.len(), links.concat());
        let command = Work::new(&subjects[0], kind, chance).command(&chained, 1);
        let body = object_job(id, kind, &command, None);
        let mut after = None;
        for (index, subject) in subjects.iter().enumerate() {
            self.push(kind, subject, (index == 0).then(|| id.to_owned()), after);
            after = Some(subject.clone());
        }
        self.send(kind, subjects[0].clone(), body, chance);
    }

    fn push(&mut self, kind: Kind, subject: &str, id: Option<String>, after: Option<String>) {
        self.jobs.push(Job {
            kind,
            subject: subject.to_owned(),
            id,
            after,
        });
    }

    fn send(&mut self, kind: Kind, subject: String, body: String, chance: &mut fastrand::Rng) {
        self.messages.push(Message {
            zombie: kind == Kind::Zombie,
            subject,
            body,
            twice: chance.u8(..100) < 2,
        });
    }
}

/// What a job does.
struct Work<'a> {
    subject: &'a str,
    class: &'static str,
    milliseconds: u64,
    mishap: &'static str,
}

impl<'a> Work<'a> {
    fn new(subject: &'a str, kind: Kind, chance: &mut fastrand::Rng) -> Self {
        let thousandth = chance.u16(..1000);
        let mishap = match thousandth {
            // An error is final for a job that runs at most once: those are for the others.
            0..15 if kind != Kind::AtMostOnce => "error",
            15..20 if kind != Kind::AtMostOnce => "panic",
            20..26 => "overrun",
            26..29 => "stuck",
            29..32 => "out-of-memory",
            _ => "none",
        };
        let zombie = kind == Kind::Zombie;
        Self {
            subject,
            class: kind.class(),
            milliseconds: if zombie { 1000 } else { chance.u64(2..200) },
            mishap: if zombie { "none" } else { mishap },
        }
    }

    fn data(&self) -> serde_json::Value {
        json!({ "subject": self.subject, "milliseconds": self.milliseconds, "mishap": self.mishap })
    }

    /// The object as PHP writes it, with `more` properties that are written already.
    fn command(&self, more: &str, properties: usize) -> String {
        let Self {
            subject,
            class,
            milliseconds,
            mishap,
        } = self;
        format!(
            "O:{}:\"{class}\":{}:{{s:7:\"subject\";s:{}:\"{subject}\";s:12:\"milliseconds\";i:{milliseconds};\
             s:6:\"mishap\";s:{}:\"{mishap}\";{more}}}",
            class.len(),
            properties + 3,
            subject.len(),
            mishap.len()
        )
    }
}

/// An object job as Laravel 13 sends it.
fn object_job(uuid: &str, kind: Kind, command: &str, batch: Option<&str>) -> String {
    let class = kind.class();
    json!({
        "uuid": uuid, "displayName": class, "job": "Illuminate\\Queue\\CallQueuedHandler@call",
        "maxTries": null, "maxExceptions": null, "failOnTimeout": false, "backoff": null, "timeout": null,
        "retryUntil": null, "deleteWhenMissingModels": false,
        "data": { "commandName": class, "command": command, "batchId": batch },
        "createdAt": 1_795_408_211, "delay": null
    })
    .to_string()
}
