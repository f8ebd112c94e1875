//! Reads JSON in the formats of our own: options, recordings, snapshots.
//!
//! A derived `Deserialize` is a parser for its type alone, and those parsers were a third of the WebAssembly. Here a
//! type only says which places it has for values, and one visitor fills them, with the errors that serde gives.

use alloc::borrow::{Cow, ToOwned};
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::Deserialize;

pub(crate) use crate::json::Json;
use crate::json::{self, JsonError};
use crate::model::time::ServerTime;
use crate::view::{json_text, Thousandths};

/// What can be read.
pub(crate) trait Read<'de>: Sized {
    /// The value before anything is read into it.
    fn blank() -> Self;
    /// The place for what is read.
    fn slot(&mut self) -> Slot<'_, 'de>;
}

/// A place for a value, and by that the values that it takes.
pub(crate) enum Slot<'a, 'de> {
    Bool(&'a mut bool),
    U64(&'a mut u64),
    U32(&'a mut u32),
    I32(&'a mut i32),
    F64(&'a mut f64),
    Text(&'a mut String),
    Time(&'a mut ServerTime),
    /// Null, and a text that is no time, are no time.
    TimeIfAny(&'a mut Option<ServerTime>),
    Json(&'a mut Json<'de>),
    /// Null, or what the place in it takes.
    Optional(&'a mut dyn Optional<'de>),
    List(&'a mut dyn List<'de>),
    /// A list, or its only item.
    OneOrMany(&'a mut dyn List<'de>),
    /// A list of two.
    Pair(&'a mut dyn Fields<'de>),
    Object(&'static Table, &'a mut dyn Fields<'de>),
    /// One of these names, or an object with one as its key where the variant has a value.
    Variant(&'static [&'static str], &'a mut dyn Variants<'de>),
    /// The value of a variant that has none.
    Nothing,
}

/// The fields that an object has in JSON.
pub(crate) struct Table {
    pub(crate) what: &'static str,
    pub(crate) names: &'static [&'static str],
    /// Whether each must be there.
    pub(crate) required: &'static [bool],
    pub(crate) refuses_others: bool,
}

pub(crate) trait Optional<'de> {
    fn clear(&mut self);
    fn make(&mut self) -> Slot<'_, 'de>;
}

pub(crate) trait List<'de> {
    fn add(&mut self) -> Slot<'_, 'de>;
}

pub(crate) trait Fields<'de> {
    /// The place of the field with this number.
    fn field(&mut self, number: usize) -> Slot<'_, 'de>;
}

pub(crate) trait Variants<'de> {
    /// Becomes the variant with this number, and gives the place of its value.
    fn choose(&mut self, number: usize) -> Slot<'_, 'de>;
}

/// Reads a value: what `Deserialize` of such a type does.
pub(crate) fn read<'de, T: Read<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let mut value = T::blank();
    value.slot().deserialize(deserializer)?;
    Ok(value)
}

/// Reads a JSON text.
pub(crate) fn from_json<'de, T: Read<'de>>(text: &'de str) -> Result<T, JsonError> {
    let mut value = T::blank();
    json::parse(value.slot(), text)?;
    Ok(value)
}

/// Names the fields of a struct as they are in JSON; those with a default may be absent.
macro_rules! object {
    ($type:ident $(<$life:lifetime>)? { $($fields:tt)+ }) => {
        object!(@impl $type $(<$life>)?, false, $($fields)+);
    };
    ($type:ident $(<$life:lifetime>)?, no others { $($fields:tt)+ }) => {
        object!(@impl $type $(<$life>)?, true, $($fields)+);
    };
    (@impl $type:ident $(<$life:lifetime>)?, $refuses_others:literal,
        $($name:literal $(if $present:ident)? => $field:ident $(as $slot:ident)? $(= $default:expr)?,)+) => {
        impl<'de> $crate::fields::Read<'de> for $type $(<$life>)? {
            fn blank() -> Self {
                Self { $($field: object!(@blank $($default)?),)+ }
            }

            fn slot(&mut self) -> $crate::fields::Slot<'_, 'de> {
                static TABLE: $crate::fields::Table = $crate::fields::Table {
                    what: concat!("struct ", stringify!($type)),
                    names: &[$($name),+],
                    required: &[$(object!(@required $($default)?)),+],
                    refuses_others: $refuses_others,
                };
                $crate::fields::Slot::Object(&TABLE, self)
            }
        }

        impl<'de> $crate::fields::Fields<'de> for $type $(<$life>)? {
            fn field(&mut self, number: usize) -> $crate::fields::Slot<'_, 'de> {
                let mut before = number;
                $(
                    if before == 0 {
                        return object!(@slot self.$field $(as $slot)?);
                    }
                    before = before.wrapping_sub(1);
                )+
                let _ = before;
                $crate::fields::Slot::Nothing
            }
        }
    };
    (@blank) => { $crate::fields::Read::blank() };
    (@blank $default:expr) => { $default };
    (@required) => { true };
    (@required $default:expr) => { false };
    (@slot $self:ident.$field:ident) => { $crate::fields::Read::slot(&mut $self.$field) };
    (@slot $self:ident.$field:ident as $slot:ident) => { $crate::fields::Slot::$slot(&mut $self.$field) };
}

/// `Serialize` for types that are written by their view.
macro_rules! serialize {
    ($type:ident) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::view::Write::view(self).serialize(serializer)
            }
        }
    };
}

pub(crate) use {object, serialize};

/// Types that have a slot of their own.
macro_rules! plain {
    ($($type:ty = $blank:expr => $slot:ident;)+) => {$(
        impl<'de> Read<'de> for $type {
            fn blank() -> Self {
                $blank
            }

            fn slot(&mut self) -> Slot<'_, 'de> {
                Slot::$slot(self)
            }
        }
    )+};
}

plain! {
    bool = false => Bool;
    u64 = 0 => U64;
    u32 = 0 => U32;
    i32 = 0 => I32;
    f64 = 0.0 => F64;
    String = String::new() => Text;
    ServerTime = ServerTime::from_unix_ms(0) => Time;
    Json<'de> = Json::NULL => Json;
}

impl<'de> Read<'de> for Cow<'static, str> {
    fn blank() -> Self {
        Cow::Borrowed("")
    }

    fn slot(&mut self) -> Slot<'_, 'de> {
        Slot::Text(self.to_mut())
    }
}

impl<'de, T: Read<'de>> Read<'de> for Option<T> {
    fn blank() -> Self {
        None
    }

    fn slot(&mut self) -> Slot<'_, 'de> {
        Slot::Optional(self)
    }
}

impl<'de, T: Read<'de>> Optional<'de> for Option<T> {
    fn clear(&mut self) {
        *self = None;
    }

    fn make(&mut self) -> Slot<'_, 'de> {
        self.get_or_insert_with(T::blank).slot()
    }
}

impl<'de, T: Read<'de>> Read<'de> for Vec<T> {
    fn blank() -> Self {
        Self::new()
    }

    fn slot(&mut self) -> Slot<'_, 'de> {
        Slot::List(self)
    }
}

impl<'de, T: Read<'de>> List<'de> for Vec<T> {
    fn add(&mut self) -> Slot<'_, 'de> {
        self.push(T::blank());
        self.last_mut().map_or(Slot::Nothing, T::slot)
    }
}

impl<'de, T: Read<'de>> Read<'de> for VecDeque<T> {
    fn blank() -> Self {
        Self::new()
    }

    fn slot(&mut self) -> Slot<'_, 'de> {
        Slot::List(self)
    }
}

impl<'de, T: Read<'de>> List<'de> for VecDeque<T> {
    fn add(&mut self) -> Slot<'_, 'de> {
        self.push_back(T::blank());
        self.back_mut().map_or(Slot::Nothing, T::slot)
    }
}

impl<'de, A: Read<'de>, B: Read<'de>> Read<'de> for (A, B) {
    fn blank() -> Self {
        (A::blank(), B::blank())
    }

    fn slot(&mut self) -> Slot<'_, 'de> {
        Slot::Pair(self)
    }
}

impl<'de, A: Read<'de>, B: Read<'de>> Fields<'de> for (A, B) {
    fn field(&mut self, number: usize) -> Slot<'_, 'de> {
        if number == 0 {
            self.0.slot()
        } else {
            self.1.slot()
        }
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "each value has few places that take it"
)]
impl Slot<'_, '_> {
    /// The place in an optional one, for a value that is there and is no list.
    fn inner(self) -> Self {
        match self {
            Self::Optional(place) => place.make().inner(),
            Self::OneOrMany(list) => list.add().inner(),
            other => other,
        }
    }

    fn expected(&self) -> &'static str {
        match self {
            Self::Bool(_) => "a boolean",
            Self::U64(_) => "u64",
            Self::U32(_) => "u32",
            Self::I32(_) => "i32",
            Self::F64(_) => "f64",
            Self::Text(_) | Self::Time(_) | Self::TimeIfAny(_) => "a string",
            Self::Json(_) => "any valid JSON value",
            Self::Optional(_) => "option",
            Self::List(_) | Self::OneOrMany(_) => "a sequence",
            Self::Pair(_) => "a tuple of size 2",
            Self::Object(table, _) => table.what,
            Self::Variant(..) => "a variant",
            Self::Nothing => "unit",
        }
    }

    fn wrong_type<E: Error>(&self, found: fmt::Arguments<'_>) -> E {
        E::custom(format_args!(
            "invalid type: {found}, expected {}",
            self.expected()
        ))
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "each value has few places that take it"
)]
impl<'de> DeserializeSeed<'de> for Slot<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self {
            Self::Json(place) => {
                *place = Json::deserialize(deserializer)?;
                Ok(())
            }
            other => deserializer.deserialize_any(other),
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::wildcard_enum_match_arm,
    reason = "JSON has one kind of number; each value has few places that take it"
)]
impl<'de> Visitor<'de> for Slot<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        match self {
            Self::Optional(place) => place.clear(),
            Self::TimeIfAny(place) => *place = None,
            Self::Nothing => {}
            other => return Err(other.inner().wrong_type(format_args!("null"))),
        }
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        match self.inner() {
            Self::Bool(place) => *place = value,
            other => return Err(other.wrong_type(format_args!("boolean `{value}`"))),
        }
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        match self.inner() {
            Self::U64(place) => *place = value,
            Self::F64(place) => *place = value as f64,
            Self::U32(place) => *place = value.try_into().map_err(|_| out_of_range(value, "u32"))?,
            Self::I32(place) => *place = value.try_into().map_err(|_| out_of_range(value, "i32"))?,
            other => return Err(other.wrong_type(format_args!("integer `{value}`"))),
        }
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        match self.inner() {
            Self::U64(place) => *place = value.try_into().map_err(|_| out_of_range(value, "u64"))?,
            Self::F64(place) => *place = value as f64,
            Self::U32(place) => *place = value.try_into().map_err(|_| out_of_range(value, "u32"))?,
            Self::I32(place) => *place = value.try_into().map_err(|_| out_of_range(value, "i32"))?,
            other => return Err(other.wrong_type(format_args!("integer `{value}`"))),
        }
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        match self.inner() {
            Self::F64(place) => *place = value,
            other => {
                return Err(other.wrong_type(format_args!("floating point `{}`", shown_number(value))));
            }
        }
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        match self.inner() {
            Self::Text(place) => value.clone_into(place),
            Self::Time(place) => *place = value.parse().map_err(E::custom)?,
            Self::TimeIfAny(place) => *place = value.parse().ok(),
            Self::Variant(names, variants) => {
                let number = Names::Variants(names).number(value)?.unwrap_or_default();
                if !matches!(variants.choose(number), Slot::Nothing) {
                    return Err(E::custom(
                        "invalid type: unit variant, expected a variant with a value",
                    ));
                }
            }
            other => return Err(other.wrong_type(format_args!("string {}", json_text(value)))),
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        match self {
            Self::Optional(place) => place.make().visit_seq(items),
            Self::List(list) | Self::OneOrMany(list) => {
                while items.next_element_seed(NextItem(&mut *list))?.is_some() {}
                Ok(())
            }
            Self::Pair(fields) => {
                for number in 0..2 {
                    if items.next_element_seed(fields.field(number))?.is_none() {
                        return Err(missing_item(number, "a tuple of size 2"));
                    }
                }
                Ok(())
            }
            // As serde has it: an object may be the list of its values.
            Self::Object(table, fields) => {
                for (number, required) in table.required.iter().enumerate() {
                    if items.next_element_seed(fields.field(number))?.is_none() && *required {
                        return Err(missing_item(number, table.what));
                    }
                }
                Ok(())
            }
            other => Err(other.wrong_type(format_args!("sequence"))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        match self.inner() {
            Self::Object(table, fields) => {
                let mut seen: u64 = 0;
                while let Some(number) = map.next_key_seed(Names::Fields(table))? {
                    let Some(number) = number else {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    if seen >> number & 1 == 1 {
                        return Err(A::Error::duplicate_field(name(table.names, number)));
                    }
                    seen |= 1 << number;
                    map.next_value_seed(fields.field(number))?;
                }
                for (number, required) in table.required.iter().enumerate() {
                    if *required && seen >> number & 1 == 0 {
                        return Err(A::Error::missing_field(name(table.names, number)));
                    }
                }
                Ok(())
            }
            Self::Variant(names, variants) => {
                let Some(number) = map.next_key_seed(Names::Variants(names))? else {
                    return Err(A::Error::custom("invalid type: map, expected a variant"));
                };
                map.next_value_seed(variants.choose(number.unwrap_or_default()))
            }
            other => Err(other.wrong_type(format_args!("map"))),
        }
    }
}

fn out_of_range<E: Error>(value: impl fmt::Display, expected: &str) -> E {
    E::custom(format_args!(
        "invalid value: integer `{value}`, expected {expected}"
    ))
}

fn missing_item<E: Error>(number: usize, expected: &str) -> E {
    E::custom(format_args!("invalid length {number}, expected {expected}"))
}

fn name(names: &'static [&'static str], number: usize) -> &'static str {
    names.get(number).copied().unwrap_or_default()
}

/// A number as people write it, to three digits after the point. `{}` would bring an algorithm with tables, to print
/// any `f64` so that it can be read again.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is checked to lie below what a u64 holds"
)]
pub(crate) fn shown_number(value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "" };
    let size = if value < 0.0 { -value } else { value };
    if size >= 1e15 {
        return format!("{sign}1e15 or more");
    }
    let mut shown = format!("{sign}{}", Thousandths((size * 1000.0 + 0.5) as u64));
    if shown.ends_with(".0") {
        shown.truncate(shown.len() - 2);
    }
    shown
}

/// Puts an item into a list, once it is there.
struct NextItem<'a, 'de>(&'a mut dyn List<'de>);

impl<'de> DeserializeSeed<'de> for NextItem<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.add().deserialize(deserializer)
    }
}

/// The names that a key can be.
enum Names {
    Fields(&'static Table),
    Variants(&'static [&'static str]),
}

impl Names {
    /// The number of a name; `None` for a field that is skipped.
    fn number<E: Error>(self, name: &str) -> Result<Option<usize>, E> {
        let names = match self {
            Self::Fields(table) => table.names,
            Self::Variants(names) => names,
        };
        let number = names.iter().position(|known| *known == name);
        match self {
            Self::Fields(table) if number.is_none() && table.refuses_others => {
                Err(E::unknown_field(name, names))
            }
            Self::Variants(_) if number.is_none() => Err(E::unknown_variant(name, names)),
            Self::Fields(_) | Self::Variants(_) => Ok(number),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Names {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Names {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Option<usize>, E> {
        self.number(name)
    }
}
