//! Writes JSON in the formats of our own, as [`fields`](crate::fields) reads it: a type only gives a view of its values, and
//! one function writes them.

use alloc::borrow::Cow;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::time::ServerTime;

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
    F64(f64),
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
    // Texts, numbers and lists only: there is nothing that could fail.
    serde_json::to_string(view).unwrap_or_default()
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(value),
            Self::U64(value) => serializer.serialize_u64(value),
            Self::I32(value) => serializer.serialize_i32(value),
            Self::F64(value) => serializer.serialize_f64(value),
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
                    let is_absent = matches!(member.value, Self::Null | Self::Bool(false));
                    if !(member.if_present && is_absent) {
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
    f64 => value View::F64(*value);
    String => value View::Text(value);
    &str => value View::Text(value);
    Cow<'static, str> => value View::Text(value);
    ServerTime => value View::Time(*value);
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
