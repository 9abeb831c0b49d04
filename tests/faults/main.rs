//! Tests that inject a fault into one system call of the runner, the guard, a supervisor, a zygote,
//! or a child that has not yet executed its program.
//!
//! Each run executes five cases: the first passes, the second fails, the third leaves a process
//! behind, the fourth crashes and the fifth hangs. In each test, a first run counts the system
//! calls. After the first run, the test makes one run for each system call and each error of the
//! call's manual page. After each run, the test checks three conditions:
//!
//! - The run ended in time and without a panic, and left no process and no file behind.
//!
//! - Each case has the right verdict, or the verdict *unresolved* with a reason that names the
//!   injected error.
//!
//! - The reports are complete and valid.
//!
//! By default, a test injects only a few of the faults. With `TESTPROG_FAULTS=all`, a test injects
//! all faults, and with `TESTPROG_FAULTS=TEXT` the faults whose name contains the text.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod calls;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod run;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[path = "../schema.rs"]
mod schema;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod tracer;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod trials;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> std::process::ExitCode {
    trials::main()
}

/// On other targets, no test runs, because the tracer reads the registers of x86-64 Linux.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() {}
