//! The job object of a child: what makes sure that nothing of it is left on Windows.
#![expect(unsafe_code, reason = "calls functions of job objects and completion ports")]

use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::process::Child;
use std::{io, ptr};

use windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
use windows_sys::Win32::System::IO::{CreateIoCompletionPort, GetQueuedCompletionStatus};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION,
    JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, JOBOBJECT_ASSOCIATE_COMPLETION_PORT,
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION, JOBOBJECT_BASIC_LIMIT_INFORMATION,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JOBOBJECTINFOCLASS,
    JobObjectAssociateCompletionPortInformation, JobObjectBasicAccountingInformation,
    JobObjectExtendedLimitInformation, QueryInformationJobObject, SetInformationJobObject,
    TerminateJobObject,
};

use super::sys::{check, millis, size_of};
use crate::spawn::options::KILL_LIMIT;

/// The job object of a child: it holds the child and all that the child starts. When its one handle is closed, be it by
/// the runner's own death, the system kills what is in it.
#[derive(Debug)]
pub(super) struct Job(OwnedHandle);

impl Job {
    /// Makes an empty job.
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: null pointers ask for the default access and for no name.
        let handle = unsafe { CreateJobObjectW(ptr::null(), ptr::null()) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call has just made this handle, and nothing else owns it.
        let job = Self(unsafe { OwnedHandle::from_raw_handle(handle) });
        // A crash is an exit status, not a dialog.
        let flags =
            JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION;
        let limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION {
            BasicLimitInformation: JOBOBJECT_BASIC_LIMIT_INFORMATION {
                LimitFlags: flags,
                ..Default::default()
            },
            ..Default::default()
        };
        job.set(JobObjectExtendedLimitInformation, &limits)?;
        Ok(job)
    }

    /// Puts a child into it. What the child starts from now on is in it, too.
    pub(super) fn adopt(&self, child: &Child) -> io::Result<()> {
        // SAFETY: both handles are open, the second for as long as `child` is there.
        check(unsafe { AssignProcessToJobObject(self.0.as_raw_handle(), child.as_raw_handle()) })
    }

    /// Kills every process of the job and waits until none is left.
    pub(super) fn end(&self) -> io::Result<()> {
        const EXIT_CODE: u32 = 1; // nobody sees it: the child has ended or is `TimedOut`
        // SAFETY: the handle is open, and the call touches no memory of ours.
        check(unsafe { TerminateJobObject(self.0.as_raw_handle(), EXIT_CODE) })?;
        if self.is_empty()? {
            return Ok(()); // as nearly always
        }
        let port = self.port()?;
        while !self.is_empty()? {
            let (mut message, mut key, mut process) = (0, 0, ptr::null_mut());
            // SAFETY: the handle is open, and the three pointers lead to variables of the types that the call fills.
            let arrived = check(unsafe {
                GetQueuedCompletionStatus(
                    port.as_raw_handle(),
                    &raw mut message,
                    &raw mut key,
                    &raw mut process,
                    millis(KILL_LIMIT),
                )
            });
            // The system does not promise that every message arrives, so its absence alone says nothing.
            if arrived.is_err() && !self.is_empty()? {
                return Err(io::Error::other("something is still there after TerminateJobObject"));
            }
        }
        Ok(())
    }

    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.usage()?.ActiveProcesses == 0)
    }

    /// Returns what all processes of the job, those that have ended too, have used.
    pub(super) fn usage(&self) -> io::Result<JOBOBJECT_BASIC_ACCOUNTING_INFORMATION> {
        let mut usage = JOBOBJECT_BASIC_ACCOUNTING_INFORMATION::default();
        // SAFETY: the handle is open, and `usage` is writable memory of the type and the size that this class fills.
        check(unsafe {
            QueryInformationJobObject(
                self.0.as_raw_handle(),
                JobObjectBasicAccountingInformation,
                (&raw mut usage).cast(),
                size_of(&usage),
                ptr::null_mut(),
            )
        })?;
        Ok(usage)
    }

    /// Returns a port at which a message arrives whenever a process of the job ends.
    fn port(&self) -> io::Result<OwnedHandle> {
        const ONE_THREAD: u32 = 1;
        // SAFETY: without a file and a port to begin with, the call makes a new port from integers.
        let handle =
            unsafe { CreateIoCompletionPort(INVALID_HANDLE_VALUE, ptr::null_mut(), 0, ONE_THREAD) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call has just made this handle, and nothing else owns it.
        let port = unsafe { OwnedHandle::from_raw_handle(handle) };
        let association = JOBOBJECT_ASSOCIATE_COMPLETION_PORT {
            CompletionKey: ptr::null_mut(),
            CompletionPort: port.as_raw_handle(),
        };
        self.set(JobObjectAssociateCompletionPortInformation, &association)?;
        Ok(port)
    }

    /// Sets what `class` names; `value` is of the type that belongs to it.
    fn set<T>(&self, class: JOBOBJECTINFOCLASS, value: &T) -> io::Result<()> {
        // SAFETY: the handle is open, and `value` is readable memory of the size that is given with it.
        check(unsafe {
            SetInformationJobObject(
                self.0.as_raw_handle(),
                class,
                ptr::from_ref(value).cast(),
                size_of(value),
            )
        })
    }
}
