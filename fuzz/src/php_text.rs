//! `serialize()` text as a tree, just well enough to change it and to get lengths and counts right again.

/// How deep the tree goes; what is deeper is mutated as bytes.
const DEEPEST: usize = 48;

/// A value or a key.
#[derive(Debug, Clone)]
pub enum Piece {
    /// `N;`, `b:`, `i:`, `d:`, `r:` and `R:`, to the letter.
    Plain(Vec<u8>),
    /// `s:`
    Text(Vec<u8>),
    /// `E:`
    Case(Vec<u8>),
    /// `C:`
    Custom(Vec<u8>, Vec<u8>),
    /// `a:`, or `O:` with a class.
    Container(Option<Vec<u8>>, Vec<(Piece, Piece)>),
}

impl Piece {
    /// A plain piece.
    pub fn plain(text: impl Into<Vec<u8>>) -> Self {
        Self::Plain(text.into())
    }

    /// The tree of a whole text; none if it is not what PHP writes.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (piece, rest) = piece(text, DEEPEST)?;
        rest.is_empty().then_some(piece)
    }

    /// The text.
    pub fn render(&self) -> Vec<u8> {
        let mut text = Vec::new();
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut Vec<u8>) {
        match self {
            Self::Plain(plain) => text.extend(plain),
            Self::Text(bytes) => {
                quoted(b's', bytes, text);
                text.push(b';');
            }
            Self::Case(bytes) => {
                quoted(b'E', bytes, text);
                text.push(b';');
            }
            Self::Custom(class, data) => {
                quoted(b'C', class, text);
                text.extend(format!(":{}:{{", data.len()).bytes());
                text.extend(data);
                text.push(b'}');
            }
            Self::Container(class, entries) => {
                match class {
                    Some(class) => quoted(b'O', class, text),
                    None => text.push(b'a'),
                }
                text.extend(format!(":{}:{{", entries.len()).bytes());
                for (key, value) in entries {
                    key.write(text);
                    value.write(text);
                }
                text.push(b'}');
            }
        }
    }

    /// How many pieces there are, this one included.
    pub fn count(&self) -> usize {
        match self {
            Self::Container(_, entries) => {
                let inside = entries
                    .iter()
                    .map(|(key, value)| key.count() + value.count());
                1 + inside.sum::<usize>()
            }
            _ => 1,
        }
    }

    /// Does something to the piece with this number, counted from 0 in the order of the text.
    pub fn at(&mut self, number: usize, change: &mut dyn FnMut(&mut Piece)) {
        let mut left = number;
        self.descend(&mut left, change);
    }

    fn descend(&mut self, left: &mut usize, change: &mut dyn FnMut(&mut Piece)) -> bool {
        if *left == 0 {
            change(self);
            return true;
        }
        *left -= 1;
        let Self::Container(_, entries) = self else {
            return false;
        };
        let mut entries = entries.iter_mut();
        entries.any(|(key, value)| key.descend(left, change) || value.descend(left, change))
    }
}

fn quoted(letter: u8, bytes: &[u8], text: &mut Vec<u8>) {
    text.push(letter);
    text.extend(format!(":{}:\"", bytes.len()).bytes());
    text.extend(bytes);
    text.push(b'"');
}

fn piece(text: &[u8], depth: usize) -> Option<(Piece, &[u8])> {
    match text.first()? {
        b'N' | b'b' | b'i' | b'd' | b'r' | b'R' => {
            let end = text.iter().position(|&byte| byte == b';')? + 1;
            Some((Piece::plain(&text[..end]), &text[end..]))
        }
        b's' => {
            let (bytes, rest) = unquoted(text)?;
            Some((Piece::Text(bytes.to_vec()), rest.strip_prefix(b";")?))
        }
        b'E' => {
            let (bytes, rest) = unquoted(text)?;
            Some((Piece::Case(bytes.to_vec()), rest.strip_prefix(b";")?))
        }
        b'C' => {
            let (class, rest) = unquoted(text)?;
            let (length, rest) = length(rest.strip_prefix(b":")?)?;
            let (data, rest) = rest.strip_prefix(b"{")?.split_at_checked(length)?;
            let custom = Piece::Custom(class.to_vec(), data.to_vec());
            Some((custom, rest.strip_prefix(b"}")?))
        }
        b'O' => {
            let (class, rest) = unquoted(text)?;
            container(Some(class.to_vec()), rest, depth)
        }
        b'a' => container(None, &text[1..], depth),
        _ => None,
    }
}

fn container(class: Option<Vec<u8>>, text: &[u8], depth: usize) -> Option<(Piece, &[u8])> {
    let depth = depth.checked_sub(1)?;
    let (count, rest) = length(text.strip_prefix(b":")?)?;
    let mut rest = rest.strip_prefix(b"{")?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let (key, behind) = piece(rest, depth)?;
        let (value, behind) = piece(behind, depth)?;
        entries.push((key, value));
        rest = behind;
    }
    Some((Piece::Container(class, entries), rest.strip_prefix(b"}")?))
}

/// `x:LEN:"bytes"`
fn unquoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = length(text.get(1..)?.strip_prefix(b":")?)?;
    let (bytes, rest) = rest.strip_prefix(b"\"")?.split_at_checked(length)?;
    Some((bytes, rest.strip_prefix(b"\"")?))
}

/// `LEN:`
fn length(text: &[u8]) -> Option<(usize, &[u8])> {
    let end = text.iter().position(|&byte| byte == b':')?;
    let length = str::from_utf8(&text[..end]).ok()?.parse().ok()?;
    Some((length, &text[end + 1..]))
}
