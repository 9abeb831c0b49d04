//! `pthread_kill` must run the signal's handler on the given thread, whether this thread waits in a
//! callback or in C code. If the given thread has ended and no thread has joined it, `pthread_kill`
//! must succeed, and must signal no other thread.
//!
//! A runtime stops threads by signals, and looks at its own record of the thread that the handler
//! runs on. A kernel that ignores the process's ID in tgkill(2) signals a thread of another process
//! (<https://github.com/kontainapp/km/issues/649>). As long as no thread has joined the ended thread,
//! the thread's ID is valid, but the kernel has already forgotten the thread, so the C library must
//! not pass the kernel's error on (<https://sourceware.org/bugzilla/show_bug.cgi?id=19193>,
//! <https://github.com/llvm/llvm-project/pull/222625>). Early versions of embox crashed
//! (<https://github.com/embox/embox/issues/1808>).

use testprog_harness::{Alternative, Capability, Expectation, Scenario};

pub(crate) fn scenario() -> Scenario {
    let expected = Expectation::one_of(vec![
        Alternative::good("returned-0", Expectation::ok()),
        Alternative::known(
            "esrch",
            "https://sourceware.org/bugzilla/show_bug.cgi?id=19193",
            Expectation::exits(1, "to a thread that has ended returned ESRCH"),
        ),
    ]);
    let other = Expectation::fails("ran the handler on a thread that got no signal");
    let ended = Expectation::fails("to a thread that has ended ran the handler on another thread");
    Scenario::of_module(module_path!(), system::run)
        .needs(Capability::Signals)
        .expect(expected)
        .mutant("libc-kill-to-caller", other)
        .mutant("libc-kill-to-ended", ended)
}

#[cfg(unix)]
mod system {
    use crate::runtime::{self, Policy};
    use crate::{csrc, observe};

    #[expect(unsafe_code, reason = "declares the C functions of the scenario")]
    mod half {
        use std::ffi::c_int;

        use crate::csrc::Callback;

        unsafe extern "C" {
            pub(super) safe fn csrc_signal_to_thread(
                callback: Callback,
                in_handler: Callback,
                wait: Callback,
            ) -> c_int;
            pub(super) safe fn csrc_signal_to_thread_wait();
        }
    }

    pub(super) fn run() -> Result<(), String> {
        runtime::start(Policy::Registered)?;
        let calls = || half::csrc_signal_to_thread(observe::callback, in_handler, wait);
        csrc::done(runtime::call_c(calls))?;
        // Each of eight threads calls back once, and once in its handler. Four threads also wait in
        // a callback.
        observe::held(8 + 8 + 4)
    }

    extern "C" fn wait() {
        runtime::callback(|machine| {
            observe::check(machine);
            runtime::call_c(|| half::csrc_signal_to_thread_wait());
        });
    }

    extern "C" fn in_handler() {
        runtime::signal_callback(observe::check);
    }
}

#[cfg(not(unix))]
mod system {
    pub(super) fn run() -> Result<(), String> {
        Err("this target has no signals".to_owned())
    }
}
