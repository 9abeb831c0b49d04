//! Contains a child in a Windows job object, so that no process of the child outlives the case.
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

/// Job object that contains a child and every process that the child starts. When the job's only
/// handle is closed, even by the runner's death, Windows kills every process in the job.
#[derive(Debug)]
pub(super) struct Job(OwnedHandle);

impl Job {
    /// Creates an empty job.
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: `CreateJobObjectW` accepts null pointers, which mean default access rights and no
        // name.
        let handle = unsafe { CreateJobObjectW(ptr::null(), ptr::null()) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: this function has just created the handle, and nothing else owns the handle.
        let job = Self(unsafe { OwnedHandle::from_raw_handle(handle) });
        // `JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION` makes a crash end the process with an exit
        // status instead of showing a dialog.
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

    /// Assigns a child to the job. Processes that the child starts after `adopt` belong to the job,
    /// too.
    pub(super) fn adopt(&self, child: &Child) -> io::Result<()> {
        // SAFETY: the job's handle and the child's handle are open, and `child` keeps the child's
        // handle open.
        check(unsafe { AssignProcessToJobObject(self.0.as_raw_handle(), child.as_raw_handle()) })
    }

    /// Kills every process of the job and waits until the job has no process left.
    pub(super) fn end(&self) -> io::Result<()> {
        /// Exit code of the killed processes, which the runner does not report.
        const EXIT_CODE: u32 = 1;
        // SAFETY: the job's handle is open, and `TerminateJobObject` accesses no memory of this
        // process.
        check(unsafe { TerminateJobObject(self.0.as_raw_handle(), EXIT_CODE) })?;
        if self.is_empty()? {
            return Ok(()); // nearly always
        }
        let port = self.port()?;
        while !self.is_empty()? {
            let (mut message, mut key, mut process) = (0, 0, ptr::null_mut());
            // SAFETY: the handle of `port` is open, and the three pointers point to variables of
            // the types that `GetQueuedCompletionStatus` fills.
            let arrived = check(unsafe {
                GetQueuedCompletionStatus(
                    port.as_raw_handle(),
                    &raw mut message,
                    &raw mut key,
                    &raw mut process,
                    millis(KILL_LIMIT),
                )
            });
            // A missing message is not an error if the job is empty, because Windows does not
            // guarantee the delivery of a completion port's messages about a job.
            if arrived.is_err() && !self.is_empty()? {
                return Err(io::Error::other("a process still runs after TerminateJobObject"));
            }
        }
        Ok(())
    }

    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.usage()?.ActiveProcesses == 0)
    }

    /// Returns the resource usage of all processes of the job, including processes that have ended.
    pub(super) fn usage(&self) -> io::Result<JOBOBJECT_BASIC_ACCOUNTING_INFORMATION> {
        let mut usage = JOBOBJECT_BASIC_ACCOUNTING_INFORMATION::default();
        // SAFETY: the job's handle is open, and `usage` is writable memory of the type and size
        // that `JobObjectBasicAccountingInformation` fills.
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

    /// Returns a completion port that receives a message whenever a process of the job ends.
    fn port(&self) -> io::Result<OwnedHandle> {
        const ONE_THREAD: u32 = 1;
        // SAFETY: with an invalid file handle and a null port, `CreateIoCompletionPort` takes only
        // integers and creates a port.
        let handle =
            unsafe { CreateIoCompletionPort(INVALID_HANDLE_VALUE, ptr::null_mut(), 0, ONE_THREAD) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: this function has just created the handle, and nothing else owns the handle.
        let port = unsafe { OwnedHandle::from_raw_handle(handle) };
        let association = JOBOBJECT_ASSOCIATE_COMPLETION_PORT {
            CompletionKey: ptr::null_mut(),
            CompletionPort: port.as_raw_handle(),
        };
        self.set(JobObjectAssociateCompletionPortInformation, &association)?;
        Ok(port)
    }

    /// Sets the information `class` of the job. `value` must have the type that belongs to `class`.
    fn set<T>(&self, class: JOBOBJECTINFOCLASS, value: &T) -> io::Result<()> {
        // SAFETY: the job's handle is open, and `value` is readable memory of the given size.
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
