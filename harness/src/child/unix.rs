//! Collects the OS information that a child on Unix reports.
#![expect(unsafe_code, reason = "calls uname and sysconf")]

use std::ffi::CStr;
use std::fs;
use std::mem::MaybeUninit;

/// Does nothing, because on Unix the runner has already set the child's limits, including the limit
/// on core files.
pub(super) fn settle() {}

pub(super) fn facts() -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let (name, version) = libc_name();
    facts.push(("libc", name.to_owned()));
    facts.extend(version.map(|version| ("libc-version", version)));
    let mut names = MaybeUninit::<libc::utsname>::zeroed();
    // SAFETY: `uname` fills the `utsname` that its argument points to.
    if unsafe { libc::uname(names.as_mut_ptr()) } == 0 {
        // SAFETY: `uname` has filled `names`, which is a struct of arrays of integers.
        let names = unsafe { names.assume_init() };
        facts.push(("kernel", format!("{} {}", text(&names.sysname), text(&names.release))));
    }
    // SAFETY: `sysconf` takes only an integer.
    facts.push(("page-size", unsafe { libc::sysconf(libc::_SC_PAGESIZE) }.to_string()));
    facts.extend(emulator().map(|name| ("emulator", name)));
    facts
}

fn text(field: &[libc::c_char]) -> String {
    // SAFETY: Every field of a `utsname` ends with a zero byte (POSIX, sys/utsname.h).
    unsafe { CStr::from_ptr(field.as_ptr()) }.to_string_lossy().into_owned()
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn libc_name() -> (&'static str, Option<String>) {
    // SAFETY: `gnu_get_libc_version` takes no arguments.
    let version = unsafe { libc::gnu_get_libc_version() };
    // SAFETY: `gnu_get_libc_version` returns a constant string that ends with a zero byte
    // (gnu_get_libc_version(3)).
    let version = unsafe { CStr::from_ptr(version) };
    ("glibc", Some(version.to_string_lossy().into_owned()))
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn libc_name() -> (&'static str, Option<String>) {
    // Only glibc's version is reported: musl has no function that returns musl's version, and a
    // BSD's libc has the version of the BSD's kernel.
    let name = match (std::env::consts::OS, crate::capability::Target::current().env) {
        ("linux", env) if env == "musl" => "musl",
        ("linux", _) => "unknown",
        ("android", _) => "bionic",
        ("macos" | "ios" | "tvos" | "watchos" | "visionos", _) => "libSystem",
        ("redox", _) => "relibc",
        (os, _) => os,
    };
    (name, None)
}

/// Returns the emulator that this process runs in, if it can be detected. Under qemu-user, `uname`
/// reports the guest's architecture, but files in `/proc/sys` are the host's. Linux has the file
/// `/proc/sys/kernel/arch` since version 6.1.
pub(super) fn emulator() -> Option<String> {
    let host = fs::read_to_string("/proc/sys/kernel/arch").ok()?;
    let guest = std::env::consts::ARCH;
    let family = |arch: &str| match arch.trim() {
        "i386" | "i486" | "i586" | "i686" | "x86_64" => "x86".to_owned(),
        "aarch64" | "armv8l" | "armv7l" => "arm".to_owned(),
        "ppc64" | "ppc64le" | "ppc" | "powerpc64" => "powerpc".to_owned(),
        other => other.trim_end_matches("el").to_owned(),
    };
    (family(&host) != family(guest)).then(|| format!("qemu-user on {}", host.trim()))
}
