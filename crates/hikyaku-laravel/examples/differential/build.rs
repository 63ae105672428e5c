//! Random values made in Rust, by the builder and by serde.

use std::collections::BTreeMap;

use fastrand::Rng;
use hikyaku_laravel::php::{BuildError, Bytes, Document, EnumCase, Key, Object, ObjectBuilder};
use hikyaku_laravel::types::{Collection, ModelIdentifier, PhpDateTime, PhpZone, WallTime};
use serde::{Serialize, Serializer};

pub(crate) fn document(rng: &mut Rng) -> Result<Document<'static>, BuildError> {
    let depth = rng.usize(0..5);
    any(rng, depth)
}

fn any(rng: &mut Rng, depth: usize) -> Result<Document<'static>, BuildError> {
    if depth == 0 {
        return scalar(rng);
    }
    let depth = depth - 1;
    let count = rng.usize(0..5);
    Ok(match rng.u8(0..8) {
        0 => scalar(rng)?,
        1 | 2 => Document::list(some(rng, depth, count)?),
        3 | 4 => {
            let elements = some(rng, depth, count)?;
            Document::array(elements.into_iter().map(|element| (key(rng), element)))
        }
        5 => plain(rng, depth)?,
        6 => child(rng, depth)?,
        _ => standard(rng, depth, count)?,
    })
}

fn some(rng: &mut Rng, depth: usize, count: usize) -> Result<Vec<Document<'static>>, BuildError> {
    (0..count).map(|_| any(rng, depth)).collect()
}

fn scalar(rng: &mut Rng) -> Result<Document<'static>, BuildError> {
    Ok(match rng.u8(0..8) {
        0 => Document::null(),
        1 => rng.bool().into(),
        2 => rng.i8(..).into(),
        3 => rng.i64(..).into(),
        4 => float(rng).into(),
        5 => text(rng).into(),
        6 => Bytes(bytes(rng)).into(),
        _ => {
            let (class, case) = case(rng);
            Document::enum_case(class, case)?
        }
    })
}

fn standard(rng: &mut Rng, depth: usize, count: usize) -> Result<Document<'static>, BuildError> {
    // PHP knows the one class and keeps the other as it is.
    let class = if rng.bool() {
        "stdClass"
    } else {
        "App\\Unknown"
    };
    let mut object = ObjectBuilder::new(class);
    for property in 0..count {
        let name = format!("{}{property}", text(rng));
        let value = any(rng, depth)?;
        object = match rng.u8(0..3) {
            _ if class == "stdClass" => object.public(&name, value),
            0 => object.public(&name, value),
            1 => object.protected(&name, value),
            _ => object.private("App\\Base", &name, value),
        };
    }
    object.build()
}

fn plain(rng: &mut Rng, depth: usize) -> Result<Document<'static>, BuildError> {
    let class = "App\\Models\\Plain";
    ObjectBuilder::new(class)
        .public("open", any(rng, depth)?)
        .protected("shared", any(rng, depth)?)
        .private(class, "own", any(rng, depth)?)
        .public("dynamic", any(rng, depth)?)
        .build()
}

fn child(rng: &mut Rng, depth: usize) -> Result<Document<'static>, BuildError> {
    let (class, base) = ("App\\Models\\Child", "App\\Models\\Base");
    ObjectBuilder::new(class)
        .private(base, "secret", any(rng, depth)?)
        .protected("shared", any(rng, depth)?)
        .public("open", any(rng, depth)?)
        .private(class, "secret", any(rng, depth)?)
        .public("more", any(rng, depth)?)
        .build()
}

pub(crate) fn key(rng: &mut Rng) -> Key<'static> {
    match rng.u8(0..3) {
        0 => Key::from(rng.i64(-3..10)),
        1 => Key::from(rng.i64(..)),
        _ => Key::from(text(rng)),
    }
}

fn case(rng: &mut Rng) -> (&'static str, &'static str) {
    let cases = [
        ("App\\Enums\\Suit", "Hearts"),
        ("App\\Enums\\Level", "High"),
        ("App\\Enums\\Direction", "Up"),
    ];
    cases[rng.usize(0..cases.len())]
}

fn float(rng: &mut Rng) -> f64 {
    match rng.u8(0..4) {
        0 => f64::from_bits(rng.u64(..)),
        1 => f64::from(rng.i32(..)) / 1000.0,
        2 => 10_f64.powi(rng.i32(-20..25)) * rng.f64(),
        _ => [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -0.0][rng.usize(0..4)],
    }
}

fn text(rng: &mut Rng) -> String {
    let texts = [
        "",
        "5",
        "-7",
        "05",
        "+5",
        "9223372036854775808",
        "日本",
        "a\"b;",
        "x",
    ];
    match rng.usize(0..texts.len() + 4) {
        index if index < texts.len() => texts[index].to_owned(),
        _ => (0..rng.usize(0..20)).map(|_| rng.char(' '..'ￗ')).collect(),
    }
}

fn bytes(rng: &mut Rng) -> Vec<u8> {
    (0..rng.usize(0..30)).map(|_| rng.u8(..)).collect()
}

/// A random value for serde.
pub(crate) enum Data {
    Unit,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Bytes(Bytes),
    List(Vec<Data>),
    Map(BTreeMap<String, Data>),
    Variant(u8, Box<Data>),
    Object(Object<BTreeMap<String, Data>>),
    Case(EnumCase),
    Collection(Collection<Data>),
    Model(ModelIdentifier),
    Date(PhpDateTime),
}

impl Data {
    pub(crate) fn random(rng: &mut Rng, depth: usize) -> Self {
        if depth == 0 {
            return Self::scalar(rng);
        }
        let depth = depth - 1;
        let count = rng.usize(0..5);
        match rng.u8(0..9) {
            0 => Self::scalar(rng),
            1 | 2 => Self::List((0..count).map(|_| Self::random(rng, depth)).collect()),
            3 | 4 => Self::Map(Self::members(rng, depth, count)),
            5 => Self::Variant(rng.u8(0..3), Box::new(Self::random(rng, depth))),
            6 => Self::Collection((0..count).map(|_| Self::random(rng, depth)).collect()),
            _ => Self::Object(Object {
                class: ["stdClass", "App\\Unknown"][rng.usize(0..2)].to_owned(),
                properties: Self::members(rng, depth, count),
            }),
        }
    }

    fn members(rng: &mut Rng, depth: usize, count: usize) -> BTreeMap<String, Self> {
        let members = (0..count).map(|_| (text(rng), Self::random(rng, depth)));
        members.collect()
    }

    fn scalar(rng: &mut Rng) -> Self {
        match rng.u8(0..10) {
            0 => Self::Unit,
            1 => Self::Bool(rng.bool()),
            2 | 3 => Self::Int(rng.i64(..)),
            4 => Self::Float(float(rng)),
            5 => Self::Text(text(rng)),
            6 => Self::Bytes(Bytes(bytes(rng))),
            7 => {
                let (class, case) = case(rng);
                let (class, case) = (class.to_owned(), case.to_owned());
                Self::Case(EnumCase { class, case })
            }
            8 if rng.bool() => Self::Model(ModelIdentifier::many("user", [rng.i64(..)])),
            8 => Self::Model(ModelIdentifier::one("App\\Models\\User", text(rng))),
            _ => Self::date(rng),
        }
    }

    fn date(rng: &mut Rng) -> Self {
        let day = (rng.i32(1..9999), rng.u8(1..=12), rng.u8(1..=28));
        let time = (
            rng.u8(0..24),
            rng.u8(0..60),
            rng.u8(0..60),
            rng.u32(0..1_000_000),
        );
        let Ok(wall) = WallTime::new(day, time) else {
            return Self::Unit;
        };
        let zone = match rng.u8(0..3) {
            0 => PhpZone::Offset(rng.i32(-840..=840) * 60),
            1 => PhpZone::Abbreviation("EST".to_owned()),
            _ => PhpZone::Named("UTC".to_owned()),
        };
        let classes = ["DateTime", "DateTimeImmutable", "Carbon\\Carbon"];
        let class = classes[rng.usize(0..classes.len())];
        Self::Date(PhpDateTime::new(wall, zone).with_class(class))
    }
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unit => serializer.serialize_unit(),
            Self::Bool(value) => value.serialize(serializer),
            Self::Int(value) => value.serialize(serializer),
            Self::Float(value) => value.serialize(serializer),
            Self::Text(value) => value.serialize(serializer),
            Self::Bytes(value) => value.serialize(serializer),
            Self::List(value) => value.serialize(serializer),
            Self::Map(value) => value.serialize(serializer),
            Self::Variant(0, _) => serializer.serialize_unit_variant("Data", 0, "Nothing"),
            Self::Variant(_, value) => {
                serializer.serialize_newtype_variant("Data", 1, "Something", value)
            }
            Self::Object(value) => value.serialize(serializer),
            Self::Case(value) => value.serialize(serializer),
            Self::Collection(value) => value.serialize(serializer),
            Self::Model(value) => value.serialize(serializer),
            Self::Date(value) => value.serialize(serializer),
        }
    }
}
