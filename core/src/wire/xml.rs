//! XML as SOAP has it: elements, their attributes and texts, with namespaces.
//!
//! What is not well-formed is refused, and so is a DTD: vCenters never send one, and attackers do. That leaves five
//! entities, and nothing to expand. Nesting costs no stack here.
//!
//! All that structures XML is ASCII, so it is looked for among bytes: that needs no inlining to be quick.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::model::text::{find, split};

/// The most elements and pieces of text of one document: a page of a thousand events has about 40,000.
const MAX_NODES: usize = 4_000_000;

/// The most attributes of a tag, and namespaces in scope: each is compared with all others.
const MAX_COMPARED: usize = 256;

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// Why a text is no document.
pub(super) enum XmlError {
    /// A limit was met; the text says which.
    TooLarge(String),
    /// It is not well-formed; the text says what is wrong and where.
    Malformed(String),
}

/// A document: its elements in the order in which they begin.
pub(super) struct Document<'a> {
    elements: Vec<Element<'a>>,
    attributes: Vec<Attribute<'a>>,
}

struct Element<'a> {
    name: &'a str,
    attributes: Range<usize>,
    /// Without that of the elements in it, and without white space before.
    text: Cow<'a, str>,
    /// The number of the first element after it that is not in it.
    end: usize,
}

struct Attribute<'a> {
    prefix: &'a str,
    name: &'a str,
    value: Cow<'a, str>,
    is_xsi: bool,
}

/// An element of a document.
#[derive(Clone, Copy)]
pub(super) struct Node<'d> {
    document: &'d Document<'d>,
    element: &'d Element<'d>,
    number: usize,
}

impl<'d> Document<'d> {
    pub(super) fn root(&'d self) -> Option<Node<'d>> {
        self.node(0)
    }

    fn node(&'d self, number: usize) -> Option<Node<'d>> {
        Some(Node {
            document: self,
            element: self.elements.get(number)?,
            number,
        })
    }
}

impl<'d> Node<'d> {
    /// The name without a prefix.
    pub(super) fn name(self) -> &'d str {
        self.element.name
    }

    /// The text of the element without that of the elements in it, and without white space around.
    pub(super) fn text(self) -> &'d str {
        self.element.text.trim()
    }

    pub(super) fn children(self) -> impl Iterator<Item = Self> {
        let mut next = self.number + 1;
        core::iter::from_fn(move || {
            let child = self.document.node(next).filter(|_| next < self.element.end)?;
            next = child.element.end;
            Some(child)
        })
    }

    pub(super) fn child(self, name: &str) -> Option<Self> {
        self.children().find(|child| child.name() == name)
    }

    /// The names without prefixes, and the values, of the attributes that are not of the schema instance.
    pub(super) fn attributes(self) -> impl Iterator<Item = (&'d str, &'d str)> {
        self.own_attributes()
            .filter(|attribute| !attribute.is_xsi)
            .map(|attribute| (attribute.name, attribute.value.as_ref()))
    }

    /// The value of an attribute without a prefix.
    pub(super) fn attribute(self, name: &str) -> Option<&'d str> {
        self.own_attributes()
            .find(|attribute| attribute.prefix.is_empty() && attribute.name == name)
            .map(|attribute| attribute.value.as_ref())
    }

    /// The local part of the element's `xsi:type`, whatever the prefix.
    pub(super) fn xsi_type(self) -> Option<&'d str> {
        let attribute = self
            .own_attributes()
            .find(|attribute| attribute.is_xsi && attribute.name == "type")?;
        let name = attribute.value.trim();
        Some(name.rsplit_once(':').map_or(name, |(_, local)| local))
    }

    fn own_attributes(self) -> impl Iterator<Item = &'d Attribute<'d>> {
        let own = self.document.attributes.get(self.element.attributes.clone());
        own.unwrap_or_default().iter()
    }
}

/// Reads a document.
pub(super) fn parse(text: &str) -> Result<Document<'_>, XmlError> {
    let mut parser = Parser {
        rest: text,
        document: Document {
            elements: Vec::new(),
            attributes: Vec::new(),
        },
        open: Vec::new(),
        bindings: Vec::new(),
        nodes: 0,
        is_too_large: false,
    };
    match parser.document() {
        Ok(()) => Ok(parser.document),
        Err(limit) if parser.is_too_large => Err(XmlError::TooLarge(limit.into())),
        Err(what) => {
            let passed = text.len() - parser.rest.len();
            let before = text.get(..passed).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            Err(XmlError::Malformed(format!("{what} at {line}:{column}")))
        }
    }
}

/// What is wrong, at the place that the parser has come to.
type Parsed<T> = Result<T, &'static str>;

struct Parser<'a> {
    rest: &'a str,
    document: Document<'a>,
    open: Vec<Open<'a>>,
    /// The prefixes in scope, the innermost last, with their namespaces.
    bindings: Vec<(&'a str, Cow<'a, str>)>,
    nodes: usize,
    /// Whether what is wrong is that it is too large.
    is_too_large: bool,
}

/// An element that has begun.
struct Open<'a> {
    number: usize,
    prefix: &'a str,
    name: &'a str,
    /// How many bindings there were before it.
    bindings: usize,
}

impl<'a> Parser<'a> {
    fn document(&mut self) -> Parsed<()> {
        let is_control = |byte: &u8| matches!(byte, 0..=8 | 0xb | 0xc | 0xe..=0x1f);
        let has_control = self.rest.as_bytes().iter().any(is_control);
        // `str::contains` brings the search for long texts.
        let has = |character: char| self.rest.matches(character).next().is_some();
        if has_control || has('\u{fffe}') || has('\u{ffff}') {
            return Err("a character that XML does not allow");
        }
        self.declaration()?;
        loop {
            match self.rest.as_bytes() {
                [] => break,
                [b'<', b'/', ..] => self.end_tag()?,
                [b'<', b'!' | b'?', ..] => self.other_markup()?,
                [b'<', ..] => self.start_tag()?,
                _ => self.text()?,
            }
        }
        if !self.open.is_empty() {
            return Err("an element without an end");
        }
        if self.document.elements.is_empty() {
            return Err("no root element");
        }
        Ok(())
    }

    fn declaration(&mut self) -> Parsed<()> {
        if !self.skip("<?xml ") {
            return Ok(());
        }
        for (name, is_required) in [("version", true), ("encoding", false), ("standalone", false)] {
            self.skip_space();
            if self.rest.starts_with(name) {
                self.qualified_name()?;
                self.value()?;
                if !self.skip_space() && !self.rest.starts_with("?>") {
                    return Err("no white space before an attribute");
                }
            } else if is_required {
                return Err("an XML declaration without a version");
            }
        }
        if self.skip("?>") {
            Ok(())
        } else {
            Err("an XML declaration without an end")
        }
    }

    fn other_markup(&mut self) -> Parsed<()> {
        if self.skip("<!--") {
            let comment = self.until("-->", "a comment without an end")?;
            if find(comment, "--").is_some() || comment.ends_with('-') {
                return Err("`--` in a comment");
            }
        } else if self.skip("<![CDATA[") {
            let text = self.until("]]>", "a CDATA section without an end")?;
            self.add_text(decoded(text, Part::Literal)?)?;
        } else if self.skip("<?xml ") {
            return Err("an XML declaration that is not at the start");
        } else if self.skip("<?") {
            self.name()?;
            self.until("?>", "a processing instruction without an end")?;
        } else {
            return Err("a DTD, which is not read");
        }
        Ok(())
    }

    fn text(&mut self) -> Parsed<()> {
        let end = self.rest.find('<').unwrap_or(self.rest.len());
        let (text, rest) = split(self.rest, end);
        if !self.open.is_empty() {
            self.add_text(decoded(text, Part::Text)?)?;
        } else if !text.bytes().all(is_white_space) {
            return Err("text outside of the root element");
        }
        self.rest = rest;
        Ok(())
    }

    fn start_tag(&mut self) -> Parsed<()> {
        self.skip("<");
        if self.open.is_empty() && !self.document.elements.is_empty() {
            return Err("a second root element");
        }
        let (prefix, name) = self.qualified_name()?;
        let bindings = self.bindings.len();
        let first_attribute = self.document.attributes.len();
        let is_empty = loop {
            let spaced = self.skip_space();
            if self.skip(">") {
                break false;
            } else if self.skip("/>") {
                break true;
            } else if !spaced {
                return Err("no white space before an attribute");
            }
            self.attribute(bindings)?;
        };
        self.limit(
            self.bindings.len() <= MAX_COMPARED,
            "more than 256 namespaces are in scope",
        )?;
        self.limit(
            self.document.attributes.len() - first_attribute <= MAX_COMPARED,
            "a tag has more than 256 attributes",
        )?;
        self.resolve(prefix)?;
        self.resolve_attributes(first_attribute)?;
        self.count_node()?;
        let number = self.document.elements.len();
        self.document.elements.push(Element {
            name,
            attributes: first_attribute..self.document.attributes.len(),
            text: Cow::Borrowed(""),
            end: number + 1,
        });
        if is_empty {
            self.bindings.truncate(bindings);
        } else {
            self.open.push(Open {
                number,
                prefix,
                name,
                bindings,
            });
        }
        Ok(())
    }

    /// An attribute, or a namespace for the element and what is in it; its other ones are from `own_bindings` on.
    fn attribute(&mut self, own_bindings: usize) -> Parsed<()> {
        let (prefix, name) = self.qualified_name()?;
        let value = decoded(self.value()?, Part::Attribute)?;
        let declared = match (prefix, name) {
            ("xmlns", prefix) => prefix,
            ("", "xmlns") => "",
            _ => {
                self.document.attributes.push(Attribute {
                    prefix,
                    name,
                    value,
                    is_xsi: false,
                });
                return Ok(());
            }
        };
        if value == XMLNS || (value == XML) != (declared == "xml") {
            return Err("a reserved namespace");
        }
        let mut own = self.bindings.iter().skip(own_bindings);
        if own.any(|(prefix, _)| *prefix == declared) {
            return Err("a prefix that is declared twice");
        }
        self.bindings.push((declared, value));
        Ok(())
    }

    /// What follows the name of an attribute: `=`, and a value in quotes.
    fn value(&mut self) -> Parsed<&'a str> {
        self.skip_space();
        if !self.skip("=") {
            return Err("an attribute without a value");
        }
        self.skip_space();
        let quote = if self.skip("\"") {
            '"'
        } else if self.skip("'") {
            '\''
        } else {
            return Err("an attribute without quotes");
        };
        let (value, rest) = self.rest.split_once(quote).ok_or("an attribute without an end")?;
        self.rest = rest;
        if value.contains('<') {
            return Err("`<` in an attribute");
        }
        Ok(value)
    }

    /// Finds the namespaces of an element's attributes, once all of them are declared.
    fn resolve_attributes(&mut self, first: usize) -> Parsed<()> {
        for number in first..self.document.attributes.len() {
            let Some(attribute) = self.document.attributes.get(number) else {
                break;
            };
            let namespace = match attribute.prefix {
                "" => "",
                prefix => self.resolve(prefix)?,
            };
            let is_xsi = namespace == XSI;
            let before = self.document.attributes.get(first..number).unwrap_or_default();
            for other in before.iter().filter(|other| other.name == attribute.name) {
                let is_same = match (other.prefix, attribute.prefix) {
                    ("", "") => true,
                    ("", _) | (_, "") => false,
                    (prefix, _) => self.resolve(prefix)? == namespace,
                };
                if is_same {
                    return Err("an attribute that is there twice");
                }
            }
            if let Some(attribute) = self.document.attributes.get_mut(number) {
                attribute.is_xsi = is_xsi;
            }
        }
        Ok(())
    }

    /// The namespace of a prefix.
    fn resolve(&self, prefix: &str) -> Parsed<&str> {
        let mut innermost_first = self.bindings.iter().rev();
        match innermost_first.find(|(declared, _)| *declared == prefix) {
            Some((_, namespace)) => Ok(namespace),
            None if prefix.is_empty() => Ok(""),
            None if prefix == "xml" => Ok(XML),
            None => Err("a prefix that is not declared"),
        }
    }

    fn end_tag(&mut self) -> Parsed<()> {
        self.skip("</");
        let (prefix, name) = self.qualified_name()?;
        self.skip_space();
        if !self.skip(">") {
            return Err("a tag without an end");
        }
        match self.open.pop() {
            Some(open) if open.prefix == prefix && open.name == name => {
                self.bindings.truncate(open.bindings);
                let end = self.document.elements.len();
                if let Some(element) = self.document.elements.get_mut(open.number) {
                    element.end = end;
                }
                Ok(())
            }
            Some(_) | None => Err("an end tag without its start tag"),
        }
    }

    /// Adds to the text of the innermost element.
    fn add_text(&mut self, piece: Cow<'a, str>) -> Parsed<()> {
        self.count_node()?;
        let innermost = self.open.last().map(|open| open.number);
        let Some(element) = innermost.and_then(|number| self.document.elements.get_mut(number)) else {
            return Err("text outside of the root element");
        };
        if !element.text.is_empty() {
            element.text.to_mut().push_str(&piece);
        } else if !piece.trim().is_empty() {
            element.text = piece;
        }
        Ok(())
    }

    fn count_node(&mut self) -> Parsed<()> {
        self.nodes += 1;
        self.limit(
            self.nodes <= MAX_NODES,
            "it has more than 4000000 nodes: ask for smaller pages",
        )
    }

    fn limit(&mut self, is_kept: bool, otherwise: &'static str) -> Parsed<()> {
        self.is_too_large = !is_kept;
        if is_kept {
            Ok(())
        } else {
            Err(otherwise)
        }
    }

    /// A name's prefix, empty where it has none, and its local part.
    fn qualified_name(&mut self) -> Parsed<(&'a str, &'a str)> {
        let first = self.name()?;
        if self.skip(":") {
            Ok((first, self.name()?))
        } else {
            Ok(("", first))
        }
    }

    fn name(&mut self) -> Parsed<&'a str> {
        let name = self.take_while(is_name_byte);
        match name.as_bytes() {
            [] | [b'0'..=b'9' | b'-' | b'.', ..] => Err("a bad name"),
            _ => Ok(name),
        }
    }

    fn skip(&mut self, expected: &str) -> bool {
        match self.rest.strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn skip_space(&mut self) -> bool {
        !self.take_while(is_white_space).is_empty()
    }

    /// Takes bytes of which each is ASCII, or all of a character are taken.
    fn take_while(&mut self, is_taken: fn(u8) -> bool) -> &'a str {
        let end = self.rest.bytes().position(|byte| !is_taken(byte));
        let (taken, rest) = split(self.rest, end.unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// What comes before `end`, which is skipped too.
    fn until(&mut self, end: &str, otherwise: &'static str) -> Parsed<&'a str> {
        let (before, rest) = split(self.rest, find(self.rest, end).ok_or(otherwise)?);
        self.rest = rest;
        self.skip(end);
        Ok(before)
    }
}

/// What a piece of a document is, by which its characters are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Text,
    Attribute,
    /// A CDATA section, without entities.
    Literal,
}

/// A piece of a document with its entities and line ends resolved.
fn decoded(piece: &str, part: Part) -> Parsed<Cow<'_, str>> {
    let is_plain = piece
        .bytes()
        .all(|byte| !matches!(byte, b'&' | b'\r' | b'\n' | b'\t' | b']'));
    if is_plain {
        return Ok(Cow::Borrowed(piece));
    }
    if part == Part::Text && find(piece, "]]>").is_some() {
        return Err("`]]>` in a text");
    }
    let mut result = String::with_capacity(piece.len());
    let mut rest = piece;
    let special = |byte| matches!(byte, b'&' | b'\r' | b'\n' | b'\t');
    while let Some(place) = rest.bytes().position(special) {
        let (before, special) = split(rest, place);
        result.push_str(before);
        let mut after = special.chars();
        let found = after.next().unwrap_or_default();
        rest = after.as_str();
        if found == '&' && part != Part::Literal {
            let (name, after) = rest.split_once(';').ok_or("an entity without an end")?;
            result.push(entity(name).ok_or("an unknown entity")?);
            rest = after;
            continue;
        }
        if found == '\r' {
            rest = rest.strip_prefix('\n').unwrap_or(rest);
        }
        result.push(match (part, found) {
            (Part::Attribute, _) => ' ',
            (Part::Text | Part::Literal, '\r') => '\n',
            (Part::Text | Part::Literal, found) => found,
        });
    }
    result.push_str(rest);
    Ok(Cow::Owned(result))
}

fn entity(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
            let is_number = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            let code = u32::from_str_radix(digits, radix).ok().filter(|_| is_number)?;
            // Half a surrogate pair, which some guests write, costs no event: as in JSON it is replaced.
            let found = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            is_xml_char(found).then_some(found)
        }
    }
}

fn is_xml_char(found: char) -> bool {
    !matches!(
        found,
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'
    )
}

/// Beyond ASCII, where names of SOAP have nothing, any character goes.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') || !byte.is_ascii()
}

fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
