//! The elements of a SOAP document one by one, as they begin and end.
//!
//! What is not well-formed is refused, and so is a DTD: vCenters never send one, and attackers do. That leaves five
//! entities, and nothing to expand. Of the document nothing is kept but what is open.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use xmlparser::{ElementEnd, Reference, Stream, Token, Tokenizer};

use super::WireError;

/// The deepest nesting: an event of an update lies 9 elements deep.
const MAX_DEPTH: usize = 64;

/// The most attributes of an element, namespaces included; vCenter writes two.
const MAX_ATTRIBUTES: usize = 64;

/// The most prefixes in scope: each may be looked for among them.
const MAX_PREFIXES: usize = 64;

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Reads the elements of a document.
pub(super) struct Elements<'a> {
    text: &'a str,
    tokens: Tokenizer<'a>,
    open: Vec<Open<'a>>,
    /// The prefixes in scope, the innermost last, and whether each stands for the schema instance.
    prefixes: Vec<(&'a str, bool)>,
    /// Whether the element that began last is an empty one, which ends at once.
    is_at_end: bool,
    has_root: bool,
    /// How many bytes were looked through in vain for the ends of elements to be skipped. Beyond the length of the
    /// document none is looked for, so that the work is linear whatever the document.
    wasted: usize,
}

/// An element that has begun and not ended.
struct Open<'a> {
    /// Its name with the prefix.
    tag: &'a str,
    text: Cow<'a, str>,
    has_children: bool,
    /// How many prefixes were in scope before it.
    prefixes: usize,
}

/// What comes next in a document.
pub(super) enum Step<'a> {
    Begin(Begin<'a>),
    End(End<'a>),
}

/// The start of an element. Names are without their prefix.
pub(super) struct Begin<'a> {
    pub(super) name: &'a str,
    /// The local part of its `xsi:type`, whatever the prefix: vCenter writes `xsi:type`, the simulator
    /// `XMLSchema-instance:type`.
    pub(super) xsi_type: Option<Cow<'a, str>>,
    /// Those that are not of the schema instance.
    pub(super) attributes: Vec<Attribute<'a>>,
    /// The limit that it is over: its attributes are then not all there.
    pub(super) excess: Option<&'static str>,
}

pub(super) struct Attribute<'a> {
    prefix: &'a str,
    pub(super) name: &'a str,
    pub(super) value: Cow<'a, str>,
}

impl Begin<'_> {
    /// The value of an attribute without a prefix.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let mut own = self
            .attributes
            .iter()
            .filter(|attribute| attribute.prefix.is_empty());
        own.find(|attribute| attribute.name == name)
            .map(|attribute| attribute.value.as_ref())
    }
}

/// The end of an element.
pub(super) struct End<'a> {
    /// Without that of the elements in it, and without white space around.
    pub(super) text: Cow<'a, str>,
    pub(super) has_children: bool,
}

impl<'a> Elements<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self {
            text,
            tokens: Tokenizer::from(text),
            open: Vec::new(),
            prefixes: Vec::new(),
            is_at_end: false,
            has_root: false,
            wasted: 0,
        }
    }

    /// The next start or end of an element; `None` at the end of the document.
    pub(super) fn next(&mut self) -> Result<Option<Step<'a>>, WireError> {
        if core::mem::take(&mut self.is_at_end) {
            return Ok(self.end());
        }
        while let Some(token) = self.token()? {
            match token {
                Token::ElementStart { local, span, .. } => {
                    let tag = span.as_str().strip_prefix('<').unwrap_or_default();
                    return self.begin(tag, local.as_str()).map(Some);
                }
                Token::ElementEnd { span, .. } => {
                    let tag = span
                        .as_str()
                        .strip_prefix("</")
                        .and_then(|tag| tag.strip_suffix('>'));
                    let open = self.open.last().map(|open| open.tag);
                    if open.is_none() || open != tag.map(str::trim_end) {
                        return Err(self.malformed("an end tag without its start tag"));
                    }
                    return Ok(self.end());
                }
                Token::Text { text } => self.add(text.as_str(), decoded)?,
                Token::Cdata { text, .. } => self.add(text.as_str(), |text| Some(line_ends(text)))?,
                Token::DtdStart { .. }
                | Token::EmptyDtd { .. }
                | Token::EntityDeclaration { .. }
                | Token::DtdEnd { .. } => return Err(self.malformed("a DTD, which is not read")),
                Token::Declaration { .. }
                | Token::ProcessingInstruction { .. }
                | Token::Comment { .. }
                | Token::Attribute { .. } => {}
            }
        }
        if self.has_root && self.open.is_empty() {
            return Ok(None);
        }
        Err(self.malformed("the end of the document before that of an element"))
    }

    /// Goes to the end tag of the element that has just begun, where that is found without reading what is before it.
    /// One that lies as deep as any may is read, which tells what lies deeper.
    pub(super) fn skip_to_end(&mut self) {
        let may_skip = !self.is_at_end && self.open.len() < MAX_DEPTH && self.wasted <= self.text.len();
        let Some(open) = self.open.last().filter(|_| may_skip) else {
            return;
        };
        let begin = self.tokens.stream().pos();
        let rest = self.text.as_bytes().get(begin..).unwrap_or_default();
        match end_tag(open.tag.as_bytes(), rest) {
            Ok(place) => self.tokens = Tokenizer::from_fragment(self.text, begin + place..self.text.len()),
            Err(looked_at) => self.wasted += looked_at,
        }
    }

    /// Reads on to the end of the element that `depth` others are around, without looking at what is in it.
    pub(super) fn leave(&mut self, depth: usize) -> Result<(), WireError> {
        let mut open = self.open.len() - usize::from(core::mem::take(&mut self.is_at_end));
        while open > depth {
            match self.token()? {
                Some(Token::ElementEnd { end, .. }) => match end {
                    ElementEnd::Open => open += 1,
                    ElementEnd::Close(..) => open -= 1,
                    ElementEnd::Empty => {}
                },
                Some(_) => {}
                None => return Err(self.malformed("the end of the document before that of an element")),
            }
        }
        while self.open.len() > depth {
            self.end();
        }
        Ok(())
    }

    fn token(&mut self) -> Result<Option<Token<'a>>, WireError> {
        self.tokens
            .next()
            .transpose()
            .map_err(|error| WireError::Syntax(error.to_string()))
    }

    fn malformed(&self, what: &str) -> WireError {
        WireError::Syntax(format!("{what} at {}", self.tokens.stream().gen_text_pos()))
    }

    fn begin(&mut self, tag: &'a str, name: &'a str) -> Result<Step<'a>, WireError> {
        match self.open.last_mut() {
            Some(parent) => parent.has_children = true,
            None if self.has_root => return Err(self.malformed("a second root element")),
            None => self.has_root = true,
        }
        self.open.push(Open {
            tag,
            text: Cow::Borrowed(""),
            has_children: false,
            prefixes: self.prefixes.len(),
        });
        let mut excess = (self.open.len() > MAX_DEPTH).then_some("elements are nested more than 64 deep");
        let mut attributes: Vec<Attribute<'a>> = Vec::new();
        let mut count = 0;
        loop {
            match self.token()? {
                Some(Token::Attribute {
                    prefix, local, value, ..
                }) => {
                    count += 1;
                    if count > MAX_ATTRIBUTES {
                        excess = Some("an element has more than 64 attributes");
                    } else if prefix.as_str() == "xmlns" {
                        self.prefixes.push((local.as_str(), value.as_str() == XSI));
                    } else if (prefix.as_str(), local.as_str()) != ("", "xmlns") {
                        let value = resolved(value.as_str(), spaced);
                        attributes.push(Attribute {
                            prefix: prefix.as_str(),
                            name: local.as_str(),
                            value: value.ok_or_else(|| self.malformed("an unknown entity in what ends"))?,
                        });
                    }
                }
                Some(Token::ElementEnd { end, .. }) => {
                    self.is_at_end = end == ElementEnd::Empty;
                    break;
                }
                Some(_) | None => return Err(self.malformed("a start tag without an end")),
            }
        }
        if self.prefixes.len() > MAX_PREFIXES {
            excess = Some("more than 64 namespaces are in scope");
        }
        let xsi_type = attributes
            .iter()
            .position(|attribute| attribute.name == "type" && self.is_xsi(attribute.prefix))
            .map(|place| part(attributes.remove(place).value, local_name));
        attributes.retain(|attribute| !self.is_xsi(attribute.prefix));
        Ok(Step::Begin(Begin {
            name,
            xsi_type,
            attributes,
            excess,
        }))
    }

    fn is_xsi(&self, prefix: &str) -> bool {
        let mut innermost_first = self.prefixes.iter().rev();
        innermost_first
            .find(|(known, _)| *known == prefix)
            .is_some_and(|(_, is_xsi)| *is_xsi)
    }

    fn end(&mut self) -> Option<Step<'a>> {
        let open = self.open.pop()?;
        self.prefixes.truncate(open.prefixes);
        Some(Step::End(End {
            text: part(open.text, str::trim),
            has_children: open.has_children,
        }))
    }

    /// Adds to the text of the innermost element.
    fn add(&mut self, text: &'a str, decoded: fn(&'a str) -> Option<Cow<'a, str>>) -> Result<(), WireError> {
        if text.trim().is_empty() && self.open.last().is_none_or(|open| open.text.is_empty()) {
            return Ok(());
        }
        let Some(piece) = decoded(text) else {
            return Err(self.malformed("an unknown entity in what ends"));
        };
        match self.open.last_mut() {
            Some(open) if open.text.is_empty() => open.text = piece,
            Some(open) => open.text.to_mut().push_str(&piece),
            None => return Err(self.malformed("text outside of the root element")),
        }
        Ok(())
    }
}

/// Where the end tag of an open element begins; otherwise how much was looked through in vain. It is not found where a
/// comment or a CDATA section may hold one that is none, nor behind elements of its name that are in each other.
fn end_tag(own: &[u8], content: &[u8]) -> Result<usize, usize> {
    // Whether one of its name is open in it: the argument for a host is a `host` with a `host`.
    let mut is_in_inner = false;
    for place in memchr::memchr_iter(b'<', content) {
        let tag = content.get(place + 1..).unwrap_or_default();
        let end = tag.strip_prefix(b"/");
        let name = end.unwrap_or(tag);
        match name.first() {
            Some(b'!' | b'?') => return Err(place),
            // Most are told apart by it.
            first if first != own.first() => continue,
            Some(_) | None => {}
        }
        let Some(after) = name.strip_prefix(own) else {
            continue;
        };
        match (end, after.first()) {
            (Some(_), Some(b'>')) if is_in_inner => is_in_inner = false,
            (Some(_), Some(b'>')) => return Ok(place),
            (None, Some(b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n')) if !is_in_inner => {
                is_in_inner = has_content(after).ok_or(place)?;
            }
            _ => return Err(place),
        }
    }
    Err(content.len())
}

/// Whether what ends a start tag has no `/`; `None` where its `>` may stand in a value.
fn has_content(tag: &[u8]) -> Option<bool> {
    // A tag that comes before it is looked at by itself, so that each byte is looked at twice at most.
    let end = memchr::memchr2(b'<', b'>', tag)?;
    let (tag, rest) = tag.split_at_checked(end)?;
    let quotes = memchr::memchr_iter(b'"', tag).count();
    let is_plain = rest.starts_with(b">") && quotes % 2 == 0 && memchr::memchr(b'\'', tag).is_none();
    is_plain.then(|| !tag.ends_with(b"/"))
}

/// A part of a text, which is borrowed where the text is.
fn part(text: Cow<'_, str>, of: fn(&str) -> &str) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(of(text)),
        Cow::Owned(text) => Cow::Owned(of(&text).to_owned()),
    }
}

fn local_name(name: &str) -> &str {
    let name = name.trim();
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// A text with its entities and line ends resolved; `None` where an entity is none of the five.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    resolved(text, line_ends)
}

/// A text with its entities resolved, and `plain` what is between them; `None` where an entity is none of the five.
fn resolved(text: &str, plain: fn(&str) -> Cow<'_, str>) -> Option<Cow<'_, str>> {
    if memchr::memchr(b'&', text.as_bytes()).is_none() {
        return Some(plain(text));
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = Stream::from(text);
    while !rest.at_end() {
        let piece = rest.consume_bytes(|_, byte| byte != b'&');
        decoded.push_str(&plain(piece.as_str()));
        if !rest.at_end() {
            match rest.consume_reference().ok()? {
                Reference::Char(character) => decoded.push(character),
                Reference::Entity(_) => return None,
            }
        }
    }
    Some(Cow::Owned(decoded))
}

fn line_ends(text: &str) -> Cow<'_, str> {
    let Some((first, others)) = text.split_once('\r') else {
        return Cow::Borrowed(text);
    };
    let mut lines = String::with_capacity(text.len());
    lines.push_str(first);
    for line in others.split('\r') {
        lines.push('\n');
        lines.push_str(line.strip_prefix('\n').unwrap_or(line));
    }
    Cow::Owned(lines)
}

/// The value of an attribute, where line ends and tabs stand for spaces.
fn spaced(text: &str) -> Cow<'_, str> {
    match line_ends(text) {
        lines if lines.contains(['\n', '\t']) => Cow::Owned(lines.replace(['\n', '\t'], " ")),
        lines => lines,
    }
}
