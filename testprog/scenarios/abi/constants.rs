//! The constants and the static initializers of the C library must have the same values in the
//! `libc` crate as in the C library's headers.
//!
//! The `libc` crate repeats the values of each C library by hand, and a port of the crate to a new
//! target often copies the values of another target. With a wrong `O_NONBLOCK` or `SA_ONSTACK`, a
//! system call does something else without an error. With a wrong `PTHREAD_MUTEX_INITIALIZER`, the
//! first lock of a mutex hangs or has another type, as with the initializers of glibc on the
//! musl-based library of Mystikos (<https://github.com/microsoft/mystikos/pull/355>). If the scenario
//! fails, compare the named constant in the `libc` crate with the header.

use std::ffi::CStr;
use std::ptr;

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::mutant::{self, Mutant};

pub(crate) fn scenario() -> Scenario {
    let other = Expectation::exits(1, "SA_ONSTACK is");
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .mutant("other-constant", other)
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::{c_char, c_longlong, c_void};

    unsafe extern "C" {
        pub(super) fn csrc_constant(index: u32, value: *mut c_longlong) -> *const c_char;
        pub(super) fn csrc_initializer(
            index: u32,
            object: *mut *const c_void,
            size: *mut usize,
        ) -> *const c_char;
    }
}

/// A constant's name and its value as 32 bits. C and Rust may differ in whether the type of a
/// constant has a sign, so only the bits are compared.
type Constant = (String, u32);
/// The name and the bytes of an object with a static initializer.
type Initializer = (String, Vec<u8>);

/// Returns the constants of the crate `libc`, in the order of the scenario's C code.
#[cfg(unix)]
#[expect(clippy::cast_sign_loss, reason = "only the bits are compared")]
fn constants() -> Vec<Constant> {
    macro_rules! values {
        ($($name:ident)*) => {
            vec![$((stringify!($name).to_owned(), libc::$name as u32)),*]
        };
    }
    values! {
        EAGAIN EBUSY EDEADLK EINTR EINVAL ENAMETOOLONG ENOENT ENOSYS ENOTEMPTY EOVERFLOW ETIMEDOUT
        SIGBUS SIGCHLD SIGPROF SIGSEGV SIGSTOP SIGUSR1 SIGUSR2
        SIG_BLOCK SIG_SETMASK SIG_UNBLOCK
        SA_NOCLDSTOP SA_NODEFER SA_ONSTACK SA_RESETHAND SA_RESTART SA_SIGINFO
        SS_DISABLE SS_ONSTACK
        O_APPEND O_CLOEXEC O_CREAT O_DIRECTORY O_EXCL O_NONBLOCK O_TRUNC
        F_DUPFD_CLOEXEC F_SETFL FD_CLOEXEC
        MAP_ANON MAP_FIXED MAP_PRIVATE PROT_NONE PROT_READ PROT_WRITE
        RLIMIT_CORE RLIMIT_NOFILE RLIMIT_STACK
        CLOCK_MONOTONIC CLOCK_REALTIME
        _SC_NPROCESSORS_ONLN _SC_PAGESIZE
        PTHREAD_CREATE_DETACHED
        PTHREAD_MUTEX_ERRORCHECK PTHREAD_MUTEX_NORMAL PTHREAD_MUTEX_RECURSIVE
        WNOHANG
    }
}

/// Returns the static initializers of the crate `libc`, in the order of the scenario's C code.
#[cfg(unix)]
fn initializers() -> Vec<Initializer> {
    /// Returns the bytes of `object`, whose type must have no padding.
    fn bytes<T>(object: &T) -> Vec<u8> {
        let start = ptr::from_ref(object).cast::<u8>();
        // SAFETY: the type `T` has no padding, so each of its bytes has a value.
        #[expect(unsafe_code, reason = "reads the bytes of an object of the C library")]
        unsafe { std::slice::from_raw_parts(start, size_of::<T>()) }.to_vec()
    }
    vec![
        ("PTHREAD_MUTEX_INITIALIZER".to_owned(), bytes(&libc::PTHREAD_MUTEX_INITIALIZER)),
        ("PTHREAD_COND_INITIALIZER".to_owned(), bytes(&libc::PTHREAD_COND_INITIALIZER)),
        ("PTHREAD_RWLOCK_INITIALIZER".to_owned(), bytes(&libc::PTHREAD_RWLOCK_INITIALIZER)),
    ]
}

#[cfg(not(unix))]
fn constants() -> Vec<Constant> {
    Vec::new()
}

#[cfg(not(unix))]
fn initializers() -> Vec<Initializer> {
    Vec::new()
}

/// Returns a constant of the C library's headers.
#[expect(unsafe_code, reason = "calls the C function of the scenario")]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "only 32 bits are compared"
)]
fn constant_in_c(index: u32) -> Option<Constant> {
    let mut value = 0;
    // SAFETY: the variable `value` is writable.
    let name = unsafe { half::csrc_constant(index, &raw mut value) };
    if name.is_null() {
        return None;
    }
    // SAFETY: the function returns a string literal.
    let name = unsafe { CStr::from_ptr(name) };
    Some((name.to_string_lossy().into_owned(), value as u32))
}

/// Returns a static initializer of the C library's headers.
#[expect(unsafe_code, reason = "calls the C function of the scenario")]
fn initializer_in_c(index: u32) -> Option<Initializer> {
    let (mut object, mut size) = (ptr::null(), 0);
    // SAFETY: the variables `object` and `size` are writable.
    let name = unsafe { half::csrc_initializer(index, &raw mut object, &raw mut size) };
    if name.is_null() {
        return None;
    }
    // SAFETY: the function returns a string literal.
    let name = unsafe { CStr::from_ptr(name) };
    // SAFETY: the function returns an object of `size` bytes that nobody changes, and static objects
    // have no bytes without a value.
    let bytes = unsafe { std::slice::from_raw_parts(object.cast::<u8>(), size) };
    Some((name.to_string_lossy().into_owned(), bytes.to_vec()))
}

fn run() -> Result<(), String> {
    let mut of_rust = constants();
    if mutant::is(Mutant::OtherConstant) {
        for (_, value) in of_rust.iter_mut().filter(|(name, _)| name == "SA_ONSTACK") {
            *value <<= 1;
        }
    }
    let of_c: Vec<_> = (0..).map_while(constant_in_c).collect();
    let mut wrong = differences(&of_c, &of_rust, |value| format!("{value:#x}"))?;
    let of_c: Vec<_> = (0..).map_while(initializer_in_c).collect();
    wrong.extend(differences(&of_c, &initializers(), |bytes| format!("{bytes:02x?}"))?);
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

/// Returns a message for each value that differs.
fn differences<T: PartialEq>(
    of_c: &[(String, T)],
    of_rust: &[(String, T)],
    show: impl Fn(&T) -> String,
) -> Result<Vec<String>, String> {
    let names = |all: &[(String, T)]| all.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    if names(of_c) != names(of_rust) {
        return Err(format!("C names {:?}, and Rust {:?}", names(of_c), names(of_rust)));
    }
    let pairs = of_c.iter().zip(of_rust);
    let different = pairs.filter(|((_, in_c), (_, in_rust))| in_c != in_rust);
    Ok(different
        .map(|((name, in_c), (_, in_rust))| {
            format!("{name} is {} in C, and {} in the crate `libc`", show(in_c), show(in_rust))
        })
        .collect())
}
