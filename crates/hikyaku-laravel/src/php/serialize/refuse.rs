//! Serializers that take a few kinds of values only.

/// Refuses the named kinds with the problem that the implementor's `refused` makes.
macro_rules! refuse {
    ($($kind:ident)*) => {
        $(refuse!(@ $kind);)*
    };
    (@ scalars) => {
        refuse!(@@ serialize_bool(bool));
        refuse!(@@ serialize_f32(f32));
        refuse!(@@ serialize_f64(f64));
    };
    (@ integers) => {
        refuse!(@@ serialize_i8(i8));
        refuse!(@@ serialize_i16(i16));
        refuse!(@@ serialize_i32(i32));
        refuse!(@@ serialize_i64(i64));
        refuse!(@@ serialize_u8(u8));
        refuse!(@@ serialize_u16(u16));
        refuse!(@@ serialize_u32(u32));
        refuse!(@@ serialize_u64(u64));
    };
    (@ texts) => {
        refuse!(@@ serialize_char(char));
        refuse!(@@ serialize_str(&str));
        refuse!(@@ serialize_bytes(&[u8]));
    };
    (@ units) => {
        refuse!(@@ serialize_none());
        refuse!(@@ serialize_unit());
        refuse!(@@ serialize_unit_struct(&'static str));
        fn serialize_newtype_variant<T: serde::Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> super::Result<Self::Ok> {
            Err(self.refused())
        }
    };
    (@ containers) => {
        refuse!(@@ serialize_seq(Option<usize>) -> Self::SerializeSeq);
        refuse!(@@ serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct);
        refuse!(@@ serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant);
        refuse!(@@ serialize_map(Option<usize>) -> Self::SerializeMap);
        refuse!(@@ serialize_struct(&'static str, usize) -> Self::SerializeStruct);
        refuse!(@@ serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant);
    };
    (@ tuples) => {
        refuse!(@@ serialize_tuple(usize) -> Self::SerializeTuple);
    };
    (@@ $method:ident($($type:ty),*)) => {
        refuse!(@@ $method($($type),*) -> Self::Ok);
    };
    (@@ $method:ident() -> $ok:ty) => {
        fn $method(self) -> super::Result<$ok> {
            Err(self.refused())
        }
    };
    (@@ $method:ident($a:ty) -> $ok:ty) => {
        fn $method(self, _: $a) -> super::Result<$ok> {
            Err(self.refused())
        }
    };
    (@@ $method:ident($a:ty, $b:ty) -> $ok:ty) => {
        fn $method(self, _: $a, _: $b) -> super::Result<$ok> {
            Err(self.refused())
        }
    };
    (@@ $method:ident($a:ty, $b:ty, $c:ty, $d:ty) -> $ok:ty) => {
        fn $method(self, _: $a, _: $b, _: $c, _: $d) -> super::Result<$ok> {
            Err(self.refused())
        }
    };
}

pub(super) use refuse;
