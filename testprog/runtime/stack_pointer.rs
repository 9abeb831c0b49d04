//! Functions that read the stack pointer of the current thread.
#![cfg_attr(
    any(
        target_arch = "x86_64",
        target_arch = "x86",
        target_arch = "aarch64",
        target_arch = "arm",
        target_arch = "riscv64",
        target_arch = "riscv32",
        target_arch = "loongarch64",
        target_arch = "s390x"
    ),
    expect(unsafe_code, reason = "reads a register")
)]

/// Defines a function that reads the stack pointer with one instruction. The defined function is
/// always inlined, so it returns the stack pointer of its caller.
macro_rules! instruction {
    ($($arch:literal)*, $text:literal) => {
        #[cfg(any($(target_arch = $arch),*))]
        #[inline(always)]
        pub(crate) fn read() -> usize {
            let sp: usize;
            // SAFETY: the instruction copies a register, and changes neither memory nor flags.
            unsafe {
                std::arch::asm!($text, out(reg) sp, options(nomem, nostack, preserves_flags));
            }
            sp
        }
    };
}

instruction!("x86_64", "mov {}, rsp");
instruction!("x86", "mov {}, esp");
instruction!("aarch64" "arm", "mov {}, sp");
instruction!("riscv64" "riscv32", "mv {}, sp");
instruction!("loongarch64", "move {}, $sp");
instruction!("s390x", "lgr {}, %r15");

/// Returns an address close to the stack pointer, for processors without inline assembly in stable
/// Rust.
///
/// The result is wrong under a sanitizer that keeps variables on a stack of its own, such as ASan
/// with `detect_stack_use_after_return`.
#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "x86",
    target_arch = "aarch64",
    target_arch = "arm",
    target_arch = "riscv64",
    target_arch = "riscv32",
    target_arch = "loongarch64",
    target_arch = "s390x"
)))]
#[inline(never)]
pub(crate) fn read() -> usize {
    let here = 0_u8;
    std::hint::black_box(std::ptr::from_ref(&here)).addr()
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_is_on_this_thread_s_stack() {
        let here = 0_u8;
        let distance = super::read().abs_diff(std::ptr::from_ref(&here).addr());
        assert!(distance < 64 << 10, "{distance}");
    }
}
