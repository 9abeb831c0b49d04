//! A signal may arrive while a thread takes its `Machine` (the runtime's record of one thread) from
//! the pool, and the signal's handler may call back into the runtime. This scenario corresponds to
//! `NeedmDeadlock` of Go's test program `testprogcgo`.
//!
//! A signal handler that calls back also needs a `Machine`. If the handler's own thread held the
//! pool's lock, the handler would wait for that lock forever (<https://go.dev/issue/42207>). So
//! that no handler waits for its own thread, the runtime blocks signals while a thread takes a
//! `Machine`. The scenario raises a signal at each step of taking a `Machine`.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

pub(crate) fn scenario() -> Scenario {
    let deadlock = Expectation::dies([Signal::Abrt], "fatal: deadlock");
    Scenario::of_module(module_path!(), system::run)
        .needs(Capability::Signals)
        .mutant("signals-open", deadlock)
        .mutant("unblocks-early", Expectation::exits(1, "6 were handled (2 expected)"))
}

#[cfg(unix)]
#[expect(unsafe_code, reason = "installs a signal handler and raises the signal")]
mod system {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use crate::runtime::{self, Policy};
    use crate::{csrc, observe};

    static RAISED: AtomicU32 = AtomicU32::new(0);
    static IN_HANDLER: AtomicBool = AtomicBool::new(false);
    static HANDLED: AtomicU32 = AtomicU32::new(0);

    pub(super) fn run() -> Result<(), String> {
        runtime::start(Policy::Exact)?;
        let call_back: extern "C" fn(libc::c_int) = handler;
        // SAFETY: `call_back` has the type of a signal handler, and the runtime allows callbacks in
        // signal handlers.
        unsafe { libc::signal(libc::SIGUSR1, call_back as libc::sighandler_t) };
        runtime::at_each_step(raise);
        // The second thread takes the `Machine` that the first thread gave back.
        for _ in 0..2 {
            runtime::call_c(|| csrc::thread(|| observe::callback()))?;
        }
        let (sent, received) = (RAISED.load(Ordering::Relaxed), HANDLED.load(Ordering::Relaxed));
        // A blocked signal becomes pending only once, even if a thread raises the signal several
        // times, so each thread handles one signal.
        if sent >= 8 && received == 2 {
            observe::held(2)
        } else {
            Err(format!(
                "{sent} signals were raised (at least 8 expected), {received} were handled (2 expected)"
            ))
        }
    }

    fn raise() {
        // The handler takes a `Machine` in the same steps as the interrupted thread. If each of the
        // handler's steps raised a signal again, the handlers would nest without end.
        if IN_HANDLER.load(Ordering::Relaxed) {
            return;
        }
        RAISED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the function `raise` takes only an integer, and signals only the calling thread.
        unsafe { libc::raise(libc::SIGUSR1) };
    }

    extern "C" fn handler(_: libc::c_int) {
        IN_HANDLER.store(true, Ordering::Relaxed);
        runtime::signal_callback(|machine| machine.system_stack(|| ()));
        IN_HANDLER.store(false, Ordering::Relaxed);
        HANDLED.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(not(unix))]
mod system {
    pub(super) fn run() -> Result<(), String> {
        Err("this target has no signals".to_owned())
    }
}
