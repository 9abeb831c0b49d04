//! A panic may cross frames of C, if both sides declare the function as `extern "C-unwind"` and the
//! C code has unwind tables: first a function of this program, then `qsort` and `bsearch` of the C
//! library.
//!
//! Compilers emit unwind tables for C by default on x86-64 and aarch64, but the C library itself
//! may be compiled without them. If the C library has no unwind tables, the panic aborts in `qsort`
//! with "failed to initiate panic, error 5" (<https://github.com/rust-lang/rust/issues/65441>,
//! <https://github.com/llvm/llvm-project/issues/85097>). Debian's musl has no unwind tables for
//! `qsort` and `bsearch`, but zig's musl has these tables. A C library that panics and C++
//! exceptions may cross must be compiled with `-fexceptions` or `-funwind-tables`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use testprog_harness::{Alternative, Capability, Expectation, Scenario, Signal};

use crate::runtime::{self, Machine, Policy};
use crate::scenarios::needs::UNWINDING;

pub(crate) fn scenario() -> Scenario {
    let without_tables =
        Expectation::dies([Signal::Abrt], "about to panic through qsort of the C library");
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .needs(UNWINDING)
        .expect(Expectation::one_of(vec![
            Alternative::good("caught", Expectation::ok()),
            Alternative::good("c-library-without-tables", without_tables),
        ]))
        .mutant(
            "libc-no-unwind-tables",
            Expectation::dies([Signal::Abrt], "about to panic through a function of C"),
        )
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    /// Type of a callback that may panic through C.
    pub(super) type Panics = extern "C-unwind" fn();

    unsafe extern "C-unwind" {
        pub(super) safe fn csrc_panic_directly(callback: Panics);
        pub(super) safe fn csrc_panic_through_qsort(callback: Panics);
        pub(super) safe fn csrc_panic_through_bsearch(callback: Panics);
    }
}

/// Type of a function that calls a C function, which calls back.
type Way = fn(half::Panics);

/// The C functions that panics cross, each with a description.
const WAYS: [(&str, Way); 3] = [
    ("a function of C", |callback| half::csrc_panic_directly(callback)),
    ("qsort of the C library", |callback| half::csrc_panic_through_qsort(callback)),
    ("bsearch of the C library", |callback| half::csrc_panic_through_bsearch(callback)),
];

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    for (name, way) in WAYS {
        eprintln!("about to panic through {name}");
        let before = runtime::callback(Machine::bounds);
        let caught = catch_unwind(AssertUnwindSafe(|| runtime::call_c(|| way(panics))));
        let payload = caught.err().ok_or_else(|| format!("no panic came through {name}"))?;
        if payload.downcast_ref() != Some(&"BOOM") {
            return Err(format!("the panic through {name} has another payload"));
        }
        let after = runtime::callback(Machine::bounds);
        if before != after {
            return Err(format!("the panic through {name} changed the bounds to {after:?}"));
        }
    }
    Ok(())
}

extern "C-unwind" fn panics() {
    runtime::callback(|_| std::panic::panic_any("BOOM"));
}
