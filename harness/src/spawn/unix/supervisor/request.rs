//! Builds the request to start a child and sends it to a supervisor.

use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::executable;
use super::messages::{self, Request};
use super::slot::Slot;
use crate::spawn::environment::variables;
use crate::spawn::error::Error;
use crate::spawn::options::Options;
use crate::spawn::program::Program;
use crate::spawn::unix::sys::Resource;

/// Initial capacity, in bytes, of the buffer for the strings of a request. The strings of most
/// requests fit in 1 KiB.
const MOST_REQUESTS: usize = 1 << 10;

/// Requests the supervisor of `slot` to start a child. The descriptors are standard output,
/// standard error, and, if the child is a zygote, the zygote's socket.
pub(super) fn request(
    slot: &mut Slot,
    program: &Program,
    argument: &str,
    options: &Options,
    limits: &[(Resource, libc::rlim_t)],
    descriptors: &[BorrowedFd<'_>],
) -> Result<(), Error> {
    let path = program.absolute_path()?;
    let words = program.words(path.as_os_str(), options.argument(argument), &options.args);
    let nonce = slot.supervisor.next_nonce();
    let variables = variables(options, slot.scratch.path());
    let own = options.working_directory()?;
    let send = || {
        let mut message = Message::new(
            [slot.scratch.path(), own.as_deref().unwrap_or(slot.scratch.path())],
            words,
            &variables,
        )?;
        message.head.directory_is_there = slot.has_directory().into();
        message.head.is_open_to_debuggers = options.debugger.is_some().into();
        message.head.nonce = nonce;
        for (to, (resource, amount)) in message.head.limits.iter_mut().zip(limits) {
            *to = messages::Limit { amount: *amount, resource: *resource, unused: 0 };
            message.head.limit_count += 1;
        }
        let descriptors: Vec<_> = descriptors.iter().map(BorrowedFd::as_raw_fd).collect();
        let socket = slot.supervisor.socket.as_raw_fd();
        messages::send_request(socket, &message.head, &message.strings, &descriptors)
    };
    send().map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => {
            Error::new("start", &program.path, "the child's supervisor process ended unexpectedly")
        }
        _ => program.not_started(&error),
    })
}

/// Request, and the strings that follow the request on the socket.
struct Message {
    head: Request,
    strings: Vec<u8>,
}

impl Message {
    /// Returns the request for a child. `directories` contains the child's empty directory and the
    /// child's working directory, in this order.
    fn new<'a>(
        directories: [&Path; 2],
        words: impl Iterator<Item = &'a OsStr>,
        variables: &[(&OsStr, &OsStr)],
    ) -> io::Result<Self> {
        let mut strings = Strings(Vec::with_capacity(MOST_REQUESTS));
        for directory in directories {
            strings.add(&[directory.as_os_str()])?;
        }
        let mut words = words.peekable();
        let first = words.peek().expect("the command line has a path");
        strings.add(&[executable::find(first)?.as_os_str()])?;
        let arguments =
            words.try_fold(0, |count, word| strings.add(&[word]).map(|()| count + 1))?;
        for (name, value) in variables {
            strings.add(&[name, OsStr::new("="), value])?;
        }
        let Strings(strings) = strings;
        // The 3 additional pointers are the path of the executable, and a null pointer after each
        // of the two lists.
        let pointers = arguments + variables.len() + 3;
        if strings.len() > messages::STRINGS || pointers > messages::POINTERS {
            return Err(io::Error::from_raw_os_error(libc::E2BIG));
        }
        let fits =
            |number: usize| u32::try_from(number).expect("the limits of a request fit in a `u32`");
        let head = Request {
            length: fits(strings.len()),
            arguments: fits(arguments),
            variables: fits(variables.len()),
            directory_is_there: 0,
            limit_count: 0,
            is_open_to_debuggers: 0,
            nonce: 0,
            limits: [messages::Limit::default(); messages::LIMITS],
        };
        Ok(Self { head, strings })
    }
}

/// Buffer of strings. A zero byte ends each string.
struct Strings(Vec<u8>);

impl Strings {
    /// Appends one string that is the concatenation of `parts`.
    fn add(&mut self, parts: &[&OsStr]) -> io::Result<()> {
        for part in parts {
            let bytes = part.as_bytes();
            if bytes.contains(&0) {
                return Err(CString::new(bytes)
                    .expect_err("the string contains a zero byte")
                    .into());
            }
            self.0.extend_from_slice(bytes);
        }
        self.0.push(0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strings_of_a_request_stand_one_after_the_other() {
        let words = ["/bin/sh", "-c", ""].map(OsStr::new);
        let variables =
            [("A", "1"), ("B", "")].map(|(name, value)| (name.as_ref(), value.as_ref()));
        let made =
            Message::new(["/tmp", "/"].map(Path::new), words.into_iter(), &variables).unwrap();
        assert_eq!(made.strings, b"/tmp\0/\0/bin/sh\0/bin/sh\0-c\0\0A=1\0B=\0");
        assert_eq!((made.head.arguments, made.head.variables), (3, 2));
        assert_eq!(made.head.length as usize, made.strings.len());
    }

    #[test]
    fn a_zero_byte_is_refused_wherever_it_is() {
        let error = |words: [&str; 2], value: &str| {
            let words = words.map(OsStr::new).into_iter();
            let made =
                Message::new(["/"; 2].map(Path::new), words, &[("A".as_ref(), value.as_ref())]);
            made.err().map(|error| error.kind())
        };
        assert_eq!(error(["/bin/sh", "a"], "b"), None);
        for (words, value) in
            [(["/bin\0", "a"], "b"), (["/bin/sh", "\0a"], "b"), (["/bin/sh", "a"], "b\0c")]
        {
            assert_eq!(error(words, value), Some(io::ErrorKind::InvalidInput));
        }
    }
}
