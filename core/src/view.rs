//! Writes JSON in the formats of our own, as [`fields`](crate::fields) reads it: a type only gives a view of its values, and
//! one function writes them.

use alloc::borrow::Cow;
use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::model::event::EventKind;
use crate::model::text::split;
use crate::model::time::ServerTime;

/// What can be written.
pub(crate) trait Write {
    fn view(&self) -> View<'_>;
}

/// A value as JSON has it.
pub(crate) enum View<'a> {
    Null,
    Bool(bool),
    U64(u64),
    I32(i32),
    Thousandths(Thousandths),
    Text(&'a str),
    Time(ServerTime),
    List(&'a dyn Items),
    Object(&'a dyn Members),
    /// An object with this only member, which is one too.
    Variant(&'static str, &'a dyn Members),
}

pub(crate) trait Items {
    /// The item with this number; `None` after the last one.
    fn item(&self, number: usize) -> Option<View<'_>>;
}

pub(crate) trait Members {
    /// The member with this number; `None` after the last one.
    fn member(&self, number: usize) -> Option<Member<'_>>;
}

/// A member of an object.
pub(crate) struct Member<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: View<'a>,
    /// Whether it is left out where it is null or false.
    pub(crate) if_present: bool,
}

/// A value as JSON text.
pub(crate) fn to_json(view: &View<'_>) -> String {
    let mut json = String::new();
    view.write(&mut json);
    json
}

/// A text as JSON has it, with its quotes.
pub(crate) fn json_text(text: &str) -> String {
    to_json(&View::Text(text))
}

/// A number with up to three digits after the point, and one at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Thousandths(pub(crate) u64);

impl fmt::Display for Thousandths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 1000, self.0 % 1000);
        match (rest % 10, rest % 100) {
            (_, 0) => write!(f, "{whole}.{}", rest / 100),
            (0, _) => write!(f, "{whole}.{:02}", rest / 10),
            _ => write!(f, "{whole}.{rest:03}"),
        }
    }
}

impl View<'_> {
    /// Adds the value to a JSON text.
    fn write(&self, json: &mut String) {
        match self {
            Self::Null => json.push_str("null"),
            Self::Bool(true) => json.push_str("true"),
            Self::Bool(false) => json.push_str("false"),
            Self::U64(value) => push_number(json, *value),
            Self::I32(value) => {
                if *value < 0 {
                    json.push('-');
                }
                push_number(json, value.unsigned_abs().into());
            }
            Self::Thousandths(value) => json.push_str(&value.to_string()),
            Self::Text(text) => push_text(json, text),
            Self::Time(time) => push_text(json, &time.to_string()),
            Self::List(items) => {
                json.push('[');
                for (number, item) in (0..).map_while(|number| items.item(number)).enumerate() {
                    push_comma(json, number > 0);
                    item.write(json);
                }
                json.push(']');
            }
            Self::Object(members) => {
                json.push('{');
                let mut is_further = false;
                for member in (0..).map_while(|number| members.member(number)) {
                    if member.is_written() {
                        push_comma(json, is_further);
                        is_further = true;
                        push_text(json, member.name);
                        json.push(':');
                        member.value.write(json);
                    }
                }
                json.push('}');
            }
            Self::Variant(name, members) => {
                json.push('{');
                push_text(json, name);
                json.push(':');
                Self::Object(*members).write(json);
                json.push('}');
            }
        }
    }
}

fn push_comma(json: &mut String, is_further: bool) {
    if is_further {
        json.push(',');
    }
}

fn push_number(json: &mut String, value: u64) {
    if value > 9 {
        push_number(json, value / 10);
    }
    json.push(char::from(b'0' + u8::try_from(value % 10).unwrap_or_default()));
}

fn push_text(json: &mut String, text: &str) {
    json.push('"');
    let mut rest = text;
    loop {
        let mut bytes = rest.bytes();
        let special = bytes.position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
        let (plain, after) = split(rest, special.unwrap_or(rest.len()));
        json.push_str(plain);
        let mut after = after.chars();
        let Some(special) = after.next() else {
            break;
        };
        rest = after.as_str();
        match special {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            other => {
                let code = u32::from(other);
                json.push_str("\\u00");
                for digit in [code / 16, code % 16] {
                    json.push(char::from_digit(digit, 16).unwrap_or('0'));
                }
            }
        }
    }
    json.push('"');
}

impl Member<'_> {
    fn is_written(&self) -> bool {
        let is_absent = matches!(self.value, View::Null | View::Bool(false));
        !(self.if_present && is_absent)
    }
}

/// For hosts that use `serde` with another format than JSON, or with a writer of their own.
#[expect(
    clippy::cast_precision_loss,
    reason = "options hold at most 1e12 milliseconds"
)]
impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(value),
            Self::U64(value) => serializer.serialize_u64(value),
            Self::I32(value) => serializer.serialize_i32(value),
            Self::Thousandths(Thousandths(value)) => serializer.serialize_f64(value as f64 / 1000.0),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Time(time) => time.serialize(serializer),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(None)?;
                let mut views = (0..).map_while(|number| items.item(number));
                views.try_for_each(|view| list.serialize_element(&view))?;
                list.end()
            }
            Self::Object(members) => {
                let mut object = serializer.serialize_map(None)?;
                for member in (0..).map_while(|number| members.member(number)) {
                    if member.is_written() {
                        object.serialize_entry(member.name, &member.value)?;
                    }
                }
                object.end()
            }
            Self::Variant(name, members) => {
                let mut object = serializer.serialize_map(None)?;
                object.serialize_entry(name, &View::Object(members))?;
                object.end()
            }
        }
    }
}

/// Names the members that a struct has in JSON. One `if present` is left out where it is null or false.
macro_rules! written {
    ($type:ident {
        $($name:literal $(if $present:ident)? => $($field:ident).+ $(as $slot:ident)? $(= $default:expr)?,)+
    }) => {
        impl $crate::view::Write for $type {
            fn view(&self) -> $crate::view::View<'_> {
                $crate::view::View::Object(self)
            }
        }

        impl $crate::view::Members for $type {
            fn member(&self, number: usize) -> Option<$crate::view::Member<'_>> {
                let mut before = number;
                $(
                    if before == 0 {
                        return Some($crate::view::Member {
                            name: $name,
                            value: $crate::view::Write::view(&self.$($field).+),
                            if_present: $crate::view::written!(@present $($present)?),
                        });
                    }
                    before = before.wrapping_sub(1);
                )+
                let _ = before;
                None
            }
        }
    };
    (@present) => { false };
    (@present present) => { true };
}

pub(crate) use written;

/// Types that have a view of their own.
macro_rules! plain {
    ($($type:ty => $value:ident $view:expr;)+) => {$(
        impl Write for $type {
            fn view(&self) -> View<'_> {
                let $value = self;
                $view
            }
        }
    )+};
}

plain! {
    bool => value View::Bool(*value);
    u64 => value View::U64(*value);
    u32 => value View::U64(u64::from(*value));
    i32 => value View::I32(*value);
    Thousandths => value View::Thousandths(*value);
    String => value View::Text(value);
    &str => value View::Text(value);
    Cow<'static, str> => value View::Text(value);
    ServerTime => value View::Time(*value);
}

impl Write for EventKind {
    fn view(&self) -> View<'_> {
        View::Text(match self {
            Self::VmStarting | Self::VmPoweredOn => "powerOn",
            Self::CustomizationStarted => "started",
            Self::CustomizationSucceeded => "succeeded",
            Self::CustomizationFailed => "failed",
            Self::VmRemoved => "removed",
        })
    }
}

impl<T: Write> Write for Option<T> {
    fn view(&self) -> View<'_> {
        self.as_ref().map_or(View::Null, T::view)
    }
}

impl<T: Write> Write for Vec<T> {
    fn view(&self) -> View<'_> {
        View::List(self)
    }
}

impl<T: Write> Items for Vec<T> {
    fn item(&self, number: usize) -> Option<View<'_>> {
        self.get(number).map(T::view)
    }
}

impl<T: Write> Write for VecDeque<T> {
    fn view(&self) -> View<'_> {
        View::List(self)
    }
}

impl<T: Write> Items for VecDeque<T> {
    fn item(&self, number: usize) -> Option<View<'_>> {
        self.get(number).map(T::view)
    }
}

impl<T: Write> Write for &[T] {
    fn view(&self) -> View<'_> {
        View::List(self)
    }
}

impl<T: Write> Items for &[T] {
    fn item(&self, number: usize) -> Option<View<'_>> {
        self.get(number).map(T::view)
    }
}

impl<A: Write, B: Write> Write for (A, B) {
    fn view(&self) -> View<'_> {
        View::List(self)
    }
}

impl<A: Write, B: Write> Items for (A, B) {
    fn item(&self, number: usize) -> Option<View<'_>> {
        match number {
            0 => Some(self.0.view()),
            1 => Some(self.1.view()),
            _ => None,
        }
    }
}
