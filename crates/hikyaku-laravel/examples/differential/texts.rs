//! Texts that PHP would not write: odd forms of scalars, repeated keys, references to anything.

use fastrand::Rng;

pub(crate) fn text(rng: &mut Rng) -> Vec<u8> {
    let mut writer = Writer {
        rng,
        text: Vec::new(),
        slots: 0,
        repeats: false,
    };
    writer.repeats = writer.rng.bool();
    writer.container(3);
    let mut text = writer.text;
    if rng.u8(0..16) == 0 {
        text.truncate(rng.usize(0..text.len()));
    }
    text
}

struct Writer<'r> {
    rng: &'r mut Rng,
    text: Vec<u8>,
    slots: usize,
    /// Whether keys may come again. There are no references then: PHP takes one to a value that a repeated key replaced for
    /// one to its place, whatever that holds by then.
    repeats: bool,
}

impl Writer<'_> {
    fn put(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }

    fn any(&mut self, depth: usize) {
        match self.rng.u8(0..10) {
            0..3 if depth > 0 => self.container(depth - 1),
            3..6 if !self.repeats => self.reference(),
            _ => self.scalar(),
        }
    }

    fn container(&mut self, depth: usize) {
        self.slots += 1;
        let count = self.rng.usize(0..6);
        let object = self.rng.bool();
        if object {
            self.put(&format!("O:8:\"stdClass\":{count}:{{"));
        } else {
            self.put(&format!("a:{count}:{{"));
        }
        for index in 0..count {
            if self.repeats {
                self.key(object);
            } else {
                self.put(&format!("s:2:\"k{index}\";"));
            }
            self.any(depth);
        }
        self.put("}");
    }

    fn key(&mut self, object: bool) {
        let keys = [
            "s:1:\"a\";",
            "s:1:\"b\";",
            "S:1:\"\\61\";",
            "s:0:\"\";",
            "s:4:\"\0*\0a\";",
        ];
        let integers = [
            "i:0;",
            "i:1;",
            "i:+1;",
            "s:1:\"1\";",
            "i:-1;",
            "s:2:\"-1\";",
            "s:2:\"01\";",
        ];
        let all = keys.len() + if object { 0 } else { integers.len() };
        let index = self.rng.usize(0..all);
        let key = keys
            .get(index)
            .unwrap_or_else(|| &integers[index - keys.len()]);
        self.put(key);
    }

    /// To the outermost value only where it is an object: PHP has lost an array when it comes to its reference.
    fn reference(&mut self) {
        let first = if self.text.starts_with(b"O") { 1 } else { 2 };
        let slot = self.rng.usize(first..=self.slots.max(first) + 1);
        let object = self.rng.bool();
        if object {
            self.slots += 1;
        }
        self.put(&format!("{}:{slot};", if object { "r" } else { "R" }));
    }

    fn scalar(&mut self) {
        const SCALARS: [&str; 27] = [
            "N;",
            "b:0;",
            "b:1;",
            "b:2;",
            "i:+5;",
            "i:-0;",
            "i:007;",
            "i:9223372036854775807;",
            "i:-9223372036854775808;",
            "d:.5;",
            "d:5.;",
            "d:1E3;",
            "d:+1.5e-3;",
            "d:-0;",
            "d:-.0;",
            "d:INF;",
            "d:-INF;",
            "d:NAN;",
            "d:1e400;",
            "d:007.50;",
            "s:1:\"x\";",
            "s:2:\"\\\\\";",
            "S:2:\"\\78y\";",
            "S:0:\"\";",
            "s:+1:\"x\";",
            "E:21:\"App\\Enums\\Suit:Hearts\";",
            "E:20:\"App\\Enums\\Direction:Up\";",
        ];
        self.slots += 1;
        let scalar = SCALARS[self.rng.usize(0..SCALARS.len())];
        self.put(scalar);
    }
}
