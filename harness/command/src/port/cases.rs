//! The cases of the C-only child: their expectations, their gates, and their array in C.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use testprog_harness::protocol::{self, Gate};
use testprog_harness::{Capability, Case, Target};

use super::{probe, sources};
use crate::run::probes::Probe;
use crate::run::samples::Samples;
use crate::stories;

/// How often each case runs.
pub(crate) const SAMPLES: Samples = Samples { fewest: probe::FEWEST, most: probe::MORE };

/// Returns all cases of the C-only child. A case that needs a missing capability gets a gate, which
/// is the reason why the case cannot run.
pub(super) fn all(probes: &[Probe]) -> Vec<Case> {
    let mut cases = listed();
    for case in &mut cases {
        for need in needs_of_sources(&case.name) {
            if !case.needs.iter().any(|known| known == need) {
                case.needs.push(need.to_owned());
            }
        }
        case.gate = gate(case, probes);
        case.topic = topic(&case.name);
    }
    cases
}

/// Returns the case of the C-only child with this name. The case can be listed before any probe has
/// run, so the case has no gate.
pub(crate) fn case(name: &str) -> Option<Case> {
    let mut case = listed().into_iter().find(|case| case.name == name)?;
    case.topic = topic(name);
    stories::add(std::slice::from_mut(&mut case));
    Some(case)
}

/// Returns the paths below `csrc/` of the C files of a scenario.
pub(crate) fn sources_of_scenario(name: &str) -> impl Iterator<Item = &'static str> {
    half(name).into_iter().chain(sources::of_scenario("standalone", name))
}

/// Returns the cases that C code alone can run, as the Rust child lists the cases.
pub(super) fn listed() -> Vec<Case> {
    let listing = sources::read(sources::LISTING).expect("the embedded files contain the listing");
    protocol::parse_listing(listing).expect("a test parses the embedded listing")
}

/// Returns the C files of a case, without the files that all cases share. Returns no files for a
/// case that cannot run.
pub(super) fn sources_of(case: &Case) -> Vec<String> {
    let all = sources_of_scenario(&case.name);
    all.filter(|_| case.gate.is_none()).map(str::to_owned).collect()
}

/// Returns the path of the C file that a scenario's Rust code calls.
fn half(name: &str) -> Option<&'static str> {
    // `altstack_switch_callback`, `assembly_switch_callback` and `stack_switch_callback` share one C
    // file, but pass different functions that switch stacks.
    let name = match name {
        "altstack_switch_callback" | "assembly_switch_callback" => "stack_switch_callback",
        name => name,
    };
    sources::of_scenario("scenarios", name)
}

/// Returns the topic of a case, which is the name of the folder that contains the case's C code.
pub(super) fn topic(name: &str) -> Option<String> {
    let path = half(name).or_else(|| sources::of_scenario("standalone", name))?;
    Some(path.split('/').nth(1)?.to_owned())
}

/// Returns the names of the capabilities that any of these cases needs.
pub(super) fn needs_of(names: &BTreeSet<String>) -> BTreeSet<String> {
    let cases = listed().into_iter().filter(|case| names.contains(&case.name));
    let needs = |case: Case| {
        let of_sources = needs_of_sources(&case.name).map(str::to_owned);
        case.needs.into_iter().chain(of_sources.collect::<Vec<_>>())
    };
    cases.flat_map(needs).collect()
}

/// Returns the capabilities that the C code of a case uses although the scenario does not declare
/// them, because every target of Rust has these capabilities.
fn needs_of_sources(name: &str) -> impl Iterator<Item = &'static str> {
    /// Names of functions, each with the capability that the function needs.
    const USES: &[(&str, &str)] = &[
        ("csrc_thread_between(", "attr-setstack"),
        ("csrc_thread_on(", "attr-setstack"),
        ("csrc_thread_told_less(", "attr-setstack"),
        ("csrc_thread(", "thread"),
        ("pthread_create(", "thread"),
        (" fork()", "fork"),
    ];
    let code: Vec<_> = sources_of_scenario(name).filter_map(sources::read).collect();
    let is_used = move |function: &str| code.iter().any(|code| code.contains(function));
    USES.iter().filter(move |(function, _)| is_used(function)).map(|(_, need)| *need)
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
        // As in `capability::missing`, one capability of the list `ways` is enough to switch
        // stacks.
        let ways = [Capability::Altstack, Capability::Assembly, Capability::Ucontext];
        return ways.iter().try_fold(None, |_, way| lack(way.name(), probes).map(Some))?;
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
pub(super) fn table(cases: &[Case], target: &str, argument: Option<&str>) -> String {
    let mut text = String::from("#include \"standalone.h\"\n\n");
    let mut entries = String::new();
    let listing = protocol::listing(cases);
    for (case, line) in cases.iter().zip(listing.lines().skip(1)) {
        let name = &case.name;
        let (answer, run) = match &case.gate {
            None => ("NULL".to_owned(), format!("{}{name}", run_prefix(case))),
            Some(gate) => (literal(protocol::skip_line(gate).trim_end()), "NULL".to_owned()),
        };
        let line = literal(line);
        if case.gate.is_none() {
            text += &declaration(name);
        }
        if run_prefix(case) == EACH_SWITCHER {
            write!(
                text,
                "static int {EACH_SWITCHER}{name}(void)\n{{\n    return standalone_with_each_switcher(standalone_{name});\n}}\n"
            )
            .expect("writing to a String cannot fail");
        }
        writeln!(entries, "    {{\"{name}\", {line}, {answer}, {run}}},")
            .expect("writing to a String cannot fail");
    }
    let target = literal(target);
    let argument = argument.map_or_else(|| "NULL".to_owned(), literal);
    text + &format!(
        "\nconst struct standalone_case standalone_cases[] = {{\n{entries}    {{NULL, NULL, NULL, NULL}},\n}};\nconst char standalone_target[] = {target};\nconst char *const standalone_argument = {argument};\n"
    )
}

/// Beginning of the name of a C function that runs a case once with each switcher of the target. A
/// switcher is a C function that switches stacks.
const EACH_SWITCHER: &str = "with_each_switcher_";

/// Returns the beginning of the name of the C function that runs `case`.
fn run_prefix(case: &Case) -> &'static str {
    let switches = case.needs.iter().any(|need| need == Capability::StackSwitch.name());
    if switches && case.gate.is_none() { EACH_SWITCHER } else { "standalone_" }
}

/// Returns the declaration of the function that runs the case `name`. If the case has no file in
/// `standalone/`, also defines the function, which calls the function `csrc_NAME` of the scenario's
/// C code.
fn declaration(name: &str) -> String {
    if sources::of_scenario("standalone", name).is_some() {
        return format!("int standalone_{name}(void);\n");
    }
    let takes_callback =
        half(name).and_then(sources::read).is_some_and(|c| c.contains(&takes_callback(name)));
    let (parameter, argument) = if takes_callback {
        ("csrc_callback *callback", "standalone_callback")
    } else {
        ("void", "")
    };
    format!(
        "int csrc_{name}({parameter});\nint standalone_{name}(void);\nint standalone_{name}(void)\n{{\n    return standalone_done(csrc_{name}({argument}));\n}}\n"
    )
}

/// Returns the beginning of the definition of a function `csrc_NAME` whose only parameter is a
/// callback.
fn takes_callback(name: &str) -> String {
    format!("\nint csrc_{name}(csrc_callback *callback)")
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
        let names: Vec<_> = listed().into_iter().map(|case| case.name).collect();
        let standalone = sources::FILES.iter().filter_map(|(path, _)| {
            let (_, file) = path.strip_prefix("standalone/")?.split_once('/')?;
            file.strip_suffix(".c")
        });
        let unlisted: Vec<_> =
            standalone.filter(|stem| !names.iter().any(|it| it == stem)).collect();
        assert!(unlisted.is_empty(), "{unlisted:?}");
    }

    #[test]
    fn a_case_without_a_standalone_file_calls_a_function_that_its_c_code_defines() {
        for case in listed() {
            let name = &case.name;
            if sources::of_scenario("standalone", name).is_none() {
                let half = half(name).and_then(sources::read).unwrap_or_default();
                let takes_nothing = format!("\nint csrc_{name}(void)");
                let is_defined =
                    half.contains(&takes_nothing) || half.contains(&takes_callback(name));
                assert!(is_defined, "{name}");
            }
        }
    }
}
