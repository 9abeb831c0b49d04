//! A signal whose handler was installed without `SA_RESTART` must end a blocked system call with
//! EINTR, and Rust's standard library must repeat or continue the call. This scenario corresponds
//! to `EINTR` of Go's test program `testprogcgo`.
//!
//! A call that a signal interrupts must not report success: a `sem_wait(3)` that returns 0 although
//! no thread has posted the semaphore breaks every lock that is built on semaphores. nanosleep(2)
//! must report the remaining time, because the standard library sleeps again for this time
//! (<https://go.dev/issue/20400>, <https://go.dev/issue/38033>).

#[cfg(unix)]
use std::io::{Read, Write};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use testprog_harness::{Capability, Expectation, Scenario};

use crate::{csrc, observe};

/// Time for which each interrupted call of the standard library waits.
const WAIT: Duration = Duration::from_millis(5);

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run).needs(Capability::Signals).mutant(
        "libc-sem-wait-succeeds",
        Expectation::exits(1, "although nobody posted the semaphore"),
    )
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_eintr() -> c_int;
        pub(super) safe fn csrc_eintr_during(body: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_eintr())?;
    csrc::done(half::csrc_eintr_during(interrupted))?;
    observe::held(0)
}

/// Uses Rust's standard library while another thread sends signals to this thread.
extern "C" fn interrupted() {
    if let Err(error) = sleep().and_then(|()| wait_for_message()).and_then(|()| read()) {
        observe::wrong(error);
    }
}

fn sleep() -> Result<(), String> {
    let start = Instant::now();
    thread::sleep(WAIT);
    if start.elapsed() >= WAIT { Ok(()) } else { Err("a signal has shortened a sleep".to_owned()) }
}

fn wait_for_message() -> Result<(), String> {
    let (sender, messages) = mpsc::channel::<()>();
    let start = Instant::now();
    let received = messages.recv_timeout(WAIT);
    drop(sender);
    if received == Err(RecvTimeoutError::Timeout) && start.elapsed() >= WAIT {
        Ok(())
    } else {
        Err(format!("a signal has ended a wait for a message: {received:?}"))
    }
}

/// Reads from a socket into which another thread writes after a while.
#[cfg(unix)]
fn read() -> Result<(), String> {
    let (mut reader, mut writer) =
        UnixStream::pair().map_err(|error| format!("failed to create sockets: {error}"))?;
    let written = thread::spawn(move || {
        thread::sleep(WAIT);
        writer.write_all(b"ab")
    });
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).map_err(|error| format!("a read of std failed: {error}"))?;
    written
        .join()
        .map_err(|_| "the thread that writes panicked")?
        .map_err(|error| format!("failed to write into a socket: {error}"))?;
    if bytes == b"ab" { Ok(()) } else { Err(format!("a read of std returned {bytes:?}")) }
}

#[cfg(not(unix))]
fn read() -> Result<(), String> {
    Err("this target has no signals".to_owned())
}
