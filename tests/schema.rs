//! Validates JSON documents against JSON schemas.
//!
//! The tests start the program `validate-schema` of the package `testprog-schemas`, because the
//! validator would take more than a tenth of the processor time that the tests take to compile.
//! Without the program, the tests do not validate their documents.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use serde_json::{Value, json};

/// Message about the missing program.
pub(crate) const MISSING: &str =
    "failed to find the program `validate-schema`: cargo build -p testprog-schemas";

/// Returns the path of the program in the target directory.
fn program() -> PathBuf {
    let name = format!("validate-schema{}", env::consts::EXE_SUFFIX);
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("debug").join(name)
}

/// Returns whether the program is built.
pub(crate) fn is_built() -> bool {
    program().is_file()
}

/// Returns the schema with this name in the folder `docs/`.
pub(crate) fn read(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    let text = fs::read_to_string(path).expect("the schema can be read");
    serde_json::from_str(&text).expect("the schema is JSON")
}

/// Checks that `schema` is a valid schema, and returns the errors of `document`.
///
/// If the program is missing, this function returns no errors, or the message [`MISSING`] if the
/// environment variable `TESTPROG_REQUIRE_TOOLS` is 1.
pub(crate) fn errors(schema: &Value, document: &Value) -> Vec<String> {
    if !is_built() {
        let is_required = env::var_os("TESTPROG_REQUIRE_TOOLS").is_some_and(|value| value == "1");
        return is_required.then(|| MISSING.to_owned()).into_iter().collect();
    }
    // The schema of a matrix report refers to the schema of a report.
    let others = json!({ "json-schema:///report.schema.json": read("report.schema.json") });
    let request = json!({ "schema": schema, "others": others, "document": document });
    let mut command = Command::new(program());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().expect("the program starts");
    let mut input = running.stdin.take().expect("standard input is a pipe");
    input.write_all(request.to_string().as_bytes()).expect("the program reads its input");
    drop(input);
    let output = running.wait_with_output().expect("the program ends");
    let cause = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {cause}", output.status);
    serde_json::from_slice(&output.stdout).expect("the program prints a list")
}
