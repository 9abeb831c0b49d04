//! Capabilities that several scenarios need and that the harness does not define.

use testprog_harness::Capability;

/// Capability of a C library to create POSIX threads.
pub(super) const PTHREADS: Capability = Capability::Custom {
    name: "thread",
    missing: |target| (target.os == "windows").then_some("Windows has no POSIX threads"),
};

/// Whether glibc itself runs the destructors of Rust's thread-local variables. In a static program,
/// glibc's function `__cxa_thread_atexit_impl` is missing, because Rust's standard library refers
/// to the function only weakly, and the standard library uses a pthread key instead.
pub(super) const GLIBC_DROPS: bool =
    cfg!(all(target_os = "linux", target_env = "gnu", not(target_feature = "crt-static")));

/// Capability of a C library to run a destructor for a thread's value of a pthread key.
pub(super) const THREAD_KEY: Capability = Capability::Custom {
    name: "thread-key",
    missing: |target| (target.os == "windows").then_some("Windows has no pthread keys"),
};

/// Capability to catch a panic.
pub(super) const UNWINDING: Capability = Capability::Custom {
    name: "unwinding",
    missing: |_| cfg!(panic = "abort").then_some("this build aborts at a panic"),
};

/// Capability to fork a process that has several threads.
pub(super) const FORK: Capability = Capability::Custom {
    name: "fork",
    missing: |target| match &*target.os {
        "windows" => Some("Windows has no fork"),
        "wasi" => Some("WebAssembly has no fork"),
        _ => None,
    },
};

/// Capability of a C library to run a thread on memory that the program chooses
/// (`pthread_attr_setstack`).
pub(super) const GIVEN_STACK: Capability = Capability::Custom {
    name: "attr-setstack",
    missing: |target| (target.os == "windows").then_some("Windows has no pthread_attr_setstack"),
};

/// Capability of a system to report the bounds of a thread's own stack.
pub(super) const THREAD_BOUNDS: Capability = Capability::Custom {
    name: "thread-bounds",
    missing: |target| match &*target.os {
        "linux" | "android" | "netbsd" | "l4re" | "hurd" | "redox" | "freebsd" | "dragonfly"
        | "macos" | "ios" | "tvos" | "watchos" | "visionos" | "openbsd" | "illumos" | "solaris"
        | "windows" => None,
        _ => Some("this project has no code that asks this system for stack bounds"),
    },
};

/// Capability to cancel a thread.
pub(super) const CANCEL: Capability = Capability::Custom {
    name: "thread-cancel",
    missing: |target| (target.os == "android").then_some("bionic has no pthread_cancel"),
};

/// Capability of a system to make single pages inaccessible (`mprotect`).
pub(super) const MEMORY_PROTECTION: Capability = Capability::Custom {
    name: "memory-protection",
    missing: |target| match &*target.os {
        "windows" => Some("Windows has no mprotect"),
        "wasi" => Some("WebAssembly has no inaccessible memory"),
        _ => None,
    },
};
