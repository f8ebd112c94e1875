//! JSON documents: VI JSON, `govc events -json` and `CloudEvents`, alone, in arrays or as lines.
//!
//! A list is walked item by item, each as it stands ([`RawValue`]), and so is an object by its members. What has no part
//! in events is passed over once and never built; what has is read again, at most [`MAX_DEPTH`] times.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use base64ct::{Base64, Encoding};
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{shown, soap, Page, RawDetails, RawEvent, RawKey, WireError};
use crate::model::event::bare_type_name;
use crate::model::json::whole_characters;
use crate::model::time::ServerTime;

/// How deep lists and containers are followed: an event in an update lies 11 deep.
const MAX_DEPTH: usize = 16;

/// Whether a text that is no JSON document may be several that follow each other, as lines or in a pretty form.
pub(super) fn is_in_pieces(text: &str) -> bool {
    !text.starts_with('<') && !is_one_document(text)
}

/// Whether a text is one JSON value, or should be: it is a single line, or its first line breaks
/// off where only a document of several lines does.
pub(crate) fn is_one_document(text: &str) -> bool {
    let text = text.trim();
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    if values.next().is_some_and(|first| first.is_ok()) {
        return values.byte_offset() == text.len();
    }
    text.split_once('\n')
        .is_none_or(|(first, _)| is_broken_off(first))
}

fn is_broken_off(line: &str) -> bool {
    line.trim_end().ends_with(['{', '[', ',', ':'])
}

/// Walks values that follow each other; answers whether the last one is cut off. One that is broken costs no other: each
/// is looked for in lines of its own.
pub(super) fn walk_pieces(text: &str, page: &mut Page<'_>) -> Result<bool, WireError> {
    let mut is_cut_off = false;
    let mut line = 1;
    let mut rest = text;
    while !rest.is_empty() {
        let (lines, after) = rest.split_at(lines_of_one(rest));
        let lines_before = line - 1;
        let mut values = serde_json::Deserializer::from_str(lines).into_iter::<&RawValue>();
        let mut counted = 0;
        loop {
            let before = lines.get(values.byte_offset()..).unwrap_or_default();
            let begin = lines.len() - before.trim_start().len();
            line += newlines(lines.get(counted..begin).unwrap_or_default());
            counted = begin;
            page.line = Some(line);
            match values.next() {
                Some(Ok(value)) => walk_value(value.get(), Role::Item, 0, page)?,
                Some(Err(error)) => {
                    let (place, text) = (error_place(error.line(), &error), error.to_string());
                    let why = text.strip_suffix(&place).unwrap_or(&text);
                    let place = error_place(lines_before + error.line(), &error);
                    page.not_an_event(format_args!("{why}{place}"));
                    is_cut_off = error.is_eof() && after.is_empty();
                    break;
                }
                None => break,
            }
        }
        line += newlines(lines.get(counted..).unwrap_or_default());
        rest = after;
    }
    Ok(is_cut_off)
}

/// The place at the end of an error's text.
fn error_place(line: usize, error: &serde_json::Error) -> String {
    format!(" at line {line} column {}", error.column())
}

/// The length of the lines that a value may take: the first one, and where that breaks off, those up to the next one
/// that opens a value without an indent.
fn lines_of_one(text: &str) -> usize {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().unwrap_or_default();
    let is_longer = is_broken_off(first);
    let more = lines.take_while(|line| is_longer && !line.starts_with(['{', '[']));
    first.len() + more.map(str::len).sum::<usize>()
}

fn newlines(text: &str) -> usize {
    memchr::memchr_iter(b'\n', text.as_bytes()).count()
}

/// What a value stands for, by which it is judged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It may be a fault.
    Document,
    /// It should be an event.
    Item,
    /// The value of a property may be anything.
    Property,
}

/// Walks a JSON document.
pub(super) fn walk(text: &str, page: &mut Page<'_>) -> Result<(), WireError> {
    match text.as_bytes().first() {
        Some(b'[') => walk_list(text, Role::Item, 0, page).map_err(|error| in_document(error, text)),
        Some(b'{') => {
            let members = serde_json::from_str(text).map_err(not_json)?;
            walk_object(&members, Role::Document, 0, page)
        }
        Some(_) | None => match serde_json::from_str::<&RawValue>(text).map_err(not_json)?.get() {
            "null" => Err(WireError::NoObservation("it is `null`".into())),
            other => Err(WireError::NotEvents(format!("it is `{}`", shown(other)))),
        },
    }
}

/// The error of a list that is a document: its items are read one by one, and theirs names a place in the item.
fn in_document(error: WireError, text: &str) -> WireError {
    let is_syntax = matches!(error, WireError::Syntax(_));
    let of_whole = is_syntax.then(|| serde_json::from_str::<IgnoredAny>(text).err());
    of_whole.flatten().map_or(error, not_json)
}

/// Walks the items of a list. As a list for `serde_json` they would all have to be taken as they stand first, and each of
/// interest be read twice.
fn walk_list(json: &str, role: Role, depth: usize, page: &mut Page<'_>) -> Result<(), WireError> {
    page.is_list |= depth == 0;
    let mut rest = json.strip_prefix('[').map_or(json, unindented);
    if let Some(after) = rest.strip_prefix(']') {
        return nothing_in(after);
    }
    loop {
        let items = page.items;
        let type_name = type_at_the_start(rest).filter(|_| role == Role::Item);
        let passed = if type_name.is_some_and(|type_name| page.passes_over(type_name)) {
            first_value::<IgnoredAny>(rest).map_err(not_json)?.1
        } else if let Some((event, passed)) = plain_event(rest) {
            page.event(event);
            passed
        } else if rest.starts_with('{') {
            let (members, passed) = first_value::<Members<'_>>(rest).map_err(not_json)?;
            walk_object(&members, role, depth + 1, page)?;
            passed
        } else {
            let (item, passed) = first_value::<&RawValue>(rest).map_err(not_json)?;
            walk_value(item.get(), role, depth + 1, page)?;
            passed
        };
        if role == Role::Item && page.items == items {
            // A list or a box in which nothing is: by itself it would be an observation.
            no_event(rest.get(..passed).unwrap_or_default(), page);
        }
        rest = unindented(rest.get(passed..).unwrap_or_default());
        if let Some(after) = rest.strip_prefix(',') {
            rest = unindented(after);
        } else if let Some(after) = rest.strip_prefix(']') {
            return nothing_in(after);
        } else {
            return Err(WireError::Syntax(format!(
                "`,` or `]` is missing in a list before `{}`",
                shown(rest)
            )));
        }
    }
}

/// The first value of a text, and where it ends.
fn first_value<'a, T: Deserialize<'a>>(text: &'a str) -> Result<(T, usize), serde_json::Error> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    let value = values
        .next()
        .unwrap_or_else(|| Err(Error::custom("it ends within a list")))?;
    Ok((value, values.byte_offset()))
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes it so")]
fn not_json(error: serde_json::Error) -> WireError {
    WireError::Syntax(error.to_string())
}

fn nothing_in(rest: &str) -> Result<(), WireError> {
    match unindented(rest) {
        "" => Ok(()),
        rest => Err(WireError::Syntax(format!("`{}` follows its end", shown(rest)))),
    }
}

/// A text without the white space that JSON allows before a value.
fn unindented(text: &str) -> &str {
    text.trim_start_matches([' ', '\n', '\r', '\t'])
}

/// Walks a value that should be an event, or hold some.
fn walk_value(json: &str, role: Role, depth: usize, page: &mut Page<'_>) -> Result<(), WireError> {
    match json.as_bytes().first() {
        Some(b'[' | b'{') if depth > MAX_DEPTH => {
            page.not_an_event(format_args!(
                "it lies more than {MAX_DEPTH} lists and objects deep"
            ));
        }
        Some(b'[') => walk_list(json, role, depth, page)?,
        Some(b'{') => walk_object(&Members::of(json), role, depth, page)?,
        Some(_) | None if role == Role::Item => no_event(json, page),
        Some(_) | None => {}
    }
    Ok(())
}

fn no_event(json: &str, page: &mut Page<'_>) {
    page.not_an_event(format_args!("`{}` is no event", shown(json)));
}

/// The type of an event whose first member it is, as vCenter writes them.
fn type_at_the_start(json: &str) -> Option<&str> {
    let tokens = ["{", "\"_typeName\"", ":", "\""];
    let rest = tokens
        .iter()
        .try_fold(json, |rest, token| unindented(rest).strip_prefix(token))?;
    let (name, _) = rest.split_once('"')?;
    (is_named_event(name) && !name.contains('\\')).then_some(name)
}

/// The event that a text begins with, and where it ends, as most are written. Others are read as [`Members`], which gives
/// the same of one that is plain.
fn plain_event(text: &str) -> Option<(RawEvent<'_>, usize)> {
    // The error of what is none costs more than reading it.
    let (PlainEvent(event), passed) = text.starts_with('{').then(|| first_value(text).ok())??;
    let is_whole = event.created_time.is_some() && !event.key.is_missing();
    let is_named = event.type_name.as_deref().is_some_and(is_named_event);
    (is_whole && is_named).then_some((event, passed))
}

/// Whether an object of this type is an event, whatever members it has.
fn is_named_event(type_name: &str) -> bool {
    let name = bare_type_name(type_name);
    let is_named = name.ends_with("Event") && !name.starts_with("ArrayOf");
    is_named || name.starts_with("Customization") || name == "EventEx"
}

fn walk_object(
    members: &Members<'_>,
    role: Role,
    depth: usize,
    page: &mut Page<'_>,
) -> Result<(), WireError> {
    let type_name = text(members.type_name);
    let type_name = type_name.as_deref().unwrap_or_default();
    // Windows PowerShell puts a list into `value` of its own.
    let held = members.boxed.or(members.value);
    let list = held.filter(|list| list.get().starts_with('['));
    let is_answer = type_name == "UpdateSet" || type_name == "ArrayOfEvent";
    page.is_list |= is_answer || type_name.is_empty() && list.is_some();
    let is_empty_answer = is_answer && held.is_none() && role != Role::Item;
    let is_holder = members.container.is_some() || list.is_some() || is_empty_answer;
    if is_holder && !is_named_event(type_name) {
        if let Some(container) = members.container {
            walk_value(container.get(), Role::Property, depth + 1, page)?;
        }
        if let Some(list) = list {
            walk_value(list.get(), Role::Item, depth + 1, page)?;
        }
        return Ok(());
    }
    let data = members.data_text();
    let event = match &data {
        Ok(Some(data)) => members.event_in(data),
        Ok(None) => Ok(members.event()),
        Err(why) => Err(why.clone()),
    };
    let event = match event {
        Ok(event) => event,
        Err(why) => {
            if role != Role::Property {
                page.not_an_event(format_args!("{why}"));
            }
            return Ok(());
        }
    };
    let is_fault = members.fault_text.is_some() || super::known_fault(type_name).is_some();
    if role == Role::Document && is_fault {
        return Err(WireError::Fault {
            fault: event.type_name.map_or_else(|| "unknown".into(), shown),
            message: text(members.fault_text).map(shown).unwrap_or_default(),
        });
    }
    // As in SOAP: the value of another property is none.
    let is_event = event.created_time.is_some() && !event.key.is_missing();
    if is_event || role != Role::Property {
        page.event(event);
    }
    Ok(())
}

/// An event as vCenter writes it: nothing is in a box, no member is there twice, no text has half a character.
struct PlainEvent<'a>(RawEvent<'a>);

/// Reads an object of a plain event into it.
struct PlainObject<'e, 'a> {
    event: &'e mut RawEvent<'a>,
    is: PlainPart,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PlainPart {
    Event,
    VmArgument,
    VmReference,
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for PlainEvent<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut event = RawEvent::default();
        let object = PlainObject {
            event: &mut event,
            is: PlainPart::Event,
        };
        object.deserialize(deserializer)?;
        event.created_time = event.created_time.map(moment);
        Ok(Self(event))
    }
}

impl<'de> DeserializeSeed<'de> for PlainObject<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for PlainObject<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a plain event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { event, is } = self;
        let mut vm_type = None;
        while let Some(name) = map.next_key::<&str>()? {
            let slot = match (is, name) {
                (PlainPart::Event, "_typeName" | "_vimtype") => &mut event.type_name,
                (PlainPart::Event, "createdTime" | "CreatedTime") => &mut event.created_time,
                (PlainPart::Event, "fullFormattedMessage" | "FullFormattedMessage") => {
                    &mut event.details.message
                }
                (PlainPart::Event, "reason" | "Reason") => &mut event.details.reason,
                (PlainPart::Event, "logLocation" | "LogLocation") => &mut event.details.log_location,
                (PlainPart::Event, "sysprepVersion" | "SysprepVersion") => &mut event.details.sysprep_version,
                (PlainPart::Event, "systemVersion" | "SystemVersion") => &mut event.details.system_version,
                (PlainPart::VmArgument, "name" | "Name") => &mut event.vm_name,
                (PlainPart::VmReference, "type" | "Type") => &mut vm_type,
                (PlainPart::VmReference, "value" | "Value") => &mut event.vm,
                (PlainPart::Event, "key" | "Key") if event.key.is_missing() => {
                    event.key = RawKey::Int32(map.next_value()?);
                    continue;
                }
                (PlainPart::Event | PlainPart::VmArgument, "vm" | "Vm") => {
                    let is = match is {
                        PlainPart::Event => PlainPart::VmArgument,
                        PlainPart::VmArgument | PlainPart::VmReference => PlainPart::VmReference,
                    };
                    map.next_value_seed(PlainObject { event, is })?;
                    continue;
                }
                (_, "_value") => return Err(A::Error::custom("it is in a box")),
                (_, _) => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let Text(text) = map.next_value()?;
            if slot.replace(text).is_some() {
                return Err(A::Error::custom("a member is there twice"));
            }
        }
        let is_other = vm_type.is_some_and(|name| name != "VirtualMachine");
        if event.vm.is_none() || is_other {
            return Err(A::Error::custom("it names no VM"));
        }
        Ok(())
    }
}

/// The members of an object that may be an event, a `CloudEvent`, a box, a reference, or a container of others: each as
/// it stands, and the first where it is there twice. Both spellings occur: `createdTime` in VI JSON, `CreatedTime` in
/// Go's.
#[derive(Default)]
struct Members<'a> {
    type_name: Option<&'a RawValue>,
    plain_type: Option<&'a RawValue>,
    key: Option<&'a RawValue>,
    created_time: Option<&'a RawValue>,
    vm: Option<&'a RawValue>,
    /// `object` of `govc events`: `VirtualMachine:vm-101`.
    object: Option<&'a RawValue>,
    name: Option<&'a RawValue>,
    value: Option<&'a RawValue>,
    full_message: Option<&'a RawValue>,
    plain_message: Option<&'a RawValue>,
    reason: Option<&'a RawValue>,
    log_location: Option<&'a RawValue>,
    sysprep_version: Option<&'a RawValue>,
    system_version: Option<&'a RawValue>,
    /// The event in a `CloudEvent`: an object, or a text that holds XML or JSON.
    data: Option<&'a RawValue>,
    /// The same as base64.
    data_base64: Option<&'a RawValue>,
    subject: Option<&'a RawValue>,
    /// What is in a box.
    boxed: Option<&'a RawValue>,
    /// What leads from an `UpdateSet` or a `RetrieveResult` down to the value of a property.
    container: Option<&'a RawValue>,
    fault_text: Option<&'a RawValue>,
}

impl<'a> Members<'a> {
    /// Those of an object that was read as it stands.
    fn of(json: &'a str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    /// Those of a value that is an object.
    fn of_object(value: Option<&'a RawValue>) -> Option<Self> {
        value
            .map(RawValue::get)
            .filter(|json| json.starts_with('{'))
            .map(Self::of)
    }

    /// The same of an argument or a reference, which may be in a box.
    fn of_boxed(value: Option<&'a RawValue>) -> Option<Self> {
        let members = Self::of_object(value)?;
        let is_bare = members.vm.is_some() || members.value.is_some();
        let inner = Self::of_object(members.boxed).filter(|_| !is_bare);
        Some(inner.unwrap_or(members))
    }

    fn slot(&mut self, name: &str) -> Option<&mut Option<&'a RawValue>> {
        Some(match name {
            // The second is pyvmomi's.
            "_typeName" | "_vimtype" => &mut self.type_name,
            "type" | "Type" => &mut self.plain_type,
            "key" | "Key" => &mut self.key,
            "createdTime" | "CreatedTime" => &mut self.created_time,
            "vm" | "Vm" => &mut self.vm,
            "object" | "Object" => &mut self.object,
            "name" | "Name" => &mut self.name,
            "value" | "Value" => &mut self.value,
            "fullFormattedMessage" | "FullFormattedMessage" => &mut self.full_message,
            "message" | "Message" => &mut self.plain_message,
            "reason" | "Reason" => &mut self.reason,
            "logLocation" | "LogLocation" => &mut self.log_location,
            "sysprepVersion" | "SysprepVersion" => &mut self.sysprep_version,
            "systemVersion" | "SystemVersion" => &mut self.system_version,
            "data" => &mut self.data,
            "data_base64" => &mut self.data_base64,
            "subject" => &mut self.subject,
            "_value" => &mut self.boxed,
            "returnval" | "filterSet" | "objectSet" | "changeSet" | "objects" | "propSet" | "val" => {
                &mut self.container
            }
            "faultstring" => &mut self.fault_text,
            _ => return None,
        })
    }

    fn event(&self) -> RawEvent<'a> {
        let own_type = text(self.type_name);
        if self.is_whole() {
            return self.event_of_type(own_type);
        }
        let named = own_type.clone().filter(|name| is_named_event(name));
        if let Some(data) = Self::of_object(self.data) {
            let type_name = named.or_else(|| text(data.type_name));
            return data.event_of_type(type_name.or_else(|| self.cloud_event_type()));
        }
        if let Some(inner) = Self::of_object(self.boxed) {
            let type_name = named.or_else(|| text(inner.type_name));
            let type_name = type_name.or_else(|| text(inner.plain_type));
            return inner.event_of_type(type_name.or(own_type));
        }
        self.event_of_type(own_type.or_else(|| text(self.plain_type)))
    }

    /// Whether it is an event by itself, whatever it has beside.
    fn is_whole(&self) -> bool {
        self.created_time.is_some() && text(self.type_name).is_some_and(|name| is_named_event(&name))
    }

    /// The data of a `CloudEvent` where it is no object but a text: of XML, which is the default of some sources, or of JSON.
    fn data_text(&self) -> Result<Option<Cow<'a, str>>, String> {
        if self.is_whole() {
            return Ok(None);
        }
        let data = match text(self.data_base64) {
            Some(base64) => {
                let bytes = Base64::decode_vec(&base64)
                    .map_err(|_| format!("its `data_base64` is no base64: `{}`", shown(&base64)))?;
                Some(String::from_utf8_lossy(&bytes).into_owned().into())
            }
            None => text(self.data),
        };
        Ok(data.filter(|data| data.trim_start().starts_with(['<', '{'])))
    }

    fn event_in<'d>(&self, data: &'d str) -> Result<RawEvent<'d>, String>
    where
        'a: 'd,
    {
        let named = text(self.type_name).filter(|name| is_named_event(name));
        let data = data.trim();
        if data.starts_with('<') {
            let event =
                soap::lone_event(data).map_err(|error| format!("its data cannot be read: {error}"))?;
            let type_name = named.or(event.type_name);
            return Ok(RawEvent { type_name, ..event });
        }
        let members = serde_json::from_str::<Members<'_>>(data)
            .map_err(|error| format!("its data cannot be read: {error}"))?;
        let type_name = named.or_else(|| text(members.type_name));
        Ok(members.event_of_type(type_name.or_else(|| self.cloud_event_type())))
    }

    /// The event class in the attributes of a `CloudEvent`: `com.vmware.vsphere.<class>.v0`, or
    /// the subject where the type is that of the router.
    fn cloud_event_type(&self) -> Option<Cow<'a, str>> {
        let own = text(self.plain_type)?;
        let Some(class) = own.strip_prefix("com.vmware.vsphere.") else {
            return text(self.subject).or(Some(own));
        };
        let unversioned = class
            .rsplit_once(".v")
            .filter(|(_, version)| version.bytes().all(|byte| byte.is_ascii_digit()));
        Some(String::from(unversioned.map_or(class, |(class, _)| class)).into())
    }

    fn event_of_type(&self, type_name: Option<Cow<'a, str>>) -> RawEvent<'a> {
        let (vm, vm_name) = if let Some(argument) = Self::of_boxed(self.vm) {
            argument.vm_and_name()
        } else {
            let reference = text(self.vm).or_else(|| text(self.object));
            (reference.as_deref().and_then(vm_of_reference), None)
        };
        RawEvent {
            type_name,
            key: key(self.key),
            created_time: text(self.created_time).map(moment),
            vm,
            vm_name,
            details: RawDetails {
                reason: text(self.reason),
                log_location: text(self.log_location),
                sysprep_version: text(self.sysprep_version),
                system_version: text(self.system_version),
                message: text(self.full_message).or_else(|| {
                    // In VI JSON it is something else.
                    let is_vi_json = self.type_name.is_some();
                    text(self.plain_message).filter(|_| !is_vi_json)
                }),
            },
        }
    }

    /// The reference value and the name in a `VmEventArgument`, or the value of the bare reference that some sources
    /// give in its place. The reference may be a text.
    fn vm_and_name(&self) -> (Option<Cow<'a, str>>, Option<Cow<'a, str>>) {
        if let Some(reference) = text(self.vm) {
            return (vm_of_reference(&reference), text(self.name));
        }
        let inner = Self::of_boxed(self.vm);
        let reference = inner.as_ref().unwrap_or(self);
        let is_vm = text(reference.plain_type).is_none_or(|type_name| type_name == "VirtualMachine");
        (text(reference.value).filter(|_| is_vm), text(self.name))
    }
}

/// The VM of a reference as one text: `VirtualMachine:vm-101` of govc, `vim.VirtualMachine:vm-101` of pyvmomi,
/// `VirtualMachine-vm-101` of `PowerCLI`.
fn vm_of_reference(text: &str) -> Option<Cow<'static, str>> {
    let value = text
        .strip_prefix("vim.")
        .unwrap_or(text)
        .strip_prefix("VirtualMachine")?
        .strip_prefix([':', '-'])?;
    Some(String::from(value).into())
}

/// A time as it is, but for that of Windows PowerShell, in milliseconds since 1970: `/Date(1772359195480)/`.
fn moment(text: Cow<'_, str>) -> Cow<'_, str> {
    let ms = text
        .strip_prefix("/Date(")
        .and_then(|text| text.strip_suffix(")/"))
        .and_then(|ms| ms.parse().ok());
    match ms {
        Some(ms) => ServerTime::from_unix_ms(ms).to_string().into(),
        None => text,
    }
}

/// A value in its box, or as it is; `None` for lists and objects.
fn scalar(value: Option<&RawValue>) -> Option<&str> {
    let value = match Members::of_object(value) {
        Some(members) => members.boxed,
        None => value,
    };
    value
        .map(RawValue::get)
        .filter(|json| !json.starts_with(['{', '[']))
}

/// A text, alone or in a box; other values are as good as absent.
fn text(value: Option<&RawValue>) -> Option<Cow<'_, str>> {
    let json = value.map(RawValue::get)?;
    if json.starts_with('"') {
        unquoted(json)
    } else {
        scalar(value).and_then(unquoted)
    }
}

/// The text that JSON has in quotes.
fn unquoted(json: &str) -> Option<Cow<'_, str>> {
    let plain = json.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', plain.as_bytes()).is_none() {
        return Some(Cow::Borrowed(plain));
    }
    serde_json::from_str(json)
        .or_else(|_| serde_json::from_str(&whole_characters(json)))
        .ok()
        .map(Cow::Owned)
}

/// `Event.key`, alone or in a box.
fn key(value: Option<&RawValue>) -> RawKey<'_> {
    match scalar(value) {
        None | Some("null") => RawKey::Missing,
        Some(text) => RawKey::of(Cow::Borrowed(text)),
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Members::default();
                while let Some(name) = map.next_key::<&RawValue>()? {
                    match unquoted(name.get()).and_then(|name| members.slot(&name)) {
                        Some(slot) => {
                            let value = map.next_value()?;
                            slot.get_or_insert(value);
                        }
                        None => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Object)
    }
}
