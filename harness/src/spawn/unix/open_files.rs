//! Raises the soft limit on open files of the runner, so that many children can run at once. Each
//! child still gets the limit that the runner had originally.
#![expect(unsafe_code, reason = "calls getrlimit and setrlimit")]

use std::io;
use std::sync::{Mutex, PoisonError};

/// Number of descriptors that the runner needs for itself: standard streams, reports, signals, and
/// the guard of its supervisors.
const OWN: usize = 32;

/// Maximum number of descriptors that the runner needs for one child. On Linux a child needs its
/// supervisor's socket and both ends of two pipes, and a zygote needs one more socket.
const EACH: usize = if cfg!(any(target_os = "linux", target_os = "android")) { 6 } else { 8 };

/// Limit on open files that [`reserve`] has set.
#[derive(Clone, Copy)]
struct Raised {
    /// Soft limit before the first call of [`reserve`] that raised the limit.
    original: libc::rlim_t,
    /// Soft limit after the last call of [`reserve`].
    soft: libc::rlim_t,
}

static RAISED: Mutex<Option<Raised>> = Mutex::new(None);

/// Raises the soft limit on open files for `children` children, as far as the hard limit allows.
/// Returns how many children can run at once, at most `children`.
pub(in crate::spawn) fn reserve(children: usize) -> usize {
    let needed = children.saturating_mul(EACH).saturating_add(OWN);
    let mut raised = RAISED.lock().unwrap_or_else(PoisonError::into_inner);
    // If the limit cannot be read, allow all children, because a failed start still reveals the
    // limit.
    let Ok(mut limit) = get() else { return children };
    let size = |limit: libc::rlim_t| usize::try_from(limit).unwrap_or(usize::MAX);
    if size(limit.rlim_cur) >= needed {
        return children;
    }
    let original = limit.rlim_cur;
    limit.rlim_cur = libc::rlim_t::try_from(needed).unwrap_or(limit.rlim_max).min(limit.rlim_max);
    if set(&limit) {
        let original = raised
            .filter(|raised| raised.soft == original)
            .map_or(original, |raised| raised.original);
        *raised = Some(Raised { original, soft: limit.rlim_cur });
    } else {
        limit.rlim_cur = original;
    }
    (size(limit.rlim_cur).saturating_sub(OWN) / EACH).clamp(1, children.max(1))
}

/// Returns the limit on open files that a child must get, if [`reserve`] has raised the limit of
/// this process and nothing has changed the limit since.
pub(super) fn original() -> Option<libc::rlimit> {
    let Raised { original, soft } = (*RAISED.lock().unwrap_or_else(PoisonError::into_inner))?;
    let limit = get().ok().filter(|limit| limit.rlim_cur == soft)?;
    Some(libc::rlimit { rlim_cur: original, ..limit })
}

/// Sets the limit on open files of this process. Returns true on success.
pub(super) fn set(limit: &libc::rlimit) -> bool {
    // SAFETY: `limit` is an initialized `rlimit`, which `setrlimit` only reads.
    unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, limit) == 0 }
}

fn get() -> io::Result<libc::rlimit> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is writable memory of the type that `getrlimit` fills.
    match unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } {
        0 => Ok(limit),
        _ => Err(io::Error::last_os_error()),
    }
}
