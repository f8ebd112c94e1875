//! Reads JSON texts: the part of `serde_json` that is needed, in a fifth of the code.
//!
//! What is read, what is refused and the words for it are those of `serde_json`. Only half a surrogate
//! pair, which some guests write into names and messages, becomes a replacement character.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};

/// The deepest nesting of what is read; what is skipped may be nested deeper.
const MAX_DEPTH: usize = 127;

/// The name by which [`Json`] asks for a value as it stands.
const AS_IT_STANDS: &str = "a JSON value as it stands";

/// A JSON value as it stands.
#[derive(Clone, Copy)]
pub(crate) struct Json<'de>(pub(crate) &'de str);

impl Json<'_> {
    pub(crate) const NULL: Self = Self("null");

    /// None of it where it is null.
    pub(crate) fn some(self) -> Option<Self> {
        (self.0 != Self::NULL.0).then_some(self)
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsItStands;

        impl<'de> Visitor<'de> for AsItStands {
            type Value = Json<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any valid JSON value")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Json<'de>, E> {
                Ok(Json(text))
            }
        }

        deserializer.deserialize_newtype_struct(AS_IT_STANDS, AsItStands)
    }
}

/// What is wrong with a text, and where.
#[derive(Debug)]
pub(crate) struct JsonError(Box<Problem>);

#[derive(Debug)]
struct Problem {
    what: String,
    /// The line and the column; `None` until the parser adds them.
    place: Option<(usize, usize)>,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)?;
        match self.0.place {
            Some((line, column)) => write!(f, " at line {line} column {column}"),
            None => Ok(()),
        }
    }
}

impl de::StdError for JsonError {}

impl de::Error for JsonError {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self(Box::new(Problem {
            what: what.to_string(),
            place: None,
        }))
    }

    /// The visitors here tell of that in their own words; serde's bring code to print any number.
    fn invalid_type(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::custom(format_args!("invalid type, expected {expected}"))
    }
}

/// Fills a place with the only value of a text.
pub(crate) fn parse<'de, S: DeserializeSeed<'de>>(seed: S, text: &'de str) -> Result<S::Value, JsonError> {
    let mut parser = Parser::new(text);
    let value = seed.deserialize(&mut parser)?;
    parser.end()?;
    Ok(value)
}

/// Whether a text is one JSON value.
pub(crate) fn is_json(text: &str) -> bool {
    let mut parser = Parser::new(text);
    parser.skip_value().and_then(|()| parser.end()).is_ok()
}

/// The first value of a text that has several, and what follows it.
pub(crate) fn first_value(text: &str) -> Result<(&str, &str), JsonError> {
    let mut parser = Parser::new(text);
    let value = parser.value_as_it_stands()?;
    let is_followed_well = value.ends_with(['}', ']', '"'])
        || matches!(
            parser.byte(),
            None | Some(b' ' | b'\t' | b'\r' | b'\n' | b'[' | b']' | b'{' | b'}' | b'"' | b',' | b':')
        );
    if is_followed_well {
        Ok((value, text.get(parser.at..).unwrap_or_default()))
    } else {
        Err(parser.error_at_next("trailing characters"))
    }
}

struct Parser<'de> {
    text: &'de str,
    at: usize,
    depth: usize,
}

enum Number {
    Natural(u64),
    Negative(i64),
    Real(f64),
}

impl<'de> Parser<'de> {
    fn new(text: &'de str) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
        }
    }

    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte after white space.
    fn next_byte(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = bytes.get(at) {
            at += 1;
        }
        self.at = at;
        bytes.get(at).copied()
    }

    /// An error at what was read last.
    #[cold]
    fn error(&self, what: &str) -> JsonError {
        self.error_before(what, self.at)
    }

    /// An error at what comes next.
    #[cold]
    fn error_at_next(&self, what: &str) -> JsonError {
        self.error_before(what, self.text.len().min(self.at + 1))
    }

    fn error_before(&self, what: &str, end: usize) -> JsonError {
        self.placed(de::Error::custom(what), end)
    }

    /// The error with its place where it has none: that of the byte before `end`.
    fn placed(&self, mut error: JsonError, end: usize) -> JsonError {
        let before = self.text.as_bytes().get(..end).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count();
        error.0.place.get_or_insert((line, column));
        error
    }

    fn end(&mut self) -> Result<(), JsonError> {
        match self.next_byte() {
            Some(_) => Err(self.error_at_next("trailing characters")),
            None => Ok(()),
        }
    }

    fn value_as_it_stands(&mut self) -> Result<&'de str, JsonError> {
        self.next_byte();
        let start = self.at;
        self.skip_value()?;
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    /// Skips a value. Its nesting costs no stack.
    fn skip_value(&mut self) -> Result<(), JsonError> {
        // The ends of the lists and objects that are open.
        let mut open: Vec<u8> = Vec::new();
        loop {
            let begun = match self.next_byte() {
                Some(b'[') => Some(b']'),
                Some(b'{') => Some(b'}'),
                Some(_) => None,
                None => return Err(self.error_at_next("EOF while parsing a value")),
            };
            let mut is_first = false;
            match begun {
                Some(end) => {
                    self.at += 1;
                    open.push(end);
                    is_first = true;
                }
                None => self.skip_scalar()?,
            }
            loop {
                let Some(end) = open.last() else {
                    return Ok(());
                };
                if self.goes_on(*end, is_first)? {
                    if *end == b'}' {
                        self.key_begins()?;
                        self.skip_string()?;
                        self.colon()?;
                    }
                    break;
                }
                self.at += 1;
                open.pop();
                is_first = false;
            }
        }
    }

    fn skip_scalar(&mut self) -> Result<(), JsonError> {
        match self.byte() {
            Some(b'"') => self.skip_string(),
            // It may be out of range, since nobody asks for it.
            Some(b'-' | b'0'..=b'9') => self.number_text().map(|_| ()),
            Some(first) => self.word(first).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Whether another item comes, past the comma before it; otherwise `end` comes.
    fn goes_on(&mut self, end: u8, is_first: bool) -> Result<bool, JsonError> {
        let is_list = end == b']';
        let what = match self.next_byte() {
            Some(found) if found == end => return Ok(false),
            Some(b',') if !is_first => {
                self.at += 1;
                match self.next_byte() {
                    Some(found) if found == end => "trailing comma",
                    Some(_) => return Ok(true),
                    None => "EOF while parsing a value",
                }
            }
            Some(_) if is_first => return Ok(true),
            Some(_) if is_list => "expected `,` or `]`",
            Some(_) => "expected `,` or `}`",
            None if is_list => "EOF while parsing a list",
            None => "EOF while parsing an object",
        };
        Err(self.error_at_next(what))
    }

    fn key_begins(&self) -> Result<(), JsonError> {
        if self.byte() == Some(b'"') {
            return Ok(());
        }
        Err(self.error_at_next("key must be a string"))
    }

    fn colon(&mut self) -> Result<(), JsonError> {
        match self.next_byte() {
            Some(b':') => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(self.error_at_next("expected `:`")),
            None => Err(self.error_at_next("EOF while parsing an object")),
        }
    }

    /// `true`, `false` or `null`, which is none of the two.
    fn word(&mut self, first: u8) -> Result<Option<bool>, JsonError> {
        let (word, value) = match first {
            b't' => ("true", Some(true)),
            b'f' => ("false", Some(false)),
            b'n' => ("null", None),
            _ => return Err(self.error_at_next("expected value")),
        };
        for expected in word.bytes() {
            let Some(found) = self.byte() else {
                return Err(self.error("EOF while parsing a value"));
            };
            self.at += 1;
            if found != expected {
                return Err(self.error("expected ident"));
            }
        }
        Ok(value)
    }

    fn number(&mut self) -> Result<Number, JsonError> {
        let NumberText {
            is_negative,
            is_real,
            digits,
        } = self.number_text()?;
        if !is_real && digits.exponent == 0 {
            if !is_negative {
                return Ok(Number::Natural(digits.value));
            }
            if let Some(value) = 0_i64
                .checked_sub_unsigned(digits.value)
                .filter(|value| *value < 0)
            {
                return Ok(Number::Negative(value));
            }
        }
        let value = digits.real().ok_or_else(|| self.error("number out of range"))?;
        Ok(Number::Real(if is_negative { -value } else { value }))
    }

    fn number_text(&mut self) -> Result<NumberText, JsonError> {
        let is_negative = self.byte() == Some(b'-');
        if is_negative {
            self.at += 1;
        }
        let mut digits = Digits::default();
        let is_zero = self.byte() == Some(b'0');
        if !self.digits(&mut digits, 0) {
            return Err(self.no_digit());
        }
        if is_zero && digits.count > 1 {
            self.at -= digits.count - 1;
            return Err(self.error_at_next("invalid number"));
        }
        let mut is_real = false;
        if self.byte() == Some(b'.') {
            is_real = true;
            self.at += 1;
            if !self.digits(&mut digits, -1) {
                return Err(self.no_digit());
            }
        }
        if let Some(b'e' | b'E') = self.byte() {
            is_real = true;
            self.at += 1;
            let is_divisor = self.byte() == Some(b'-');
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            let mut exponent = Digits::default();
            if !self.digits(&mut exponent, 0) {
                return Err(self.no_digit());
            }
            let by = i32::try_from(exponent.value).unwrap_or(i32::MAX);
            digits.exponent = digits.exponent.saturating_add(if is_divisor { -by } else { by });
        }
        Ok(NumberText {
            is_negative,
            is_real,
            digits,
        })
    }

    fn no_digit(&self) -> JsonError {
        self.error_at_next(match self.byte() {
            Some(_) => "invalid number",
            None => "EOF while parsing a value",
        })
    }

    /// Takes digits, each of which changes the exponent by `step`; answers whether there are any.
    fn digits(&mut self, digits: &mut Digits, step: i32) -> bool {
        let start = self.at;
        while let Some(digit @ b'0'..=b'9') = self.byte() {
            digits.add(digit - b'0', step);
            self.at += 1;
        }
        self.at > start
    }

    /// Skips a string, quotes included.
    fn skip_string(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        while self.special()? == b'\\' {
            self.escaped()?;
        }
        Ok(())
    }

    /// A string, quotes included.
    fn string(&mut self) -> Result<Cow<'de, str>, JsonError> {
        self.at += 1;
        let mut start = self.at;
        let mut unescaped = String::new();
        loop {
            let special = self.special()?;
            let plain = self.text.get(start..self.at - 1).unwrap_or_default();
            if special == b'"' && unescaped.is_empty() {
                return Ok(Cow::Borrowed(plain));
            }
            unescaped.push_str(plain);
            if special == b'"' {
                return Ok(Cow::Owned(unescaped));
            }
            unescaped.push(self.escaped()?);
            start = self.at;
        }
    }

    /// Takes all of a string up to its end or to a backslash, and answers which of them it took.
    fn special(&mut self) -> Result<u8, JsonError> {
        let bytes = self.text.as_bytes();
        // Most of a document is passed over here.
        let mut at = self.at;
        while let Some(byte) = bytes.get(at) {
            at += 1;
            if matches!(byte, b'"' | b'\\' | 0..=0x1f) {
                self.at = at;
                return match byte {
                    b'"' | b'\\' => Ok(*byte),
                    _ => Err(self.error("control character (\\u0000-\\u001F) found while parsing a string")),
                };
            }
        }
        self.at = at;
        Err(self.error("EOF while parsing a string"))
    }

    /// The character that an escape stands for, after the backslash.
    fn escaped(&mut self) -> Result<char, JsonError> {
        let Some(escape) = self.byte() else {
            return Err(self.error("EOF while parsing a string"));
        };
        self.at += 1;
        Ok(match escape {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.escaped_code()?,
            _ => return Err(self.error("invalid escape")),
        })
    }

    fn escaped_code(&mut self) -> Result<char, JsonError> {
        let first = self.four_digits()?;
        let after_first = self.at;
        if matches!(first, 0xd800..=0xdbff) && self.rest().starts_with("\\u") {
            self.at += 2;
            let second = self.four_digits()?;
            if matches!(second, 0xdc00..=0xdfff) {
                let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = after_first;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_digits(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(byte) = self.byte() else {
                return Err(self.error("EOF while parsing a string"));
            };
            self.at += 1;
            let digit = char::from(byte).to_digit(16);
            code = code * 16 + digit.ok_or_else(|| self.error("invalid escape"))?;
        }
        Ok(code)
    }

    fn rest(&self) -> &'de str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes into a list or an object.
    fn enter(&mut self) -> Result<(), JsonError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error_at_next("recursion limit exceeded"));
        }
        self.at += 1;
        Ok(())
    }

    /// Comes out again, past the end that the visitor has come to.
    fn leave(&mut self, end: u8) -> Result<(), JsonError> {
        self.depth -= 1;
        let is_list = end == b']';
        let what = match self.next_byte() {
            Some(found) if found == end => {
                self.at += 1;
                return Ok(());
            }
            Some(_) => "trailing characters",
            None if is_list => "EOF while parsing a list",
            None => "EOF while parsing an object",
        };
        Err(self.error_at_next(what))
    }
}

/// A number as it is written.
struct NumberText {
    is_negative: bool,
    /// Whether it has a point or an exponent.
    is_real: bool,
    digits: Digits,
}

/// The digits of a number, without the point.
#[derive(Default)]
struct Digits {
    value: u64,
    count: usize,
    /// The power of ten by which `value` is to be multiplied.
    exponent: i32,
}

impl Digits {
    fn add(&mut self, digit: u8, step: i32) {
        self.count += 1;
        let more = self
            .value
            .checked_mul(10)
            .and_then(|value| value.checked_add(digit.into()));
        match more {
            Some(value) => {
                self.value = value;
                self.exponent = self.exponent.saturating_add(step);
            }
            // What a number cannot hold only makes it larger.
            None => self.exponent = self.exponent.saturating_add(step + 1),
        }
    }

    /// The number; `None` where it is too large.
    #[expect(clippy::cast_precision_loss, reason = "a real number is as near as may be")]
    fn real(&self) -> Option<f64> {
        let mut value = self.value as f64;
        // More than 330 would come to nothing, or to infinity, just the same.
        let exponent = self.exponent.clamp(-400, 400);
        let mut power = 1.0;
        for step in 1..=exponent.unsigned_abs() {
            power *= 10.0;
            if step % 300 == 0 {
                value = if exponent < 0 {
                    value / power
                } else {
                    value * power
                };
                power = 1.0;
            }
        }
        value = if exponent < 0 {
            value / power
        } else {
            value * power
        };
        value.is_finite().then_some(value)
    }
}

impl<'de> Deserializer<'de> for &mut Parser<'de> {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        let Some(first) = self.next_byte() else {
            return Err(self.error_at_next("EOF while parsing a value"));
        };
        let value = match first {
            b'"' => {
                let text = self.string()?;
                visitor.visit_str(&text)
            }
            b'[' => {
                self.enter()?;
                let value = visitor.visit_seq(Items {
                    parser: self,
                    end: b']',
                    is_first: true,
                });
                let end = self.leave(b']');
                value.and_then(|value| end.map(|()| value))
            }
            b'{' => {
                self.enter()?;
                let value = visitor.visit_map(Items {
                    parser: self,
                    end: b'}',
                    is_first: true,
                });
                let end = self.leave(b'}');
                value.and_then(|value| end.map(|()| value))
            }
            b'-' | b'0'..=b'9' => match self.number()? {
                Number::Natural(value) => visitor.visit_u64(value),
                Number::Negative(value) => visitor.visit_i64(value),
                Number::Real(value) => visitor.visit_f64(value),
            },
            _ => match self.word(first)? {
                Some(value) => visitor.visit_bool(value),
                None => visitor.visit_unit(),
            },
        };
        value.map_err(|error| self.placed(error, self.at))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        if name == AS_IT_STANDS {
            visitor.visit_borrowed_str(self.value_as_it_stands()?)
        } else {
            visitor.visit_newtype_struct(self)
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.skip_value()?;
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct seq tuple tuple_struct map struct enum identifier
    }
}

/// The items of a list, or the members of an object.
struct Items<'a, 'de> {
    parser: &'a mut Parser<'de>,
    end: u8,
    is_first: bool,
}

impl Items<'_, '_> {
    fn goes_on(&mut self) -> Result<bool, JsonError> {
        let is_first = core::mem::replace(&mut self.is_first, false);
        self.parser.goes_on(self.end, is_first)
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = JsonError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, JsonError> {
        if self.goes_on()? {
            seed.deserialize(&mut *self.parser).map(Some)
        } else {
            Ok(None)
        }
    }
}

impl<'de> MapAccess<'de> for Items<'_, 'de> {
    type Error = JsonError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, JsonError> {
        if !self.goes_on()? {
            return Ok(None);
        }
        self.parser.key_begins()?;
        let key = self.parser.string()?;
        let key: StrDeserializer<'_, JsonError> = (*key).into_deserializer();
        seed.deserialize(key)
            .map(Some)
            .map_err(|error| self.parser.placed(error, self.parser.at))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, JsonError> {
        self.parser.colon()?;
        seed.deserialize(&mut *self.parser)
    }
}
