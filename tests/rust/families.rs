//! Documents of any size, each of one kind that a generator can grow.

/// A document of about so many bytes.
pub(crate) type Family = (&'static str, fn(usize) -> Vec<u8>);

pub(crate) const EVENT: &str = r#"{"_typeName":"VmStartingEvent","key":7,"createdTime":"2026-03-01T10:00:00Z","vm":{"name":"web-1","vm":{"type":"VirtualMachine","value":"vm-101"}}}"#;

/// `before`, then `unit` until there are about `bytes`, then `after`.
pub(crate) fn filled(before: &str, unit: &str, after: &str, bytes: usize) -> Vec<u8> {
    [before, &unit.repeat(bytes / unit.len()), after]
        .concat()
        .into_bytes()
}

/// A list that begins with an event, so that what follows does not cost the page.
fn listed(unit: &str, bytes: usize) -> Vec<u8> {
    filled(&format!("[{EVENT},"), unit, "0]", bytes)
}

/// Units that differ by their numbers.
pub(crate) fn numbered(before: &str, unit: &str, after: &str, bytes: usize) -> Vec<u8> {
    let mut text = String::from(before);
    let end = bytes.saturating_sub(unit.len() + after.len() + 8);
    for number in 0.. {
        if text.len() > end {
            break;
        }
        text.push_str(&unit.replace('#', &number.to_string()));
    }
    (text + after).into_bytes()
}

fn soap(unit: &str, bytes: usize) -> Vec<u8> {
    let (before, after) = soap_around();
    filled(&before, unit, after, bytes)
}

fn soap_around() -> (String, &'static str) {
    let event = r#"<returnval i:type="VmStartingEvent"><key>7</key><createdTime>2026-03-01T10:00:00Z</createdTime><vm><name>web-1</name><vm type="VirtualMachine">vm-101</vm></vm></returnval>"#;
    let xsi = "http://www.w3.org/2001/XMLSchema-instance";
    (
        format!(r#"<Envelope xmlns:i="{xsi}"><Body><QueryEventsResponse>{event}"#),
        "</QueryEventsResponse></Body></Envelope>",
    )
}

/// One item of a SOAP page.
fn soap_item(before: &str, unit: &str, after: &str, bytes: usize) -> Vec<u8> {
    let (first, last) = soap_around();
    filled(
        &format!("{first}{before}"),
        unit,
        &format!("{after}{last}"),
        bytes,
    )
}

pub(crate) const JSON: [Family; 21] = [
    ("lists in lists", |n| filled("", "[", "", n)),
    ("objects in objects", |n| filled("", r#"{"vm":"#, "", n)),
    ("containers in containers", |n| {
        filled("", r#"{"returnval":"#, "", n)
    }),
    ("boxes in boxes", |n| listed(&r#"{"_value":"#.repeat(n / 10), 1)),
    ("whole lists in lists", |n| {
        [vec![b'['; n / 2], vec![b']'; n / 2]].concat()
    }),
    ("numbers in a list", |n| filled("[", "0,", "0]", n)),
    ("numbers beside an event", |n| listed("0,", n)),
    ("empty objects", |n| listed("{},", n)),
    ("empty lists", |n| listed("[],", n)),
    ("keys alone", |n| listed(r#"{"key":1},"#, n)),
    ("texts for keys", |n| listed(r#"{"key":"a"},"#, n)),
    ("events", |n| listed(&format!("{EVENT},"), n)),
    ("events of no interest", |n| {
        listed(r#"{"_typeName":"TaskEvent","key":1},"#, n)
    }),
    ("members that repeat", |n| {
        filled(r#"[{"key":1"#, r#","key":1"#, "}]", n)
    }),
    ("members that are not known", |n| {
        numbered(r#"[{"key":1"#, r#","a#":0"#, "}]", n)
    }),
    ("a long text", |n| {
        filled(&format!(r#"[{EVENT},{{"_typeName":""#), "a", "\"}]", n)
    }),
    ("a text of escapes", |n| {
        filled(&format!(r#"[{EVENT},{{"_typeName":""#), "\\n", "\"}]", n)
    }),
    ("half characters", |n| {
        filled(&format!(r#"[{EVENT},{{"_typeName":""#), "\\ud83d", "\"}]", n)
    }),
    ("what is not UTF-8", |n| {
        let whole =
            format!(r#"[{EVENT},{{"_typeName":"CustomizationFailed","key":1,"fullFormattedMessage":""#);
        [whole.as_bytes(), &vec![0xff; n], b"\"}]"].concat()
    }),
    ("white space", |n| filled("[", "\n", "]", n)),
    ("data in base64", |n| {
        filled(r#"[{"specversion":"1.0","data_base64":""#, "e30g", "\"}]", n)
    }),
];

pub(crate) const LINES: [Family; 8] = [
    ("lists that do not end", |n| filled("1\n", "[1,\n", "", n)),
    ("objects that do not end", |n| filled("1\n", "{\n", "", n)),
    ("broken members", |n| filled("1\n", "{\"a\n", "", n)),
    ("numbers", |n| filled("", "1\n", "", n)),
    ("empty lines", |n| filled("1\n", "\n", "1", n)),
    ("keys", |n| filled("1\n", "{\"key\":1}\n", "", n)),
    ("events", |n| filled("", &format!("{EVENT}\n"), "", n)),
    ("lines that break off", |n| filled("[\n", "\"a\":[\n", "", n)),
];

pub(crate) const SOAP: [Family; 18] = [
    ("elements in elements", |n| filled("", "<a>", "", n)),
    ("elements in an item", |n| soap_item("<returnval>", "<a>", "", n)),
    ("events", |n| {
        soap(
            r#"<returnval i:type="VmStartingEvent"><key>7</key><createdTime>2026-03-01T10:00:00Z</createdTime></returnval>"#,
            n,
        )
    }),
    ("events of no interest", |n| {
        soap(r#"<returnval i:type="TaskEvent"><key>7</key></returnval>"#, n)
    }),
    ("items that never end", |n| {
        soap(r#"<returnval i:type="TaskEvent"><returnval>"#, n)
    }),
    ("empty items", |n| soap("<returnval/>", n)),
    ("empty elements", |n| {
        soap_item("<returnval>", "<a/>", "</returnval>", n)
    }),
    ("fields that repeat", |n| {
        soap_item("<returnval>", "<key>1</key>", "</returnval>", n)
    }),
    ("attributes", |n| {
        let (first, last) = soap_around();
        numbered(
            &format!("{first}<returnval"),
            r#" a#="""#,
            &format!("></returnval>{last}"),
            n,
        )
    }),
    ("namespaces of one element", |n| {
        let (first, last) = soap_around();
        numbered(
            &format!("{first}<returnval"),
            r#" xmlns:a#="""#,
            &format!("></returnval>{last}"),
            n,
        )
    }),
    ("namespaces in elements in elements", |n| {
        let (first, last) = soap_around();
        numbered(&format!("{first}<returnval>"), r#"<a xmlns:a#="">"#, last, n)
    }),
    ("a long text", |n| {
        soap_item("<returnval><key>", "a", "</key></returnval>", n)
    }),
    ("line ends", |n| {
        soap_item("<returnval><key>a", "\r", "a</key></returnval>", n)
    }),
    ("entities", |n| {
        soap_item("<returnval><key>", "&amp;", "</key></returnval>", n)
    }),
    ("pieces of text", |n| {
        soap_item("<returnval><key>", "a<!---->", "</key></returnval>", n)
    }),
    ("CDATA", |n| {
        soap_item("<returnval><key>", "<![CDATA[a]]>", "</key></returnval>", n)
    }),
    ("instructions", |n| {
        soap_item("<returnval>", "<?a?>", "</returnval>", n)
    }),
    ("what is no markup", |n| filled("", "<", "", n)),
];

pub(crate) const HEAD: &str = r#"{"format":"vm-customization-recording/1","startedAt":"2026-03-01T10:00:00Z","vms":[{"vm":"vm-101"}],"steps":["#;

pub(crate) const RECORDINGS: [Family; 7] = [
    ("empty steps", |n| {
        filled(HEAD, r#"{"atMs":0},"#, r#"{"atMs":0}]}"#, n)
    }),
    ("pages of events", |n| {
        filled(
            HEAD,
            &format!(r#"{{"atMs":0,"events":[{EVENT}]}},"#),
            r#"{"atMs":0}]}"#,
            n,
        )
    }),
    ("bad items", |n| {
        filled(
            &format!(r#"{HEAD}{{"atMs":0,"events":[{EVENT},"#),
            "0,",
            "0]}]}",
            n,
        )
    }),
    ("empty objects", |n| {
        filled(
            &format!(r#"{HEAD}{{"atMs":0,"events":[{EVENT},"#),
            "{},",
            "0]}]}",
            n,
        )
    }),
    ("a document as a text", |n| {
        filled(&format!(r#"{HEAD}{{"atMs":0,"events":""#), "1\\n", "\"}]}", n)
    }),
    ("lines that are none", |n| filled("1\n", "{\n", "", n)),
    ("lists in lists", |n| filled(HEAD, "[", "", n)),
];

pub(crate) const RECORDINGS_OF_VMS: [Family; 2] = [
    ("guest info", |n| {
        filled(
            &format!(r#"{HEAD}{{"atMs":0,"guestInfo":["#),
            r#"{"vm":"a"},"#,
            r#"{"vm":"a"}]}]}"#,
            n,
        )
    }),
    ("VMs", |n| {
        numbered(
            &HEAD.replace(r#"{"vm":"vm-101"}],"steps":["#, ""),
            r#"{"vm":"vm-#"},"#,
            r#"{"vm":"a"}],"steps":[]}"#,
            n,
        )
    }),
];
