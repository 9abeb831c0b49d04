//! The cases of the C-only child: their expectations, their gates, and their array in C.

use std::fmt::Write as _;

use testprog_harness::protocol::{self, Gate};
use testprog_harness::{Capability, Case, Target};

use super::sources;
use crate::run::probes::Probe;

/// Returns all cases of the C-only child. A case that needs a missing capability gets a gate, which
/// is the reason why the case cannot run.
pub(super) fn all(probes: &[Probe]) -> Vec<Case> {
    let mut cases = listed();
    for case in &mut cases {
        case.gate = gate(case, probes);
    }
    cases
}

/// Returns the cases that have a file in `standalone/`, as the Rust child lists them.
fn listed() -> Vec<Case> {
    let listing = sources::read(sources::LISTING).expect("the embedded files contain the listing");
    protocol::parse_listing(listing).expect("a test parses the embedded listing")
}

/// Returns the C files of a case, without the files that all cases share. Returns no files for a
/// case that cannot run.
pub(super) fn sources_of(case: &Case) -> Vec<String> {
    let name = &case.name;
    // `altstack_switch_callback` and `stack_switch_callback` share one C file, but pass different
    // functions that switch stacks.
    let half = if name == "altstack_switch_callback" { "stack_switch_callback" } else { name };
    let half = Some(format!("{half}.c")).filter(|half| sources::read(half).is_some());
    let all = [format!("standalone/{name}.c")].into_iter().chain(half);
    all.filter(|_| case.gate.is_none()).collect()
}

/// Returns the gate of a case: the first capability that the case needs and that the probes found
/// missing.
fn gate(case: &Case, probes: &[Probe]) -> Option<Gate> {
    case.needs.iter().find_map(|need| {
        let reason = lack(need, probes)?;
        Some(Gate::new(need, reason))
    })
}

/// Returns why the target lacks a capability, or `None` if the target has the capability or no
/// probe checks the capability.
fn lack(capability: &str, probes: &[Probe]) -> Option<String> {
    if capability == Capability::StackSwitch.name() {
        // As in `capability::missing`, either of `ucontext` and `altstack` is enough to switch
        // stacks.
        return lack(Capability::Altstack.name(), probes)
            .and(lack(Capability::Ucontext.name(), probes));
    }
    probes.iter().find(|probe| probe.name == capability)?.lack()
}

/// Returns `-DHAVE_X=0` or `-DHAVE_X=1` for each capability, according to the probes' results.
///
/// `build.rs` derives the same flags from the platform table.
pub(super) fn flags(probes: &[Probe]) -> Vec<String> {
    let flag = |capability: &Capability| {
        let name = capability.name();
        let value = u8::from(lack(name, probes).is_none());
        format!("-DHAVE_{}={value}", name.to_uppercase().replace('-', "_"))
    };
    Capability::ALL.iter().map(flag).collect()
}

/// Returns the text of the C file that contains the array of `cases`.
pub(super) fn table(cases: &[Case], target: &str) -> String {
    let mut text = String::from("#include \"standalone.h\"\n\n");
    let mut entries = String::new();
    let listing = protocol::listing(cases);
    for (case, line) in cases.iter().zip(listing.lines().skip(1)) {
        let name = &case.name;
        let (answer, run) = match &case.gate {
            None => ("NULL".to_owned(), format!("standalone_{name}")),
            Some(gate) => (literal(protocol::skip_line(gate).trim_end()), "NULL".to_owned()),
        };
        let line = literal(line);
        writeln!(text, "int standalone_{name}(void);").expect("writing to a String cannot fail");
        writeln!(entries, "    {{\"{name}\", {line}, {answer}, {run}}},")
            .expect("writing to a String cannot fail");
    }
    let target = literal(target);
    text + &format!(
        "\nconst struct standalone_case standalone_cases[] = {{\n{entries}    {{NULL, NULL, NULL, NULL}},\n}};\nconst char standalone_target[] = {target};\n"
    )
}

/// Returns a text as a C string literal.
///
/// Bytes that are not printable ASCII become octal escapes, which end after three digits. A
/// hexadecimal escape would include a digit that follows the escape.
fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' | b'?' => write!(literal, "\\{}", char::from(byte)),
            b' '..=b'~' => literal.write_char(byte.into()),
            _ => write!(literal, "\\{byte:03o}"),
        }
        .expect("writing to a String cannot fail");
    }
    literal + "\""
}

/// Returns the lines of `--about` that the child's C code cannot determine itself.
pub(super) fn facts(triple: &str, target: &Target) -> String {
    let facts =
        [("triple", triple), ("arch", &target.arch), ("os", &target.os), ("env", &target.env)];
    let facts = facts.map(|(name, value)| (name, value.to_owned()));
    let text = protocol::about(&facts);
    text.split_once('\n').expect("the output of --about begins with a version line").1.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_same_in_c() {
        assert_eq!(literal("a\t\"b\\?é\n7"), r#""a\011\"b\\\?\303\251\0127""#);
    }

    #[test]
    fn every_half_that_stands_alone_has_its_case() {
        /// Files of `standalone/` that are not cases.
        const MAIN: &[&str] = &["main", "about", "observe"];
        let mut names: Vec<_> = listed().into_iter().map(|case| case.name).collect();
        names.sort();
        let stems: Vec<_> =
            sources::stems("standalone").filter(|stem| !MAIN.contains(stem)).collect();
        assert_eq!(names, stems);
    }
}
