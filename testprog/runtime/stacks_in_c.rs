//! C functions with which a coroutine library registers and retires its stacks. The header
//! `csrc/testprog.h` declares the functions of this module.
#![expect(unsafe_code, reason = "exports functions by their names")]

use std::ffi::{c_int, c_void};

use super::{StackError, register_stack, retire_stack};

/// Calls [`register_stack`]. Registers a stack and returns 0. Returns EINVAL if the addresses
/// cannot be the bounds of a stack, or EEXIST if the stack overlaps a registered stack.
#[unsafe(no_mangle)]
extern "C" fn runtime_register_stack(lo: *mut c_void, hi: *mut c_void) -> c_int {
    errno(register_stack(lo.addr(), hi.addr()))
}

/// Calls [`retire_stack`]. Retires the stack that begins at `lo` and returns 0, or returns ENOENT
/// if no registered stack begins at `lo`.
#[unsafe(no_mangle)]
extern "C" fn runtime_retire_stack(lo: *mut c_void) -> c_int {
    errno(retire_stack(lo.addr()))
}

/// Returns 0 for success, or the errno value for an error.
fn errno(result: Result<(), StackError>) -> c_int {
    match result {
        Ok(()) => 0,
        Err(StackError::Invalid) => libc::EINVAL,
        Err(StackError::Overlaps(_)) => libc::EEXIST,
        Err(StackError::Unknown) => libc::ENOENT,
    }
}
