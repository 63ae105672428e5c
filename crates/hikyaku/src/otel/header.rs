//! X-Ray's header in OpenTelemetry's terms.

use opentelemetry::{SpanId, TraceId};

/// The trace that a header names, and the span in it that it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) trace: TraceId,
    /// `INVALID`: the header names none.
    pub(super) span: SpanId,
}

/// Reads `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8`. A root without its version and hyphens is a
/// trace id as OpenTelemetry has it (AWS X-Ray developer guide, "Sending trace data"). None: it names no trace.
pub(super) fn parent(header: &str) -> Option<Parent> {
    let part = |name: &str| {
        let mut parts = header.split(';');
        parts.find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
    };
    let root = part("Root")?.strip_prefix("1-")?.replace('-', "");
    let trace = TraceId::from_hex(&root).ok()?;
    let span = part("Parent").and_then(|parent| SpanId::from_hex(parent).ok());
    (root.len() == 32 && trace != TraceId::INVALID).then(|| Parent {
        trace,
        span: span.unwrap_or(SpanId::INVALID),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_trace_and_a_parent() {
        let read =
            parent("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1");
        let read = read.unwrap();
        assert_eq!(read.trace.to_string(), "5759e988bd862e3fe1be46a994272793");
        assert_eq!(read.span.to_string(), "53995c3f42cd8ad8");
    }

    #[test]
    fn without_a_parent_it_is_a_trace() {
        let read = parent("Sampled=0; Root=1-5759e988-bd862e3fe1be46a994272793").unwrap();
        assert_eq!(read.span, SpanId::INVALID);
    }

    #[test]
    fn what_is_no_trace_is_none() {
        for header in [
            "",
            "nonsense",
            "Root=1-a-b",
            "Root=2-5759e988-bd862e3fe1be46a994272793",
            "Root=1-00000000-000000000000000000000000",
        ] {
            assert_eq!(parent(header), None, "{header}");
        }
    }
}
