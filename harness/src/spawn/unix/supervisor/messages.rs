//! Defines the messages between a runner and its supervisors.
//!
//! The code of this module must not allocate, lock or panic, because supervisors execute it.
#![expect(unsafe_code, reason = "sends structs as bytes")]

use std::ffi::c_int;
use std::time::Duration;
use std::{io, mem, ptr};

use crate::packet;
use crate::spawn::host::Identity;
use crate::spawn::unix::sys::Resource;

/// Maximum size in bytes of the strings of a request. Linux limits one argument or environment
/// variable to 128 KiB (execve(2)), and few programs need more than 1 MiB for all of them.
pub(super) const STRINGS: usize = 1 << 20;

/// Maximum number of pointers for the path, the arguments and the environment variables of a
/// request. `POINTERS` includes a null pointer after the arguments and a null pointer after the
/// variables.
pub(super) const POINTERS: usize = 1 << 13;

/// Type whose values can be sent as bytes, because every byte pattern is a valid value of the type.
///
/// # Safety
///
/// The type must have no uninitialized padding, and every byte pattern must be a valid value of the
/// type.
pub(super) unsafe trait Plain: Copy {}

/// Request from the runner to the supervisor to start a child. The message of a request carries two
/// or three descriptors: standard output, standard error, and, if the child is a zygote, the
/// zygote's socket. The strings of the request follow the struct on the socket: the directory, the
/// working directory, the executable's path, the arguments including the program's name, and the
/// environment variables. A zero byte ends each string.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Request {
    pub(super) length: u32,
    pub(super) arguments: u32,
    pub(super) variables: u32,
    /// Boolean value: 0 if the supervisor must create the directory, and another number if the
    /// directory exists.
    pub(super) directory_is_there: u32,
    /// Number of entries of `limits` that are set.
    pub(super) limit_count: u32,
    /// Boolean value: not 0 if a debugger that is not an ancestor of the child may attach to the
    /// child.
    pub(super) is_open_to_debuggers: u32,
    /// Random number that each reply to this request repeats. A child that has copied the
    /// supervisor's socket (`pidfd_getfd(2)`) does not know the random number, so the child cannot
    /// forge the reply for a later child.
    pub(super) nonce: u64,
    pub(super) limits: [Limit; LIMITS],
}

/// Maximum number of resource limits for a child.
pub(super) const LIMITS: usize = 8;

/// Resource limit for setrlimit(2).
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(super) struct Limit {
    pub(super) amount: libc::rlim_t,
    pub(super) resource: Resource,
    /// Unused field in place of padding, which would be uninitialized.
    pub(super) unused: u32,
}

// SAFETY: `Request` is six `u32`s, a `u64` and an array of `Limit`s. `Request` and `Limit` have no
// padding, and every byte pattern is a valid integer.
unsafe impl Plain for Request {}

/// Reply from the supervisor to the runner: the child has ended, the child could not be started, or
/// the supervisor has killed what the child left behind.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct Reply {
    pub(super) usage: libc::rusage,
    /// Wait status of the child (wait(2)), or its process ID if the child is still running.
    pub(super) status: c_int,
    /// Boolean value: not 0 if processes that the child started are still running.
    pub(super) survivors: c_int,
    /// Step that failed if the child could not be started: one of the `STEP_` constants, or 0.
    pub(super) failed_step: c_int,
    /// `errno` value of the step that failed.
    pub(super) error: c_int,
    /// Boolean value: not 0 if the child is still running and this reply only confirms a SWEEP
    /// order.
    pub(super) is_running: c_int,
    /// Process that the child started and that is still running although the supervisor tried to
    /// kill it, or 0.
    pub(super) not_killed: libc::pid_t,
    /// `errno` value of kill(2) for the process `not_killed`, or 0 if the process did not end in
    /// time.
    pub(super) kill_error: c_int,
    /// `errno` value of the system call that makes the supervisor a child subreaper, or 0 if the
    /// call succeeded.
    pub(super) adopt_error: c_int,
    /// Random number of the request that this reply answers.
    pub(super) nonce: u64,
    /// State of the child's directory when the supervisor created the directory, or [`Made::NONE`]
    /// if the state is not known.
    pub(super) made: Made,
}

/// State of a directory: its identity, access rights and attributes, but not its entries and times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(super) struct Made {
    pub(super) device: u64,
    pub(super) number: u64,
    pub(super) mode: u32,
    pub(super) owner: u32,
    pub(super) group: u32,
    /// Attributes such as "immutable" (`ioctl_iflags(2)`), or -1 if the file system has no such
    /// attributes.
    pub(super) attributes: c_int,
    /// Length of the list of extended attributes, which include access control lists (acl(5)), or
    /// -1 if the file system has no extended attributes.
    pub(super) names: i64,
}

// SAFETY: `Made` consists of integers and has no padding, and every byte pattern is a valid value.
unsafe impl Plain for Made {}

impl Made {
    /// State that stands for an unknown directory.
    pub(super) const NONE: Self =
        Self { device: 0, number: 0, mode: 0, owner: 0, group: 0, attributes: 0, names: 0 };

    /// Returns the identity of the directory, or `None` for the value [`NONE`](Self::NONE).
    pub(super) fn identity(&self) -> Option<Identity> {
        let identity = Identity { device: self.device, number: self.number };
        (*self != Self::NONE).then_some(identity)
    }
}

/// Steps of starting a child, in the order in which the supervisor takes the steps. The last step
/// is waiting for the child's end.
pub(super) const STEP_SUPERVISOR: c_int = 1;
pub(super) const STEP_STREAMS: c_int = 2;
pub(super) const STEP_DIRECTORY: c_int = 3;
pub(super) const STEP_PROCESS: c_int = 4;
pub(super) const STEP_ENTER: c_int = 5;
pub(super) const STEP_LIMITS: c_int = 6;
pub(super) const STEP_OUTPUT: c_int = 7;
pub(super) const STEP_EXECUTE: c_int = 8;
pub(super) const STEP_WAIT: c_int = 9;

impl Reply {
    /// Returns true if processes that the child started are still running.
    pub(super) fn has_survivors(&self) -> bool {
        self.survivors != 0
    }
}

// SAFETY: `Reply` consists of integers and structs of integers, and every `Reply` is created from
// zeroed memory, so its padding is initialized.
unsafe impl Plain for Reply {}

/// Time within which a killed process must end. Only a process that is stuck in the kernel takes
/// longer to end.
pub(super) const SWEEP_LIMIT: Duration = Duration::from_secs(10);

/// Order from the runner to a guard. The message of a [`FORK`] order carries the socket of the new
/// supervisor.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct GuardOrder {
    pub(super) what: u32,
    /// Process ID of the supervisor that a [`SETTLE`] order names.
    pub(super) pid: libc::pid_t,
}

// SAFETY: `GuardOrder` consists of integers and has no padding, and every byte pattern is a valid
// value.
unsafe impl Plain for GuardOrder {}

/// Order to the guard to fork a supervisor.
pub(super) const FORK: u32 = 1;

/// Order to the guard to kill a supervisor and all processes that the supervisor leaves behind.
pub(super) const SETTLE: u32 = 2;

/// Answer from a guard to the runner.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct GuardAnswer {
    /// Process ID of the new supervisor, for [`FORK`]. For [`SETTLE`], the ID of a process that is
    /// still running, or 0.
    pub(super) pid: libc::pid_t,
    /// `errno` value of fork(2) for [`FORK`], or of kill(2) for [`SETTLE`], or 0.
    pub(super) error: c_int,
    /// Wait status of the supervisor (`si_code` and `si_status` of waitid(2)), or 0.
    pub(super) code: c_int,
    pub(super) status: c_int,
    /// System call without which the guard cannot serve, if the call has failed with `error`: an
    /// index of [`GUARD_CALLS`], or 0.
    pub(super) failed_call: u32,
}

/// Names of the system calls that a guard reports in [`GuardAnswer::failed_call`].
pub(super) const GUARD_CALLS: [&str; 7] =
    ["", "dup2", "getppid", "signalfd4", "mmap", "recvmsg", "sendto"];

pub(super) const CALL_DUP2: u32 = 1;
pub(super) const CALL_GETPPID: u32 = 2;
pub(super) const CALL_SIGNALFD: u32 = 3;
pub(super) const CALL_MMAP: u32 = 4;
pub(super) const CALL_RECVMSG: u32 = 5;
pub(super) const CALL_SENDTO: u32 = 6;

// SAFETY: `GuardAnswer` consists of integers and has no padding, and every byte pattern is a valid
// value.
unsafe impl Plain for GuardAnswer {}

impl GuardAnswer {
    pub(super) const EMPTY: Self = Self { pid: 0, error: 0, code: 0, status: 0, failed_call: 0 };
}

/// Order to the supervisor to send SIGTERM to the running child's process group. Each order to a
/// supervisor is one byte.
pub(super) const TERMINATE: u8 = b'T';

/// Order to the supervisor to send SIGKILL to the running child's process group.
pub(super) const KILL: u8 = b'K';

/// Order to the supervisor to kill the processes that the child has left behind. The runner sends
/// SWEEP after the child's end, or to a zygote's supervisor while the zygote runs.
pub(super) const SWEEP: u8 = b'S';

/// Returns the bytes of a message.
pub(super) fn bytes<T: Plain>(message: &T) -> &[u8] {
    // SAFETY: the contract of `Plain` guarantees that all bytes of the message are initialized.
    unsafe { std::slice::from_raw_parts(ptr::from_ref(message).cast(), size_of::<T>()) }
}

/// Converts bytes to a message. If `bytes` is too short, the missing bytes are zero.
pub(super) fn from_bytes<T: Plain>(bytes: &[u8]) -> T {
    // SAFETY: every byte pattern, including zeros, is a valid value of a `Plain` type.
    let mut message: T = unsafe { mem::zeroed() };
    let length = bytes.len().min(size_of::<T>());
    let to = (&raw mut message).cast::<u8>();
    // SAFETY: `bytes` and `message` have at least `length` bytes, and do not overlap.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), to, length) };
    message
}

/// Sends a request with its strings and its descriptors. The descriptors are standard output,
/// standard error, and, if the child is a zygote, the zygote's socket.
///
/// # Errors
///
/// Returns the system's error, or EIO if the system accepted only a part of the message.
pub(super) fn send_request(
    socket: c_int,
    request: &Request,
    strings: &[u8],
    descriptors: &[c_int],
) -> io::Result<()> {
    packet::send(socket, [bytes(request), strings], descriptors)
}

/// Receives a request, at least the beginning of its strings, and its three descriptors. The third
/// descriptor is -1 if the child is not a zygote. The received descriptors are close-on-exec.
/// Returns the request, the number of bytes of the strings that were read, and the descriptors.
/// Returns `None` if the other end of the socket is closed.
pub(super) fn receive_request(
    socket: c_int,
    strings: &mut [u8],
) -> Option<(Request, usize, [c_int; 3])> {
    // SAFETY: every byte pattern, including zeros, is a valid value of a `Plain` type.
    let mut request: Request = unsafe { mem::zeroed() };
    let head = (&raw mut request).cast::<u8>();
    // SAFETY: the slice covers exactly the initialized bytes of `request`, and every byte pattern
    // is a valid `Request`.
    let head = unsafe { std::slice::from_raw_parts_mut(head, size_of::<Request>()) };
    let (read, descriptors) = packet::receive(socket, [head, strings]).ok()??;
    // The `Request` struct is far smaller than the socket's buffer, so the whole struct arrives in
    // the first read, together with the descriptors.
    let have = read.checked_sub(size_of::<Request>())?;
    (descriptors[1] != -1).then_some((request, have, descriptors))
}
