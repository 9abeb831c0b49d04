//! Folds the frames of Rust's standard library and of this library in a backtrace.

/// Kind of a frame in a backtrace.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Frame of Rust's standard library.
    Std,
    /// Frame of this library.
    Library,
    /// Frame of the C library's startup code of a program or a thread, which calls Rust's standard
    /// library.
    Start,
    /// Any other frame, or a line that is no frame.
    Other,
}

/// Replaces consecutive frames of Rust's standard library and of this library by one line with the
/// number of frames.
///
/// Two kinds of frames of Rust's standard library stay, because they show what a thread was doing:
/// frame #0, and the function that other code called, such as `std::thread::sleep`.
pub(super) fn fold(frames: &str) -> String {
    let lines: Vec<_> = frames.lines().collect();
    let kind = |index: usize| lines.get(index).map_or(Kind::Other, |line| kind(line));
    let is_called = |index| kind(index) == Kind::Std && kind(index + 1) == Kind::Other;
    let is_folded = |index: usize| {
        let is_first = frame(lines[index]).is_some_and(|(number, _)| number == "0");
        matches!(kind(index), Kind::Std | Kind::Library) && !is_first && !is_called(index)
    };
    let mut folded = String::new();
    let mut index = 0;
    while index < lines.len() {
        let run = (index..lines.len()).take_while(|index| is_folded(*index)).count();
        let line = match run {
            0 => lines[index].to_owned(),
            1 => "    [1 frame of std or testprog-harness]".to_owned(),
            _ => format!("    [{run} frames of std or testprog-harness]"),
        };
        folded.extend([&*line, "\n"]);
        index += run.max(1);
    }
    folded
}

/// Returns a frame's number and the text after the number. Returns `None` if the line is no frame.
///
/// gdb prints `#1  0x… in NAME (ARGUMENTS) at FILE:LINE`, and lldb prints
/// ``frame #1: 0x… MODULE`NAME(ARGUMENTS) at FILE:LINE``.
fn frame(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start_matches([' ', '*']);
    let line = line.strip_prefix("frame ").unwrap_or(line).strip_prefix('#')?;
    line.split_once([' ', ':']).filter(|(number, _)| number.parse::<u32>().is_ok())
}

fn kind(line: &str) -> Kind {
    // Path of this library's sources, as the compiler writes it into debug information.
    let sources = file!().split_once("spawn").map_or("", |(sources, _)| sources);
    let Some((_, frame)) = frame(line) else { return Kind::Other };
    let frame = frame.trim_start();
    let name = frame.split_once(" in ").filter(|(address, _)| address.starts_with("0x"));
    let name = name.map_or(frame, |(_, name)| name);
    let name = name.split_once('`').map_or(name, |(_, name)| name);
    let path = frame.rsplit_once(" at ").map_or("", |(_, path)| path).replace('\\', "/");
    let of = |crates: &[&str]| {
        crates.iter().any(|one| {
            let name = name.strip_prefix('<').unwrap_or(name);
            name.strip_prefix(one).is_some_and(|rest| rest.starts_with("::"))
        })
    };
    let is_library =
        (!sources.is_empty() && path.starts_with(sources)) || path.contains("/testprog-harness-");
    let is_std = (path.starts_with("/rustc/") && path.contains("/library/"))
        || ["std", "core", "alloc"]
            .iter()
            .any(|name| path.starts_with(&format!("library/{name}/")))
        || path.contains("/lib/rustlib/src/rust/library/");
    let starts = ["main (", "main(", "start_thread", "clone3", "__libc_start", "_start"];
    if of(&["testprog_harness"]) || is_library {
        Kind::Library
    } else if of(&["std", "core", "alloc"]) || is_std || name.starts_with("__rust_") {
        Kind::Std
    } else if starts.iter().any(|start| name.starts_with(start)) {
        Kind::Start
    } else {
        Kind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_std_and_of_this_library_are_folded() {
        let file = file!().replace('\\', "/").replace("spawn/debugger/fold.rs", "child/mod.rs");
        let frames = format!(
            "\
Thread 1 (Thread 0x7fee7d020cc0 (LWP 6755) \"child\"):
#0  0x00007fee7d0f5df2 in __libc_pause () at ../sysdeps/unix/sysv/linux/pause.c:29
#1  std::sys::pal::unix::thread::sleep () at library/std/src/sys/pal/unix/thread.rs:1
#2  0x000055655b6aa249 in std::thread::sleep () at library/std/src/thread/mod.rs:2
#3  0x000055655b6aaac6 in user::hangs::{{closure}} () at src/main.rs:586
#4  core::ops::function::FnOnce::call_once () at /rustc/59807616/library/core/src/ops/function.rs:250
#5  0x000055655bc897cc in testprog_harness::child::run () at {file}:87
#6  find_and_run () at {file}:75
#7  answer<std::env::ArgsOs> () at /root/.cargo/registry/src/x/testprog-harness-0.1.0/src/child/mod.rs:62
#8  0x000055655b591434 in user::main () at src/main.rs:83
#9  {{closure#0}}<std::process::ExitCode> () at /rustc/59807616/library/std/src/rt.rs:206
#10 0x000055655b697c01 in std::rt::lang_start () at /rustc/59807616/library/std/src/rt.rs:205
#11 0x000055655b59199e in main ()

Thread 2 (Thread 0x7fee7d01f6c0 (LWP 6758) \"child\"):
#0  core::ptr::write_volatile<u8> () at /rustc/59807616/library/core/src/ptr/mod.rs:2178
#1  0x000055655b6aa249 in <user::Type as core::ops::function::FnOnce<()>>::call_once () at src/a.rs:1
#2  0x000055655b61515b in __rust_try ()
#3  0x00007fee7d0ab1f5 in start_thread (arg=<optimized out>) at ./nptl/pthread_create.c:442
"
        );
        assert_eq!(
            fold(&frames),
            "\
Thread 1 (Thread 0x7fee7d020cc0 (LWP 6755) \"child\"):
#0  0x00007fee7d0f5df2 in __libc_pause () at ../sysdeps/unix/sysv/linux/pause.c:29
    [1 frame of std or testprog-harness]
#2  0x000055655b6aa249 in std::thread::sleep () at library/std/src/thread/mod.rs:2
#3  0x000055655b6aaac6 in user::hangs::{closure} () at src/main.rs:586
    [4 frames of std or testprog-harness]
#8  0x000055655b591434 in user::main () at src/main.rs:83
    [2 frames of std or testprog-harness]
#11 0x000055655b59199e in main ()

Thread 2 (Thread 0x7fee7d01f6c0 (LWP 6758) \"child\"):
#0  core::ptr::write_volatile<u8> () at /rustc/59807616/library/core/src/ptr/mod.rs:2178
#1  0x000055655b6aa249 in <user::Type as core::ops::function::FnOnce<()>>::call_once () at src/a.rs:1
    [1 frame of std or testprog-harness]
#3  0x00007fee7d0ab1f5 in start_thread (arg=<optimized out>) at ./nptl/pthread_create.c:442
"
        );
    }

    #[test]
    fn frames_of_lldb_are_folded() {
        let frames = "\
* thread #1, name = 'child', stop reason = signal SIGSEGV
  * frame #0: 0x0000555555 child`user::write(place=0x40) at main.rs:5:9
    frame #1: 0x0000555556 child`core::ops::function::FnOnce::call_once at function.rs:250:5
    frame #2: 0x0000555557 child`testprog_harness::child::run at mod.rs:87:5
    frame #3: 0x0000555558 child`main + 30
";
        let folded = fold(frames);
        assert!(folded.contains("user::write") && folded.contains("child`main"), "{folded}");
        assert!(folded.contains("    [2 frames of std or testprog-harness]\n"), "{folded}");
        assert_eq!(fold("#0  f ()\nno frame\n"), "#0  f ()\nno frame\n");
    }
}
