//! Lists the capabilities that each target lacks. The table in this module is the project's only
//! source for what a platform lacks.
//!
//! `build.rs` passes the table to the scenarios' C code as macros (`-DHAVE_X=0|1`), and the child
//! answers `SKIP` if the table says that a capability is missing. If the table does not list a
//! missing C function, linking the scenarios' C code fails. The table takes a target's names as
//! strings, so tests can check every target on any computer.

use std::borrow::Cow;

/// Feature of a platform that a scenario may need.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Capability {
    /// `getcontext`, `makecontext` and `swapcontext`, which POSIX.1-2001 defines and POSIX.1-2008
    /// removed.
    Ucontext,
    /// `sigaltstack` with `sigsetjmp`, with which C code can switch stacks on every POSIX system.
    Altstack,
    /// Stack switch in assembly code for this processor, which GCC or Clang must compile.
    Assembly,
    /// At least one method to switch stacks, by [`Ucontext`](Self::Ucontext),
    /// [`Assembly`](Self::Assembly), [`Altstack`](Self::Altstack) or
    /// [`Coroutine`](Self::Coroutine).
    StackSwitch,
    /// Context switch of the corosensei crate for this architecture.
    Coroutine,
    /// POSIX signals, which can be sent to one thread and blocked in one thread.
    Signals,
    /// Trap after each instruction by the trap flag of x86-64, which needs no change to the C
    /// library or the kernel. The signal handler for the traps recognizes only Linux's system
    /// calls.
    SingleStep,
    /// C functions that run after `main` (`__attribute__((destructor))`).
    Destructor,
    /// Capability that is not in the table of this library. The program that defines a custom
    /// capability names the capability and decides which targets lack it.
    Custom {
        /// Name of the capability: one word, which `SKIP` answers and `--may-lack` contain.
        name: &'static str,
        /// Function that returns the reason why `target` lacks the capability, or `None` if
        /// `target` has the capability.
        missing: fn(target: &Target) -> Option<&'static str>,
    },
}

impl Capability {
    /// Every capability of the table: all variants except [`Custom`](Self::Custom).
    pub const ALL: &'static [Self] = &[
        Self::Ucontext,
        Self::Altstack,
        Self::Assembly,
        Self::StackSwitch,
        Self::Coroutine,
        Self::Signals,
        Self::SingleStep,
        Self::Destructor,
    ];

    /// Returns the capability's name, which `SKIP` answers and `--may-lack` contain.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ucontext => "ucontext",
            Self::Altstack => "altstack",
            Self::Assembly => "assembly",
            Self::StackSwitch => "stack-switch",
            Self::Coroutine => "coroutine",
            Self::Signals => "signals",
            Self::SingleStep => "single-step",
            Self::Destructor => "destructor",
            Self::Custom { name, .. } => name,
        }
    }
}

/// Platform that a program is built for, in Cargo's terms (`CARGO_CFG_TARGET_OS` and so on).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target {
    /// Architecture, such as `aarch64`.
    pub arch: Cow<'static, str>,
    /// Operating system, such as `linux`, `macos` or `windows`.
    pub os: Cow<'static, str>,
    /// Environment, such as `gnu`, `musl` or `msvc`. The environment is empty on most systems.
    pub env: Cow<'static, str>,
    /// ABI, such as `eabihf` or `elfv2`. The ABI is empty on most systems.
    pub abi: Cow<'static, str>,
}

impl Target {
    /// Returns the target with this architecture, operating system, environment and ABI.
    pub const fn new(
        arch: &'static str,
        os: &'static str,
        env: &'static str,
        abi: &'static str,
    ) -> Self {
        Self {
            arch: Cow::Borrowed(arch),
            os: Cow::Borrowed(os),
            env: Cow::Borrowed(env),
            abi: Cow::Borrowed(abi),
        }
    }

    /// Returns the target that this library is compiled for.
    pub const fn current() -> Self {
        Self::new(std::env::consts::ARCH, std::env::consts::OS, ENV, ABI)
    }

    /// Returns the target of a triple in Rust's spelling (`x86_64-unknown-linux-musl`) or GNU's
    /// (`x86_64-linux-gnu`, `i686-w64-mingw32`).
    ///
    /// Fields that the triple does not name are empty. A word of the triple that Cargo does not
    /// know, such as the C library `dietlibc`, becomes a field's value unchanged.
    pub fn from_triple(triple: &str) -> Self {
        const SYSTEMS: &[(&str, &str)] = &[
            ("android", "android"),
            ("linux", "linux"),
            ("darwin", "macos"),
            ("macos", "macos"),
            ("mingw", "windows"),
            ("windows", "windows"),
            ("wasi", "wasi"),
            ("solaris", "solaris"),
            ("-none-", "none"),
            ("-unknown-elf", "none"),
        ];
        const ENVS: &[&str] = &["gnu", "musl", "msvc", "uclibc", "ohos", "newlib", "relibc"];
        let mut words = triple.split('-');
        let arch = arch_of_triple(words.next().unwrap_or_default());
        let last = words.clone().next_back().unwrap_or_default();
        let is_version = |c: char| c.is_ascii_digit() || c == '.';
        let os = match SYSTEMS.iter().find(|(word, _)| triple.contains(word)) {
            Some((_, os)) => (*os).to_owned(),
            // If the operating system is not in `SYSTEMS`, the triple has no environment, so the
            // last word is the operating system, both in Rust's and in GNU's spelling.
            None => last.trim_end_matches(is_version).to_owned(),
        };
        let known = ENVS.iter().find_map(|env| Some((*env, last.strip_prefix(env)?)));
        let (env, abi) = match known {
            _ if last.starts_with("mingw") => ("gnu", ""),
            Some(known) => known,
            // The last word of a triple for Linux is the C library, even if Cargo does not know the
            // C library.
            None if os == "linux" && !last.starts_with("linux") => (last, ""),
            None => ("", last.strip_prefix("android").unwrap_or_default()),
        };
        Self {
            arch: arch.into(),
            os: os.into(),
            env: env.to_owned().into(),
            abi: abi.to_owned().into(),
        }
    }

    /// Returns the target that Cargo describes to a build script in environment variables. In a
    /// cross build, a build script runs on the host, so `Target::current` would return the wrong
    /// target.
    ///
    /// # Panics
    ///
    /// Panics outside a build script, where `CARGO_CFG_TARGET_ARCH` and `CARGO_CFG_TARGET_OS` are
    /// not set.
    pub fn of_build_script() -> Self {
        let read = |name| std::env::var(name).unwrap_or_default();
        let target = Self {
            arch: read("CARGO_CFG_TARGET_ARCH").into(),
            os: read("CARGO_CFG_TARGET_OS").into(),
            env: read("CARGO_CFG_TARGET_ENV").into(),
            abi: read("CARGO_CFG_TARGET_ABI").into(),
        };
        assert!(
            !target.arch.is_empty() && !target.os.is_empty(),
            "Cargo sets the architecture and the system only for build scripts"
        );
        target
    }
}

/// Returns Cargo's name for the first word of a triple, which is the architecture.
fn arch_of_triple(word: &str) -> String {
    match word {
        "i386" | "i486" | "i586" | "i686" => "x86",
        "amd64" => "x86_64",
        "arm64" | "aarch64_be" => "aarch64",
        word if word.starts_with("arm") || word.starts_with("thumb") => "arm",
        word if word.starts_with("riscv64") => "riscv64",
        word if word.starts_with("riscv32") => "riscv32",
        "powerpc64le" | "ppc64" | "ppc64le" => "powerpc64",
        "ppc" | "powerpcle" => "powerpc",
        word if word.starts_with("mips64") || word.starts_with("mipsisa64") => "mips64",
        word if word.starts_with("mips") => "mips",
        word => word,
    }
    .to_owned()
}

/// Value of `target_env` in this build. `std` has no constant for `target_env`.
const ENV: &str = if cfg!(target_env = "gnu") {
    "gnu"
} else if cfg!(target_env = "musl") {
    "musl"
} else if cfg!(target_env = "msvc") {
    "msvc"
} else if cfg!(target_env = "uclibc") {
    "uclibc"
} else if cfg!(target_env = "relibc") {
    "relibc"
} else if cfg!(target_env = "ohos") {
    "ohos"
} else {
    ""
};

/// Value of `target_abi` in this build if the table of capabilities names the value, otherwise an
/// empty string.
const ABI: &str = if cfg!(target_abi = "elfv2") { "elfv2" } else { "" };

/// Returns the reason why `target` lacks `capability`, or `None` if `target` has the capability.
///
/// An operating system that the table does not name counts as having every capability. If an
/// operating system that the table does not name lacks a C function, linking fails, so the missing
/// entry of the table is noticed. If an unnamed operating system counted as lacking every
/// capability, its scenarios would be skipped without any failure.
///
/// At the build of a program, the environment variable `TESTPROG_TABLE` may contain entries in the
/// format of [`answer`]. The entries of `TESTPROG_TABLE` replace the entries of the table.
pub fn missing(capability: Capability, target: &Target) -> Option<&'static str> {
    let answers = option_env!("TESTPROG_TABLE").unwrap_or_default();
    match answer(answers, capability) {
        Some(says) => says.err(),
        None => in_table(capability, target),
    }
}

/// Returns the entry for `capability` in a text with one entry per line, or `None` if the text has
/// no entry for `capability`.
///
/// The line `ucontext: present` says that the target has the capability `ucontext`. Any other text
/// after the colon is the reason why the target lacks the capability. The value of the entry is
/// `Ok` if the target has the capability, and the reason if the target lacks the capability.
pub fn answer(answers: &str, capability: Capability) -> Option<Result<(), &str>> {
    answers.lines().find_map(|line| {
        let (name, says) = line.split_once(':')?;
        let says = if says.trim() == "present" { Ok(()) } else { Err(says.trim()) };
        (name.trim() == capability.name()).then_some(says)
    })
}

fn in_table(capability: Capability, target: &Target) -> Option<&'static str> {
    let (arch, os, env) = (&*target.arch, &*target.os, &*target.env);
    match capability {
        Capability::Ucontext => match (os, env) {
            ("windows", _) => Some("Windows has fibers instead of getcontext"),
            // Bionic's status page:
            // https://android.googlesource.com/platform/bionic/+/refs/heads/main/docs/status.md
            ("android", _) => Some("bionic has no getcontext"),
            // OpenBSD's manual has no page for `getcontext`:
            // https://man.openbsd.org/OpenBSD-5.9/getcontext.3
            ("openbsd", _) => Some("OpenBSD has no ucontext functions"),
            ("ios" | "tvos" | "watchos" | "visionos", _) => {
                Some("Apple ships getcontext for macOS only")
            }
            // musl declares `getcontext` in <ucontext.h> but does not define it:
            // https://wiki.musl-libc.org/open-issues
            ("linux", "musl") => Some("musl has no getcontext"),
            // uClibc-ng documents getcontext (`UCLIBC_HAS_CONTEXT_FUNCS`), and dietlibc 0.34 has
            // the header <ucontext.h>.
            ("linux", "gnu" | "uclibc" | "dietlibc") => None,
            ("linux", _) => Some("this libc is not known to have getcontext"),
            ("wasi", _) => Some("WebAssembly cannot switch stacks"),
            ("redox", _) => Some("relibc has no ucontext.h"),
            _ => None,
        },
        Capability::Altstack => match os {
            "windows" => Some("Windows has no sigaltstack"),
            "wasi" => Some("WebAssembly has no signals"),
            _ => None,
        },
        // This match must list the same processors as `csrc/on_stack/assembly.c`.
        Capability::Assembly => match (arch, os, env) {
            (_, "wasi", _) => Some("WebAssembly cannot switch stacks"),
            (_, _, "msvc") => Some("MSVC cannot compile the assembly code"),
            ("x86_64", _, _) => None,
            (_, "windows", _) => Some("the assembly code for Windows is for x86-64 only"),
            ("x86" | "aarch64" | "arm" | "riscv64" | "s390x", _, _) => None,
            _ => Some("no assembly code for this processor"),
        },
        Capability::StackSwitch => {
            // This match arm returns the reason for `Ucontext`, because `getcontext` is the best
            // known way to switch stacks.
            const WAYS: [Capability; 4] = [
                Capability::Altstack,
                Capability::Assembly,
                Capability::Coroutine,
                Capability::Ucontext,
            ];
            WAYS.into_iter().try_fold("", |_, way| missing(way, target).ok_or(())).ok()
        }
        // This match must list the same targets as the `cfg(...)` of the corosensei dependency in
        // `Cargo.toml`.
        Capability::Coroutine => match (arch, os) {
            (_, "wasi") => Some("WebAssembly cannot switch stacks"),
            ("arm", "ios" | "macos" | "watchos" | "tvos") => {
                Some("corosensei has no context switch for 32-bit Apple ARM")
            }
            ("x86" | "x86_64", _) => None,
            (_, "windows") => {
                Some("corosensei has no context switch for this processor on Windows")
            }
            ("aarch64" | "arm" | "riscv32" | "riscv64" | "loongarch64", _) => None,
            // corosensei 0.3.4 needs `#![feature(asm_experimental_arch)]` on PowerPC64, and
            // supports only the ABI ELFv2.
            ("powerpc64", _) => Some("corosensei needs a nightly compiler for this processor"),
            _ => Some("corosensei has no context switch for this processor"),
        },
        Capability::Signals => match os {
            "windows" => Some("Windows has no POSIX signals"),
            "wasi" => Some("WebAssembly has no signals"),
            _ => None,
        },
        Capability::SingleStep => match (arch, os) {
            ("x86_64", "linux" | "android") => None,
            ("x86", _) => Some("the signal handler supports only the registers of x86-64"),
            ("x86_64", _) => Some("the signal handler recognizes only Linux's system calls"),
            _ => Some("no flag of this processor stops after each instruction"),
        },
        Capability::Destructor => match (os, env) {
            ("windows", "msvc") => Some("MSVC has no __attribute__((destructor))"),
            _ => None,
        },
        Capability::Custom { missing, .. } => missing(target),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lacks(
        capability: Capability,
        arch: &'static str,
        os: &'static str,
        env: &'static str,
    ) -> bool {
        missing(capability, &Target::new(arch, os, env, "")).is_some()
    }

    #[test]
    fn getcontext_is_gated_where_no_libc_has_it() {
        for (os, env) in [
            ("windows", "gnu"),
            ("windows", "msvc"),
            ("android", ""),
            ("openbsd", ""),
            ("ios", ""),
            ("linux", "musl"),
            ("linux", "klibc"),
            ("linux", "ohos"),
        ] {
            assert!(lacks(Capability::Ucontext, "aarch64", os, env), "{os} {env}");
        }
    }

    #[test]
    fn getcontext_is_not_gated_where_it_is() {
        for (os, env) in [
            ("linux", "gnu"),
            ("linux", "uclibc"),
            ("linux", "dietlibc"),
            ("macos", ""),
            ("freebsd", ""),
            ("netbsd", ""),
            ("illumos", ""),
            ("solaris", ""),
            ("dragonfly", ""),
        ] {
            assert!(!lacks(Capability::Ucontext, "x86_64", os, env), "{os} {env}");
        }
    }

    #[test]
    fn one_switcher_is_enough_to_switch() {
        assert!(!lacks(Capability::StackSwitch, "x86_64", "linux", "musl"));
        assert!(!lacks(Capability::StackSwitch, "x86_64", "openbsd", ""));
        assert!(!lacks(Capability::StackSwitch, "x86_64", "linux", "gnu"));
        assert!(!lacks(Capability::StackSwitch, "x86_64", "windows", "gnu"));
        assert!(!lacks(Capability::StackSwitch, "x86_64", "windows", "msvc"));
        assert!(lacks(Capability::StackSwitch, "aarch64", "windows", "msvc"));
        assert!(lacks(Capability::StackSwitch, "wasm32", "wasi", ""));
    }

    #[test]
    fn assembly_goes_by_processor_and_compiler() {
        for arch in ["x86_64", "x86", "aarch64", "arm", "riscv64", "s390x"] {
            assert!(!lacks(Capability::Assembly, arch, "linux", "musl"), "{arch}");
        }
        assert!(!lacks(Capability::Assembly, "x86_64", "windows", "gnu"));
        assert!(lacks(Capability::Assembly, "x86_64", "windows", "msvc"));
        assert!(lacks(Capability::Assembly, "x86", "windows", "gnu"));
        assert!(lacks(Capability::Assembly, "mips64", "linux", "gnu"));
    }

    #[test]
    fn coroutines_go_by_processor_and_not_by_libc() {
        for (os, env) in [("linux", "musl"), ("macos", ""), ("android", ""), ("openbsd", "")] {
            assert!(!lacks(Capability::Coroutine, "aarch64", os, env), "{os} {env}");
        }
        assert!(!lacks(Capability::Coroutine, "x86_64", "windows", "msvc"));
        assert!(lacks(Capability::Coroutine, "aarch64", "windows", "msvc"));
        assert!(lacks(Capability::Coroutine, "s390x", "linux", "gnu"));
        assert!(lacks(Capability::Coroutine, "mips64", "linux", "gnu"));
        assert!(lacks(Capability::Coroutine, "powerpc64", "linux", "gnu"));
    }

    #[test]
    fn a_triple_is_read_in_both_spellings() {
        for (triple, arch, os, env, abi) in [
            ("x86_64-unknown-linux-musl", "x86_64", "linux", "musl", ""),
            ("x86_64-linux-gnu", "x86_64", "linux", "gnu", ""),
            ("arm-linux-gnueabihf", "arm", "linux", "gnu", "eabihf"),
            ("powerpc64le-linux-gnu", "powerpc64", "linux", "gnu", ""),
            ("s390x-linux-gnu", "s390x", "linux", "gnu", ""),
            ("mips64el-linux-gnuabi64", "mips64", "linux", "gnu", "abi64"),
            ("x86_64-unknown-linux-dietlibc", "x86_64", "linux", "dietlibc", ""),
            ("x86_64-unknown-linux-klibc", "x86_64", "linux", "klibc", ""),
            ("x86_64-unknown-linux-mlibc", "x86_64", "linux", "mlibc", ""),
            ("x86_64-unknown-linux", "x86_64", "linux", "", ""),
            ("thumbv7m-none-eabi", "arm", "none", "", ""),
            ("riscv64-unknown-elf", "riscv64", "none", "", ""),
            ("i686-w64-mingw32", "x86", "windows", "gnu", ""),
            ("x86_64-pc-windows-msvc", "x86_64", "windows", "msvc", ""),
            ("aarch64-linux-android", "aarch64", "android", "", ""),
            ("arm64-apple-darwin23.1.0", "aarch64", "macos", "", ""),
            ("x86_64-unknown-openbsd7.5", "x86_64", "openbsd", "", ""),
            ("x86_64-unknown-redox", "x86_64", "redox", "", ""),
            ("riscv64gc-unknown-linux-gnu", "riscv64", "linux", "gnu", ""),
        ] {
            assert_eq!(Target::from_triple(triple), Target::new(arch, os, env, abi), "{triple}");
        }
        assert_eq!(Target::from_triple("").os, "");
    }

    #[test]
    fn an_answer_replaces_an_entry_of_the_table() {
        let answers = "ucontext: present\naltstack: my libc has no sigaltstack\n";
        assert_eq!(answer(answers, Capability::Ucontext), Some(Ok(())));
        let says = Err("my libc has no sigaltstack");
        assert_eq!(answer(answers, Capability::Altstack), Some(says));
        assert_eq!(answer(answers, Capability::Signals), None);
    }

    #[test]
    fn a_capability_of_its_own_asks_its_own_function() {
        let fibers = Capability::Custom {
            name: "fibers",
            missing: |target| (target.os != "windows").then_some("only Windows has fibers"),
        };
        assert!(lacks(fibers, "x86_64", "linux", "gnu"));
        assert!(!lacks(fibers, "x86_64", "windows", "msvc"));
    }

    #[test]
    fn every_name_is_one_word_and_there_once() {
        let mut names: Vec<_> = Capability::ALL.iter().map(Capability::name).collect();
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Capability::ALL.len());
    }
}
