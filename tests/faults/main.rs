//! Every system call fails once: of the runner, its guard, a supervisor, a zygote, and a child
//! before it executes its program.
//!
//! Each trial runs five cases: one passes, one fails, one leaves a process behind, one crashes and
//! one hangs. A first run counts the system calls. Then one run follows for each call and each
//! error of the call's manual page. After each run the trial checks the following:
//!
//! - The run ended in time and without a panic, and left no process and no file.
//! - Each case that was judged is judged right. Every other case is unresolved, and its cause names
//!   the error that was injected.
//! - The reports are complete and valid.
//!
//! By default a trial takes a few of the faults. With `TESTPROG_FAULTS=all` it takes all of them,
//! and with `TESTPROG_FAULTS=TEXT` those whose name contains the text.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod calls;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod run;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod tracer;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod trials;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> std::process::ExitCode {
    trials::main()
}

/// The tracer knows the registers of one processor only.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() {}
