//! Tests what happens after libloading has unloaded a library.

use std::path::PathBuf;
use std::process::Command;

use libloading::{Library, Symbol};
use testprog_harness::suite::SetUp;
use testprog_harness::{Expectation, Scenario, Signal};

/// Documentation of `Library::close`, which does not mention pthread keys.
const LINK: &str = "https://docs.rs/libloading/0.9.0/libloading/struct.Library.html#method.close";

fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("an_atexit_handler_runs_before_the_library_is_gone", || {
            call_and_close("use_atexit")
        }),
        Scenario::new("a_key_destructor_runs_after_the_library_is_gone", || {
            let thread = std::thread::spawn(|| call_and_close("use_key"));
            thread.join().map_err(|_| "the thread panicked".to_owned())?
        })
        .known_bug_failing(LINK, Expectation::dies([Signal::Segv, Signal::Bus], "closed")),
    ]
}

fn main() -> std::process::ExitCode {
    testprog_harness::trials::self_exec_with(&scenarios(), |settings| {
        settings.set_up = Some(SetUp::new(|_| compile()));
    })
}

fn library() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("libunloaded.so")
}

/// Compiles the library. The runner calls this function once, before the children start.
fn compile() -> Result<(), String> {
    let mut command = Command::new("cc");
    command.args(["-shared", "-fPIC", "-pthread", "-o"]).arg(library());
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/unloaded.c"));
    let status = command.status().map_err(|error| format!("failed to run `cc`: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("failed to compile: {status}")) }
}

/// Calls a function of the library, and unloads the library.
///
/// A destructor of a pthread key runs when a thread exits. If the library that contains the
/// destructor was unloaded earlier, the exiting thread calls code that no longer exists. glibc
/// keeps a library loaded while a thread has destructors of its `thread_local` variables, but not
/// while a pthread key has a destructor in the library.
fn call_and_close(function: &str) -> Result<(), String> {
    // SAFETY: the library has no constructor.
    let library = unsafe { Library::new(library()) }.map_err(|error| error.to_string())?;
    // SAFETY: the library defines the function with this type.
    let symbol: Symbol<'_, unsafe extern "C" fn()> =
        unsafe { library.get(function) }.map_err(|error| error.to_string())?;
    // SAFETY: the library's function has no requirements.
    unsafe { symbol() };
    library.close().map_err(|error| error.to_string())?;
    eprintln!("closed");
    Ok(())
}
