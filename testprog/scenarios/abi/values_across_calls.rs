//! Rust, C and the C library must agree on how a function passes and returns values: structures of
//! different sizes, more arguments than registers, integers of 8 bits, and variable arguments.
//!
//! The C compiler and the Rust compiler each contain the calling convention of each target. On
//! SPARC, Rust passed small structures in the wrong part of a register
//! (<https://github.com/rust-lang/rust/issues/43894>), and on x86-64, Rust swapped two of eleven
//! arguments (<https://github.com/rust-lang/rust/issues/41375>). A declaration in Rust that differs
//! from the C header has the same effect. If the scenario fails, the message names the kind of value;
//! compare the target's definition in both compilers, and check that all code uses the same
//! floating-point ABI.

use std::ffi::c_int;
use std::mem;

use testprog_harness::{Expectation, Scenario};

use self::values::{Byte, Floats, Functions, Large, Mixed, Pair, Swapped, Three};
use crate::csrc;
use crate::runtime::mutant::{self, Mutant};

pub(crate) fn scenario() -> Scenario {
    let fails = |text| Expectation::exits(1, text);
    let swapped = "a structure of two integers got another value in a call";
    Scenario::of_module(module_path!(), run)
        .mutant("swaps-fields", fails(swapped))
        .mutant("libc-division-swapped", fails("lldiv returned 3 and 17 instead of 17 and 3"))
}

/// Types of the values, and of the functions that C calls.
mod values {
    /// Defines structures as in `csrc/values.h`.
    macro_rules! structures {
        ($($name:ident { $($field:ident: $type:ty),* })*) => {
            $(
                #[derive(Clone, Copy)]
                #[repr(C)]
                pub(super) struct $name {
                    $(pub(super) $field: $type),*
                }
            )*
        };
    }

    structures! {
        Byte { a: i8 }
        Pair { a: i32, b: i32 }
        Mixed { a: f64, b: i32 }
        Swapped { b: i32, a: i32 }
        Floats { a: f32, b: f32, c: f32, d: f32 }
        Three { a: f64, b: f64, c: f64 }
        Large { a: [i64; 8] }
    }

    pub(super) type Many =
        extern "C" fn(i32, f64, i64, f32, u8, f64, i16, f64, i32, f64, f64, f64, f64, i64) -> f64;

    /// The functions that C calls, in the order of `csrc/values.h`.
    #[repr(C)]
    pub(super) struct Functions {
        pub(super) byte: extern "C" fn(Byte) -> Byte,
        pub(super) pair: extern "C" fn(Pair) -> Pair,
        pub(super) mixed: extern "C" fn(Mixed) -> Mixed,
        pub(super) floats: extern "C" fn(Floats) -> Floats,
        pub(super) three: extern "C" fn(Three) -> Three,
        pub(super) large: extern "C" fn(Large) -> Large,
        pub(super) many: Many,
        pub(super) narrow: extern "C" fn(i8, u8, bool) -> bool,
    }
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use super::values::Functions;

    unsafe extern "C" {
        pub(super) safe fn csrc_values_across_calls(call: &Functions) -> c_int;
        pub(super) fn csrc_sum(pairs: i32, ...) -> f64;
    }
}

extern "C" fn byte(it: Byte) -> Byte {
    Byte { a: it.a + 1 }
}

extern "C" fn pair(it: Pair) -> Pair {
    Pair { a: it.a + 1, b: it.b + 2 }
}

extern "C" fn mixed(it: Mixed) -> Mixed {
    Mixed { a: it.a + 1.0, b: it.b + 2 }
}

/// Does what [`pair`] does, with a structure whose fields are in another order than in C.
extern "C" fn swapped(it: Swapped) -> Swapped {
    Swapped { b: it.b + 2, a: it.a + 1 }
}

extern "C" fn floats(it: Floats) -> Floats {
    Floats { a: it.a + 1.0, b: it.b + 2.0, c: it.c + 3.0, d: it.d + 4.0 }
}

extern "C" fn three(it: Three) -> Three {
    Three { a: it.a + 1.0, b: it.b + 2.0, c: it.c + 3.0 }
}

extern "C" fn large(it: Large) -> Large {
    let mut position = 0;
    Large {
        a: it.a.map(|value| {
            position += 1;
            value + position
        }),
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::many_single_char_names,
    reason = "the number of arguments is what the scenario checks, and their values are small"
)]
extern "C" fn many(
    a: i32,
    b: f64,
    c: i64,
    d: f32,
    e: u8,
    f: f64,
    g: i16,
    h: f64,
    i: i32,
    j: f64,
    k: f64,
    l: f64,
    m: f64,
    n: i64,
) -> f64 {
    let values = [
        f64::from(a),
        b,
        c as f64,
        f64::from(d),
        f64::from(e),
        f,
        f64::from(g),
        h,
        f64::from(i),
        j,
        k,
        l,
        m,
        n as f64,
    ];
    let mut position = 0.0;
    let terms = values.map(|value| {
        position += 1.0;
        position * value
    });
    terms.iter().sum()
}

extern "C" fn narrow(a: i8, b: u8, c: bool) -> bool {
    a == -1 && b == 200 && c
}

/// Returns the function that C calls with a structure of two integers.
fn of_pair() -> extern "C" fn(Pair) -> Pair {
    if !mutant::is(Mutant::SwapsFields) {
        return pair;
    }
    let swapped: extern "C" fn(Swapped) -> Swapped = swapped;
    // SAFETY: both functions take and return structures of two integers, so C and Rust
    // only exchange wrong values, which is the mutant's deliberate fault.
    #[expect(unsafe_code, reason = "gives C a function with another declaration than in C")]
    unsafe {
        mem::transmute(swapped)
    }
}

fn run() -> Result<(), String> {
    let call = Functions { byte, pair: of_pair(), mixed, floats, three, large, many, narrow };
    let error: c_int = half::csrc_values_across_calls(&call);
    csrc::done(error)?;
    let large: i64 = 1 << 40;
    // SAFETY: the function reads three pairs of an i64 and an f64.
    #[expect(unsafe_code, reason = "calls a C function with variable arguments")]
    let sum = unsafe { half::csrc_sum(3, large, 0.5, -1_i64, 0.25, 1_i64, 0.125) };
    // The sum of the powers of two is exact.
    if sum.to_bits() != 1_099_511_627_776.875_f64.to_bits() {
        return Err(format!(
            "a function with variable arguments got other values: the sum is {sum}"
        ));
    }
    Ok(())
}
