//! Describes exit statuses in words.

use crate::protocol;

/// Returns an exit status in words, with the usual meaning of the status, if it has one.
pub(crate) fn in_words(status: i32) -> String {
    if let Some(name) = nt_status(status) {
        return format!("{status:#010x} ({name})");
    }
    match u8::try_from(status) {
        Ok(protocol::DID_NOT_HOLD_STATUS) => format!("{status} (the scenario did not hold)"),
        Ok(protocol::USAGE_STATUS) => format!("{status} (usage error)"),
        Ok(101) => "101 (usually a Rust panic)".to_owned(),
        // A shell exits with status 126 if it cannot execute a command, and with 127 if it cannot
        // find the command (POSIX, XCU 2.8.2).
        Ok(126) => "126 (as a shell reports a program that it could not execute)".to_owned(),
        Ok(127) => "127 (as a shell reports a program that it did not find)".to_owned(),
        Ok(code @ 129..) => match same_everywhere(code - 128) {
            Some(signal) => format!("{status} (as a shell reports death by {signal})"),
            None => status.to_string(),
        },
        // A negative status is a status of Windows itself, which Windows tools print as an unsigned
        // hexadecimal number.
        Err(_) if status < 0 => format!("{status:#010x}"),
        _ => status.to_string(),
    }
}

/// Returns the name of a signal, if the signal has the same number on all systems (POSIX, `kill`;
/// signal tables of Linux and the BSDs).
fn same_everywhere(number: u8) -> Option<&'static str> {
    Some(match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        _ => return None,
    })
}

/// Returns the name of a fatal Windows status: an exception, or an error of the loader or of a C
/// runtime. The names are from `ntstatus.h` and [MS-ERREF] 2.3.1. A status that is in neither
/// source is named after the header or the library that defines it.
pub(crate) fn nt_status(status: i32) -> Option<&'static str> {
    Some(match u32::from_ne_bytes(status.to_ne_bytes()) {
        0x4000_0015 => "STATUS_FATAL_APP_EXIT",
        0x4001_0004 => "DBG_TERMINATE_PROCESS",
        0x4001_0005 => "DBG_CONTROL_C",
        0x4001_0008 => "DBG_CONTROL_BREAK",
        0x8000_0001 => "STATUS_GUARD_PAGE_VIOLATION",
        0x8000_0002 => "STATUS_DATATYPE_MISALIGNMENT",
        0x8000_0003 => "STATUS_BREAKPOINT",
        0x8000_0004 => "STATUS_SINGLE_STEP",
        0xc000_0005 => "STATUS_ACCESS_VIOLATION",
        0xc000_0006 => "STATUS_IN_PAGE_ERROR",
        0xc000_0008 => "STATUS_INVALID_HANDLE",
        0xc000_0017 => "STATUS_NO_MEMORY",
        0xc000_001d => "STATUS_ILLEGAL_INSTRUCTION",
        0xc000_0025 => "STATUS_NONCONTINUABLE_EXCEPTION",
        0xc000_0026 => "STATUS_INVALID_DISPOSITION",
        0xc000_0028 => "STATUS_BAD_STACK",
        0xc000_0029 => "STATUS_INVALID_UNWIND_TARGET",
        0xc000_0044 => "STATUS_QUOTA_EXCEEDED",
        0xc000_007b => "STATUS_INVALID_IMAGE_FORMAT",
        0xc000_008c => "STATUS_ARRAY_BOUNDS_EXCEEDED",
        0xc000_008d => "STATUS_FLOAT_DENORMAL_OPERAND",
        0xc000_008e => "STATUS_FLOAT_DIVIDE_BY_ZERO",
        0xc000_008f => "STATUS_FLOAT_INEXACT_RESULT",
        0xc000_0090 => "STATUS_FLOAT_INVALID_OPERATION",
        0xc000_0091 => "STATUS_FLOAT_OVERFLOW",
        0xc000_0092 => "STATUS_FLOAT_STACK_CHECK",
        0xc000_0093 => "STATUS_FLOAT_UNDERFLOW",
        0xc000_0094 => "STATUS_INTEGER_DIVIDE_BY_ZERO",
        0xc000_0095 => "STATUS_INTEGER_OVERFLOW",
        0xc000_0096 => "STATUS_PRIVILEGED_INSTRUCTION",
        0xc000_009a => "STATUS_INSUFFICIENT_RESOURCES",
        0xc000_00fd => "STATUS_STACK_OVERFLOW",
        0xc000_00ff => "STATUS_BAD_FUNCTION_TABLE",
        0xc000_012d => "STATUS_COMMITMENT_LIMIT",
        0xc000_0135 => "STATUS_DLL_NOT_FOUND",
        0xc000_0138 => "STATUS_ORDINAL_NOT_FOUND",
        0xc000_0139 => "STATUS_ENTRYPOINT_NOT_FOUND",
        0xc000_013a => "STATUS_CONTROL_C_EXIT",
        0xc000_0142 => "STATUS_DLL_INIT_FAILED",
        0xc000_0144 => "STATUS_UNHANDLED_EXCEPTION",
        0xc000_0194 => "STATUS_POSSIBLE_DEADLOCK",
        0xc000_0235 => "STATUS_HANDLE_NOT_CLOSABLE",
        0xc000_02b4 => "STATUS_FLOAT_MULTIPLE_FAULTS",
        0xc000_02b5 => "STATUS_FLOAT_MULTIPLE_TRAPS",
        0xc000_02c9 => "STATUS_REG_NAT_CONSUMPTION",
        0xc000_0374 => "STATUS_HEAP_CORRUPTION",
        0xc000_0409 => "STATUS_STACK_BUFFER_OVERRUN",
        0xc000_0417 => "STATUS_INVALID_CRUNTIME_PARAMETER",
        0xc000_041d => "STATUS_FATAL_USER_CALLBACK_EXCEPTION",
        0xc000_0420 => "STATUS_ASSERTION_FAILURE",
        0xc000_0428 => "STATUS_INVALID_IMAGE_HASH",
        0xc000_0602 => "STATUS_FAIL_FAST_EXCEPTION",
        0xe06d_7363 => "a C++ exception",
        // GCC's unwinder raises the exception 0x20474343 on Windows (`unwind-seh.c`).
        0x2047_4343 => "an exception of GCC's unwinder",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_of_windows_has_its_name() {
        let words = |status: u32| in_words(i32::from_ne_bytes(status.to_ne_bytes()));
        assert_eq!(words(0xc000_0135), "0xc0000135 (STATUS_DLL_NOT_FOUND)");
        assert_eq!(words(0xc000_0374), "0xc0000374 (STATUS_HEAP_CORRUPTION)");
        assert_eq!(words(0xc000_0409), "0xc0000409 (STATUS_STACK_BUFFER_OVERRUN)");
        assert_eq!(words(0xdead_beef), "0xdeadbeef");
    }

    #[test]
    fn what_a_shell_says_of_a_death_is_told() {
        assert_eq!(in_words(139), "139 (as a shell reports death by SIGSEGV)");
        assert_eq!(in_words(130), "130 (as a shell reports death by SIGINT)");
        assert_eq!(in_words(127), "127 (as a shell reports a program that it did not find)");
        // Status 135 gets no signal's name, because signal 7 is SIGBUS on Linux and SIGEMT on a
        // BSD. Status 128 gets no signal's name, because no signal has the number 0.
        assert_eq!((in_words(128 + 7), in_words(128)), ("135".to_owned(), "128".to_owned()));
        assert_eq!(
            (in_words(0), in_words(3), in_words(256)),
            ("0".into(), "3".into(), "256".into())
        );
    }
}
