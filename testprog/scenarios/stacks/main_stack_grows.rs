//! The main thread's stack can grow below the bounds that the system reported at the thread's first
//! callback, so a stack pointer below the reported bounds is not always a stack overflow.
//!
//! The kernel extends the main thread's stack until the stack's size reaches `RLIMIT_STACK`. glibc
//! reports bounds according to the limit at the time of the query, and a process can raise the
//! limit later. The C library musl reports only the part of the stack that is mapped, which is 128
//! KiB in a new process. `CPython` and PHP wrongly took the reported lower bound for the end of the
//! stack (<https://github.com/python/cpython/issues/131338>,
//! <https://github.com/php/php-src/issues/12643>).
//!
//! 1. The scenario lowers `RLIMIT_STACK`, starts the runtime, and raises `RLIMIT_STACK` again.
//!
//! 2. A callback starts within the reported bounds and uses the stack below the reported bounds.
//!
//! 3. C code calls back from many depths near the lowest reported address.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

/// Capability of the system to change the limit on the size of the main thread's stack.
pub(super) const STACK_LIMIT: Capability = Capability::Custom {
    name: "stack-limit",
    missing: |target| match &*target.os {
        "windows" => Some("Windows has no RLIMIT_STACK"),
        "wasi" => Some("WebAssembly has no RLIMIT_STACK"),
        _ => None,
    },
};

pub(crate) fn scenario() -> Scenario {
    let morestack = Expectation::dies([Signal::Abrt], "fatal: morestack on g0");
    Scenario::of_module(module_path!(), system::run)
        .needs(STACK_LIMIT)
        .mutant("believes-told", morestack)
}

#[cfg(unix)]
pub(super) mod system {
    use std::mem::MaybeUninit;

    use testprog_harness::skip;

    use crate::runtime::{self, Machine, Policy, stack_pointer};
    use crate::{csrc, observe};

    /// Type of the first argument of `getrlimit`, which is unsigned only in glibc.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    type Resource = libc::__rlimit_resource_t;
    /// Type of the first argument of `getrlimit`.
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    type Resource = std::ffi::c_int;

    /// Value of `RLIMIT_STACK` in bytes while the runtime starts, which is more than the main
    /// thread has used of its stack.
    const LOWERED: usize = 512 << 10;
    /// Distance in bytes from the callback's stack pointer to the deepest stack pointer, which is
    /// more than the lowered limit.
    const DEEP: usize = 2 << 20;

    #[expect(unsafe_code, reason = "declares the C function of the scenario")]
    mod half {
        use crate::csrc::Callback;

        unsafe extern "C" {
            pub(super) safe fn csrc_main_stack_grows(told: usize, callback: Callback) -> u32;
        }
    }

    /// Sets the soft limit of a resource, and returns the old soft limit.
    ///
    /// # Errors
    ///
    /// Skips the scenario if the system leaves the limit unchanged. QEMU's emulator of Linux programs
    /// ignores `setrlimit` for `RLIMIT_STACK` and returns 0
    /// (<https://gitlab.com/qemu-project/qemu/-/blob/v7.2.0/linux-user/syscall.c>).
    #[expect(unsafe_code, reason = "changes a resource limit")]
    pub(in crate::scenarios) fn limit(
        resource: Resource,
        soft: libc::rlim_t,
    ) -> Result<libc::rlim_t, String> {
        let mut limit = read_limit(resource);
        let before = limit.rlim_cur;
        limit.rlim_cur = soft;
        // SAFETY: the variable `limit` contains the two values of a resource limit.
        let set = unsafe { libc::setrlimit(resource, &raw const limit) };
        assert_eq!(set, 0, "failed to set a resource limit");
        if read_limit(resource).rlim_cur == soft {
            Ok(before)
        } else {
            Err(skip("setrlimit has no effect on this system").to_string())
        }
    }

    /// Returns the soft and the hard limit of a resource.
    #[expect(unsafe_code, reason = "reads a resource limit")]
    pub(in crate::scenarios) fn read_limit(resource: Resource) -> libc::rlimit {
        let mut limit = MaybeUninit::uninit();
        // SAFETY: the variable `limit` is writable memory for the two values of a resource limit.
        let read = unsafe { libc::getrlimit(resource, limit.as_mut_ptr()) };
        assert_eq!(read, 0, "failed to read a resource limit");
        // SAFETY: the function `getrlimit` has succeeded and therefore filled `limit`.
        unsafe { limit.assume_init() }
    }

    pub(super) fn run() -> Result<(), String> {
        let before = limit(libc::RLIMIT_STACK, LOWERED as libc::rlim_t)?;
        runtime::start(Policy::Registered)?;
        let (told, _) = csrc::stack_bound();
        limit(libc::RLIMIT_STACK, before)?;
        runtime::callback(deep);
        let told = if told == 0 { stack_pointer::read() - LOWERED } else { told };
        let callbacks = runtime::call_c(|| half::csrc_main_stack_grows(told, observe::callback));
        observe::held(callbacks)
    }

    /// Checks for stack overflow at every call down to [`DEEP`] bytes below the caller.
    fn deep(machine: &Machine) {
        observe::deep(machine, DEEP);
    }
}

#[cfg(not(unix))]
mod system {
    pub(super) fn run() -> Result<(), String> {
        Err("this target has no RLIMIT_STACK".to_owned())
    }
}
