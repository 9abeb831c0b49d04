//! A handler of SIGABRT that C code has installed before `main` must run when a panic in a callback
//! aborts the process.
//!
//! A runtime or a standard library that resets handlers when it starts, or that restores the
//! default action before it aborts, loses the host program's crash report. See the scenario
//! `catch_panic` for a handler that is installed later.

use testprog_harness::Scenario;

use super::catch_panic;

pub(crate) fn scenario() -> Scenario {
    let scenario = Scenario::of_module(module_path!(), catch_panic::run);
    catch_panic::named(scenario).env("TESTPROG_CATCH_PANIC_EARLY", "1")
}
