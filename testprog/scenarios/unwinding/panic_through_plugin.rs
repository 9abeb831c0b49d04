//! A panic may cross a function of a shared object that the program has loaded by `dlopen`, also
//! after the shared object was unloaded and loaded again at another address.
//!
//! The unwinder asks the C library for the unwind tables of the loaded objects (`dl_iterate_phdr` or
//! `_dl_find_object`). If the C library does not report the plugin, each panic that crosses the
//! plugin aborts the process. LLVM's libc first reported nothing, and then only the executable
//! (<https://github.com/llvm/llvm-project/pull/194196>). An unwinder may keep the answer until the
//! counters `dlpi_adds` and `dlpi_subs` change, so these counters must change with each `dlopen` and
//! each `dlclose`.
//!
//! Before the scenario loads the plugin again, it reserves the plugin's old address. If the scenario
//! fails, look at what `dl_iterate_phdr` reports after `dlopen` and after `dlclose`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use testprog_harness::{Expectation, Scenario, Signal};

use crate::observe;
use crate::runtime::{self, Machine, Policy};
use crate::scenarios::needs::UNWINDING;
use crate::scenarios::tls::plugin::{self, PLUGIN};

/// Number of callbacks: in each of three rounds, one callback while the plugin is loaded and one
/// afterwards, each of which makes a nested callback that panics.
const CALLBACKS: u32 = 3 * 2 * 2;

pub(crate) fn scenario() -> Scenario {
    let aborts = || Expectation::dies([Signal::Abrt], "about to panic through the plugin");
    Scenario::of_module(module_path!(), run)
        .needs(PLUGIN)
        .needs(UNWINDING)
        .mutant("libc-objects-of-start", aborts())
        .mutant("libc-objects-stale", aborts())
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::{c_char, c_int};

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) fn csrc_panic_through_plugin(
            path: *const c_char,
            while_loaded: Callback,
            afterwards: Callback,
        ) -> c_int;
    }

    unsafe extern "C-unwind" {
        pub(super) safe fn csrc_call_plugin(callback: extern "C-unwind" fn());
    }
}

#[expect(unsafe_code, reason = "calls a C function")]
fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    // SAFETY: `with_path` passes a string that ends with a zero byte.
    plugin::with_path(|path| unsafe {
        half::csrc_panic_through_plugin(path, while_loaded, afterwards)
    })?;
    observe::held(CALLBACKS)
}

extern "C" fn while_loaded() {
    runtime::callback(|machine| {
        eprintln!("about to panic through the plugin");
        catches(machine, "the plugin", || half::csrc_call_plugin(panics));
    });
}

extern "C" fn afterwards() {
    runtime::callback(|machine| catches(machine, "no plugin", || panics()));
}

/// Catches the panic that `calls` causes, and checks that the thread's state is as before.
fn catches(machine: &Machine, through: &str, calls: impl FnOnce()) {
    observe::check(machine);
    let before = machine.bounds();
    let caught = catch_unwind(AssertUnwindSafe(|| runtime::call_c(calls)));
    if !caught.is_err_and(|payload| payload.downcast_ref() == Some(&"BOOM")) {
        observe::wrong(format!("no panic came through {through}"));
    }
    if machine.bounds() != before {
        let after = machine.bounds();
        observe::wrong(format!("the panic through {through} changed the bounds to {after:?}"));
    }
}

extern "C-unwind" fn panics() {
    runtime::callback(|machine| {
        observe::check(machine);
        std::panic::panic_any("BOOM");
    });
}
