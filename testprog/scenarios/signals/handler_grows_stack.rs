//! A handler of SIGSEGV on an alternate stack may make the next page of a coroutine's stack
//! accessible, so that the stack grows. The handler must get the address of the fault, and the code
//! must continue after each fault.
//!
//! Coroutine libraries map a large stack for each coroutine, and use memory only for the pages that
//! the coroutine has touched (<https://github.com/lalinsky/zio/issues/105>). A library that grows
//! stacks needs the alternate stack, since the kernel cannot start a handler on the inaccessible
//! page. The library also needs the right `si_addr`, and the signal must be unblocked again after
//! each fault. If the scenario dies of SIGSEGV, look at `sigaltstack` and `SA_ONSTACK`. If the
//! address is wrong, look at the code that fills `siginfo_t`. The scenario repeats its checks with
//! each switcher (method to switch stacks) of the target.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::runtime::{self, Policy};
use crate::scenarios::needs::MEMORY_PROTECTION;
use crate::switchers::{self, Memory};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let dies = || Expectation::dies([Signal::Segv, Signal::Bus], "");
    let fails = |text| Expectation::exits(1, text);
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .needs(Capability::StackSwitch)
        .needs(MEMORY_PROTECTION)
        .mutant("libc-fault-address-lost", fails("si_addr was not in the page after"))
        .mutant("libc-onstack-ignored", dies())
        .mutant("libc-altstack-ignored", dies())
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_handler_grows_stack(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    switchers::each(Memory::Given, 1, || {
        csrc::done(runtime::call_c(|| half::csrc_handler_grows_stack(observe::callback)))
    })
}
