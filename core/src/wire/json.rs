//! JSON documents: VI JSON, `govc events -json` and `CloudEvents`, alone, in arrays or as lines.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::Deserializer;

use super::{shown, RawEvent, RawKey, Sink, WireError};
use crate::fields::{from_json, object, shown_number};
use crate::json::{first_value, is_json, parse, Json};
use crate::model::event::FailureDetails;
use crate::model::text::split;

/// Walks a JSON document, or several that follow each other as lines or in a pretty form.
pub(super) fn walk(text: &str, sink: &mut dyn Sink) -> Result<(), WireError> {
    match walk_value(text, sink, Depth::Document) {
        Ok(()) => Ok(()),
        Err(problem) if is_json(text) || is_one_document(text) => Err(problem.into_error()),
        Err(_) => {
            sink.start_over();
            walk_sequence(text, sink)
        }
    }
}

/// Whether a text that is no single JSON value should be one: it is a single line, or its first
/// line breaks off where only a document of several lines does.
pub(crate) fn is_one_document(text: &str) -> bool {
    if first_value(text).is_ok() {
        return false;
    }
    let text = text.trim();
    match text.split_once('\n') {
        None => true,
        Some((first, _)) => is_broken_off(first),
    }
}

fn is_broken_off(line: &str) -> bool {
    line.trim_end().ends_with(['{', '[', ',', ':'])
}

fn walk_sequence(text: &str, sink: &mut dyn Sink) -> Result<(), WireError> {
    let mut first_problem = None;
    let mut is_any_good = false;
    let mut line = 1;
    let mut rest = text;
    loop {
        let next = rest.trim_start();
        line += newlines_before(rest, next);
        rest = next;
        if rest.is_empty() {
            break;
        }
        sink.at_line(line);
        let walked = match first_value(rest) {
            Ok((value, after)) => walk_value(value, sink, Depth::Item).map(|()| after),
            Err(error) => Err(Problem::Syntax(error.to_string())),
        };
        let after = match walked {
            Ok(after) => {
                is_any_good = true;
                after
            }
            Err(problem) => {
                let message = match problem {
                    Problem::Wire(error) => error.to_string(),
                    Problem::Syntax(why) => why,
                };
                first_problem.get_or_insert_with(|| format!("line {line}: {message}"));
                sink.not_an_event(message);
                after_bad_value(rest)
            }
        };
        line += newlines_before(rest, after);
        rest = after;
    }
    match first_problem {
        Some(why) if !is_any_good => Err(WireError::Syntax(why)),
        Some(_) | None => Ok(()),
    }
}

/// The line breaks in `text` before its end part `rest`.
fn newlines_before(text: &str, rest: &str) -> usize {
    let passed = text.len() - rest.len();
    text.bytes().take(passed).filter(|byte| *byte == b'\n').count()
}

/// Where the next value may begin: on the next line, or where the bad value is one of several
/// lines, at the next line that opens a value without an indent.
fn after_bad_value(text: &str) -> &str {
    let next_line = |text: &str| text.find('\n').map(|end| end + 1);
    let Some(end) = next_line(text) else { return "" };
    let (first, mut rest) = split(text, end);
    while is_broken_off(first) && !rest.is_empty() && !rest.starts_with(['{', '[']) {
        rest = next_line(rest)
            .and_then(|end| rest.get(end..))
            .unwrap_or_default();
    }
    rest
}

enum Problem {
    Wire(WireError),
    Syntax(String),
}

impl Problem {
    fn into_error(self) -> WireError {
        match self {
            Self::Wire(error) => error,
            Self::Syntax(why) => WireError::Syntax(why),
        }
    }
}

fn walk_value(text: &str, sink: &mut dyn Sink, depth: Depth) -> Result<(), Problem> {
    let mut problem = None;
    let walk = Walk {
        sink,
        depth,
        problem: &mut problem,
    };
    let walked = parse(walk, text);
    match (walked, problem) {
        (Err(error), _) => Err(Problem::Syntax(error.to_string())),
        (Ok(()), Some(problem)) => Err(Problem::Wire(problem)),
        (Ok(()), None) => Ok(()),
    }
}

/// How strict a value is judged: a whole document must be one of events.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Document,
    Item,
    /// The value of a property, which may be anything.
    Property,
}

/// Walks one value and gives its events to the sink.
struct Walk<'a> {
    sink: &'a mut dyn Sink,
    depth: Depth,
    problem: &'a mut Option<WireError>,
}

impl Walk<'_> {
    fn not_events(self, what: &str) {
        match self.depth {
            Depth::Document => {
                *self.problem = Some(WireError::NotEvents(format!("it is {what}")));
            }
            Depth::Item => self.sink.not_an_event(format!("{what} is no event")),
            Depth::Property => {}
        }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("events")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        if self.depth == Depth::Item {
            self.not_events("null");
        }
        Ok(())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        self.not_events(&format!("the value {value}"));
        Ok(())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        self.not_events(&format!("the number {value}"));
        Ok(())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        self.not_events(&format!("the number {value}"));
        Ok(())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<(), E> {
        self.not_events(&format!("the number {}", shown_number(value)));
        Ok(())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<(), E> {
        self.not_events(&format!("the text `{}`", shown(value)));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let depth = match self.depth {
            Depth::Document | Depth::Item => Depth::Item,
            Depth::Property => Depth::Property,
        };
        while items
            .next_element_seed(Walk {
                sink: &mut *self.sink,
                depth,
                problem: &mut *self.problem,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let item = Item::read(map, Some((&mut *self.sink, &mut *self.problem)))?;
        if item.is_container {
            return Ok(());
        }
        if item.is_fault && self.depth == Depth::Document {
            *self.problem = Some(WireError::Fault {
                fault: item.type_name.map_or_else(|| "unknown".into(), shown),
                message: item.fault_text.map(shown).unwrap_or_default(),
            });
            return Ok(());
        }
        let is_untyped = item.event_type().is_none();
        match self.depth {
            Depth::Document if is_untyped => self.not_events("an object without a type"),
            Depth::Property if is_untyped => {}
            Depth::Document | Depth::Item | Depth::Property => {
                self.sink.event(item.into_raw_event());
            }
        }
        Ok(())
    }
}

/// The fields of one object that may be an event, a `CloudEvent`, a box, a reference, or a
/// container of others. Both spellings occur: `createdTime` in VI JSON, `CreatedTime` in Go's.
#[derive(Default)]
struct Item {
    type_name: Option<String>,
    plain_type: Option<String>,
    key: RawKey,
    created_time: Option<String>,
    vm: Option<Box<Item>>,
    /// `object` of `govc events`: `VirtualMachine:vm-101`.
    object: Option<String>,
    name: Option<String>,
    value: Option<String>,
    message: Option<String>,
    plain_message: Option<String>,
    reason: Option<String>,
    log_location: Option<String>,
    sysprep_version: Option<String>,
    system_version: Option<String>,
    /// The `data` of a `CloudEvent`.
    data: Option<Box<Item>>,
    subject: Option<String>,
    /// The object in a box.
    boxed: Option<Box<Item>>,
    is_container: bool,
    is_fault: bool,
    fault_text: Option<String>,
}

type Events<'a> = (&'a mut dyn Sink, &'a mut Option<WireError>);

impl Item {
    /// Reads an object. What it contains goes to `events`; where there is none, it is skipped.
    fn read<'de, A: MapAccess<'de>>(mut map: A, mut events: Option<Events<'_>>) -> Result<Self, A::Error> {
        let mut item = Self::default();
        while let Some(field) = map.next_key_seed(FieldName)? {
            match field {
                Field::TypeName => item.type_name = text(map.next_value()?),
                Field::PlainType => item.plain_type = text(map.next_value()?),
                Field::Key => item.key = key(map.next_value()?),
                Field::CreatedTime => item.created_time = text(map.next_value()?),
                Field::Vm => item.vm = map.next_value_seed(Object)?,
                Field::GovcObject => item.object = text(map.next_value()?),
                Field::Name => item.name = text(map.next_value()?),
                Field::Value => item.value = text(map.next_value()?),
                Field::FullFormattedMessage => item.message = text(map.next_value()?),
                Field::Message => item.plain_message = text(map.next_value()?),
                Field::Reason => item.reason = text(map.next_value()?),
                Field::LogLocation => item.log_location = text(map.next_value()?),
                Field::SysprepVersion => item.sysprep_version = text(map.next_value()?),
                Field::SystemVersion => item.system_version = text(map.next_value()?),
                Field::Data => item.data = map.next_value_seed(Object)?,
                Field::Subject => item.subject = text(map.next_value()?),
                Field::Boxed => match &mut events {
                    Some((sink, problem)) => {
                        let contents = map.next_value_seed(BoxContents {
                            sink: &mut **sink,
                            problem,
                        })?;
                        match contents {
                            Contents::Object(inner) => item.boxed = Some(inner),
                            Contents::List => item.is_container = true,
                            Contents::Scalar => {}
                        }
                    }
                    None => item.boxed = map.next_value_seed(Object)?,
                },
                Field::Container => {
                    item.is_container = true;
                    match &mut events {
                        Some((sink, problem)) => map.next_value_seed(Walk {
                            sink: &mut **sink,
                            depth: Depth::Property,
                            problem,
                        })?,
                        None => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Field::FaultString => {
                    item.is_fault = true;
                    item.fault_text = text(map.next_value()?);
                }
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(item)
    }

    fn event_type(&self) -> Option<String> {
        if let Some(data) = &self.data {
            return data.type_name.clone().or_else(|| self.cloud_event_type());
        }
        if let Some(inner) = &self.boxed {
            return inner.event_type().or_else(|| self.type_name.clone());
        }
        self.type_name.clone().or_else(|| self.plain_type.clone())
    }

    /// The event class in the attributes of a `CloudEvent`: `com.vmware.vsphere.<class>.v0`, or
    /// the subject where the type is that of the router.
    fn cloud_event_type(&self) -> Option<String> {
        let own = self.plain_type.as_deref()?;
        let class = own.strip_prefix("com.vmware.vsphere.").map(|class| {
            class
                .rsplit_once('v')
                .filter(|(_, version)| version.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|(class, _)| class.strip_suffix('.'))
                .unwrap_or(class)
        });
        Some(class.or(self.subject.as_deref()).unwrap_or(own).to_owned())
    }

    fn into_raw_event(self) -> RawEvent {
        let type_name = self.event_type();
        let item = match (self.data, self.boxed) {
            (Some(inner), _) | (None, Some(inner)) => *inner,
            (None, None) => Self {
                data: None,
                boxed: None,
                ..self
            },
        };
        let (vm, vm_name) = match item.vm {
            Some(argument) => argument.into_vm(),
            None => (
                item.object
                    .and_then(|object| object.strip_prefix("VirtualMachine:").map(ToOwned::to_owned)),
                None,
            ),
        };
        RawEvent {
            type_name,
            key: item.key,
            created_time: item.created_time,
            vm,
            vm_name,
            details: FailureDetails {
                reason: item.reason,
                log_location: item.log_location,
                sysprep_version: item.sysprep_version,
                system_version: item.system_version,
                message: item.message.or(item.plain_message),
                truncated: false,
            },
        }
    }

    /// The reference value and the name in a `VmEventArgument`.
    fn into_vm(self) -> (Option<String>, Option<String>) {
        let argument = self.unboxed();
        let name = argument.name;
        let reference = match argument.vm {
            Some(reference) => reference.unboxed(),
            // The argument itself, where a source gives the bare reference.
            None => Self {
                plain_type: argument.plain_type,
                value: argument.value,
                ..Self::default()
            },
        };
        let is_vm = reference
            .plain_type
            .as_deref()
            .is_none_or(|type_name| type_name == "VirtualMachine");
        (reference.value.filter(|_| is_vm), name)
    }

    fn unboxed(self) -> Self {
        match self.boxed {
            Some(inner) => inner.unboxed(),
            None => self,
        }
    }
}

enum Field {
    TypeName,
    PlainType,
    Key,
    CreatedTime,
    Vm,
    GovcObject,
    Name,
    Value,
    FullFormattedMessage,
    Message,
    Reason,
    LogLocation,
    SysprepVersion,
    SystemVersion,
    Data,
    Subject,
    Boxed,
    Container,
    FaultString,
    Other,
}

impl Field {
    fn of(name: &str) -> Self {
        match name {
            "_typeName" => Self::TypeName,
            "type" | "Type" => Self::PlainType,
            "key" | "Key" => Self::Key,
            "createdTime" | "CreatedTime" => Self::CreatedTime,
            "vm" | "Vm" => Self::Vm,
            "object" | "Object" => Self::GovcObject,
            "name" | "Name" => Self::Name,
            "value" | "Value" => Self::Value,
            "fullFormattedMessage" | "FullFormattedMessage" => Self::FullFormattedMessage,
            "message" | "Message" => Self::Message,
            "reason" | "Reason" => Self::Reason,
            "logLocation" | "LogLocation" => Self::LogLocation,
            "sysprepVersion" | "SysprepVersion" => Self::SysprepVersion,
            "systemVersion" | "SystemVersion" => Self::SystemVersion,
            "data" => Self::Data,
            "subject" => Self::Subject,
            "_value" => Self::Boxed,
            // UpdateSet and RetrieveResult, down to the value of a property.
            "returnval" | "filterSet" | "objectSet" | "changeSet" | "objects" | "propSet" | "val" => {
                Self::Container
            }
            "faultstring" => Self::FaultString,
            _ => Self::Other,
        }
    }
}

struct FieldName;

impl<'de> DeserializeSeed<'de> for FieldName {
    type Value = Field;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Field, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for FieldName {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Field, E> {
        Ok(Field::of(name))
    }
}

/// Makes a seed that takes any value, keeps what `$keep` names and skips the rest.
macro_rules! lenient_seed {
    ($seed:ty, $value:ty, $nothing:expr, { $($keep:tt)* }) => {
        impl<'de> DeserializeSeed<'de> for $seed {
            type Value = $value;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<$value, D::Error> {
                deserializer.deserialize_any(self)
            }
        }

        impl<'de> Visitor<'de> for $seed {
            type Value = $value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E: de::Error>(self) -> Result<$value, E> {
                Ok($nothing)
            }

            fn visit_bool<E: de::Error>(self, _: bool) -> Result<$value, E> {
                Ok($nothing)
            }

            $($keep)*
        }
    };
}

/// Skips what a lenient seed has no use for.
macro_rules! skip {
    ($value:ty, $nothing:expr, numbers) => {
        fn visit_i64<E: de::Error>(self, _: i64) -> Result<$value, E> {
            Ok($nothing)
        }
        fn visit_u64<E: de::Error>(self, _: u64) -> Result<$value, E> {
            Ok($nothing)
        }
        fn visit_f64<E: de::Error>(self, _: f64) -> Result<$value, E> {
            Ok($nothing)
        }
    };
    ($value:ty, $nothing:expr, text) => {
        fn visit_str<E: de::Error>(self, _: &str) -> Result<$value, E> {
            Ok($nothing)
        }
    };
    ($value:ty, $nothing:expr, list) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<$value, A::Error> {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            Ok($nothing)
        }
    };
}

/// A text, alone or in a box; other values are as good as absent.
fn text(value: Json<'_>) -> Option<String> {
    let json = scalar(value)?;
    let quoted = json.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    match quoted {
        // Most have nothing to resolve, and need not be read twice.
        Some(plain) if !plain.contains('\\') => Some(plain.to_owned()),
        Some(_) => from_json(json).ok(),
        None => None,
    }
}

/// `Event.key`, alone or in a box.
fn key(value: Json<'_>) -> RawKey {
    match scalar(value) {
        None | Some("null") => RawKey::Missing,
        Some(text) => text
            .parse()
            .map_or_else(|_| RawKey::Other(shown(text)), RawKey::Int32),
    }
}

struct InBox<'de> {
    value: Json<'de>,
}

object!(InBox<'de> {
    "_value" => value = Json::NULL,
});

/// The JSON of a value that is no list and no object, taken out of its box where it has one.
fn scalar(value: Json<'_>) -> Option<&str> {
    let text = value.0;
    let text = if text.starts_with('{') {
        from_json::<InBox<'_>>(text).ok()?.value.some()?.0
    } else {
        text
    };
    (!text.starts_with(['{', '['])).then_some(text)
}

/// An object; other values are as good as absent.
struct Object;

lenient_seed!(Object, Option<Box<Item>>, None, {
    skip!(Option<Box<Item>>, None, numbers);
    skip!(Option<Box<Item>>, None, text);
    skip!(Option<Box<Item>>, None, list);
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Option<Box<Item>>, A::Error> {
        Ok(Some(Box::new(Item::read(map, None)?)))
    }
});

enum Contents {
    Object(Box<Item>),
    List,
    Scalar,
}

/// The contents of a box: the events of a list go to the sink at once, an object is kept.
struct BoxContents<'a> {
    sink: &'a mut dyn Sink,
    problem: &'a mut Option<WireError>,
}

lenient_seed!(BoxContents<'_>, Contents, Contents::Scalar, {
    skip!(Contents, Contents::Scalar, numbers);
    skip!(Contents, Contents::Scalar, text);
    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Contents, A::Error> {
        Walk {
            sink: self.sink,
            depth: Depth::Item,
            problem: self.problem,
        }
        .visit_seq(items)?;
        Ok(Contents::List)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Contents, A::Error> {
        Ok(Contents::Object(Box::new(Item::read(map, None)?)))
    }
});
