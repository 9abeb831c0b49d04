//! A thread may cause a synchronous fault while it takes its `Machine` (the runtime's record of one
//! thread), and the runtime must let the handler of the fault's signal run.
//!
//! If an instruction faults while the fault's signal is blocked, the kernel kills the process, even
//! if the signal has a handler. A handler of SIGSEGV may make the next page of a coroutine's stack
//! accessible (<https://github.com/lalinsky/zio/issues/105>), and may run while the runtime takes a
//! `Machine`. The runtime must not block SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGTRAP.
//!
//! At each step of taking a `Machine`, the scenario writes to a protected page and raises SIGSEGV,
//! SIGBUS, SIGFPE, SIGILL and SIGTRAP.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

pub(crate) fn scenario() -> Scenario {
    let dies = Expectation::dies([Signal::Segv, Signal::Bus], "");
    Scenario::of_module(module_path!(), system::run)
        .needs(Capability::Signals)
        .mutant("blocks-faults", dies)
}

#[cfg(unix)]
#[expect(unsafe_code, reason = "installs signal handlers, protects memory, raises signals")]
mod system {
    use std::io;
    use std::ptr;
    use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

    use crate::runtime::{self, Policy};
    use crate::{csrc, observe};

    /// Size in bytes of the protected memory, which is at least one page on every system.
    const SIZE: usize = 64 << 10;
    /// Signals of synchronous faults, which the scenario raises at each step.
    const RAISED: [libc::c_int; 5] =
        [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP];

    /// Address of the protected memory.
    static MEMORY: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());
    static STEPS: AtomicU32 = AtomicU32::new(0);
    static HANDLED: AtomicU32 = AtomicU32::new(0);
    /// Number of raised signals that were not handled before `raise` returned.
    static LATE: AtomicU32 = AtomicU32::new(0);

    pub(super) fn run() -> Result<(), String> {
        runtime::start(Policy::Exact)?;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
        // SAFETY: without `MAP_FIXED`, `mmap` creates a new mapping and changes no existing
        // mapping.
        let memory = unsafe { libc::mmap(ptr::null_mut(), SIZE, libc::PROT_NONE, flags, -1, 0) };
        if memory == libc::MAP_FAILED {
            return Err(format!("failed to map memory: {}", io::Error::last_os_error()));
        }
        MEMORY.store(memory.cast(), Ordering::Relaxed);
        let handler: extern "C" fn(libc::c_int) = handler;
        for signal in RAISED {
            // SAFETY: the handler calls only async-signal-safe functions.
            unsafe { libc::signal(signal, handler as libc::sighandler_t) };
        }
        runtime::at_each_step(fault);
        runtime::call_c(|| csrc::thread(|| observe::callback()))?;
        observe::held(1)?;
        let [steps, done, late] =
            [&STEPS, &HANDLED, &LATE].map(|count| count.load(Ordering::Relaxed));
        // Each step causes one fault and raises five signals, so the handler runs six times for
        // each step.
        if steps >= 4 && done == 6 * steps && late == 0 {
            Ok(())
        } else {
            Err(format!(
                "{done} signals were handled in {steps} steps (6 in each of at least 4 expected), {late} of them late"
            ))
        }
    }

    /// Writes to the protected memory, and raises the signals of [`RAISED`].
    fn fault() {
        STEPS.fetch_add(1, Ordering::Relaxed);
        let memory = MEMORY.load(Ordering::Relaxed);
        protect(libc::PROT_NONE);
        // SAFETY: the pointer `memory` points to mapped memory, and the handler of the fault makes
        // the memory writable.
        unsafe { memory.write_volatile(1) };
        for signal in RAISED {
            let before = HANDLED.load(Ordering::Relaxed);
            // SAFETY: the function `raise` takes only an integer, and signals only the calling
            // thread.
            unsafe { libc::raise(signal) };
            if HANDLED.load(Ordering::Relaxed) != before + 1 {
                LATE.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Counts the signal, and makes the protected memory writable.
    extern "C" fn handler(_: libc::c_int) {
        HANDLED.fetch_add(1, Ordering::Relaxed);
        protect(libc::PROT_READ | libc::PROT_WRITE);
    }

    /// Sets the protection of the memory at `MEMORY`.
    fn protect(protection: libc::c_int) {
        let memory = MEMORY.load(Ordering::Relaxed);
        // SAFETY: the memory is a mapping of this scenario, to which no reference exists.
        let error = unsafe { libc::mprotect(memory.cast(), SIZE, protection) };
        if error != 0 {
            std::process::abort();
        }
    }
}

#[cfg(not(unix))]
mod system {
    pub(super) fn run() -> Result<(), String> {
        Err("this target has no signals".to_owned())
    }
}
