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
    ONCE.get_or_init(|| env::vars_os().filter(|(name, _)| is_passed_on(name)).collect())
}

/// Returns true if children inherit the variable `name` from the runner. Children inherit variables
/// that locate programs, libraries or the user's files, and variables that configure an emulator or
/// a sanitizer. Children do not inherit other variables, because variables such as `RUST_BACKTRACE`
/// and `LD_PRELOAD` change what a child prints.
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
        "LSAN_OPTIONS",
        "MSAN_OPTIONS",
        "TSAN_OPTIONS",
        "UBSAN_OPTIONS",
        "LLVM_PROFILE_FILE", // variables of sanitizers and of coverage
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
        assert_eq!(all("RUST_BACKTRACE"), [""; 0]);
    }
}
