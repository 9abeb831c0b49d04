//! Names the program under test for reports.

use crate::run::results::Finished;

/// Returns the file name of the program or of the manifest, without `.exe` or `.toml` and without
/// the hash that Cargo adds to the name
/// of a test executable. The hash changes with each dependency, so the hash would break the history
/// of a test in a CI system.
pub(super) fn name(run: &Finished<'_>) -> String {
    stable(&run.plan.suite.program.path.file_name().unwrap_or_default().to_string_lossy())
}

fn stable(name: &str) -> String {
    let name = [".exe", ".toml"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    let is_hash = |text: &str| {
        text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    match name.rsplit_once('-') {
        Some((name, hash)) if is_hash(hash) && !name.is_empty() => name.to_owned(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_program_has_no_hash_of_cargo() {
        for (name, stable_name) in [
            ("crash-e3402075c2606b67", "crash"),
            ("crash-e3402075c2606b67.exe", "crash"),
            ("a-b-0123456789abcdef", "a-b"),
            ("crash", "crash"),
            ("crash.exe", "crash"),
            ("plain.toml", "plain"),
            ("crash-e3402075", "crash-e3402075"),
            ("crash-E3402075C2606B67", "crash-E3402075C2606B67"),
            ("-e3402075c2606b67", "-e3402075c2606b67"),
        ] {
            assert_eq!(stable(name), stable_name, "{name}");
        }
    }
}
