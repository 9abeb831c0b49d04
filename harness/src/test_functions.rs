//! Finds the `#[test]` functions in the source of a test target that has a `main` of its own.
//!
//! With `harness = false`, the compiler removes `#[test]` functions before any macro can see them.
//! To find `#[test]` functions nevertheless, the runner reads the source file when the tests run.

use std::fs;
use std::path::Path;

/// Returns a one-line message if the source file of a test target has `#[test]` functions.
///
/// `file` is the value of `file!()`, which is relative to the folder in which Cargo ran the
/// compiler. Cargo runs the compiler in the folder of the package, or in a folder above the
/// package. If the file cannot be read, for example because the test was compiled on another
/// computer, the function returns `None`.
pub(crate) fn complain(file: &str, package: Option<&str>) -> Option<String> {
    let folders = Path::new(package?).ancestors();
    let source =
        folders.map(|folder| fs::read_to_string(folder.join(file))).find_map(Result::ok)?;
    let found = find(&source);
    if found.is_empty() {
        return None;
    }
    let list = found.iter().map(|(name, line)| format!("`{name}` (line {line})"));
    Some(format!(
        "failed to run `{file}`: `harness = false` removes its #[test] functions, so they would never run: {}; move them to another file, or turn them into scenarios",
        list.collect::<Vec<_>>().join(", ")
    ))
}

/// Returns the names and the line numbers of the `#[test]` functions in a source file, also of
/// functions with an attribute such as `#[tokio::test]`.
fn find(source: &str) -> Vec<(&str, usize)> {
    let code = code(source);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(begin) = code[at..].find("#[").map(|offset| at + offset) {
        at = begin + "#[".len();
        let path = code[at..].split(['(', ']', '=']).next().unwrap_or_default();
        if path.rsplit("::").next().is_none_or(|last| last.trim() != "test") {
            continue;
        }
        let Some(function) = code[at..].find("fn ").map(|offset| at + offset + "fn ".len()) else {
            continue;
        };
        let name = source[function..].trim_start();
        let end = name.find(|c: char| c != '_' && c != '#' && !c.is_alphanumeric());
        found.push((&name[..end.unwrap_or(name.len())], 1 + source[..begin].matches('\n').count()));
    }
    found
}

/// Returns the source with spaces in place of comments, strings and characters, so that line feeds
/// and all other bytes keep their positions.
fn code(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let (gone, after) = rest.split_at(hidden(rest));
        code.extend(gone.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        rest = after;
        if gone.is_empty() {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    code
}

/// Returns the length in bytes of the comment, the string or the character at the beginning of a
/// text, or 0 if the text begins with something else.
fn hidden(text: &str) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return block_comment(text);
    }
    if let Some(after) = text.strip_prefix('r') {
        let marks = after.len() - after.trim_start_matches('#').len();
        if let Some(content) = after[marks..].strip_prefix('"') {
            let end = format!("\"{}", "#".repeat(marks));
            let length = content.find(&end).map_or(content.len(), |at| at + end.len());
            return text.len() - content.len() + length;
        }
    }
    // An apostrophe begins a character in `'\...'` and `'x'`, and a lifetime in any other text.
    let mut first = text.chars();
    match (first.next(), first.next(), first.next()) {
        (Some('"'), ..) => quoted(text, b'"'),
        (Some('\''), Some('\\'), _) => quoted(text, b'\''),
        (Some('\''), Some(one), Some('\'')) => 2 + one.len_utf8(),
        _ => 0,
    }
}

/// Returns the length of the quoted text at the beginning of a text, with both quotation marks.
fn quoted(text: &str, mark: u8) -> usize {
    let mut bytes = text.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => _ = bytes.next(),
            _ if byte == mark => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Returns the length of the block comment at the beginning of a text. A block comment may contain
/// other block comments.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        match &text.as_bytes()[at..text.len().min(at + 2)] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" if depth == 1 => return at + 2,
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_the_attribute_is_found_with_its_line() {
        let source = "#[test]\nfn a() {}\nmod m {\n  #[tokio::test(flavor = \"x\")]\n  async fn b_1() {}\n}\n#[ test ] #[ignore] pub fn r#fn() {}\n";
        assert_eq!(find(source), [("a", 1), ("b_1", 4), ("r#fn", 7)]);
    }

    #[test]
    fn what_only_looks_like_a_test_function_is_not_found() {
        for source in [
            "// #[test] fn a() {}",
            "/// #[test]\nfn a() {}",
            "/* /* */ #[test] fn a() {} */",
            r##"const A: &str = "\"#[test] fn a() {}";"##,
            r##"const A: &str = r#"" #[test] fn a() {}"#;"##,
            r##"const A: (char, &str) = ('"', "#[test] fn a() {}");"##,
            r##"const A: (char, &str) = ('\'', "#[test] fn a() {}");"##,
            "#[test_case(1)] fn a() {}",
            "#[cfg(test)] fn a() {}",
            "#![test]",
            "#[test]",
            "#[doc = \"test\"] fn a() {}",
            "",
        ] {
            assert_eq!(find(source), [], "{source}");
        }
    }

    #[test]
    fn code_after_a_string_or_a_comment_or_a_lifetime_is_read() {
        for before in [
            "/* /* */ */",
            "// a\n",
            "fn f<'a>(x: &'a str) {}",
            r"const A: char = 'é';",
            r##"const A: &str = r#"a"#;"##,
            r#"const A: &[u8] = br"a\";"#,
            r#"const A: &str = "a\\";"#,
            r"const A: char = '\'';",
        ] {
            let source = format!("{before} #[test] fn a() {{}}");
            assert_eq!(find(&source).len(), 1, "{source}");
        }
    }

    #[test]
    fn a_source_file_that_is_not_there_is_no_cause_for_a_complaint() {
        assert_eq!(complain("src/no_such_file.rs", Some(env!("CARGO_MANIFEST_DIR"))), None);
        assert_eq!(complain(file!(), None), None);
        let complaint = complain(file!(), Some(env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert!(
            complaint.contains("`a_source_file_that_is_not_there_is_no_cause_for_a_complaint` (")
        );
        assert!(!complaint.contains("`a` ("), "{complaint}");
    }
}
