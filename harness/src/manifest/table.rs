//! Reads the tables and values of a manifest. Each mistake contains the place and the key of the
//! wrong value.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::Wrong;
use crate::text::excerpt;

/// Table of a manifest. Reading a key removes the key from the table, so the keys that are left at
/// the end are unknown keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Table<'a> {
    /// Keys that lead to this table, such as `stdout`, or an empty text for the table of a case.
    path: String,
    entries: DeTable<'a>,
    pub(super) span: Range<usize>,
}

/// Value of a key.
#[derive(Clone, Debug)]
pub(super) struct Value<'a> {
    /// Keys that lead to the value, such as `stdout.equals`.
    pub(super) key: String,
    pub(super) span: Range<usize>,
    content: DeValue<'a>,
}

impl<'a> Table<'a> {
    /// Parses the text of a manifest.
    pub(super) fn parse(text: &'a str) -> Result<Self, Wrong> {
        let table = DeTable::parse(text).map_err(|error| syntax(text, &error))?;
        let span = table.span();
        Ok(Self { path: String::new(), entries: table.into_inner(), span })
    }

    /// Returns a mistake about this table.
    pub(super) fn wrong(&self, cause: impl Into<String>) -> Wrong {
        Wrong::at(self.span.clone(), &self.path, cause)
    }

    /// Returns the table with `path` as the path that messages show before its keys. In a message,
    /// the keys of a case have no path before them.
    pub(super) fn renamed(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    /// Returns true if the table has the key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Removes a key, and returns the key's value.
    pub(super) fn take(&mut self, key: &str) -> Option<Value<'a>> {
        let (found, value) = self.entries.remove_entry(key)?;
        Some(self.value(found.as_ref(), value))
    }

    /// Removes a key that the table must have, and returns the key's value.
    pub(super) fn need(&mut self, key: &str) -> Result<Value<'a>, Wrong> {
        match self.take(key) {
            Some(value) => Ok(value),
            None => Err(Wrong::at(self.span.clone(), &self.path_of(key), "this key is missing")),
        }
    }

    /// Returns all keys with their values, in the order of the file.
    pub(super) fn into_entries(mut self) -> Vec<(String, Value<'a>)> {
        let entries = std::mem::take(&mut self.entries);
        let mut entries: Vec<_> = entries
            .into_iter()
            .map(|(key, value)| (key.span().start, key.into_inner().into_owned(), value))
            .collect();
        entries.sort_by_key(|(place, ..)| *place);
        let value = |(_, key, value): (_, String, _)| {
            let value = self.value(&key, value);
            (key, value)
        };
        entries.into_iter().map(value).collect()
    }

    /// Checks that the table has no unknown key. A key is unknown if no call has removed the key.
    ///
    /// # Errors
    ///
    /// Returns a mistake about the first unknown key. The mistake lists the keys in `known`, which are
    /// the keys that the table can have.
    pub(super) fn end(self, known: &[&str]) -> Result<(), Wrong> {
        let Some(key) = self.entries.keys().min_by_key(|key| key.span().start) else {
            return Ok(());
        };
        let is_alike = |known: &&&str| known.replace('-', "") == plain(key.as_ref());
        let cause = match known.iter().find(is_alike) {
            Some(alike) => format!("unknown key; did you mean `{alike}`?"),
            None => format!("unknown key; the keys here are `{}`", known.join("`, `")),
        };
        Err(Wrong::at(key.span(), &self.path_of(key.as_ref()), cause))
    }

    /// Adds the keys of `defaults` that this table lacks, except keys for which `is_replaced`
    /// returns true. If a key's value is a table in both tables, and `is_merged` returns true for
    /// the key, adds the entries that only the default's table has.
    pub(super) fn add_defaults(
        &mut self,
        defaults: &Self,
        is_replaced: impl Fn(&str) -> bool,
        is_merged: impl Fn(&str) -> bool,
    ) {
        for (key, value) in &defaults.entries {
            let name = &**key.as_ref();
            if is_replaced(name) {
                continue;
            }
            match (self.entries.get_mut(name).map(Spanned::as_mut), value.as_ref()) {
                (None, _) => drop(self.entries.insert(key.clone(), value.clone())),
                (Some(DeValue::Table(own)), DeValue::Table(default)) if is_merged(name) => {
                    for (key, value) in default {
                        if !own.contains_key(&**key.as_ref()) {
                            own.insert(key.clone(), value.clone());
                        }
                    }
                }
                (Some(_), _) => {}
            }
        }
    }

    fn value(&self, key: &str, value: Spanned<DeValue<'a>>) -> Value<'a> {
        Value { key: self.path_of(key), span: value.span(), content: value.into_inner() }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

impl<'a> Value<'a> {
    /// Returns a mistake about this value.
    pub(super) fn wrong(&self, cause: impl Into<String>) -> Wrong {
        Wrong::at(self.span.clone(), &self.key, cause)
    }

    /// Returns a mistake about a value that is not `what`.
    pub(super) fn expected(&self, what: &str) -> Wrong {
        self.wrong(format!("expected {what}, but the value is {}", spoken(&self.content)))
    }

    pub(super) fn text(&self) -> Result<&str, Wrong> {
        self.content.as_str().ok_or_else(|| self.expected("a string"))
    }

    /// Returns the value as a text, which must not be empty.
    pub(super) fn word(&self) -> Result<&str, Wrong> {
        match self.text()? {
            "" => Err(self.wrong("the string is empty")),
            text => Ok(text),
        }
    }

    pub(super) fn flag(&self) -> Result<bool, Wrong> {
        self.content.as_bool().ok_or_else(|| self.expected("`true` or `false`"))
    }

    /// Checks that the value is `true`.
    pub(super) fn is_set(&self) -> Result<(), Wrong> {
        match self.content.as_bool() {
            Some(true) => Ok(()),
            _ => Err(self.expected("`true`")),
        }
    }

    pub(super) fn integer<T: TryFrom<i64>>(&self) -> Result<T, Wrong> {
        let integer = self.content.as_integer().ok_or_else(|| self.expected("an integer"))?;
        let number = i64::from_str_radix(&integer.as_str().replace('_', ""), integer.radix());
        let number = number.ok().and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| self.wrong(format!("`{integer}` is out of range")))
    }

    pub(super) fn is_integer(&self) -> bool {
        self.content.is_integer()
    }

    pub(super) fn is_text(&self) -> bool {
        self.content.is_str()
    }

    pub(super) fn is_array(&self) -> bool {
        self.content.is_array()
    }

    pub(super) fn is_flag(&self) -> bool {
        self.content.is_bool()
    }

    pub(super) fn table(self) -> Result<Table<'a>, Wrong> {
        let wrong = self.expected("a table");
        match self.content {
            DeValue::Table(entries) => Ok(Table { path: self.key, entries, span: self.span }),
            _ => Err(wrong),
        }
    }

    /// Returns the elements of an array.
    pub(super) fn array(self, what: &str) -> Result<Vec<Self>, Wrong> {
        let wrong = self.expected(what);
        let DeValue::Array(elements) = self.content else { return Err(wrong) };
        let element = |(index, value): (usize, Spanned<DeValue<'a>>)| Self {
            key: format!("{}[{index}]", self.key),
            span: value.span(),
            content: value.into_inner(),
        };
        Ok((0..).zip(elements).map(element).collect())
    }

    /// Returns the elements of an array, or the value itself if the value is not an array.
    pub(super) fn one_or_several(self) -> Result<Vec<Self>, Wrong> {
        if self.is_array() { self.array("an array") } else { Ok(vec![self]) }
    }

    /// Returns the texts of a string or of an array of strings.
    pub(super) fn texts(self) -> Result<Vec<String>, Wrong> {
        self.one_or_several()?.iter().map(|each| each.text().map(str::to_owned)).collect()
    }

    /// Returns the words of a command: an array of strings, of which the first is not empty.
    pub(super) fn command(self) -> Result<Vec<String>, Wrong> {
        let empty = self.wrong("the command is empty");
        let words: Vec<_> = self
            .array("an array of the command's words")?
            .iter()
            .map(|word| word.text().map(str::to_owned))
            .collect::<Result<_, _>>()?;
        match words.first() {
            Some(first) if !first.is_empty() => Ok(words),
            _ => Err(empty),
        }
    }
}

/// Returns the mistake of a text that is not TOML.
fn syntax(text: &str, error: &toml::de::Error) -> Wrong {
    let (span, cause) = (error.span().unwrap_or(0..0), error.message());
    if cause == "duplicate key" {
        // The span is about the key's second place.
        let key = text.get(span.clone()).unwrap_or_default();
        return Wrong::at(span, key, cause);
    }
    let is_escape = cause.contains("escape");
    let hint =
        if is_escape { "; in a string such as 'C:\\dir', a backslash is literal" } else { "" };
    Wrong::new(span, format!("{cause}{hint}"))
}

/// Returns a key in lower case, without hyphens and underscores.
fn plain(key: &str) -> String {
    key.replace(['-', '_'], "").to_lowercase()
}

/// Returns a description of a value, for a message about a wrong type.
fn spoken(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the string `{}`", excerpt(text)),
        DeValue::Integer(number) => format!("the integer {number}"),
        DeValue::Boolean(flag) => format!("`{flag}`"),
        DeValue::Array(_) => "an array".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
        other => format!("a {}", other.type_str()),
    }
}
