//! Registered stacks for coroutine libraries that are written in C; declared in `csrc/testprog.h`.
#![expect(unsafe_code, reason = "exports functions by their names")]

use std::ffi::{c_int, c_void};

use super::{StackError, register_stack, retire_stack};

/// As [`register_stack`]: 0, EINVAL for what is no stack, EEXIST for one that overlaps a registered one.
#[unsafe(no_mangle)]
extern "C" fn runtime_register_stack(lo: *mut c_void, hi: *mut c_void) -> c_int {
    errno(register_stack(lo.addr(), hi.addr()))
}

/// As [`retire_stack`]: 0, or ENOENT where no registered stack begins.
#[unsafe(no_mangle)]
extern "C" fn runtime_retire_stack(lo: *mut c_void) -> c_int {
    errno(retire_stack(lo.addr()))
}

fn errno(result: Result<(), StackError>) -> c_int {
    match result {
        Ok(()) => 0,
        Err(StackError::Invalid) => libc::EINVAL,
        Err(StackError::Overlaps(_)) => libc::EEXIST,
        Err(StackError::Unknown) => libc::ENOENT,
    }
}
