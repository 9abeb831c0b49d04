//! The C functions that several scenarios call, and a function that runs a Rust closure on a thread
//! that C code creates.
#![expect(unsafe_code, reason = "declares and calls C functions")]

use std::ffi::{CStr, c_char, c_int, c_void};

/// Type of a callback, a Rust function that C code calls and that enters the runtime.
pub(crate) type Callback = extern "C" fn();

/// Type of a function that runs a body with other memory as its stack, as described in
/// `csrc/testprog.h`. No other code may use the memory of the stack until the function returns.
pub(crate) type OnStack =
    unsafe extern "C" fn(*mut c_void, usize, extern "C" fn(*mut c_void), *mut c_void) -> c_int;

unsafe extern "C" {
    fn csrc_thread(body: extern "C" fn(*mut c_void), arg: *mut c_void) -> c_int;
    fn csrc_stack_bound(bounds: *mut [usize; 2]);
    safe fn csrc_reason() -> *const c_char;
    safe fn csrc_stack_switch_callback(on_stack: OnStack, callback: Callback) -> c_int;

    /// Switches stacks by `swapcontext`.
    pub(crate) fn csrc_on_stack_ucontext(
        stack: *mut c_void,
        size: usize,
        body: extern "C" fn(*mut c_void),
        arg: *mut c_void,
    ) -> c_int;
    /// Switches stacks by `sigaltstack`.
    pub(crate) fn csrc_on_stack_altstack(
        stack: *mut c_void,
        size: usize,
        body: extern "C" fn(*mut c_void),
        arg: *mut c_void,
    ) -> c_int;
}

/// Returns the lowest and the highest address of this thread's stack as the system reports them, or
/// zeros if the system does not report the addresses.
pub(crate) fn stack_bound() -> (usize, usize) {
    let mut bounds = [0; 2];
    // SAFETY: the variable `bounds` is writable memory for two addresses.
    unsafe { csrc_stack_bound(&raw mut bounds) };
    (bounds[0], bounds[1])
}

/// Runs `body` on a new thread that C code creates, and joins the thread.
///
/// # Errors
///
/// Fails if the C code cannot create or join the thread.
pub(crate) fn thread(body: impl Fn() + Sync) -> Result<(), String> {
    extern "C" fn call<F: Fn()>(body: *mut c_void) {
        // SAFETY: the function `thread` passes a pointer to an `F` that exists until `thread` has
        // joined the new thread.
        let body = unsafe { &*body.cast::<F>() };
        body();
    }
    fn call_of<F: Fn()>(_: &F) -> extern "C" fn(*mut c_void) {
        call::<F>
    }
    let arg = (&raw const body).cast_mut().cast();
    // SAFETY: the pointer `arg` points to an `F`, as `call::<F>` requires. The value of the type
    // `F` outlives the new thread, because `csrc_thread` joins the thread.
    done(unsafe { csrc_thread(call_of(&body), arg) })
}

/// Runs the C code that the scenarios `stack_switch_callback`, `altstack_switch_callback` and
/// `coroutine_switch_callback` share.
///
/// # Errors
///
/// Fails if the C code returns an errno value.
pub(crate) fn stack_switch(on_stack: OnStack, callback: Callback) -> Result<(), String> {
    done(csrc_stack_switch_callback(on_stack, callback))
}

/// Converts the return value of a scenario's C code, which is 0, an errno value, or `CSRC_WRONG` of
/// `csrc/testprog.h`.
///
/// # Errors
///
/// Returns the C library's message for an errno value, or the reason that the C code has recorded
/// by `csrc_wrong`.
pub(crate) fn done(code: c_int) -> Result<(), String> {
    match code {
        0 => Ok(()),
        WRONG => Err(reason()),
        code => {
            Err(format!("failed to run the C code of the scenario: {} (errno {code})", words(code)))
        }
    }
}

/// Value of `CSRC_WRONG` in `csrc/testprog.h`.
const WRONG: c_int = -1;

/// Returns the reason that the C code has recorded by `csrc_wrong`.
fn reason() -> String {
    // SAFETY: the function `csrc_reason` returns a string that ends with a zero byte and that no
    // other thread changes, because the scenario's C code has returned.
    let text = unsafe { CStr::from_ptr(csrc_reason()) };
    text.to_string_lossy().into_owned()
}

/// Returns the C library's message for an errno value. The Rust standard library has messages only
/// for the error codes of the system, which differ from errno values on Windows.
fn words(code: c_int) -> String {
    // SAFETY: the function `strerror` takes an integer and returns a string. A call on another
    // thread could overwrite the string, but a scenario's C code does not fail on two threads at
    // once.
    let text = unsafe { libc::strerror(code) };
    // SAFETY: the string ends with a zero byte, and the string is copied before another call of
    // `strerror` overwrites it.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_string_lossy().into_owned()
}
