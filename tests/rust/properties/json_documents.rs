//! The decoder of JSON beside a model of it, which walks the whole document as a tree and keeps the rules in plain sight.
//! Both have to find the same items in any document, or refuse it alike.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{json, Value};
use vm_customization::wire::{decode, to_vi_json, WireError};
use vm_customization::ServerTime;

use super::wire::{check_forms, recorded_time, shown};

/// The members of an object, in order. `None` where the value is none.
#[derive(Debug, Default)]
struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

impl<'a> Object<'a> {
    fn of(value: Option<&'a RawValue>) -> Option<Self> {
        serde_json::from_str(value?.get()).ok()
    }

    /// An object, taken out of its box where it is in one.
    fn unboxed(value: Option<&'a RawValue>) -> Option<Self> {
        let object = Self::of(value)?;
        let is_bare = object.field("vm").is_some() || object.field("value").is_some();
        let inner = Self::of(object.get(&["_value"])).filter(|_| !is_bare);
        Some(inner.unwrap_or(object))
    }

    /// The first member with one of these names.
    fn get(&self, names: &[&str]) -> Option<&'a RawValue> {
        let mut members = self.0.iter();
        members
            .find(|(name, _)| names.contains(&name.as_str()))
            .map(|(_, value)| *value)
    }

    /// The first member of this name, also where Go has written it.
    fn field(&self, name: &str) -> Option<&'a RawValue> {
        let in_go = name[..1].to_uppercase() + &name[1..];
        self.get(&[name, &in_go])
    }

    fn text(&self, name: &str) -> Option<String> {
        text(self.field(name))
    }
}

fn scalar(value: Option<&RawValue>) -> Option<&str> {
    let value = Object::of(value).map_or(value, |object| object.get(&["_value"]))?;
    Some(value.get()).filter(|json| !json.starts_with(['{', '[']))
}

fn text(value: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(scalar(value)?).ok()
}

/// What stands for an item of which the model cannot tell what it is.
fn unknown() -> Value {
    json!("unknown")
}

/// What is no base64.
pub const NOT_BASE64: &str = "!";
/// Base64 of what is no event.
pub const NO_EVENT: &str = "bm9uZQ==";

/// Data of a `CloudEvent` as a text, and as base64.
pub const TEXTS: [(&str, &str); 2] = [
    (
        XML,
        "PFZtU3RhcnRpbmdFdmVudD48a2V5Pjc8L2tleT48dm0+PG5hbWU+d2ViLTE8L25hbWU+PHZtPnZtLTE8L3ZtPjwvdm0+PC9WbVN0YXJ0aW5nRXZlbnQ+",
    ),
    (r#"{"Key":7,"Type":"VirtualMachine"}"#, "eyJLZXkiOjcsIlR5cGUiOiJWaXJ0dWFsTWFjaGluZSJ9"),
];

const XML: &str = "<VmStartingEvent><key>7</key><vm><name>web-1</name><vm>vm-1</vm></vm></VmStartingEvent>";

/// The same as JSON.
const XML_FIELDS: &str =
    r#"{"_typeName":"VmStartingEvent","key":7,"vm":{"name":"web-1","vm":{"value":"vm-1"}}}"#;

/// What a value is judged as.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Document,
    Item,
    Property,
}

#[derive(Debug, PartialEq)]
enum Refusal {
    Fault(String),
    NotEvents,
    NoObservation,
}

/// What a document holds.
struct Found {
    /// The items as a recording holds them.
    items: Vec<Value>,
    /// Whether there is a list of events, which may be empty.
    is_list: bool,
}

impl Found {
    /// A page says something when one item has a type and a time, or when it is a list that has none.
    fn observed(self) -> Result<Vec<Value>, Refusal> {
        let is_event = |item: &Value| {
            let text = |name: &str| item.get(name).and_then(Value::as_str);
            let time = text("createdTime").and_then(|time| time.parse::<ServerTime>().ok());
            time.is_some() && text("_typeName").is_some_and(|name| !name.is_empty())
        };
        let is_known = !self.items.contains(&unknown());
        if !is_known || self.items.iter().any(is_event) || self.is_list && self.items.is_empty() {
            return Ok(self.items);
        }
        Err(Refusal::NoObservation)
    }
}

/// The items of a document that is one value.
fn items(document: &RawValue) -> Result<Vec<Value>, Refusal> {
    let mut found = Found {
        items: Vec::new(),
        is_list: document.get().starts_with('['),
    };
    walk(document, Role::Document, &mut found)?;
    found.observed()
}

fn walk(value: &RawValue, role: Role, found: &mut Found) -> Result<(), Refusal> {
    if let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(value.get()) {
        let role = if role == Role::Property { role } else { Role::Item };
        return list.into_iter().try_for_each(|item| {
            let before = found.items.len();
            walk(item, role, found)?;
            if role == Role::Item && found.items.len() == before {
                found.items.push(Value::Null);
            }
            Ok(())
        });
    }
    let Some(object) = Object::of(Some(value)) else {
        return match role {
            Role::Document if value.get() == "null" => Err(Refusal::NoObservation),
            Role::Document => Err(Refusal::NotEvents),
            Role::Item => {
                found.items.push(Value::Null);
                Ok(())
            }
            Role::Property => Ok(()),
        };
    };
    let holders = [
        "returnval",
        "filterSet",
        "objectSet",
        "changeSet",
        "objects",
        "propSet",
        "val",
    ];
    let holder = object.get(&holders);
    let held = object.get(&["_value"]).or(object.field("value"));
    let list = held.filter(|list| list.get().starts_with('['));
    let own_type = own_type(&object).unwrap_or_default();
    let is_answer = ["UpdateSet", "ArrayOfEvent"].contains(&own_type.as_str());
    found.is_list |= is_answer || own_type.is_empty() && list.is_some();
    let is_holder = holder.is_some() || list.is_some() || is_answer && held.is_none() && role != Role::Item;
    if named(&object).is_none() && is_holder {
        if let Some(held) = holder {
            walk(held, Role::Property, found)?;
        }
        if let Some(list) = list {
            walk(list, Role::Item, found)?;
        }
        return Ok(());
    }
    let item = item(&object);
    if item == unknown() {
        found.items.push(item);
        return Ok(());
    }
    if item.is_null() {
        if role != Role::Property {
            found.items.push(item);
        }
        return Ok(());
    }
    let faults = ["NotAuthenticated", "NoPermission", "ManagedObjectNotFound"];
    let is_fault = object.get(&["faultstring"]).is_some() || faults.contains(&own_type.as_str());
    if role == Role::Document && is_fault {
        let type_name = item.get("_typeName").and_then(Value::as_str);
        return Err(Refusal::Fault(shown(type_name.unwrap_or("unknown")).to_owned()));
    }
    let is_event = item.get("createdTime").is_some() && item.get("key").is_some();
    if is_event || role != Role::Property {
        found.items.push(item);
    }
    Ok(())
}

/// The type of an object that is named an event, and is one whatever it holds.
fn named(object: &Object<'_>) -> Option<String> {
    own_type(object).filter(|name| {
        let name = vm_customization::bare_type_name(name);
        let is_named = name.ends_with("Event") && !name.starts_with("ArrayOf");
        is_named || name.starts_with("Customization") || name == "EventEx"
    })
}

fn own_type(object: &Object<'_>) -> Option<String> {
    text(object.get(&["_typeName", "_vimtype"]))
}

/// The data of a `CloudEvent` that is a text.
enum Data {
    None,
    Known(&'static str),
    /// The item is no event, whatever it has besides.
    Unreadable,
    /// It was damaged: the model reads neither XML nor base64.
    Unknown,
}

impl Data {
    fn of(object: &Object<'_>) -> Self {
        let known =
            |found: Option<&(&'static str, &str)>| found.map_or(Self::Unknown, |(text, _)| Self::Known(text));
        match text(object.get(&["data_base64"])).as_deref() {
            Some(NOT_BASE64) => return Self::Unreadable,
            Some(NO_EVENT) => return Self::None,
            Some(base64) => return known(TEXTS.iter().find(|(_, encoded)| *encoded == base64)),
            None => {}
        }
        match text(object.get(&["data"])) {
            Some(data) if data.trim_start().starts_with(['<', '{']) => {
                known(TEXTS.iter().find(|(text, _)| *text == data))
            }
            Some(_) | None => Self::None,
        }
    }
}

fn item(object: &Object<'_>) -> Value {
    let own_type = own_type(object);
    if named(object).is_some() && object.field("createdTime").is_some() {
        return item_of_type(object, own_type.as_deref());
    }
    match Data::of(object) {
        Data::None => {}
        Data::Unreadable => return Value::Null,
        Data::Unknown => return unknown(),
        Data::Known(data) => {
            let data: &RawValue = serde_json::from_str(if data == XML { XML_FIELDS } else { data }).unwrap();
            let data = Object::of(Some(data)).unwrap();
            let type_name = named(object).or_else(|| self::own_type(&data));
            let type_name = type_name.or_else(|| cloud_event_type(object));
            return item_of_type(&data, type_name.as_deref());
        }
    }
    if let Some(data) = Object::of(object.get(&["data"])) {
        let type_name = named(object).or_else(|| self::own_type(&data));
        let type_name = type_name.or_else(|| cloud_event_type(object));
        return item_of_type(&data, type_name.as_deref());
    }
    if let Some(inner) = Object::of(object.get(&["_value"])) {
        let type_name = named(object).or_else(|| self::own_type(&inner));
        let type_name = type_name.or_else(|| inner.text("type"));
        return item_of_type(&inner, type_name.or(own_type).as_deref());
    }
    item_of_type(object, own_type.or_else(|| object.text("type")).as_deref())
}

fn cloud_event_type(object: &Object<'_>) -> Option<String> {
    let own = object.text("type")?;
    let Some(class) = own.strip_prefix("com.vmware.vsphere.") else {
        return text(object.get(&["subject"])).or(Some(own));
    };
    let class = match class.rsplit_once(".v") {
        Some((class, version)) if version.chars().all(|digit| digit.is_ascii_digit()) => class,
        _ => class,
    };
    Some(class.to_owned())
}

fn item_of_type(object: &Object<'_>, type_name: Option<&str>) -> Value {
    let (vm, name) = if let Some(argument) = Object::unboxed(object.field("vm")) {
        let name = argument.text("name");
        if let Some(reference) = argument.text("vm") {
            (vm_of(&reference), name)
        } else {
            let reference = Object::unboxed(argument.field("vm")).unwrap_or(argument);
            let type_name = reference.text("type");
            let is_vm = type_name.is_none_or(|name| name == "VirtualMachine");
            (reference.text("value").filter(|_| is_vm), name)
        }
    } else {
        let reference = object.text("vm").or_else(|| object.text("object"));
        (reference.and_then(|reference| vm_of(&reference)), None)
    };
    let created_time = object.text("createdTime").map(|time| {
        let ms = time
            .strip_prefix("/Date(")
            .and_then(|time| time.strip_suffix(")/"));
        let ms = ms.and_then(|ms| ms.parse().ok());
        let time = ms.map_or(time, |ms| ServerTime::from_unix_ms(ms).to_string());
        recorded_time(&time)
    });
    let key = scalar(object.field("key")).filter(|key| *key != "null");
    let is_failure = type_name
        .map(vm_customization::bare_type_name)
        .is_some_and(|name| name.starts_with("Customization") && name[13..].contains("Fail"));
    let mut item = json!({
        "_typeName": type_name,
        "key": key.map(|key| key.parse::<i32>().map_or_else(|_| json!(shown(key)), |key| json!(key))),
        "createdTime": created_time,
        "vm": vm.map(|vm| without_nulls(json!({ "name": name, "vm": { "type": "VirtualMachine", "value": vm } }))),
    });
    if is_failure {
        for field in ["reason", "logLocation", "sysprepVersion", "systemVersion"] {
            item[field] = object.text(field).into();
        }
        let message = object.text("fullFormattedMessage");
        let is_vi_json = object.get(&["_typeName", "_vimtype"]).is_some();
        let plain = object.text("message").filter(|_| !is_vi_json);
        item["fullFormattedMessage"] = message.or(plain).into();
    }
    without_nulls(item)
}

/// The VM of a reference that is a text.
fn vm_of(reference: &str) -> Option<String> {
    [
        "vim.VirtualMachine:",
        "vim.VirtualMachine-",
        "VirtualMachine:",
        "VirtualMachine-",
    ]
    .iter()
    .find_map(|prefix| reference.strip_prefix(prefix))
    .map(ToOwned::to_owned)
}

fn without_nulls(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}

/// How deep the model looks. The decoder passes over what lies deeper, at one place earlier than at another.
const DEPTH: usize = 16;

/// At least as many lists and objects as are in each other.
fn depth(document: &str) -> usize {
    let mut depth: usize = 0;
    let depths = document.bytes().map(|byte| {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth
    });
    depths.max().unwrap_or_default()
}

/// Compares them where the document is one value, or one a line.
pub fn compare(document: &str) {
    // Of SOAP an item may be passed over in which something is wrong.
    let (decoded, rewritten) = (decode(document.as_bytes()), to_vi_json(document.as_bytes()));
    assert_eq!(decoded.is_ok(), rewritten.is_ok(), "{document}");
    if let Err(WireError::Syntax(why)) = decoded {
        // The place is one in the document, though its items are read one by one.
        let error = serde_json::from_str::<IgnoredAny>(document.trim()).unwrap_err();
        let place = format!(" at line {} column {}", error.line(), error.column());
        assert!(why.ends_with(&place), "{why}, not{place}: {document}");
    }
    // Half a character in a name is of no interest to the model, which cannot read it.
    let readable = document.replace("a\\ud83d\"", "a\"");
    let is_value = |text: &str| serde_json::from_str::<Value>(text).is_ok();
    let is_blank = |line: &&str| line.trim_matches([' ', '\t', '\r']).is_empty();
    let mut lines = readable.lines().filter(|line| !is_blank(line));
    if depth(&readable) > DEPTH {
        return check_forms(document);
    }
    let expected = if is_value(&readable) {
        items(serde_json::from_str(&readable).unwrap())
    } else if lines.clone().all(is_value) {
        let mut found = Found {
            items: Vec::new(),
            is_list: lines.clone().any(|line| line.trim().starts_with('[')),
        };
        lines
            .try_for_each(|line| walk(serde_json::from_str(line).unwrap(), Role::Item, &mut found))
            .and_then(|()| found.observed())
    } else {
        // What is left of it is nobody's guess; but whatever is read is read alike in each way.
        return check_forms(document);
    };
    if matches!(&expected, Ok(items) if items.contains(&unknown())) {
        return check_forms(document);
    }
    let ours = to_vi_json(document.as_bytes()).map(|json| serde_json::from_str::<Vec<Value>>(&json).unwrap());
    let refused_alike = match (&ours, &expected) {
        (Ok(ours), Ok(expected)) => ours == expected,
        (Err(WireError::Fault { fault, .. }), Err(Refusal::Fault(expected))) => fault == expected,
        (Err(WireError::NotEvents(_)), Err(Refusal::NotEvents))
        | (Err(WireError::NoObservation(_)), Err(Refusal::NoObservation)) => true,
        _ => false,
    };
    assert!(
        refused_alike,
        "{document}\n  ours  {ours:?}\n  model {expected:?}"
    );
    check_forms(document);
}
