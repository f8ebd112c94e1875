//! The decoder of JSON beside a model of it, which walks the whole document as a tree and keeps the rules in plain sight.
//! Both have to find the same items in any document, or refuse it alike.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that fails says where"
)]

use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{json, Value};
use vm_customization::wire::{decode, event_keys, to_vi_json, WireError};

use crate::damage;

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
        Some(Self::of(object.get(&["_value"])).unwrap_or(object))
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
}

/// The items of a document as a recording holds them.
fn items(document: &RawValue) -> Result<Vec<Value>, Refusal> {
    let mut found = Vec::new();
    walk(document, Role::Document, &mut found)?;
    Ok(found)
}

fn walk(value: &RawValue, role: Role, found: &mut Vec<Value>) -> Result<(), Refusal> {
    if let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(value.get()) {
        let role = if role == Role::Property { role } else { Role::Item };
        return list.into_iter().try_for_each(|item| walk(item, role, found));
    }
    let Some(object) = Object::of(Some(value)) else {
        return match role {
            Role::Document if value.get() == "null" => Ok(()),
            Role::Document => Err(Refusal::NotEvents),
            Role::Item => {
                found.push(Value::Null);
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
    let list = object
        .get(&["_value"])
        .filter(|boxed| boxed.get().starts_with('['));
    if named(&object).is_none() && (holder.is_some() || list.is_some()) {
        if let Some(held) = holder {
            walk(held, Role::Property, found)?;
        }
        if let Some(list) = list {
            walk(list, Role::Item, found)?;
        }
        return Ok(());
    }
    let item = item(&object);
    let type_name = item.get("_typeName");
    if role == Role::Document && object.get(&["faultstring"]).is_some() {
        let shown = type_name.and_then(Value::as_str).unwrap_or("unknown");
        return Err(Refusal::Fault(shown.chars().take(64).collect()));
    }
    match (role, type_name) {
        (Role::Document, None) => return Err(Refusal::NotEvents),
        (Role::Property, None) => {}
        _ => found.push(item),
    }
    Ok(())
}

/// The type of an object that is named an event, and is one whatever it holds.
fn named(object: &Object<'_>) -> Option<String> {
    text(object.get(&["_typeName"]))
        .filter(|name| name == "EventEx" || name.ends_with("Event") && !name.starts_with("ArrayOf"))
}

fn item(object: &Object<'_>) -> Value {
    let own_type = text(object.get(&["_typeName"]));
    if let Some(data) = Object::of(object.get(&["data"])) {
        let type_name = named(object).or_else(|| text(data.get(&["_typeName"])));
        let type_name = type_name.or_else(|| cloud_event_type(object));
        return item_of_type(&data, type_name.as_deref());
    }
    if let Some(inner) = Object::of(object.get(&["_value"])) {
        let type_name = named(object).or_else(|| text(inner.get(&["_typeName"])));
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
        let reference = Object::unboxed(argument.field("vm")).unwrap_or(argument);
        let type_name = reference.text("type");
        let is_vm = type_name.is_none_or(|name| name == "VirtualMachine");
        (reference.text("value").filter(|_| is_vm), name)
    } else {
        let object = object.text("object").unwrap_or_default();
        let vm = object.strip_prefix("VirtualMachine:");
        (vm.map(ToOwned::to_owned), None)
    };
    let key = scalar(object.field("key")).filter(|key| *key != "null");
    let is_failure = type_name
        .map(vm_customization::bare_type_name)
        .is_some_and(|name| name.starts_with("Customization") && name[13..].contains("Fail"));
    let mut item = json!({
        "_typeName": type_name,
        "key": key.map(|key| key.parse::<i32>().map_or_else(|_| json!(key), |key| json!(key))),
        "createdTime": object.text("createdTime"),
        "vm": vm.map(|vm| without_nulls(json!({ "name": name, "vm": { "type": "VirtualMachine", "value": vm } }))),
    });
    if is_failure {
        for field in ["reason", "logLocation", "sysprepVersion", "systemVersion"] {
            item[field] = object.text(field).into();
        }
        let message = object.text("fullFormattedMessage");
        item["fullFormattedMessage"] = message.or_else(|| object.text("message")).into();
    }
    without_nulls(item)
}

fn without_nulls(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}

/// Compares them where the document is one value, or one a line.
fn compare(document: &str) {
    // Half a character in a name is of no interest to the model, which cannot read it.
    let readable = document.replace("a\\ud83d\"", "a\"");
    let is_value = |text: &str| serde_json::from_str::<Value>(text).is_ok();
    let mut lines = readable.lines().filter(|line| !line.trim().is_empty());
    let expected = if is_value(&readable) {
        items(serde_json::from_str(&readable).unwrap())
    } else if lines.clone().all(is_value) {
        let mut found = Vec::new();
        lines
            .try_for_each(|line| walk(serde_json::from_str(line).unwrap(), Role::Item, &mut found))
            .map(|()| found)
    } else {
        // What is left of it is nobody's guess; but whatever is read is read alike in each way.
        return check_forms(document);
    };
    let ours = to_vi_json(document.as_bytes()).map(|json| serde_json::from_str::<Vec<Value>>(&json).unwrap());
    let refused_alike = match (&ours, &expected) {
        (Ok(ours), Ok(expected)) => ours == expected,
        (Err(WireError::Fault { fault, .. }), Err(Refusal::Fault(expected))) => fault == expected,
        (Err(WireError::NotEvents(_)), Err(Refusal::NotEvents)) => true,
        _ => false,
    };
    assert!(
        refused_alike,
        "{document}\n  ours  {ours:?}\n  model {expected:?}"
    );
    check_forms(document);
}

/// What `decode`, which passes over what it has no use for, says of a document is what it says of all its items.
fn check_forms(document: &str) {
    let Ok(all) = to_vi_json(document.as_bytes()) else {
        assert!(decode(document.as_bytes()).is_err(), "{document}");
        return;
    };
    let (once, again) = (
        decode(document.as_bytes()).unwrap(),
        decode(all.as_bytes()).unwrap(),
    );
    assert_eq!(
        (once.events, once.ignored),
        (again.events, again.ignored),
        "{document}"
    );
    assert_eq!(
        event_keys(document.as_bytes()).unwrap(),
        event_keys(all.as_bytes()).unwrap(),
        "{document}"
    );
}

fn any_of(texts: &[&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(texts.to_vec()).prop_map(ToOwned::to_owned)
}

fn type_name() -> impl Strategy<Value = String> {
    any_of(&[
        r#""VmStartingEvent""#,
        r#""CustomizationSucceeded""#,
        r#""CustomizationFailed""#,
        r#""vim.event.CustomizationSysprepFailed""#,
        r#""VmReconfiguredEvent""#,
        r#""EventEx""#,
        r#""Vm\u0053tartingEvent""#,
        r#""ArrayOfEvent""#,
        r#""UpdateSet""#,
        r#""com.vmware.vsphere.VmStartingEvent.v0""#,
        r#""com.vmware.event.router/event""#,
        r#""""#,
        "null",
        "5",
    ])
}

/// A value of any form where a text is expected.
fn value() -> impl Strategy<Value = String> {
    let plain = any_of(&[
        r#""2026-03-01T10:00:00Z""#,
        r#""2026-03-01T10:00:00""#,
        r#""a\"\\é\ud83d\ude00""#,
        r#""VirtualMachine""#,
        r#""VirtualMachine:vm-1""#,
        r#""HostSystem""#,
        r#""vm-1""#,
        r#""""#,
        "7",
        "-2147483648",
        "2147483648",
        "1.5e3",
        "null",
        "true",
        "[]",
        "[1,{}]",
        "{}",
    ]);
    (plain, 0..8).prop_map(|(value, boxed)| match boxed {
        0 => format!(r#"{{"_typeName":"string","_value":{value}}}"#),
        1 => format!(r#"{{"_value":{{"_value":{value}}}}}"#),
        _ => value,
    })
}

fn object(members: impl Strategy<Value = Vec<(String, String)>>) -> impl Strategy<Value = String> {
    let space = any_of(&["", "", "", " ", "\n  "]);
    (members, space).prop_map(|(members, space)| {
        let members: Vec<_> = members
            .into_iter()
            .map(|(name, value)| format!("{space}\"{name}\"{space}:{space}{value}{space}"))
            .collect();
        format!("{{{}}}", members.join(","))
    })
}

fn members(
    names: &[&'static str],
    value: impl Strategy<Value = String>,
    most: usize,
) -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec((any_of(names), value), 0..most)
}

fn event() -> impl Strategy<Value = String> {
    let reference = object(members(
        &["type", "value", "_typeName", "_value", "vm"],
        value(),
        4,
    ));
    let argument = object(
        (members(&["name", "type", "value", "Name"], value(), 3), reference).prop_map(
            |(mut members, reference)| {
                members.push(("vm".to_owned(), reference));
                members
            },
        ),
    );
    let fields = members(
        &[
            "key",
            "Key",
            "createdTime",
            "CreatedTime",
            "userName",
            "object",
            "message",
            "name",
            "fullFormattedMessage",
            "reason",
            "logLocation",
            "sysprepVersion",
            "systemVersion",
            "type",
            "host",
            "a\\ud83d",
        ],
        value(),
        8,
    );
    let all =
        (type_name(), fields, argument, any::<u8>()).prop_map(|(type_name, mut fields, argument, form)| {
            if form & 3 != 0 {
                fields.push(("vm".to_owned(), argument));
            }
            let place = if form & 4 == 0 { 0 } else { fields.len() };
            fields.insert(place, ("_typeName".to_owned(), type_name));
            fields
        });
    object(all)
}

/// Events in whatever holds them.
fn document() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![8 => event(), 1 => value()];
    let nested = leaf.prop_recursive(4, 24, 4, |inner| {
        let list =
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(",")));
        let holder = object(members(
            &[
                "returnval",
                "filterSet",
                "objectSet",
                "changeSet",
                "val",
                "_value",
                "data",
                "faultstring",
                "vm",
            ],
            inner.clone(),
            3,
        ));
        let boxed = (type_name(), inner)
            .prop_map(|(name, inner)| format!(r#"{{"_typeName":{name},"_value":{inner}}}"#));
        prop_oneof![3 => list, 1 => holder, 1 => boxed]
    });
    let lines = prop::collection::vec(event(), 1..4).prop_map(|lines| lines.join("\n"));
    prop_oneof![4 => nested, 1 => lines]
}

proptest! {
    #![proptest_config(damage::config())]

    #[test]
    fn items_are_found_wherever_they_stand(document in document()) {
        compare(&document);
    }

    #[test]
    fn damage_costs_what_is_damaged_and_no_more(
        document in damage::damaged(document(), vec![
            "", "{", "}", "[", "]", ",", ":", "\"", "\\", "0", "-", "null", "\n", " ", "\u{1}", "é",
            "\"key\":5,", "\"_typeName\":\"VmFooEvent\",", "\"_value\":", "[[", "\\ud800",
        ]),
    ) {
        compare(&document);
    }
}
