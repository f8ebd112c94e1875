//! Random documents of JSON, good and damaged, of which the decoder has to find what a model of it finds.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

use proptest::prelude::*;
use vm_customization_tests::properties::json_documents::{compare, NOT_BASE64, NO_EVENT, TEXTS};

use crate::damage;

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
        r#""NotAuthenticated""#,
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
        r#""2026-03-01T10:00:00Z""#,
        r#""2026-03-01T10:00:00""#,
        r#""a\"\\é\ud83d\ude00""#,
        r#""VirtualMachine""#,
        r#""VirtualMachine:vm-1""#,
        r#""VirtualMachine-vm-1""#,
        r#""vim.VirtualMachine:vm-1""#,
        r#""\/Date(1772359195480)\/""#,
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

/// A text that may be the data of a `CloudEvent`.
fn data() -> impl Strategy<Value = (String, String)> {
    let json = |text: &str| serde_json::to_string(text).unwrap();
    let mut all = vec![
        ("data", json("plain")),
        ("data_base64", json(NOT_BASE64)),
        ("data_base64", json(NO_EVENT)),
    ];
    for (text, base64) in TEXTS {
        all.extend([("data", json(text)), ("data_base64", json(base64))]);
    }
    prop::sample::select(all).prop_map(|(name, text)| (name.to_owned(), text))
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
    let all = (type_name(), fields, argument, data(), any::<u8>()).prop_map(
        |(type_name, mut fields, argument, data, form)| {
            if form & 3 != 0 {
                fields.push(("vm".to_owned(), argument));
            }
            if form & 8 != 0 {
                fields.insert(
                    0,
                    ("createdTime".to_owned(), r#""2026-03-01T10:00:00Z""#.to_owned()),
                );
                fields.insert(0, ("key".to_owned(), "7".to_owned()));
            }
            if form & 0b11_1000 == 0 {
                fields.push(data);
            }
            let place = if form & 4 == 0 { 0 } else { fields.len() };
            let name = if form & 0b100_0000 == 0 {
                "_typeName"
            } else {
                "_vimtype"
            };
            fields.insert(place, (name.to_owned(), type_name));
            fields
        },
    );
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
                "value",
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
