//! A signal may arrive while a thread is given its machine, and its handler may call back (Go: `NeedmDeadlock`).
//!
//! The handler needs a machine too, and would wait for the lock that its own thread holds: <https://go.dev/issue/42207>.
//! So signals are blocked meanwhile. Here one arrives at each step.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

pub(crate) fn scenario() -> Scenario {
    let deadlock = Expectation::dies([Signal::Abrt], "fatal: deadlock");
    Scenario::new(module_path!(), system::run)
        .needs(Capability::Signals)
        .mutant("signals-open", deadlock)
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
        // SAFETY: the handler calls only what is async-signal-safe.
        unsafe { libc::signal(libc::SIGUSR1, call_back as libc::sighandler_t) };
        runtime::at_each_step(raise);
        // The second thread finds the machine that the first one gave back.
        for _ in 0..2 {
            runtime::call_c(|| csrc::thread(|| observe::callback()))?;
        }
        let (sent, received) = (RAISED.load(Ordering::Relaxed), HANDLED.load(Ordering::Relaxed));
        // While it is blocked, a signal is pending once, however often it is sent.
        if sent >= 8 && received == 2 {
            observe::held(2)
        } else {
            Err(format!("{sent} signals were sent and {received} handled"))
        }
    }

    fn raise() {
        // The handler's own steps would send another one each, without end.
        if IN_HANDLER.load(Ordering::Relaxed) {
            return;
        }
        RAISED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: it takes an integer; the signal is sent to this thread.
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
        Err("there are no signals here".to_owned())
    }
}
