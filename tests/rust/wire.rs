//! Events as they come over the wire, from real and schema-made payloads in `tests/wire/samples`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails says where"
)]

use vm_customization::wire::{
    decode, event_keys, soap_tree, summarize, to_vi_json, WireError, MAX_DOCUMENT_BYTES,
};
use vm_customization::{Event, EventKind, IgnoreReason, ReadFailureKind, EVENT_TYPES};
use vm_customization_tests::text;

fn kinds(document: &str) -> Vec<EventKind> {
    decode(document.as_bytes())
        .unwrap()
        .events
        .iter()
        .map(Event::kind)
        .collect()
}

fn soap(body: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"#
    )
}

fn soap_event(tag: &str, type_attribute: &str, key: &str) -> String {
    format!(
        r#"<{tag} {type_attribute}><key>{key}</key><createdTime>2026-03-01T10:00:00Z</createdTime>
           <vm><name>web&amp;1</name><vm type="VirtualMachine">vm-101</vm></vm></{tag}>"#
    )
}

fn json_event(type_name: &str, key: i64) -> String {
    format!(
        r#"{{"key":{key},"createdTime":"2026-03-01T10:00:00Z","vm":{{"name":"web-1","vm":{{"type":"VirtualMachine","value":"vm-101"}}}},"_typeName":"{type_name}"}}"#
    )
}

#[test]
fn every_class_of_interest_is_decoded_from_vi_json() {
    let decoded = decode(text("wire/samples/vijson_events_all_classes.json").as_bytes()).unwrap();
    assert_eq!(decoded.events.len(), 9);
    assert_eq!(decoded.ignored.count(IgnoreReason::OtherType), 1, "the EventEx");
    assert!(decoded.bad.is_empty());
}

#[test]
fn soap_and_vi_json_of_the_same_page_decode_alike() {
    let soap = decode(text("wire/samples/soap_QueryEventsResponse.xml").as_bytes()).unwrap();
    assert_eq!(soap.events.len(), 4);
    let json = to_vi_json(text("wire/samples/soap_QueryEventsResponse.xml").as_bytes()).unwrap();
    assert_eq!(decode(json.as_bytes()).unwrap(), soap);
}

#[test]
fn the_keys_of_a_page_are_those_of_all_its_items() {
    for sample in [
        "wire/samples/soap_QueryEventsResponse.xml",
        "wire/samples/vijson_events_all_classes.json",
        "wire/samples/esxi_ReadNextEventsResponse.soap.xml",
    ] {
        let page = text(sample);
        let keys: Vec<Option<i32>> = serde_json::from_str(&event_keys(page.as_bytes()).unwrap()).unwrap();
        let items: serde_json::Value = serde_json::from_str(&to_vi_json(page.as_bytes()).unwrap()).unwrap();
        let expected: Vec<_> = items
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["key"].as_i64())
            .collect();
        assert!(expected.len() > 1, "{sample}");
        assert_eq!(
            keys.iter().map(|key| key.map(i64::from)).collect::<Vec<_>>(),
            expected
        );
    }
    let odd = r#"[{"_typeName":"VmStartingEvent","key":7},{"_typeName":"VmStartingEvent"},5,{"key":"x"},
        {"_typeName":"VmFooEvent","createdTime":"2026-03-01T10:00:00Z"}]"#;
    assert_eq!(event_keys(odd.as_bytes()).unwrap(), "[7,null,null,null,null]");
    assert_eq!(event_keys(b"[]").unwrap(), "[]");
    assert!(event_keys(b"<html/>").is_err());
}

#[test]
fn cloud_events_of_the_event_broker_are_decoded() {
    assert_eq!(
        kinds(&text("wire/samples/DrsVmPoweredOnEvent.cloudevent.json")),
        [EventKind::VmPoweredOn]
    );
    let power_off = decode(text("wire/samples/VmPoweredOffEvent.cloudevent.json").as_bytes()).unwrap();
    assert_eq!(power_off.ignored.count(IgnoreReason::OtherType), 1);
}

#[test]
fn a_page_of_an_esxi_host_is_read_and_has_nothing_of_interest() {
    let page = decode(text("wire/samples/esxi_ReadNextEventsResponse.soap.xml").as_bytes()).unwrap();
    assert_eq!(page.events.len(), 0);
    assert_eq!(page.ignored.count(IgnoreReason::OtherType), 2);
}

#[test]
fn old_govc_lines_without_key_or_vm_are_counted() {
    let lines = text("wire/samples/govc_events_l_json.govmomi-2420.json");
    let decoded = decode(lines.as_bytes()).unwrap();
    assert_eq!(decoded.ignored.count(IgnoreReason::OtherType), 2);
}

#[test]
fn govc_lines_with_object_and_key_are_events() {
    let line = r#"{"object":"VirtualMachine:vm-101","type":"VmStartingEvent","key":5,"createdTime":"2026-03-01T10:00:00Z","category":"info","message":"m"}"#;
    assert_eq!(kinds(&format!("{line}\n{line}\n")), [EventKind::VmStarting; 2]);
}

#[test]
fn the_type_attribute_is_found_by_namespace_whatever_the_prefix() {
    for attribute in [
        r#"xsi:type="VmStartingEvent""#,
        r#"xsi:type="vim25:VmStartingEvent""#,
        r#"xmlns:XMLSchema-instance="http://www.w3.org/2001/XMLSchema-instance" XMLSchema-instance:type="VmStartingEvent""#,
    ] {
        let page = format!(
            "<QueryEventsResponse>{}</QueryEventsResponse>",
            soap_event("returnval", attribute, "1")
        );
        assert_eq!(kinds(&soap(&page)), [EventKind::VmStarting], "{attribute}");
    }
    let other = soap_event("returnval", r#"xmlns:x="urn:x" x:type="VmStartingEvent""#, "1");
    let page = soap(&format!("<QueryEventsResponse>{other}</QueryEventsResponse>"));
    assert!(reason(&page).contains("item 1: the event has no type"));
}

#[test]
fn updates_of_latest_page_are_decoded_whole_and_partial_from_every_object_set() {
    let whole = format!(
        r#"<objectSet><kind>modify</kind><changeSet><name>latestPage</name><op>assign</op><val xsi:type="ArrayOfEvent">{}</val></changeSet></objectSet>"#,
        soap_event("Event", r#"xsi:type="VmStartingEvent""#, "1")
    );
    let partial = format!(
        "<objectSet><changeSet><name>latestPage[2]</name><op>add</op>{}</changeSet></objectSet>",
        soap_event("val", r#"xsi:type="CustomizationSucceeded""#, "2")
    );
    let page = format!(
        "<WaitForUpdatesExResponse><returnval><version>2</version><filterSet>{whole}{partial}</filterSet></returnval></WaitForUpdatesExResponse>"
    );
    assert_eq!(
        kinds(&soap(&page)),
        [EventKind::VmStarting, EventKind::CustomizationSucceeded]
    );
    let json = format!(
        r#"{{"_typeName":"UpdateSet","filterSet":[{{"objectSet":[{{"changeSet":[{{"name":"latestPage","val":{{"_typeName":"ArrayOfEvent","_value":[{}]}}}}]}},{{"changeSet":[{{"name":"latestPage[1]","val":{}}},{{"name":"x","val":{{"_typeName":"boolean","_value":true}}}}]}}]}}]}}"#,
        json_event("VmStartingEvent", 1),
        json_event("CustomizationSucceeded", 2)
    );
    assert_eq!(
        kinds(&json),
        [EventKind::VmStarting, EventKind::CustomizationSucceeded]
    );
}

#[test]
fn an_update_of_another_property_holds_no_events() {
    let info = r#"<val xsi:type="GuestInfoCustomizationInfo"><customizationStatus>TOOLSDEPLOYPKG_IDLE</customizationStatus></val>"#;
    let set = format!("<filterSet><objectSet><changeSet>{info}</changeSet></objectSet></filterSet>");
    let page = format!("<WaitForUpdatesExResponse><returnval>{set}</returnval></WaitForUpdatesExResponse>");
    assert_eq!(kinds(&soap(&page)), []);
    let json = r#"{"_typeName":"UpdateSet","filterSet":[{"objectSet":[{"changeSet":[{"name":"guest","val":{"_typeName":"boolean","_value":true}}]}]}]}"#;
    assert_eq!(kinds(json), []);
}

#[test]
fn type_names_come_bare_or_with_prefixes() {
    for name in [
        "CustomizationFailed",
        "vim.event.CustomizationFailed",
        "VMware.Vim.CustomizationFailed",
    ] {
        assert_eq!(
            kinds(&json_event(name, 1)),
            [EventKind::CustomizationFailed],
            "{name}"
        );
    }
}

#[test]
fn boxes_are_opened_wherever_they_stand() {
    let event = json_event("VmStartingEvent", 1);
    let boxed_vm = r#"{"_typeName":"CustomizationSucceeded","key":2,"createdTime":{"_typeName":"dateTime","_value":"2026-03-01T10:00:00Z"},
        "vm":{"_typeName":"VmEventArgument","_value":{"name":"web-1","vm":{"_typeName":"ManagedObjectReference","_value":{"type":"VirtualMachine","value":"vm-101"}}}}}"#;
    let document = format!(r#"{{"_value":[{event},{boxed_vm}],"_typeName":"ArrayOfEvent"}}"#);
    assert_eq!(
        kinds(&document),
        [EventKind::VmStarting, EventKind::CustomizationSucceeded]
    );
    let inner = event.replace(r#","_typeName":"VmStartingEvent""#, "");
    assert_eq!(
        kinds(&format!(r#"{{"_value":{inner},"_typeName":"VmStartingEvent"}}"#)),
        [EventKind::VmStarting]
    );
}

#[test]
fn a_bad_item_is_named_and_the_rest_is_kept() {
    let good = json_event("VmStartingEvent", 1);
    let no_offset = json_event("VmStartingEvent", 2).replace("00Z", "00");
    let big_key = json_event("VmStartingEvent", 4_294_967_296);
    let document = format!("[{good},{no_offset},17,{big_key},{good}]");
    let decoded = decode(document.as_bytes()).unwrap();
    assert_eq!(decoded.events.len(), 2);
    let places: Vec<&str> = decoded.bad.iter().map(|bad| bad.place.as_str()).collect();
    assert_eq!(places, ["item 2", "item 3", "item 4"]);
    assert!(decoded.bad[0].message.contains("no offset"), "{:?}", decoded.bad);
    assert_eq!(decoded.ignored.count(IgnoreReason::NoTime), 1);
    assert_eq!(decoded.ignored.count(IgnoreReason::Malformed), 2);
}

#[test]
fn lists_and_objects_around_an_event_are_opened_to_a_depth() {
    let event = json_event("VmStartingEvent", 1);
    let events = |begin: &str, end: &str, times: usize| {
        let document = format!("[{event},{}{event}{}]", begin.repeat(times), end.repeat(times));
        decode(document.as_bytes()).unwrap().events.len()
    };
    for (begin, end, most) in [("[", "]", 16), (r#"{"value":["#, "]}", 8)] {
        assert_eq!(events(begin, end, most), 2, "{most} {begin}");
        assert_eq!(events(begin, end, most + 1), 1, "{most} {begin} and one");
    }
}

#[test]
fn a_list_is_no_event_whatever_stands_in_it() {
    let vm = r#"["web-1",["VirtualMachine","vm-101"]]"#;
    let rest = "null,null,null,null,null";
    let list = format!(r#"["VmStartingEvent",7,"2026-03-01T10:00:00Z",{vm},{rest}]"#);
    let event = json_event("VmStartingEvent", 1);
    let decoded = decode(format!("[{event},{list}]").as_bytes()).unwrap();
    assert_eq!(decoded.events.len(), 1, "{decoded:?}");
    let argument = format!(
        r#"{{"_typeName":"VmStartingEvent","key":2,"createdTime":"2026-03-01T10:00:00Z","vm":{vm}}}"#
    );
    let decoded = decode(format!("[{event},{argument}]").as_bytes()).unwrap();
    assert_eq!(decoded.ignored.count(IgnoreReason::NoVm), 1, "{decoded:?}");
}

#[test]
fn a_boxed_key_is_a_key() {
    let boxed =
        json_event("VmStartingEvent", 7).replace("\"key\":7", r#""key":{"_typeName":"int","_value":7}"#);
    let decoded = decode(boxed.as_bytes()).unwrap();
    assert_eq!(decoded.events.iter().map(Event::key).collect::<Vec<_>>(), [7]);
}

#[test]
fn half_a_character_in_a_text_costs_no_event() {
    let lone_surrogate = json_event("VmStartingEvent", 1).replace("web-1", r"w\ud83d");
    let elsewhere = json_event("VmFooEvent", 2).replace("web-1", r"\ud83d");
    let document = format!(
        "[{lone_surrogate},{elsewhere},{}]",
        json_event("CustomizationSucceeded", 3)
    );
    assert_eq!(
        kinds(&document),
        [EventKind::VmStarting, EventKind::CustomizationSucceeded]
    );
    let mut bytes = document.into_bytes();
    let place = bytes.windows(2).position(|pair| pair == b"w\\").unwrap();
    bytes[place] = 0xff;
    assert_eq!(decode(&bytes).unwrap().events.len(), 2);
}

#[test]
fn boxes_in_boxes_without_end_are_no_text() {
    let deep = format!("{}1{}", r#"{"_value":"#.repeat(100_000), "}".repeat(100_000));
    let event = json_event("VmStartingEvent", 1).replace("\"key\":1", &format!("\"key\":{deep}"));
    assert_eq!(
        decode(format!("[{event}]").as_bytes())
            .unwrap()
            .ignored
            .count(IgnoreReason::Malformed),
        1
    );
}

#[test]
fn a_bad_line_is_named_and_the_rest_is_kept() {
    let good = json_event("VmStartingEvent", 1);
    let document = format!("{good}\n{{broken\n\n{good}\n");
    let decoded = decode(document.as_bytes()).unwrap();
    assert_eq!(decoded.events.len(), 2);
    assert_eq!(decoded.bad.len(), 1);
    assert_eq!(decoded.bad[0].place, "line 2");
    let document = format!("{{broken\n{good}\n{good}");
    assert_eq!(decode(document.as_bytes()).unwrap().bad[0].place, "line 1");
}

#[test]
fn an_error_of_a_line_has_its_place_in_the_document() {
    let event = json_event("VmStartingEvent", 1);
    let decoded = decode(format!("{event}\n{event}\n {{\"key\":oops\n{event}\noops").as_bytes()).unwrap();
    let told: Vec<_> = decoded
        .bad
        .iter()
        .map(|bad| (&*bad.place, &*bad.message))
        .collect();
    assert_eq!(
        told,
        [
            ("line 3", "expected value at line 3 column 9"),
            ("line 5", "expected value at line 5 column 1")
        ]
    );
}

#[test]
fn a_document_that_breaks_off_is_an_error_and_not_half_a_page() {
    let event = json_event("VmStartingEvent", 1);
    for document in [
        format!("[{event},{event}"),
        format!("[\n{event},\n{event}\n"),
        format!("{{\n\"_typeName\":\"ArrayOfEvent\",\n\"_value\":[\n{event}\n"),
        soap(&format!(
            "<QueryEventsResponse>{}",
            soap_event("returnval", r#"xsi:type="VmStartingEvent""#, "1")
        )),
    ] {
        assert!(
            matches!(decode(document.as_bytes()), Err(WireError::Syntax(_))),
            "{document}"
        );
    }
}

#[test]
fn what_is_no_document_of_events_is_an_error() {
    for document in ["<html><body>503</body></html>", "17", "\"text\"", "true"] {
        assert!(
            matches!(decode(document.as_bytes()), Err(WireError::NotEvents(_))),
            "{document}"
        );
    }
    for document in [
        "not json",
        "<unclosed",
        "<Envelope><!DOCTYPE b></Envelope>",
        "<!DOCTYPE a [<!ENTITY b \"c\">]><a/>",
    ] {
        assert!(
            matches!(decode(document.as_bytes()), Err(WireError::Syntax(_))),
            "{document}"
        );
    }
    assert!(matches!(decode(b"\xff\xfe<"), Err(WireError::Syntax(_))));
}

#[test]
fn a_fault_is_no_page_without_events() {
    let fault = |document: &str| match decode(document.as_bytes()) {
        Err(WireError::Fault { fault, .. }) => fault,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        fault(&text("wire/samples/InvalidLogin_fault.soap.xml")),
        "InvalidLogin"
    );
    assert_eq!(
        fault(r#"{"_typeName":"NotAuthenticated","faultstring":""}"#),
        "NotAuthenticated"
    );
    assert_eq!(
        fault(&soap("<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring/><detail><NotAuthenticatedFault/></detail></soapenv:Fault>")),
        "NotAuthenticated"
    );
}

/// Why a document is no observation.
fn reason(document: &str) -> String {
    match decode(document.as_bytes()) {
        Err(WireError::NoObservation(why)) => why,
        other => panic!("{document}: {other:?}"),
    }
}

#[test]
fn a_list_without_events_is_an_observation() {
    for document in [
        "[]",
        "\u{feff}[]",
        " [ ]\n",
        "[]\n[]",
        r#"{"_typeName":"ArrayOfEvent","_value":[]}"#,
        r#"{"_typeName":"ArrayOfEvent"}"#,
        r#"{"_value":[]}"#,
        r#"{"_typeName":"UpdateSet","version":"2"}"#,
        &soap("<QueryEventsResponse/>"),
        &soap("<ReadNextEventsResponse></ReadNextEventsResponse>"),
        &soap("<WaitForUpdatesExResponse><returnval><version>2</version></returnval></WaitForUpdatesExResponse>"),
        &soap("<RetrievePropertiesExResponse><returnval><objects><propSet><name>latestPage</name><val xsi:type='ArrayOfEvent'/></propSet></objects></returnval></RetrievePropertiesExResponse>"),
    ] {
        assert_eq!(kinds(document), [], "{document:?}");
    }
}

/// Each of these values in each of these holders.
fn held(values: &[String]) -> Vec<String> {
    let holders = [
        "[#]",
        "[#,#]",
        "[[],#]",
        r#"{"a":#}"#,
        r#"{"_value":#}"#,
        r#"{"value":#}"#,
        r#"{"_typeName":"ArrayOfEvent","_value":#}"#,
        r#"{"_typeName":"ArrayOfString","_value":#}"#,
    ];
    let pairs = holders
        .iter()
        .flat_map(|holder| values.iter().map(|value| holder.replace('#', value)));
    pairs.collect()
}

#[test]
fn of_values_without_events_the_empty_list_is_an_observation_alone_or_in_a_box_and_no_other() {
    let empty = [
        "[]",
        r#"{"_value":[]}"#,
        r#"{"value":[]}"#,
        r#"{"_typeName":"ArrayOfEvent","_value":[]}"#,
        r#"{"_typeName":"ArrayOfEvent"}"#,
    ];
    let leaves = ["[]", "{}", "null", "true", "1", r#""x""#, empty[4]].map(str::to_owned);
    let (one, two) = (held(&leaves), held(&held(&leaves)));
    let three = held(&two);
    for document in [&leaves[..], &one, &two, &three].into_iter().flatten() {
        let decoded = decode(document.as_bytes());
        assert_eq!(
            decoded.is_ok(),
            empty.contains(&document.as_str()),
            "{document}: {decoded:?}"
        );
    }
}

#[test]
fn what_says_nothing_of_events_is_no_observation() {
    for (document, why) in [
        ("", "it is empty"),
        ("  \n", "it is empty"),
        ("null", "it is `null`"),
        ("[null]", "item 1: `null` is no event"),
        ("[[]]", "item 1: `[]` is no event"),
        ("{}", "item 1: the event has no type"),
        ("[{}]", "item 1: the event has no type"),
        (r#"{"error":"x"}"#, "item 1: the event has no type"),
        (
            r#"[{"key":1},{"key":2}]"#,
            "none of its 2 items has a type and a time: item 1: the event has no type; item 2",
        ),
        (
            r#"{"_typeName":"UserSession","key":"52","userName":"me"}"#,
            "the UserSession has no `createdTime`",
        ),
        (
            r#"[{"_typeName":"VmStartingEvent","createdTime":"yesterday"}]"#,
            "`yesterday` is no RFC 3339 time",
        ),
        (
            r#"[{"_typeName":"VmStartingEvent","createdTime":"2026-03-01T10:00:00"}]"#,
            "has no offset from UTC",
        ),
        (
            r#"{"_typeName":"ArrayOfString","_value":["a","b","c","d"]}"#,
            "item 3: `\"c\"` is no event",
        ),
        ("key,type\n1,VmStartingEvent\n", "line 1"),
        ("1\n2\n3", "line 3: `3` is no event"),
    ] {
        assert!(reason(document).contains(why), "{}", reason(document));
    }
    assert!(
        !reason(r#"{"_typeName":"ArrayOfString","_value":[1,2,3,4]}"#).contains("item 4"),
        "the first three reasons do"
    );
    for answer in [
        text("wire/samples/LoginResponse.soap.xml"),
        soap("<RetrievePropertiesExResponse/>"),
        soap(""),
    ] {
        assert_eq!(reason(&answer), "it is no list of events, and none is in it");
    }
}

#[test]
fn one_event_of_any_type_makes_an_observation_of_a_page() {
    let any = r#"{"_typeName":"VmFooEvent","createdTime":"2026-03-01T10:00:00Z"}"#;
    for document in [
        format!("[{{}},{any},null]"),
        format!("{{}}\nnull\n{any}"),
        format!("key,type\n{any}\n"),
    ] {
        let decoded = decode(document.as_bytes()).unwrap();
        assert_eq!(decoded.ignored.count(IgnoreReason::OtherType), 1, "{document}");
        assert!(decoded.ignored.count(IgnoreReason::Malformed) > 0, "{document}");
    }
}

#[test]
fn a_last_line_that_is_cut_off_is_told() {
    let event = json_event("VmStartingEvent", 1);
    for end in [20, 40, event.len() - 1] {
        let document = format!("{event}\n{}", &event[..end]);
        let decoded = decode(document.as_bytes()).unwrap();
        assert_eq!(decoded.events.len(), 1);
        assert!(decoded.is_cut_off, "{document}");
        assert!(
            !decode(format!("{document}\n{event}").as_bytes())
                .unwrap()
                .is_cut_off,
            "{document}"
        );
    }
    for whole in [
        event.clone(),
        format!("{event}\n"),
        format!("{event}\n{event}"),
        format!("{event}\nx"),
    ] {
        assert!(!decode(whole.as_bytes()).unwrap().is_cut_off, "{whole}");
    }
}

#[test]
fn a_fault_that_is_known_by_its_type_has_a_kind_of_its_own() {
    for (document, kind) in [
        (r#"{"_typeName":"NotAuthenticated"}"#.to_owned(), ReadFailureKind::NotAuthenticated),
        (r#"{"_typeName":"NoPermission","faultstring":""}"#.to_owned(), ReadFailureKind::NoPermission),
        (
            soap("<soapenv:Fault><faultcode>x</faultcode><detail><ManagedObjectNotFoundFault/></detail></soapenv:Fault>"),
            ReadFailureKind::NotFound,
        ),
        (r#"{"_typeName":"SystemError","faultstring":"x"}"#.to_owned(), ReadFailureKind::Transient),
        (r#"{"_typeName":"SystemError"}"#.to_owned(), ReadFailureKind::Transient),
        ("null".to_owned(), ReadFailureKind::Transient),
        ("no JSON".to_owned(), ReadFailureKind::Transient),
    ] {
        let error = decode(document.as_bytes()).unwrap_err();
        let failure = error.read_failure();
        assert_eq!((failure.kind, failure.message), (kind, Some(error.to_string())), "{document}");
    }
}

#[test]
fn a_document_over_the_limit_is_refused() {
    assert_eq!(MAX_DOCUMENT_BYTES, 67_108_864, "64 MiB");
    let document = vec![b' '; MAX_DOCUMENT_BYTES + 1];
    assert!(matches!(decode(&document), Err(WireError::TooLarge(_))));
    assert!(matches!(decode(&document[1..]), Err(WireError::NoObservation(_))));
}

#[test]
fn hostile_documents_end_in_an_error() {
    let deep = "[".repeat(100_000);
    assert!(decode(deep.as_bytes()).is_err());
    let deep = format!("{}{}", "<val>".repeat(1000), "</val>".repeat(1000));
    assert!(matches!(
        decode(soap(&deep).as_bytes()),
        Err(WireError::TooLarge(_))
    ));
    assert!(matches!(
        soap_tree(soap(&deep).as_bytes()),
        Err(WireError::TooLarge(_))
    ));
    let attributes = (0..20_000)
        .map(|n| format!(" a{n}=''"))
        .collect::<Vec<_>>()
        .concat();
    assert!(matches!(
        decode(format!("<Envelope{attributes}/>").as_bytes()),
        Err(WireError::TooLarge(_))
    ));
}

#[test]
fn long_texts_are_cut_and_flagged() {
    let message = "é".repeat(5000);
    let event = json_event("CustomizationFailed", 1).replace(
        "\"key\"",
        &format!("\"fullFormattedMessage\":\"{message}\",\"key\""),
    );
    let recording = format!(
        r#"{{"format":"vm-customization-recording/1","startedAt":"2026-03-01T10:00:00Z","vms":[{{"vm":"vm-101"}}],"steps":[{{"atMs":0,"events":[{},{event}]}}]}}"#,
        json_event("VmStartingEvent", 0)
    );
    let report: serde_json::Value =
        serde_json::from_str(&vm_customization::replay(recording.as_bytes())).unwrap();
    let failure = &report["vms"][0]["failure"];
    assert_eq!(failure["message"].as_str().map(str::len), Some(4096));
    assert_eq!(failure["truncated"], true);
}

#[test]
fn a_name_longer_than_4_kib_is_cut_and_flagged_wherever_it_comes_from() {
    let long = "n".repeat(5000);
    let begin = |vm: &str| {
        format!(
            r#"{{"format":"vm-customization-recording/1","startedAt":"2026-03-01T10:00:00Z","vms":[{vm}],"steps":[{{"atMs":0,"events":[{{"_typeName":"VmStartingEvent","key":1,"createdTime":"2026-03-01T10:00:00Z","vm":{{"name":"{long}","vm":{{"type":"VirtualMachine","value":"vm-101"}}}}}}]}}]}}"#
        )
    };
    for (vm, is_cut) in [
        (r#"{"vm":"vm-101"}"#.to_owned(), true),
        (format!(r#"{{"vm":"vm-101","name":"{long}"}}"#), true),
        (r#"{"vm":"vm-101","name":"web-1"}"#.to_owned(), false),
    ] {
        let report: serde_json::Value =
            serde_json::from_str(&vm_customization::replay(begin(&vm).as_bytes())).unwrap();
        let row = &report["vms"][0];
        assert_eq!(row.get("nameTruncated").is_some(), is_cut, "{report}");
        assert_eq!(row["name"].as_str().unwrap().ends_with('…'), is_cut);
        assert_eq!(row["customizationStatus"], "CustomizationNotStarted");
    }
}

#[test]
fn a_name_is_shown_as_people_see_it_and_recorded_as_vcenter_keeps_it() {
    let named = |text: &str| text.replace("web&amp;1", "a%2fb").replace("web-1", "a%2fb");
    let json = named(&format!("[{}]", json_event("VmStartingEvent", 1)));
    let soap = named(&soap(&format!(
        "<QueryEventsResponse>{}</QueryEventsResponse>",
        soap_event("returnval", r#"xsi:type="VmStartingEvent""#, "1")
    )));
    for document in [json, soap] {
        assert_eq!(
            summarize(document.as_bytes()).unwrap()[0].name.as_deref(),
            Some("a/b")
        );
        let recorded = to_vi_json(document.as_bytes()).unwrap();
        assert!(recorded.contains(r#""name":"a%2fb""#), "{recorded}");
        let recording = format!(
            r#"{{"format":"vm-customization-recording/1","startedAt":"2026-03-01T10:00:00Z","vms":[{{"vm":"vm-101"}}],"steps":[{{"atMs":0,"events":{recorded}}}]}}"#
        );
        let report: serde_json::Value =
            serde_json::from_str(&vm_customization::replay(recording.as_bytes())).unwrap();
        assert_eq!(report["vms"][0]["name"], "a/b");
    }
}

#[test]
fn what_tools_make_of_an_event_is_read_as_the_event() {
    let fields = r#""key":7,"createdTime":"2026-03-01T09:59:55.480Z""#;
    let vm = r#""vm":{"name":"web-1","vm":{"type":"VirtualMachine","value":"vm-101"}}"#;
    let expected =
        decode(format!(r#"[{{"_typeName":"VmStartingEvent",{fields},{vm}}}]"#).as_bytes()).unwrap();
    assert_eq!(expected.events.len(), 1);
    let xml = r"<VmStartingEvent><key>7</key><createdTime>2026-03-01T09:59:55.48Z</createdTime><vm><name>web-1</name><vm type='VirtualMachine'>vm-101</vm></vm></VmStartingEvent>";
    let of_cloud = |data: &str| format!(r#"{{"type":"com.vmware.vsphere.VmStartingEvent.v0",{data}}}"#);
    for (tool, document) in [
        (
            "pyvmomi",
            format!(
                r#"[{{"_vimtype":"vim.event.VmStartingEvent",{fields},"vm":{{"name":"web-1","vm":"vim.VirtualMachine:vm-101"}}}}]"#
            ),
        ),
        (
            "PowerShell 7",
            format!(
                r#"[{{"Type":"VmStartingEvent","Key":7,"CreatedTime":"2026-03-01T10:59:55.48+01:00",{}}}]"#,
                r#""Vm":{"Name":"web-1","Vm":"VirtualMachine-vm-101"}"#
            ),
        ),
        (
            "Windows PowerShell",
            format!(
                r#"{{"value":[{{"Type":"VmStartingEvent","Key":7,"CreatedTime":"\/Date(1772359195480)\/",{vm}}}],"Count":1}}"#
            ),
        ),
        ("Knative, XML", of_cloud(&format!(r#""data":"{xml}""#))),
        (
            "Knative, base64",
            of_cloud(
                r#""data_base64":"eyJLZXkiOjcsIkNyZWF0ZWRUaW1lIjoiMjAyNi0wMy0wMVQwOTo1OTo1NS40OFoiLCJWbSI6eyJOYW1lIjoid2ViLTEiLCJWbSI6eyJUeXBlIjoiVmlydHVhbE1hY2hpbmUiLCJWYWx1ZSI6InZtLTEwMSJ9fX0=""#,
            ),
        ),
    ] {
        let decoded = decode(document.as_bytes()).unwrap();
        assert_eq!(decoded, expected, "{tool}: {document}");
    }
}

#[test]
fn data_of_a_cloud_event_that_cannot_be_read_is_told_as_such_with_its_place() {
    let of_cloud = |data: &str| {
        format!(r#"{{"specversion":"1.0","type":"com.vmware.vsphere.VmStartingEvent.v0",{data}}}"#)
    };
    let good =
        of_cloud(r#""data":{"Key":7,"CreatedTime":"2026-03-01T10:00:00Z","Vm":{"Vm":{"Value":"vm-1"}}}"#);
    for (data, why) in [
        (
            r#""data_base64":"!!no""#,
            "its `data_base64` is no base64: `!!no`",
        ),
        (r#""data_base64":"e30""#, "its `data_base64` is no base64: `e30`"),
        (r#""data":"<VmStartingEvent>""#, "its data cannot be read: "),
        (r#""data":"{\"Key\":7""#, "its data cannot be read: "),
    ] {
        let decoded = decode(format!("[{good},{}]", of_cloud(data)).as_bytes()).unwrap();
        assert_eq!((decoded.events.len(), decoded.bad.len()), (1, 1), "{data}");
        let bad = &decoded.bad[0];
        assert_eq!(bad.place, "item 2");
        assert!(bad.message.starts_with(why), "{}", bad.message);
        let error = decode(of_cloud(data).as_bytes()).unwrap_err().to_string();
        assert!(error.contains(&format!("item 1: {why}")), "{error}");
    }
}

#[test]
fn a_small_soap_answer_reads_as_a_tree() {
    let tree = soap_tree(text("wire/samples/LoginResponse.soap.xml").as_bytes()).unwrap();
    let tree: serde_json::Value = serde_json::from_str(&tree).unwrap();
    let login = &tree["children"][0]["children"][0];
    assert_eq!(login["name"], "LoginResponse");
    assert_eq!(login["children"][0]["children"][1]["text"], "my_user");
}

#[test]
fn a_time_of_any_length_is_recorded_as_what_it_is() {
    let second = "2026-03-01T10:00:00";
    for digits in [1, 43, 44, 45, 100] {
        for (end, is_time) in [("Z", true), ("+00:00", true), ("Z?", false), ("", false)] {
            let time = format!("{second}.{}{end}", "3".repeat(digits));
            let page = format!(
                "[{},{}]",
                json_event("VmStartingEvent", 1),
                json_event("VmStartingEvent", 2).replace("2026-03-01T10:00:00Z", &time)
            );
            let recorded = to_vi_json(page.as_bytes()).unwrap();
            let (read, again) = (
                decode(page.as_bytes()).unwrap(),
                decode(recorded.as_bytes()).unwrap(),
            );
            assert_eq!(
                (&read.events, &read.ignored),
                (&again.events, &again.ignored),
                "{time}"
            );
            assert_eq!(read.events.len(), 1 + usize::from(is_time), "{time}");
        }
    }
}

#[test]
fn the_types_asked_for_are_those_that_matter() {
    for name in EVENT_TYPES {
        assert_eq!(kinds(&json_event(name, 1)).len(), 1, "{name}");
    }
}
