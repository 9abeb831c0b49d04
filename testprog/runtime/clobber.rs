//! Changes of a thread's state, under mutants (deliberate faults) whose callbacks do not keep the
//! state of the calling C code.
#![expect(unsafe_code, reason = "changes registers and calls C")]

use std::ptr;

use super::mutant::{self, Mutant};

/// Changes state of the calling thread that a callback must keep, under the mutants (deliberate
/// faults) `clobbers-register`, `changes-errno`, `changes-rounding` and `changes-x87`.
#[cold]
pub(super) fn change_state() {
    match mutant::active() {
        Some(Mutant::ClobbersRegister) => {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the instruction changes only the register r13, which is the mutant's
            // deliberate fault. In a debug build, the compiler keeps no variable of a caller in the
            // register r13.
            unsafe {
                std::arch::asm!("xor r13d, r13d", options(nomem, nostack));
            }
            #[cfg(target_arch = "aarch64")]
            // SAFETY: the instruction changes only the register x26, which is the mutant's
            // deliberate fault. In a debug build, the compiler keeps no variable of a caller in the
            // register x26.
            unsafe {
                std::arch::asm!("mov x26, xzr", options(nomem, nostack));
            }
        }
        Some(Mutant::ChangesErrno) => {
            let large = c"99999999999999999999999999";
            // SAFETY: the text ends with a zero byte, and a null pointer means that `strtol` does
            // not store the end of the number. The number is too large, so `strtol` sets `errno` to
            // ERANGE.
            unsafe { libc::strtol(large.as_ptr(), ptr::null_mut(), 10) };
        }
        Some(Mutant::ChangesRounding) => {
            #[cfg(target_arch = "x86_64")]
            {
                // Value of the register MXCSR at the start of a process.
                let initial = 0x1f80_u32;
                // SAFETY: the instruction reads the variable `initial`, which is a valid value.
                unsafe {
                    std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const initial, options(nostack));
                }
            }
        }
        Some(Mutant::ChangesX87) => {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the instruction resets the x87 unit, which is the mutant's deliberate fault.
            // Rust keeps no value in the x87 unit across the instruction.
            unsafe {
                std::arch::asm!(
                    "fninit", out("st(0)") _, out("st(1)") _, out("st(2)") _, out("st(3)") _,
                    out("st(4)") _, out("st(5)") _, out("st(6)") _, out("st(7)") _,
                    options(nomem, nostack)
                );
            }
        }
        _ => {}
    }
}
