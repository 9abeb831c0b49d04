//! A reference count for objects that Rust and C share.
//!
//! A wrong count leads to a use after free. Each assertion of this crate therefore aborts the
//! process, since the caller of a function could catch a panic and continue.

use std::fmt::Arguments;
use std::process::abort;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Number of references to an object. The creator of the object has the first reference.
pub struct References(AtomicUsize);

/// Largest number of references to one object.
pub const MOST: usize = 1000;

impl References {
    /// Creates a count with one reference.
    #[expect(clippy::new_without_default, reason = "a default reference would have no owner")]
    pub fn new() -> Self {
        Self(AtomicUsize::new(1))
    }

    /// Adds a reference.
    pub fn retain(&self) {
        let before = self.0.fetch_add(1, Ordering::Relaxed);
        assert_or_abort(before > 0, format_args!("retain: the object is already free"));
        assert_or_abort(before < MOST, format_args!("retain: more than {MOST} references"));
    }

    /// Removes a reference, and returns whether it was the last reference.
    pub fn release(&self) -> bool {
        let before = self.0.fetch_sub(1, Ordering::AcqRel);
        assert_or_abort(before > 0, format_args!("release: the object is already free"));
        before == 1
    }
}

/// Prints the message and aborts the process if the condition does not hold.
fn assert_or_abort(condition: bool, message: Arguments) {
    if condition {
        return;
    }
    eprintln!("{message}");
    if cfg!(feature = "planted-bug") {
        panic!("{message}");
    }
    abort()
}
