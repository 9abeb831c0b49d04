//! Names the causes of fatal signals.

use std::fmt;

use crate::signal::Signal;

/// Cause of the signal that killed a process, as the system recorded it (`siginfo_t`,
/// sigaction(2)).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// Name of the cause in the system's headers, such as `SEGV_MAPERR`. On Windows, `code` is the
    /// name of the exception.
    pub code: String,
    /// Address of the failed memory access, or of the instruction that could not be executed.
    pub address: Option<u64>,
    /// Process ID of the signal's sender, if a process sent the signal.
    pub sender: Option<i32>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        if let Some(address) = self.address {
            write!(f, " at {address:#x}")?;
        }
        if let Some(sender) = self.sender {
            write!(f, " from process {sender}")?;
        }
        Ok(())
    }
}

impl Fault {
    /// Returns a fault with the name `code`, without an address and without a sender.
    pub fn new(code: impl Into<String>) -> Self {
        Self { code: code.into(), address: None, sender: None }
    }

    /// Returns the fault for the fields `si_code`, `si_addr` and `si_pid` of Linux's `siginfo_t`.
    /// `si_addr` and `si_pid` share their memory, and `si_code` decides which of these fields is
    /// valid.
    pub fn from_linux(signal: Signal, code: i32, address: u64, sender: i32) -> Self {
        const SI_USER: i32 = 0;
        const SI_QUEUE: i32 = -1;
        const SI_TKILL: i32 = -6;
        const SI_KERNEL: i32 = 0x80;
        let has_address =
            matches!(signal, Signal::Ill | Signal::Fpe | Signal::Segv | Signal::Bus | Signal::Trap);
        let name = linux_name(signal, code);
        Self {
            code: name.map_or_else(|| format!("si_code {code}"), str::to_owned),
            address: (has_address && code > 0 && code != SI_KERNEL).then_some(address),
            sender: matches!(code, SI_USER | SI_QUEUE | SI_TKILL).then_some(sender),
        }
    }
}

/// Returns Linux's name of a `si_code` number, from `asm-generic/siginfo.h`. The `si_code` numbers
/// are the same on all architectures.
fn linux_name(signal: Signal, code: i32) -> Option<&'static str> {
    Some(match (signal, code) {
        (_, 0) => "SI_USER",
        (_, -1) => "SI_QUEUE",
        (_, -2) => "SI_TIMER",
        (_, -3) => "SI_MESGQ",
        (_, -4) => "SI_ASYNCIO",
        (_, -5) => "SI_SIGIO",
        (_, -6) => "SI_TKILL",
        (_, -7) => "SI_DETHREAD",
        (_, -60) => "SI_ASYNCNL",
        (_, 0x80) => "SI_KERNEL",
        (Signal::Ill, 1) => "ILL_ILLOPC",
        (Signal::Ill, 2) => "ILL_ILLOPN",
        (Signal::Ill, 3) => "ILL_ILLADR",
        (Signal::Ill, 4) => "ILL_ILLTRP",
        (Signal::Ill, 5) => "ILL_PRVOPC",
        (Signal::Ill, 6) => "ILL_PRVREG",
        (Signal::Ill, 7) => "ILL_COPROC",
        (Signal::Ill, 8) => "ILL_BADSTK",
        (Signal::Ill, 9) => "ILL_BADIADDR",
        (Signal::Fpe, 1) => "FPE_INTDIV",
        (Signal::Fpe, 2) => "FPE_INTOVF",
        (Signal::Fpe, 3) => "FPE_FLTDIV",
        (Signal::Fpe, 4) => "FPE_FLTOVF",
        (Signal::Fpe, 5) => "FPE_FLTUND",
        (Signal::Fpe, 6) => "FPE_FLTRES",
        (Signal::Fpe, 7) => "FPE_FLTINV",
        (Signal::Fpe, 8) => "FPE_FLTSUB",
        (Signal::Fpe, 14) => "FPE_FLTUNK",
        (Signal::Fpe, 15) => "FPE_CONDTRAP",
        (Signal::Segv, 1) => "SEGV_MAPERR",
        (Signal::Segv, 2) => "SEGV_ACCERR",
        (Signal::Segv, 3) => "SEGV_BNDERR",
        (Signal::Segv, 4) => "SEGV_PKUERR",
        (Signal::Segv, 5) => "SEGV_ACCADI",
        (Signal::Segv, 6) => "SEGV_ADIDERR",
        (Signal::Segv, 7) => "SEGV_ADIPERR",
        (Signal::Segv, 8) => "SEGV_MTEAERR",
        (Signal::Segv, 9) => "SEGV_MTESERR",
        (Signal::Segv, 10) => "SEGV_CPERR",
        (Signal::Bus, 1) => "BUS_ADRALN",
        (Signal::Bus, 2) => "BUS_ADRERR",
        (Signal::Bus, 3) => "BUS_OBJERR",
        (Signal::Bus, 4) => "BUS_MCEERR_AR",
        (Signal::Bus, 5) => "BUS_MCEERR_AO",
        (Signal::Trap, 1) => "TRAP_BRKPT",
        (Signal::Trap, 2) => "TRAP_TRACE",
        (Signal::Trap, 3) => "TRAP_BRANCH",
        (Signal::Trap, 4) => "TRAP_HWBKPT",
        (Signal::Trap, 5) => "TRAP_UNK",
        (Signal::Trap, 6) => "TRAP_PERF",
        (Signal::Sys, 1) => "SYS_SECCOMP",
        (Signal::Sys, 2) => "SYS_USER_DISPATCH",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_tells_what_it_knows_and_no_more() {
        let words = |signal, code| Fault::from_linux(signal, code, 0x40, 7).to_string();
        assert_eq!(words(Signal::Segv, 1), "SEGV_MAPERR at 0x40");
        assert_eq!(words(Signal::Fpe, 1), "FPE_INTDIV at 0x40");
        // On x86-64, an access to a non-canonical address raises a fault with `SI_KERNEL`, and
        // `si_addr` does not contain the address.
        assert_eq!(words(Signal::Segv, 0x80), "SI_KERNEL");
        assert_eq!(words(Signal::Segv, 0), "SI_USER from process 7");
        assert_eq!(words(Signal::Abrt, -6), "SI_TKILL from process 7");
        assert_eq!(words(Signal::Bus, 77), "si_code 77 at 0x40");
    }
}
