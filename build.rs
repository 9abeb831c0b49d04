//! Compiles the C files in `csrc/` for the target.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::{env, fs};

use self::capability::{Capability, Target};

/// Platform table of the library. The build script includes the file `capability.rs` instead of
/// depending on the library, so that Cargo compiles the library only once.
#[path = "harness/src/capability.rs"]
#[expect(dead_code, unreachable_pub, reason = "the file is written as a module of the library")]
mod capability;

fn main() {
    let target = Target::of_build_script();
    let mut build = cc::Build::new();
    build.std("c11").warnings(true).extra_warnings(true).warnings_into_errors(denies_warnings());
    let flags: &[&str] = if target.env == "msvc" {
        // MSVC warns if a structure or an array is initialized with a value that is not constant,
        // although standard C has allowed such initializers since C99.
        &["/wd4204", "/wd4221"]
    } else {
        &["-Wundef", "-Wstrict-prototypes", "-Wshadow", "-funwind-tables"]
    };
    for flag in flags {
        build.flag_if_supported(flag);
    }
    // With the macro `_FORTIFY_SOURCE`, glibc's longjmp aborts if it jumps to another stack, as in
    // `csrc/on_stack/altstack.c`.
    build.flag_if_supported("-U_FORTIFY_SOURCE");
    for capability in Capability::ALL {
        let name = format!("HAVE_{}", capability.name().to_uppercase().replace('-', "_"));
        let is_there = capability::missing(*capability, &target).is_none();
        build.define(&name, if is_there { "1" } else { "0" });
    }
    println!("cargo:rustc-check-cfg=cfg(have_coroutine)");
    if capability::missing(Capability::Coroutine, &target).is_none() {
        println!("cargo:rustc-cfg=have_coroutine");
    }

    let has_plugin = has_plugin(&target);
    build.define("HAVE_PLUGIN", if has_plugin { "1" } else { "0" });
    println!("cargo:rustc-check-cfg=cfg(have_plugin)");
    println!("cargo:rustc-check-cfg=cfg(fast_math_object_flushes)");
    if has_plugin {
        println!("cargo:rustc-cfg=have_plugin");
        make_plugin(&build, "plugin", &[]);
        let fast_math = make_plugin(&build, "fast_math", &["-ffast-math"]);
        if contains(&fast_math, b"set_fast_math") {
            // The linker added `crtfastmath.o`, whose only function has this name.
            println!("cargo:rustc-cfg=fast_math_object_flushes");
        }
    }

    println!("cargo:rustc-check-cfg=cfg(std_frees_signal_stack)");
    if rust_minor_version().is_some_and(|minor| minor < 99) {
        // In Rust 1.98 and earlier, `std::process::exit` frees the signal stack of the main thread,
        // even if another thread exits the process: https://github.com/rust-lang/rust/pull/161037
        println!("cargo:rustc-cfg=std_frees_signal_stack");
    }

    let halves: Vec<_> = folders("csrc/scenarios").iter().flat_map(c_files).collect();
    for half in &halves {
        let in_scenarios = half.strip_prefix("csrc").expect("the path begins with `csrc`");
        let rust_half = Path::new("testprog").join(in_scenarios).with_extension("rs");
        assert!(
            rust_half.exists(),
            "failed to compile `{}`: its scenario `{}` does not exist",
            half.display(),
            rust_half.display()
        );
    }
    build
        .file("csrc/check.c")
        .file("csrc/plugin/open.c")
        .files(halves)
        .files(c_files("csrc/on_stack"))
        .files(c_files("csrc/bench"));
    build.file(Path::new("csrc/stack_bound").join(stack_bound(&target)));
    let realtime = match &*target.os {
        "linux" | "android" => "linux.c",
        _ => "unknown.c",
    };
    build.file(Path::new("csrc/realtime").join(realtime));
    let threads: &[&str] = match &*target.os {
        "windows" => &["windows.c"],
        _ => &["pthread.c", "pthread_on_memory.c"],
    };
    build.files(threads.iter().map(|file| Path::new("csrc/thread").join(file)));
    build.compile("csrc");
    println!("cargo:rerun-if-changed=csrc");
    println!("cargo:rerun-if-changed=testprog/scenarios");
    if target.os == "windows" && target.env == "gnu" {
        // MinGW implements thread-local variables in the library libwinpthread, so the linker must
        // link libwinpthread.
        println!("cargo:rustc-link-arg-bins=-l:libwinpthread.a");
    }
}

/// Returns whether `RUSTFLAGS` denies the warnings of Rust, as in CI. Then the warnings of the C
/// compiler are errors too. Otherwise they are printed, because a compiler that the project does not
/// know may have new warnings.
fn denies_warnings() -> bool {
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let flags: Vec<_> = flags.split('\x1f').collect();
    flags.contains(&"-Dwarnings") || flags.windows(2).any(|pair| pair == ["-D", "warnings"])
}

/// Returns the minor version of the Rust compiler, such as 85 for Rust 1.85.
fn rust_minor_version() -> Option<u32> {
    let output = Command::new(env::var_os("RUSTC")?).arg("--version").output().ok()?;
    String::from_utf8(output.stdout).ok()?.split('.').nth(1)?.parse().ok()
}

/// Returns whether the build script makes the plugin, a shared object that scenarios load by
/// `dlopen`. A static program cannot load a shared object, and the plugin needs the function
/// `__cxa_thread_atexit_impl`, which musl does not have.
fn has_plugin(target: &Target) -> bool {
    let features = env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    let is_static = features.split(',').any(|feature| feature == "crt-static");
    target.os == "linux" && target.env == "gnu" && !is_static
}

/// Compiles the file `csrc/plugin/NAME.c` to the shared object `OUT_DIR/NAME.so`, and returns the
/// path of the shared object.
fn make_plugin(build: &cc::Build, name: &str, options: &[&str]) -> PathBuf {
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let source = format!("csrc/plugin/{name}.c");
    let mut compiler = build.get_compiler().to_command();
    compiler.args(["-shared", "-fPIC", "-pthread"]).args(options).arg(&source);
    let object = folder.join(format!("{name}.so"));
    compiler.arg("-o").arg(&object);
    let status = compiler.status();
    let is_made = status.as_ref().is_ok_and(ExitStatus::success);
    // The debug format of a command contains the whole environment.
    let program = compiler.get_program().to_string_lossy();
    assert!(is_made, "failed to compile `{source}` with `{program}`: {status:?}");
    object
}

/// Returns whether a file contains a text.
fn contains(file: &Path, text: &[u8]) -> bool {
    let bytes = fs::read(file).unwrap_or_else(|error| {
        panic!("failed to read `{}`: {error}", file.display());
    });
    bytes.windows(text.len()).any(|window| window == text)
}

/// Returns the name of the C file that reads a thread's stack bounds on the target.
fn stack_bound(target: &Target) -> &'static str {
    match &*target.os {
        "linux" | "android" | "netbsd" | "l4re" | "hurd" | "redox" => "getattr_np.c",
        "freebsd" | "dragonfly" => "get_np.c",
        "macos" | "ios" | "tvos" | "watchos" | "visionos" => "apple.c",
        "openbsd" => "openbsd.c",
        "illumos" | "solaris" => "illumos.c",
        "windows" => "windows.c",
        _ => "unknown.c",
    }
}

/// Returns the C files of a folder, sorted by name, so that builds are reproducible.
fn c_files(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let is_c = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "c");
    entries(folder.as_ref()).into_iter().filter(is_c).collect()
}

/// Returns the folders in a folder, sorted by name.
fn folders(folder: &str) -> Vec<PathBuf> {
    entries(Path::new(folder)).into_iter().filter(|path| path.is_dir()).collect()
}

/// Returns the paths of a folder's entries, sorted by name. The paths begin with the path of the
/// folder.
///
/// Cargo runs a build script in the folder of the package, so the paths are relative to that
/// folder.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("failed to read `{}`: {error}", folder.display()));
    let path = |entry: std::io::Result<fs::DirEntry>| {
        entry.expect("a folder that was opened can be read").path()
    };
    let mut paths: Vec<PathBuf> = entries.map(path).collect();
    paths.sort();
    paths
}
