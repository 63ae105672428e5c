//! Names by which types and this format recognise each other through serde.
//!
//! A type hands itself over as a newtype struct of such a name. This format then asks for its class, or tells it; any
//! other format sees the value inside and nothing else.

/// An object: in this format its class and its properties.
pub(super) const OBJECT: &str = "\0hikyaku_laravel::php::Object";
/// A case of an enum: in this format the enum's class and the case's name.
pub(super) const ENUM: &str = "\0hikyaku_laravel::php::EnumCase";
