//! Selects the environment variables that a child gets.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::OnceLock;

use super::options::Options;
use crate::protocol::{SOAK_SECONDS_ENV, WHOLE_WALK_ENV};

/// Returns the environment variables of a child whose working directory is `directory`. Each
/// variable's name occurs once in the result.
pub(super) fn variables<'a>(
    options: &'a Options,
    directory: &'a Path,
) -> Vec<(&'a OsStr, &'a OsStr)> {
    let passed_on = passed_on().iter().map(|(name, value)| (&**name, &**value));
    let own = ["TMPDIR", "TMP", "TEMP"].map(|name| (OsStr::new(name), directory.as_os_str()));
    let mut variables: Vec<_> = passed_on.chain(own).collect();
    for (name, value) in &options.env {
        variables.retain(|(known, _)| known != name);
        variables.push((name, value));
    }
    variables
}

/// Returns the variables that children inherit from the runner. The runner reads the variables
/// once, because copying the runner's whole environment for each child takes longer than all other
/// work of the runner.
fn passed_on() -> &'static [(OsString, OsString)] {
    static ONCE: OnceLock<Vec<(OsString, OsString)>> = OnceLock::new();
    ONCE.get_or_init(|| {
        let inherited = env::vars_os().filter(|(name, _)| is_passed_on(name));
        inherited.map(|(name, value)| in_any_directory(name, value)).collect()
    })
}

/// Returns a variable with the value that the variable must have in another working directory. The
/// path of a coverage profile is made absolute, because a profile in the child's own directory
/// would be removed with that directory.
fn in_any_directory(name: OsString, value: OsString) -> (OsString, OsString) {
    let is_profile = name.eq_ignore_ascii_case("LLVM_PROFILE_FILE") && !value.is_empty();
    match std::path::absolute(&value) {
        Ok(path) if is_profile => (name, path.into()),
        _ => (name, value),
    }
}

/// Returns true if children inherit the variable `name` from the runner. Children inherit variables
/// that locate programs, libraries or the user's files, variables that configure an emulator, a
/// sanitizer, a coverage profile or the C library, and the variables that a user sets to see more
/// of a Rust program. Children do not inherit other variables, because variables such as
/// `LD_PRELOAD` change what a child does.
fn is_passed_on(name: &OsStr) -> bool {
    const NAMES: &[&str] = &[
        "HOME",
        "LOGNAME",
        "PATH",
        "SSH_AUTH_SOCK",
        "USER", // Unix
        "LD_LIBRARY_PATH",
        "LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "DYLD_FALLBACK_LIBRARY_PATH", // variables of the dynamic loader
        "APPDATA",
        "COMSPEC",
        "LOCALAPPDATA",
        "PATHEXT",
        "PROGRAMDATA",
        "SYSTEMDRIVE",
        "SYSTEMROOT",
        "USERNAME",
        "USERPROFILE",
        "WINDIR", // Windows
        "ASAN_OPTIONS",
        "HWASAN_OPTIONS",
        "LSAN_OPTIONS",
        "MSAN_OPTIONS",
        "RTSAN_OPTIONS",
        "TSAN_OPTIONS",
        "UBSAN_OPTIONS",
        "GCOV_PREFIX",
        "GCOV_PREFIX_STRIP",
        "LLVM_PROFILE_FILE", // variables of sanitizers and of coverage
        "RUST_BACKTRACE",
        "RUST_LIB_BACKTRACE",
        "RUST_LOG",       // variables of Rust programs
        "GLIBC_TUNABLES", // variable of the C library
        SOAK_SECONDS_ENV,
        WHOLE_WALK_ENV,
    ];
    const PREFIXES: &[&str] = &["QEMU_", "WINE"];
    let Some(name) = name.to_str() else { return false };
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_counts_before_the_rest_and_the_last_of_it_most() {
        let env = [("TMPDIR", "/a"), ("NEW", "1"), ("NEW", "2")];
        let env = env.map(|(name, value)| (name.into(), value.into())).into();
        let options = Options { env, ..Options::default() };
        let variables = variables(&options, Path::new("/b"));
        let all = |name: &str| {
            let found = variables.iter().filter(|(known, _)| *known == name);
            found.map(|(_, value)| value.to_str().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(all("TMPDIR"), ["/a"]);
        assert_eq!(all("TMP"), ["/b"]);
        assert_eq!(all("NEW"), ["2"]);
        assert_eq!(all("PATH").len(), usize::from(env::var_os("PATH").is_some()));
        assert_eq!(all("LD_PRELOAD"), [""; 0]);
    }

    #[test]
    fn the_list_of_inherited_variables_has_no_more_than_it_names() {
        let is_passed_on = |name: &str| is_passed_on(OsStr::new(name));
        for name in ["RUST_BACKTRACE", "RUST_LOG", "TSAN_OPTIONS", "GLIBC_TUNABLES", "Path"] {
            assert!(is_passed_on(name), "{name}");
        }
        for name in ["LD_PRELOAD", "RUSTFLAGS", "CARGO", "ASAN_OPTIONS2", "qemu_cpu", ""] {
            assert!(!is_passed_on(name), "{name}");
        }
    }

    #[test]
    fn only_the_path_of_a_profile_is_made_absolute() {
        let at = |name: &str, value: &str| in_any_directory(name.into(), value.into()).1;
        let absolute = env::current_dir().unwrap().join("a-%p.profraw");
        assert_eq!(at("LLVM_PROFILE_FILE", "a-%p.profraw"), absolute);
        let absolute = absolute.to_str().unwrap();
        assert_eq!(at("LLVM_PROFILE_FILE", absolute), absolute);
        assert_eq!(at("LLVM_PROFILE_FILE", ""), "");
        assert_eq!(at("RUST_LOG", "a-%p.profraw"), "a-%p.profraw");
    }
}
