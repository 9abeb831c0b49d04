//! The C functions that several scenarios call, and Rust closures on threads that C created.
#![expect(unsafe_code, reason = "declares and calls C")]

use std::ffi::{CStr, c_int, c_void};

/// Calls back into the runtime.
pub(crate) type Callback = extern "C" fn();

/// Runs a body on other memory as its stack; see `csrc/testprog.h`. The memory must be free for that meanwhile.
pub(crate) type OnStack =
    unsafe extern "C" fn(*mut c_void, usize, extern "C" fn(*mut c_void), *mut c_void) -> c_int;

unsafe extern "C" {
    fn csrc_thread(body: extern "C" fn(*mut c_void), arg: *mut c_void) -> c_int;
    fn csrc_stack_bound(bounds: *mut [usize; 2]);
    safe fn csrc_stack_switch_callback(on_stack: OnStack, callback: Callback) -> c_int;

    /// As `csrc/testprog.h` tells.
    pub(crate) fn csrc_on_stack_ucontext(
        stack: *mut c_void,
        size: usize,
        body: extern "C" fn(*mut c_void),
        arg: *mut c_void,
    ) -> c_int;
    /// As `csrc/testprog.h` tells.
    pub(crate) fn csrc_on_stack_altstack(
        stack: *mut c_void,
        size: usize,
        body: extern "C" fn(*mut c_void),
        arg: *mut c_void,
    ) -> c_int;
}

/// Returns the lowest and the highest address of this thread's stack as the system tells them, zeros where it does not.
pub(crate) fn stack_bound() -> (usize, usize) {
    let mut bounds = [0; 2];
    // SAFETY: `bounds` is writable memory for two addresses.
    unsafe { csrc_stack_bound(&raw mut bounds) };
    (bounds[0], bounds[1])
}

/// Runs `body` on a new thread that C creates, and waits for its end.
///
/// # Errors
///
/// The thread could not be created or joined.
pub(crate) fn thread(body: impl Fn() + Sync) -> Result<(), String> {
    extern "C" fn call<F: Fn()>(body: *mut c_void) {
        // SAFETY: `thread` passes a pointer to an `F`, which it keeps until this thread has ended.
        let body = unsafe { &*body.cast::<F>() };
        body();
    }
    fn call_of<F: Fn()>(_: &F) -> extern "C" fn(*mut c_void) {
        call::<F>
    }
    let arg = (&raw const body).cast_mut().cast();
    // SAFETY: `call` takes what `arg` points to, which outlives the thread since `csrc_thread` joins it.
    done(unsafe { csrc_thread(call_of(&body), arg) })
}

/// Runs the C half that `stack_switch_callback`, `altstack_switch_callback` and `coroutine_switch_callback` share.
///
/// # Errors
///
/// What C could not do.
pub(crate) fn stack_switch(on_stack: OnStack, callback: Callback) -> Result<(), String> {
    done(csrc_stack_switch_callback(on_stack, callback))
}

/// Reads what a C half returns: 0 or an errno value.
///
/// # Errors
///
/// That value, in words.
pub(crate) fn done(code: c_int) -> Result<(), String> {
    match code {
        0 => Ok(()),
        code => Err(format!("the C half failed: {} (errno {code})", words(code))),
    }
}

/// Returns C's words for an errno value. `std` has words only for the errors of the system, which on Windows are others.
fn words(code: c_int) -> String {
    // SAFETY: it takes an integer and returns a string. Another thread's call could overwrite that, but no scenario runs
    // two C halves at once.
    let text = unsafe { libc::strerror(code) };
    // SAFETY: the string ends with a zero byte and is copied before it is gone.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_string_lossy().into_owned()
}
