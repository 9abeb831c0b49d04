//! Validates a JSON document for the tests; `tests/schema.rs` starts this program.
//!
//! Standard input is an object with the fields `schema`, `others` and `document`. The field `others`
//! contains the schemas to which `schema` refers, by their URIs. The program prints a list of the
//! document's errors as JSON. If the schema itself is not valid, the program prints the cause to
//! standard error, and exits with status 1.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use serde_json::Value;

fn main() -> ExitCode {
    let errors = serde_json::from_reader(io::stdin()).map_err(Into::into);
    match errors.and_then(|request: Value| errors_of(&request)) {
        Ok(errors) => {
            println!("{}", Value::from(errors));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("failed to read the schema: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns each error of the document, after the place of the error in the document.
fn errors_of(request: &Value) -> Result<Vec<String>, Box<dyn Error>> {
    let schema = &request["schema"];
    jsonschema::meta::validate(schema).map_err(|error| error.to_string())?;
    let mut registry = jsonschema::Registry::new();
    for (uri, other) in request["others"].as_object().into_iter().flatten() {
        registry = registry.add(uri, other.clone())?;
    }
    let registry = registry.prepare()?;
    let validator = jsonschema::options().with_registry(&registry).build(schema);
    let validator = validator.map_err(|error| error.to_string())?;
    let errors = validator.iter_errors(&request["document"]);
    Ok(errors.map(|error| format!("{}: {error}", error.instance_path())).collect())
}
