//! The grammar: values, containers and references, without recursion.

use std::borrow::Cow;
use std::collections::HashSet;

use super::document::{Document, Entry, Node, NodeId, ReferenceKind, without_duplicates};
use super::key::Key;
use super::limits::Limits;
use super::read_error::{ReadError, ReadProblem};
use super::scan::Scanner;

/// The shortest entry is `i:0;N;`; room is made in advance for no more entries than the input can hold.
const SHORTEST_ENTRY: usize = 6;

/// Reads one value as PHP's `unserialize()` does. Bytes after the value are ignored, as PHP ignores them.
///
/// Source: php.net `serialize`, and what PHP 8.2 was seen to accept. A class name must be UTF-8. The text inside
/// `C:…{}` belongs to its class and is kept as it is; values in it take no number.
pub fn parse<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Document<'a>, ReadError> {
    let mut reader = Reader {
        scanner: Scanner::new(bytes),
        limits: *limits,
        nodes: Vec::new(),
        variables: HashSet::new(),
        slots: Vec::new(),
        open: Vec::new(),
    };
    if bytes.len() > limits.input_bytes {
        return Err(reader.scanner.error(ReadProblem::InputTooLong {
            length: bytes.len(),
            limit: limits.input_bytes,
        }));
    }
    reader.run()?;
    Ok(Document {
        read: reader.scanner.offset(),
        nodes: reader.nodes,
        variables: reader.variables,
        limits: *limits,
    })
}

struct Reader<'a> {
    scanner: Scanner<'a>,
    limits: Limits,
    nodes: Vec<Node<'a>>,
    variables: HashSet<NodeId>,
    /// What the numbers in references stand for: every value but an `R:`, in the order of their starts.
    slots: Vec<NodeId>,
    open: Vec<Container<'a>>,
}

/// An array or object whose entries are being read.
struct Container<'a> {
    node: NodeId,
    class: Option<&'a str>,
    missing: usize,
    entries: Vec<Entry<'a>>,
}

impl<'a> Reader<'a> {
    fn run(&mut self) -> Result<(), ReadError> {
        self.value()?;
        while let Some(mut container) = self.open.pop() {
            if container.missing == 0 {
                self.close(container)?;
                continue;
            }
            container.missing -= 1;
            let key = self.key(container.class.is_some())?;
            let value = self.next_id()?;
            container.entries.push(Entry { key, value });
            self.open.push(container);
            self.value()?;
        }
        Ok(())
    }

    fn value(&mut self) -> Result<(), ReadError> {
        let letter = self.scanner.next("a value")?;
        if letter == b'N' {
            self.scanner.skip(b";", "`;`")?;
            return self.push(Node::Null);
        }
        if !b"bidsSaOECrR".contains(&letter) {
            let problem = ReadProblem::UnknownType { found: letter };
            return Err(self.scanner.error_before(problem));
        }
        self.scanner.skip(b":", "`:`")?;
        let scanner = &mut self.scanner;
        let node = match letter {
            b'b' => Node::Bool(scanner.boolean()?),
            b'i' => Node::Int(scanner.integer()?),
            b'd' => Node::Float(scanner.float()?),
            b's' => Node::Bytes(scanner.string()?),
            b'S' => Node::Bytes(scanner.escaped_string()?),
            b'E' => {
                let (class, case) = scanner.enum_case()?;
                Node::Enum {
                    class: Cow::Borrowed(class),
                    case: Cow::Borrowed(case),
                }
            }
            b'C' => self.custom()?,
            b'r' => return self.reference(ReferenceKind::Object),
            b'R' => return self.reference(ReferenceKind::Variable),
            b'O' => {
                let class = scanner.class()?;
                scanner.skip(b":", "`:`")?;
                return self.container(Some(class));
            }
            _ => return self.container(None),
        };
        self.push(node)
    }

    fn push(&mut self, node: Node<'a>) -> Result<(), ReadError> {
        let id = self.next_id()?;
        self.slots.push(id);
        self.nodes.push(node);
        Ok(())
    }

    fn next_id(&self) -> Result<NodeId, ReadError> {
        let count = self.nodes.len();
        let limit = self.limits.nodes;
        if count >= limit {
            return Err(self.scanner.error(ReadProblem::TooManyValues { limit }));
        }
        Ok(NodeId(count))
    }

    fn container(&mut self, class: Option<&'a str>) -> Result<(), ReadError> {
        let missing = self.scanner.count()?;
        if self.open.len() >= self.limits.depth {
            return Err(self.scanner.error(ReadProblem::TooDeep {
                limit: self.limits.depth,
            }));
        }
        let node = self.next_id()?;
        // A stand-in until the entries are known: references may point here before the end is reached.
        self.push(match class {
            Some(class) => Node::Object {
                class: Cow::Borrowed(class),
                entries: Vec::new(),
            },
            None => Node::Array(Vec::new()),
        })?;
        let room = missing.min(self.scanner.left() / SHORTEST_ENTRY).min(64);
        self.open.push(Container {
            node,
            class,
            missing,
            entries: Vec::with_capacity(room),
        });
        Ok(())
    }

    fn close(&mut self, container: Container<'a>) -> Result<(), ReadError> {
        self.scanner
            .skip(b"}", "`}` after the stated number of entries")?;
        let entries = without_duplicates(container.entries);
        self.nodes[container.node.0] = match container.class {
            Some(class) => Node::Object {
                class: Cow::Borrowed(class),
                entries,
            },
            None => Node::Array(entries),
        };
        Ok(())
    }

    /// A property keeps its key as written, for what is written back must be equal.
    fn key(&mut self, of_object: bool) -> Result<Key<'a>, ReadError> {
        let letter = self.scanner.next("a key")?;
        if !b"isS".contains(&letter) {
            let problem = ReadProblem::InvalidKey { found: letter };
            return Err(self.scanner.error_before(problem));
        }
        self.scanner.skip(b":", "`:`")?;
        let key = match letter {
            b'i' => Key::Int(self.scanner.integer()?),
            b's' => Key::Bytes(self.scanner.string()?),
            _ => Key::Bytes(self.scanner.escaped_string()?),
        };
        Ok(if of_object { key } else { key.normalised() })
    }

    fn custom(&mut self) -> Result<Node<'a>, ReadError> {
        let class = self.scanner.class()?;
        self.scanner.skip(b":", "`:`")?;
        let length = self.scanner.length(b':')?;
        self.scanner.skip(b"{", "`{`")?;
        let data = self.scanner.take(length)?;
        self.scanner
            .skip(b"}", "`}` after the stated number of bytes")?;
        Ok(Node::Custom {
            class: Cow::Borrowed(class),
            data: Cow::Borrowed(data),
        })
    }

    fn reference(&mut self, kind: ReferenceKind) -> Result<(), ReadError> {
        let offset = self.scanner.offset();
        let slot = self.scanner.length(b';')?;
        let place = slot.checked_sub(1).and_then(|index| self.slots.get(index));
        let Some(&place) = place else {
            let problem = ReadProblem::UnknownReference { slot };
            return Err(ReadError { offset, problem });
        };
        let target = match self.nodes[place.0] {
            Node::Reference { target, .. } => target,
            _ => place,
        };
        let node = Node::Reference {
            kind,
            target,
            own_place: place == target,
        };
        if kind == ReferenceKind::Object {
            if !self.nodes[target.0].is_object() {
                let problem = ReadProblem::NotAnObject { slot };
                return Err(ReadError { offset, problem });
            }
            return self.push(node);
        }
        self.next_id()?;
        self.nodes.push(node);
        self.make_variable(place);
        Ok(())
    }

    /// `R:` makes a PHP reference of the place it points at too.
    fn make_variable(&mut self, place: NodeId) {
        if let Node::Reference {
            kind, own_place, ..
        } = &mut self.nodes[place.0]
        {
            *kind = ReferenceKind::Variable;
            *own_place = false;
        } else {
            self.variables.insert(place);
        }
    }
}
