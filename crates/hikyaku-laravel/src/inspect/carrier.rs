//! Laravel's own classes that carry something else to run.

use super::InspectedKind;
use crate::envelope::Envelope;
use crate::php::{Value, View};

/// The class of a job: the application's, or one of Laravel's with something inside.
#[derive(Debug, Clone, Copy)]
pub(super) enum Carrier {
    /// Nothing: the job is the application's own.
    None,
    /// The property has the name of a class.
    Named(InspectedKind, &'static str),
    /// The property has an object.
    Holding(InspectedKind, &'static str),
    /// A closure has no class.
    Closure,
}

impl Carrier {
    pub(super) fn of(class: &str) -> Self {
        match class {
            "Illuminate\\Queue\\CallQueuedClosure" => Self::Closure,
            "Illuminate\\Events\\CallQueuedListener" => {
                Self::Named(InspectedKind::Listener, "class")
            }
            "Illuminate\\Mail\\SendQueuedMailable" => {
                Self::Holding(InspectedKind::Mailable, "mailable")
            }
            "Illuminate\\Notifications\\SendQueuedNotifications" => {
                Self::Holding(InspectedKind::Notification, "notification")
            }
            "Illuminate\\Broadcasting\\BroadcastEvent" => {
                Self::Holding(InspectedKind::Broadcast, "event")
            }
            _ => Self::None,
        }
    }

    pub(super) fn kind(self) -> InspectedKind {
        match self {
            Self::None => InspectedKind::Object,
            Self::Named(kind, _) | Self::Holding(kind, _) => kind,
            Self::Closure => InspectedKind::Closure,
        }
    }

    /// What is to run, by what is inside; else by what the envelope states.
    pub(super) fn name(self, object: Value<'_>, envelope: &Envelope) -> String {
        let inside = match self {
            Self::None | Self::Closure => None,
            Self::Named(_, property) => object.get(property).and_then(Value::as_str),
            Self::Holding(_, property) => object.get(property).and_then(|held| match held.view() {
                View::Object { class } => Some(class),
                _ => None,
            }),
        };
        inside.map_or_else(|| self.stated_name(envelope), str::to_owned)
    }

    /// What is to run, by what the envelope states: a carrier's display name is that of what is inside.
    pub(super) fn stated_name(self, envelope: &Envelope) -> String {
        let display_name = match self {
            Self::None => None,
            Self::Named(..) | Self::Holding(..) | Self::Closure => envelope.display_name.clone(),
        };
        display_name.unwrap_or_else(|| envelope.name().to_owned())
    }
}
