//! `posix_spawn(3)` of a file that does not exist must return ENOENT, and must leave no child
//! process behind. `Command::spawn` must return `NotFound`.
//!
//! A `posix_spawn` that calls fork and exec, and does not report errors of exec to the parent,
//! returns 0, and its child exits with status 127. The caller of a `posix_spawn` that reports no
//! errors of exec cannot distinguish a failed start from a program that started and failed. Under
//! qemu-user, `posix_spawn` returns 0 for a missing file, because qemu-user implements
//! `CLONE_VFORK` as a plain fork (<https://github.com/python/cpython/issues/131398>,
//! <https://github.com/rust-lang/rust/issues/90825>). A `posix_spawn` must return the error itself,
//! not -1.

use std::io::ErrorKind;
use std::process::Command;

use testprog_harness::{Alternative, Capability, Expectation, Scenario};

use crate::csrc;

/// Capability of a C library to start a program by `posix_spawn`.
const POSIX_SPAWN: Capability = Capability::Custom {
    name: "posix-spawn",
    missing: |target| (target.os == "windows").then_some("Windows has no posix_spawn"),
};

pub(crate) fn scenario() -> Scenario {
    let expected = Expectation::one_of(vec![
        Alternative::good("returned", Expectation::ok()),
        Alternative::known(
            "status-127",
            "https://github.com/python/cpython/issues/131398",
            Expectation::exits(1, "returned 0, and its child ended with status 127"),
        ),
    ]);
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .needs(POSIX_SPAWN)
        .expect(expected)
        .mutant("libc-spawn-returns-minus-one", Expectation::exits(1, "returned -1 instead of 2"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_spawn_error() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_spawn_error())?;
    match Command::new("/no-such-folder/no-such-program").spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(format!("`Command::spawn` returned another error: {error}")),
        Ok(mut child) => {
            Err(format!("`Command::spawn` started a child that ended with {:?}", child.wait()))
        }
    }
}
