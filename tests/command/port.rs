//! Tests `cargo testprog port` with the installed C compilers, and with wrappers that hide
//! functions, change their results, hang or crash.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use libtest_mimic::Trial;
use serde_json::Value;
use testprog_harness::Capability;

use crate::compiler::Compiler;
use crate::schema;
use crate::stubs;
use crate::trial;
use crate::trial::scratch::{executable, scratch};
use crate::trial::tools::{Tool, need_tools};

const GCC: Tool<'_> = ("gcc", "gcc");
const GDB: Tool<'_> = ("gdb", "gdb");
const MUSL: Tool<'_> = ("musl-gcc", "musl-tools");
const AARCH64: &[Tool<'_>] = &[
    ("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu libc6-dev-arm64-cross"),
    ("qemu-aarch64-static", "qemu-user-static"),
];
/// PA-RISC, on which the stack grows up.
const HPPA: &[Tool<'_>] = &[
    ("hppa-linux-gnu-gcc", "gcc-hppa-linux-gnu libc6-dev-hppa-cross"),
    ("qemu-hppa-static", "qemu-user-static"),
];
const S390X: &[Tool<'_>] = &[
    ("s390x-linux-gnu-gcc", "gcc-s390x-linux-gnu libc6-dev-s390x-cross"),
    ("qemu-s390x-static", "qemu-user-static"),
];

/// Deadline of each compiler call, probe and case, for a compiler that hangs at one file. The deadline
/// is long enough to compile any other file and to run any case, even on a busy computer.
const DEADLINE: &str = "30s";
/// Deadline for a compiler that hangs at the first file. The deadline need not be long enough to
/// compile a file.
const SHORT: &str = "300ms";

pub(crate) fn trials() -> Vec<Trial> {
    // The tests start in the order of this list. The three tests that wait for a compiler's
    // deadline come first, so that other tests run during the wait.
    vec![
        trial("a_compiler_that_hangs_and_crashes_now_and_then", &[GCC], now_and_then),
        trial("a_compiler_that_hangs_leaves_no_temporary_file", &[], leaves_nothing),
        trial("a_compiler_that_hangs", &[], hangs),
        trial("everything_is_there_in_glibc", &[GCC], glibc),
        trial("musl_declares_getcontext_and_has_none", &[MUSL], musl),
        trial("another_processor_is_emulated", AARCH64, aarch64),
        trial("a_big_endian_processor_is_emulated", S390X, s390x),
        trial("a_stack_that_grows_up_is_measured", HPPA, hppa),
        trial("what_changed_against_a_baseline", &[GCC], baseline),
        trial("a_type_that_differs_from_the_crate_libc_is_named", &[GCC], layout),
        trial("every_hidden_function_is_named", &[GCC], hidden),
        trial("a_lie_is_caught_by_a_scenario", &[GCC], lying),
        trial("a_check_that_fails_counts_however_the_probe_ends", &[GCC], mild_abort),
        trial("a_probe_that_exits_early_did_not_hold", &[GCC], exits_early),
        trial("a_crash_after_the_last_line_is_told_apart", &[GCC], crashes_at_exit),
        trial("a_probe_that_holds_now_and_then_is_unstable", &[GCC], unstable),
        trial("a_probe_that_crashes_and_seldom_fails_is_unstable", &[GCC], seldom),
        trial("a_case_that_passes_now_and_then_is_unstable", &[GCC], unstable_case),
        trial("every_probe_fails_with_each_of_its_stubs", &[GCC], every_stub),
        trial("a_compiler_that_is_not_there", &[], absent),
        trial("a_compiler_that_is_a_script_without_an_interpreter", &[GCC], no_interpreter),
        trial("a_compiler_that_crashes", &[], crashes),
        trial("a_compiler_that_makes_nothing", &[], makes_nothing),
        trial("a_compiler_that_refuses", &[], refuses),
        trial("a_runner_that_dies", &[GCC], runner_dies),
        trial("a_runner_that_is_not_there", &[GCC], runner_absent),
        trial("a_runner_that_changes_output_or_status_has_the_same_report", &[GCC], runners),
        trial("a_runner_that_loses_the_status_leaves_cases_unresolved", &[GCC], runner_loses),
        trial("a_declared_runner_is_believed", &[GCC], runner_declared),
        trial("a_runner_that_garbles_output_leaves_everything_unresolved", &[GCC], runner_garbles),
        trial("a_runner_that_hides_crashes_or_messages_is_named", &[GCC], runner_hides),
        trial("the_program_of_another_probe_does_not_hold", &[GCC], other_program),
        trial("a_target_that_is_not_a_name_is_not_believed", &[GCC], bad_machine),
        trial("one_empty_line_precedes_the_score", &[GCC], empty_lines),
        trial("flags_are_meant_from_here", &[GCC], flags_from_here),
        trial("a_baseline_that_cannot_be_read", &[], bad_baselines),
        trial("a_shared_file_that_does_not_link_leaves_the_other_cases", &[GCC], shared_file),
        trial("the_answers_of_a_table_are_compared_with_the_probes", &[GCC], table),
        trial("a_table_that_cannot_be_read", &[], bad_tables),
        trial("each_log_repeats_its_commands", &[GCC], logs),
        trial("a_command_is_in_its_log_before_it_ends", &[GCC], interrupted),
        trial("each_printed_command_repeats_what_failed", &[GCC], reruns),
        trial("filters_choose_probes_and_cases", &[GCC], filters),
        trial("a_failed_probe_has_a_backtrace_and_a_core_file", &[GCC, GDB], evidence),
        trial("the_cache_of_these_tests_notices_a_changed_header", &[GCC], changed_header),
    ]
}

fn trial(name: &str, tools: &'static [Tool<'_>], test: fn(&Port)) -> Trial {
    trial::trial(
        &format!("port::{name}"),
        || need_tools(tools),
        move || {
            test(&Port { directory: scratch("port") });
            Ok(())
        },
    )
}

/// Port under test, built in a directory of the test.
struct Port {
    directory: PathBuf,
}

impl Port {
    /// Returns the command of a compiler that calls GCC, or takes a file from the cache.
    fn gcc(&self) -> String {
        self.gcc_with(&[], None)
    }

    /// Returns the command of a compiler like [`Port::gcc`] that calls the GCC of another target.
    fn gcc_of(&self, program: &str) -> String {
        self.compiler(program, &[], None)
    }

    /// Returns the command of a compiler like [`Port::gcc`], whose linker replaces each function in
    /// `wrapped` by the function `__wrap_FUNCTION` of the object file `wrappers`.
    fn gcc_with(&self, wrapped: &[&str], wrappers: Option<&Path>) -> String {
        self.compiler("gcc", wrapped, wrappers)
    }

    fn compiler(&self, program: &str, wrapped: &[&str], wrappers: Option<&Path>) -> String {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gcc-cache");
        fs::create_dir_all(&cache).expect("the directory for tests can be written");
        let directory = &*self.directory;
        Compiler { program, cache: &cache, directory, wrapped, wrappers }.command()
    }

    fn run(&self, cc: &str, arguments: &[&str]) -> Assert {
        self.command(cc, arguments).assert()
    }

    fn command(&self, cc: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
        command.env_remove("GITHUB_STEP_SUMMARY").timeout(Duration::from_secs(1200));
        command.args(["port", "--cc", cc, "--dir"]).arg(&self.directory).args(arguments);
        command
    }

    /// Runs `cargo testprog port`, checks its exit status, and returns its JSON report.
    fn report(&self, cc: &str, arguments: &[&str], status: i32) -> Report {
        let assert = self.run(cc, &[&["--format", "json"], arguments].concat()).code(status);
        Report(serde_json::from_slice(&assert.get_output().stdout).expect("the text is JSON"))
    }

    /// Like [`Port::report`], with every probe and only the cases `cases`.
    fn report_of(&self, cc: &str, arguments: &[&str], cases: &[&str], status: i32) -> Report {
        let chosen = every_probe(cases);
        let arguments = arguments.iter().copied().chain(chosen.iter().map(String::as_str));
        self.report(cc, &arguments.collect::<Vec<_>>(), status)
    }

    /// Writes a shell script that acts as a compiler, and returns the script's path.
    fn script(&self, file: &str, body: &str) -> String {
        let folder = self.directory.with_extension("tools");
        fs::create_dir_all(&folder).expect("the directory for tests can be written");
        let path = folder.join(file);
        executable(&path, format!("#!/bin/sh\n{body}\n").as_bytes());
        path.to_str().expect("the path is UTF-8").to_owned()
    }

    /// Checks that the command refuses the compiler or the arguments with exit status 2 and a
    /// one-line message.
    fn refused(&self, cc: &str, arguments: &[&str], cause: &str) {
        let assert = self.run(cc, arguments).code(2).stdout("");
        let text = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(text.starts_with("failed to ") && text.contains(cause), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}

/// Returns the arguments that select every probe and the cases `cases`.
///
/// A test about probes does not need all cases, which take more than half of the time of a run.
fn every_probe(cases: &[&str]) -> Vec<String> {
    let probes = stubs::probes().into_keys().map(|(_, file)| file.replace('_', "-"));
    let cases = cases.iter().map(|case| (*case).to_owned());
    ["--exact".to_owned()].into_iter().chain(probes).chain(cases).collect()
}

struct Report(Value);

impl Report {
    fn list(&self, field: &str) -> &[Value] {
        self.0[field].as_array().expect("the field is a list")
    }

    fn find(&self, field: &str, name: &str) -> &Value {
        let found = self.list(field).iter().find(|entry| entry["name"] == name);
        found.unwrap_or_else(|| panic!("{name} is not among the {field}"))
    }

    /// Returns each capability that is not present, together with its state.
    fn lacks(&self) -> Vec<(&str, &str)> {
        let states = self.list("probes").iter().map(|probe| {
            (probe["name"].as_str().expect("a name"), probe["state"].as_str().expect("a state"))
        });
        states.filter(|(_, state)| *state != "present").collect()
    }

    fn verdict(&self, case: &str) -> (&str, &str) {
        let case = self.find("cases", case);
        (case["verdict"].as_str().expect("a verdict"), case["reason"].as_str().expect("a reason"))
    }

    /// Returns the names of the cases that did not pass.
    fn not_passed(&self) -> Vec<&str> {
        let cases = self.list("cases").iter().filter(|case| case["verdict"] != "pass");
        cases.map(|case| case["name"].as_str().expect("a name")).collect()
    }

    fn disagreements(&self) -> Vec<&str> {
        let probes = self.list("probes").iter().filter(|probe| probe["table"]["agrees"] == false);
        probes.map(|probe| probe["name"].as_str().expect("a name")).collect()
    }
}

fn glibc(port: &Port) {
    let report = port.report(&port.gcc(), &["--name", "reference"], 0);
    assert!(report.list("probes").len() >= 40);
    assert_eq!(report.lacks(), []);
    assert_eq!(report.not_passed(), [""; 0]);
    assert_eq!(report.disagreements(), [""; 0]);
    assert_eq!(report.0["name"], "reference");
    assert_eq!(report.0["target"]["libc"], "glibc");
    let values = report.0["values"].as_object().expect("the report has values");
    let missing: Vec<_> = values.iter().filter(|(_, value)| value.is_null()).collect();
    assert!(values.len() >= 30 && missing.is_empty(), "{missing:?}");
    let agreed = report.list("probes").iter().filter(|probe| probe["table"]["agrees"] == true);
    assert_eq!(agreed.count(), 5);

    let mut schema = schema::read("report.schema.json");
    // If `unevaluatedProperties` is false, the schema refuses fields that the schema does not
    // describe.
    schema["unevaluatedProperties"] = false.into();
    schema["$defs"]["probe"]["additionalProperties"] = false.into();
    assert_eq!(schema::errors(&schema, &report.0), [""; 0]);
}

fn musl(port: &Port) {
    let report = port.report(&port.gcc_of("musl-gcc"), &[], 0);
    let ucontext = report.find("probes", "ucontext");
    assert_eq!(ucontext["state"], "does_not_link");
    assert_eq!(ucontext["reason"], "undefined: getcontext, makecontext, swapcontext");
    let recorded = serde_json::json!({ "glibc": "present", "musl": "does_not_link" });
    assert_eq!(ucontext["reference"], recorded);
    let recorded = serde_json::json!({ "glibc": "pass", "musl": "unsupported" });
    assert_eq!(report.find("cases", "stack_switch_callback")["reference"], recorded);
    let path = port.directory.join("report.json");
    fs::write(&path, report.0.to_string()).expect("the directory for tests can be written");
    let mut merge = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
    let page = merge.arg("merge").arg(&path).args(["--format", "html"]).output();
    let page = String::from_utf8(page.expect("the command starts").stdout).expect("UTF-8");
    for (libc, state) in [("glibc", "present"), ("musl", "does not link")] {
        assert!(page.contains(&format!("<dt>In {libc}</dt><dd>{state}</dd>")), "{libc}");
    }
    let (verdict, reason) = report.verdict("stack_switch_callback");
    assert_eq!(verdict, "unsupported");
    assert!(reason.starts_with("ucontext: does not link"), "{reason}");
    assert_eq!(report.not_passed(), ["context_contract", "stack_switch_callback"]);
    assert_eq!(report.disagreements(), [""; 0]);
    assert_eq!(report.0["target"]["libc"], "musl");
    assert!(
        report.0["target"]["triple"].as_str().expect("a triple").ends_with("-unknown-linux-musl")
    );
}

fn emulated(port: &Port, cc: &str, runner: &str, triple: &str) {
    let report = port.report(&port.gcc_of(cc), &["--runner", runner], 0);
    // qemu-user has no system call set_robust_list, with which the kernel unlocks a robust mutex.
    assert_eq!(report.lacks(), [("mutex-robust", "runs_wrong")]);
    assert_eq!(report.not_passed(), [""; 0]);
    assert_eq!(report.disagreements(), [""; 0]);
    assert_eq!(report.0["target"]["triple"], triple);
}

fn aarch64(port: &Port) {
    let runner = "qemu-aarch64-static -L /usr/aarch64-linux-gnu";
    emulated(port, "aarch64-linux-gnu-gcc", runner, "aarch64-unknown-linux-gnu");
}

fn s390x(port: &Port) {
    let runner = "qemu-s390x-static -L /usr/s390x-linux-gnu";
    emulated(port, "s390x-linux-gnu-gcc", runner, "s390x-unknown-linux-gnu");
}

/// Checks the probes and the cases that touch the end of a stack.
fn hppa(port: &Port) {
    let runner = "qemu-hppa-static -L /usr/hppa-linux-gnu";
    let chosen =
        ["altstack", "bounds", "context-registers", "guard", "overflow", "stack", "unwind"];
    let flags = [&["--runner", runner][..], &chosen].concat();
    let report = port.report(&port.gcc_of("hppa-linux-gnu-gcc"), &flags, 1);
    // On PA-RISC, the bounds that glibc reports include the guard, which lies above the stack.
    // Under QEMU, the unwinder of PA-RISC does not pass through the signal's frame.
    let lacks = ["bounds-touched", "guard-size", "unwind-signal"];
    assert_eq!(report.lacks(), lacks.map(|name| (name, "runs_wrong")));
    for (probe, check) in [
        ("bounds-touched", "check failed: is_writable((char *)lo + offset)"),
        ("guard-size", "check failed: is_writable(grows_up ? (char *)lo + size - 1 : (char *)lo)"),
    ] {
        assert_eq!(of_check(&report.find("probes", probe)["reason"], "stacks", probe), check);
    }
    assert_eq!(report.not_passed(), ["guard_page"]);
    assert_eq!(report.verdict("guard_page").0, "fail");
    assert_eq!(report.find("probes", "guard-page")["value"], "SIGSEGV");
}

/// Returns a reason without the file and the line of the check, which must be in the probe's file.
fn of_check(reason: &Value, area: &str, probe: &str) -> String {
    let reason = reason.as_str().expect("a reason");
    let place = format!(" (csrc/probe/{area}/{}.c:", probe.replace('-', "_"));
    let (check, rest) = reason.split_once(&*place).unwrap_or_else(|| panic!("{place}: {reason}"));
    let (line, rest) = rest.split_once(')').expect("the place ends with a parenthesis");
    let source = fs::read_to_string(format!(
        "{}/../../csrc/probe/{area}/{}.c",
        env!("CARGO_MANIFEST_DIR"),
        probe.replace('-', "_")
    ));
    let source = source.expect("the probe's file can be read");
    let line: usize = line.parse().expect("a number of a line");
    let text = source.lines().nth(line - 1).unwrap_or_default();
    assert!(["MUST(", "AWAIT(", "HELD"].iter().any(|word| text.contains(word)), "{line}: {text}");
    format!("{check}{rest}")
}

/// Functions that a new C library may lack, each with the probe that must report the function as
/// missing.
const HIDDEN: &[(&str, &str)] = &[
    ("getcontext", "ucontext"),
    ("makecontext", "ucontext"),
    ("swapcontext", "ucontext"),
    ("pthread_attr_setstack", "attr-setstack"),
    ("pthread_cancel", "thread-cancel"),
    ("posix_spawn", "posix-spawn"),
    ("dl_iterate_phdr", "dl-iterate-phdr"),
    ("getauxval", "getauxval"),
    ("at_quick_exit", "quick-exit"),
    ("sigqueue", "sigqueue"),
];

fn hidden(port: &Port) {
    // No object file defines the functions `__wrap_FUNCTION`, so no program that calls a hidden
    // function links.
    let hidden: Vec<_> = HIDDEN.iter().map(|(function, _)| *function).collect();
    let report = port.report(&port.gcc_with(&hidden, None), &[], 0);
    for (function, capability) in HIDDEN {
        let probe = report.find("probes", capability);
        let reason = probe["reason"].as_str().expect("a reason");
        assert_eq!(probe["state"], "does_not_link", "{capability}");
        assert!(reason.contains(&format!("__wrap_{function}")), "{function}: {reason}");
    }
    let (verdict, reason) = report.verdict("stack_switch_callback");
    assert!(verdict == "unsupported" && reason.contains("swapcontext"), "{verdict} {reason}");
    let (verdict, reason) = report.verdict("stack_larger_than_told");
    assert!(verdict == "unsupported" && reason.contains("attr_setstack"), "{verdict} {reason}");
    let (verdict, reason) = report.verdict("altstack_switch_callback");
    let says = "attr-setstack: does not link (undefined: __wrap_pthread_attr_setstack)";
    assert_eq!((verdict, reason), ("unsupported", says));
    let not_passed = [
        "altstack_switch_callback",
        "assembly_switch_callback",
        "big_stack",
        "cancel_state_default",
        "context_contract",
        "deep_callback",
        "own_stack_bounds",
        "quick_exit_on_thread",
        "small_stack_callback",
        "spawn_error",
        "stack_larger_than_told",
        "stack_of_ended_thread",
        "stack_switch_callback",
        "switch_then_return",
        "thread_reuse",
    ];
    assert_eq!(report.not_passed(), not_passed);
    assert_eq!(report.disagreements(), ["ucontext"]);
}

/// Returns the command of a compiler that replaces the C function `function` by the version in
/// `code`.
fn with_lie(port: &Port, function: &str, code: &str) -> String {
    let folder = port.directory.with_extension("tools");
    fs::create_dir_all(&folder).expect("the directory for tests can be written");
    let (source, object) = (folder.join("lie.c"), folder.join("lie.o"));
    fs::write(&source, code).expect("the directory for tests can be written");
    let compile = Command::new("gcc").arg("-c").args([&source, Path::new("-o"), &object]).ok();
    compile.expect("the replacement compiles");
    port.gcc_with(&[function], Some(&object))
}

fn lying(port: &Port) {
    let code = "#include <pthread.h>\n\
        int __real_pthread_key_create(pthread_key_t *, void (*)(void *));\n\
        int __wrap_pthread_key_create(pthread_key_t *key, void (*destructor)(void *))\n\
        { (void)destructor; return __real_pthread_key_create(key, 0); }\n";
    let report = port.report(&with_lie(port, "pthread_key_create", code), &[], 1);
    let caught = [
        "aligned_entry",
        "detached_churn",
        "drop_machine",
        "key_destructor_callback",
        "key_destructor_rearm",
        "thread_exit_order",
    ];
    assert_eq!(report.not_passed(), caught);
    assert_eq!(report.verdict("drop_machine").0, "fail");
    let stderr = report.find("cases", "drop_machine")["stderr"]
        .as_str()
        .expect("the case has text on standard error");
    let says = "pthread_key_create: of 100 threads that exited, 0 ran the key's destructor";
    let (reason, place) = stderr.split_once(" (").expect("the reason ends with a place");
    assert_eq!(reason, says);
    // The place is the call that states the reason.
    let place = place.strip_suffix(")\n").expect("the reason is the last line");
    let (file, line) = place.split_once(':').expect("a file and a line");
    let source = fs::read_to_string(format!("{}/../../{file}", env!("CARGO_MANIFEST_DIR")));
    let line: usize = line.parse().expect("a number of a line");
    let source = source.expect("the path begins at the top folder");
    assert_eq!(file, "csrc/standalone/threads/drop_machine.c");
    assert!(
        source.lines().nth(line - 1).is_some_and(|text| text.contains("csrc_wrong(")),
        "{line}"
    );
    let lacks = ["destructor-order", "thread-key", "thread-key-again"];
    assert_eq!(report.lacks(), lacks.map(|name| (name, "runs_wrong")));
}

/// Checks that a probe with a failed check is reported as failed, even if `abort` exits with status
/// 0. A probe calls `abort` when a check fails.
fn mild_abort(port: &Port) {
    let code = "#include <stdlib.h>\nvoid __wrap_abort(void) { exit(0); }\n";
    let cases = ["abort_always_kills", "abort_in_c", "atexit_callback", "segv_in_c"];
    let report = port.report_of(&with_lie(port, "abort", code), &[], &cases, 1);
    assert_eq!(report.not_passed(), ["abort_always_kills", "abort_in_c"]);
    assert_eq!(report.lacks(), [("abort", "runs_wrong"), ("abort-handler", "runs_wrong")]);
}

/// Checks that a probe whose process exits with status 0 in the middle of a check is not *present*,
/// and that the report names the check.
fn exits_early(port: &Port) {
    let code = "#include <unistd.h>\n\
        int __wrap_swapcontext(void *from, void *to) { (void)from; (void)to; _exit(0); }\n\
        int __wrap_getpid(void) { _exit(0); }\n";
    let _ = with_lie(port, "swapcontext", code);
    let wrappers = port.directory.with_extension("tools").join("lie.o");
    let cc = port.gcc_with(&["swapcontext", "getpid"], Some(&wrappers));
    let cases = [
        "altstack_switch_callback",
        "assembly_switch_callback",
        "context_contract",
        "fork_child_identity",
        "segv_in_c",
        "stack_switch_callback",
        "switch_keeps_thread",
    ];
    let report = port.report_of(&cc, &[], &cases, 1);
    let lacks = [
        "errno",
        "gettid",
        "siginfo",
        "signalfd",
        "sigqueue",
        "syscall",
        "tgkill",
        "ucontext",
        "ucontext-arguments",
        "ucontext-mask",
        "ucontext-registers",
    ];
    assert_eq!(report.lacks(), lacks.map(|name| (name, "runs_wrong")));
    for (name, check) in [
        ("ucontext", "in the check `swapcontext(&here, &there) == 0`"),
        ("ucontext-mask", "in the check `swapcontext(&here, &there) == 0`"),
        ("gettid", "in the check `gettid() == getpid()`"),
    ] {
        let area = if name == "gettid" { "system" } else { "stacks" };
        let reason = of_check(&report.find("probes", name)["reason"], area, name);
        assert_eq!(reason, format!("exited with status 0 {check}, before the probe's last line"));
    }
    assert_eq!(report.find("probes", "ucontext")["held"], 0);
    // The cases do not use the wrong swapcontext, so only the two cases that need swapcontext are
    // skipped. The case `fork_child_identity` calls the wrong getpid.
    let not_passed = ["context_contract", "fork_child_identity", "stack_switch_callback"];
    assert_eq!(report.not_passed(), not_passed);
    let (verdict, reason) = report.verdict("stack_switch_callback");
    assert!(verdict == "unsupported" && reason.starts_with("ucontext: runs wrong"), "{reason}");
    assert_eq!(report.find("probes", "clock")["held"], report.find("probes", "clock")["runs"]);
}

/// Checks that a crash when the process exits changes the result of a probe only if the probe
/// checks how a process exits. The replaced function makes each process that has started a thread
/// crash in `exit`.
fn crashes_at_exit(port: &Port) {
    let code = "#include <pthread.h>\n#include <signal.h>\n\
        static int started;\n\
        int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);\n\
        int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,\n\
                                  void *(*start)(void *), void *arg)\n\
        { started = 1; return __real_pthread_create(thread, attr, start, arg); }\n\
        __attribute__((destructor)) static void end(void)\n\
        { if (started) { signal(SIGSEGV, SIG_DFL); raise(SIGSEGV); } }\n";
    let cases = ["segv_in_c", "thread_reuse"];
    let report = port.report_of(&with_lie(port, "pthread_create", code), &[], &cases, 1);
    assert_eq!(report.not_passed(), ["thread_reuse"]);
    let lacks = ["exit-with-thread", "main-thread-exit"];
    assert_eq!(report.lacks(), lacks.map(|name| (name, "runs_wrong")));
    let reason = &report.find("probes", "exit-with-thread")["reason"];
    let check = "died of SIGSEGV in the check `the process exits with status 0`";
    assert_eq!(of_check(reason, "threads", "exit-with-thread"), check);
    for (name, after) in [("thread", "died of SIGSEGV".into()), ("clock", Value::Null)] {
        assert_eq!(report.find("probes", name)["after"], after, "{name}");
    }
}

/// Checks that a probe that fails in its first run, and holds in later runs, is reported as
/// unstable.
fn unstable(port: &Port) {
    let tools = port.directory.with_extension("tools");
    let code = format!(
        "#include <fcntl.h>\n\
         unsigned long __real_getauxval(unsigned long);\n\
         unsigned long __wrap_getauxval(unsigned long type)\n\
         {{ return open(\"{}\", O_CREAT | O_EXCL, 0600) >= 0 ? 0 : __real_getauxval(type); }}\n",
        tools.join("ran").display()
    );
    let report = port.report_of(&with_lie(port, "getauxval", &code), &[], &[], 0);
    assert_eq!(report.lacks(), [("getauxval", "runs_wrong")]);
    let probe = report.find("probes", "getauxval");
    let says = "unstable: the runs differ, as logs/probe-getauxval.log shows";
    assert_eq!(probe["reason"], says);
    assert_eq!((&probe["held"], &probe["runs"]), (&19.into(), &20.into()));
    let log = fs::read_to_string(port.directory.join("logs/probe-getauxval.log"));
    let check = "check failed: getauxval(AT_PAGESZ) == (unsigned long)sysconf(_SC_PAGESIZE)";
    assert!(log.expect("the log can be read").contains(check));
}

/// Checks that a probe that crashes after its last line runs often enough to show that its 60th run
/// fails.
fn seldom(port: &Port) {
    let tools = port.directory.with_extension("tools");
    let code = format!(
        "#define _GNU_SOURCE\n\
         #include <errno.h>\n#include <fcntl.h>\n#include <signal.h>\n#include <string.h>\n\
         #include <unistd.h>\n\
         static int is_probe;\n\
         unsigned long __real_getauxval(unsigned long);\n\
         unsigned long __wrap_getauxval(unsigned long type)\n\
         {{\n\
             int file;\n\
             is_probe = strcmp(program_invocation_short_name, \"getauxval.exe\") == 0;\n\
             if (!is_probe) return __real_getauxval(type);\n\
             file = open(\"{}\", O_CREAT | O_WRONLY | O_APPEND, 0600);\n\
             return write(file, \"x\", 1) == 1 && lseek(file, 0, SEEK_CUR) == 60\n\
                        ? 0 : __real_getauxval(type);\n\
         }}\n\
         __attribute__((destructor)) static void end(void)\n\
         {{ if (is_probe) {{ signal(SIGSEGV, SIG_DFL); raise(SIGSEGV); }} }}\n",
        tools.join("ran").display()
    );
    let report = port.report_of(&with_lie(port, "getauxval", &code), &[], &[], 0);
    assert_eq!(report.lacks(), [("getauxval", "runs_wrong")]);
    let probe = report.find("probes", "getauxval");
    assert_eq!(probe["reason"], "unstable: the runs differ, as logs/probe-getauxval.log shows");
    assert_eq!((&probe["held"], &probe["runs"]), (&99.into(), &100.into()));
}

/// Checks that a case is reported as unstable if its runs differ, but that a failure stands for all
/// runs if at most two of 20 runs pass.
fn unstable_case(port: &Port) {
    let tools = port.directory.with_extension("tools");
    let unstable = "unstable: the runs differ, as logs/case-fork_child_identity.log shows";
    let failed = "exited with status 1 (the scenario did not hold)";
    for (failing, says) in [
        (1..=1, unstable),
        (2..=2, unstable),
        (1..=17, unstable),
        (1..=18, failed),
        (2..=19, failed),
    ] {
        let ran = tools.join(format!("{}-{}", failing.start(), failing.end()));
        let code = format!(
            "#include <fcntl.h>\n#include <string.h>\n#include <unistd.h>\n\
             int __real_getpid(void);\n\
             static int is_wrong;\n\
             __attribute__((constructor)) static void begin(int argc, char **argv)\n\
             {{\n\
                 int file;\n\
                 off_t runs;\n\
                 if (argc < 2 || strcmp(argv[1], \"fork_child_identity\") != 0) return;\n\
                 file = open(\"{}\", O_CREAT | O_WRONLY | O_APPEND, 0600);\n\
                 runs = write(file, \"x\", 1) == 1 ? lseek(file, 0, SEEK_CUR) : 0;\n\
                 is_wrong = {} <= runs && runs <= {};\n\
                 close(file);\n\
             }}\n\
             int __wrap_getpid(void) {{ return is_wrong ? 1 : __real_getpid(); }}\n",
            ran.display(),
            failing.start(),
            failing.end(),
        );
        let cc = with_lie(port, "getpid", &code);
        let report = port.report(&cc, &["--exact", "fork_child_identity"], 1);
        assert_eq!(report.verdict("fork_child_identity"), ("fail", says), "{failing:?}");
        let count = fs::metadata(&ran).expect("the case counts its runs").len();
        assert_eq!(count, 20, "{failing:?}");
    }
}

/// Builds all probes, and runs each probe only with wrong implementations of its capability.
fn every_stub(port: &Port) {
    port.run(&port.gcc(), &["--runner", "/no/such/runner"]).code(4);
    stubs::each_fails(&port.directory);
}

fn absent(port: &Port) {
    port.refused("no-such-cc -static", &[], "failed to start `no-such-cc -static`: not found");
    port.refused("", &[], "failed to read `--cc`: the value names no command");
    port.refused("'", &[], "failed to read `--cc '`");
    port.refused("cc", &["--name", "a/b"], "failed to read `--name a/b`");
}

/// Checks that a script without a line `#!` can be the compiler, as for a shell and for `make`.
fn no_interpreter(port: &Port) {
    let cc = port.script("cc", "");
    let body = format!("exec {} \"$@\"\n", port.gcc());
    fs::write(&cc, body).expect("the directory for tests can be written");
    let report = port.report(&cc, &["getauxval"], 0);
    assert_eq!(report.find("probes", "getauxval")["state"], "present");
}

fn hangs(port: &Port) {
    let cc = port.script("cc", "exec sleep 1000");
    port.refused(&cc, &["--deadline", SHORT], "did not end within 0.300 s");
}

/// Checks that a compiler that hangs leaves no temporary file. GCC creates temporary files when it
/// starts, in the directory that `TMPDIR`, `TMP` or `TEMP` names, and removes them when it ends.
fn leaves_nothing(port: &Port) {
    let temporary = port.directory.with_extension("tmp");
    let seen = temporary.with_extension("seen");
    fs::create_dir_all(&temporary).expect("the directory for tests can be written");
    let cc = port.script(
        "cc",
        &format!(
            "for name in TMPDIR TMP TEMP; do eval dir=\\$$name; >$dir/cc$name.s; mkdir $dir/$name.d; done\n\
             ls $TMPDIR >{}; exec sleep 1000",
            seen.display()
        ),
    );
    let mut command = port.command(&cc, &["--deadline", DEADLINE]);
    for name in ["TMPDIR", "TMP", "TEMP"] {
        command.env(name, &temporary);
    }
    command.assert().code(2);
    let seen = fs::read_to_string(&seen).expect("the script wrote the list before its deadline");
    for name in ["ccTMPDIR.s", "ccTMP.s", "ccTEMP.s"] {
        assert!(seen.contains(name), "{name} is not in {seen}");
    }
    let left = fs::read_dir(&temporary).expect("the command leaves the directory");
    let left: Vec<_> = left.filter_map(Result::ok).map(|entry| entry.path()).collect();
    assert_eq!(left, [""; 0].map(PathBuf::from));
}

fn crashes(port: &Port) {
    port.refused(&port.script("cc", "kill -SEGV $$"), &[], "died of SIGSEGV");
}

fn makes_nothing(port: &Port) {
    port.refused(&port.script("cc", "exit 0"), &[], "exited with status 0 and made no file");
    port.refused(&port.script("cc", "exit 1"), &[], "exited with status 1 and no message");
    let warns = port.script("cc", "echo 'x.c:1: warning: no' >&2; exit 1");
    port.refused(&warns, &[], "exited with status 1 and printed only warnings");
    let made = |how: &str| {
        let body = format!("while [ $1 != -o ]; do shift; done\n{how} $2");
        port.script("cc", &body)
    };
    port.refused(&made("mkdir -p"), &[], "exited with status 0 and made no file");
    fs::remove_dir_all(&port.directory).expect("the command made the directory");
    port.refused(&made("touch"), &[], "exited with status 0 and made an empty file");
}

fn refuses(port: &Port) {
    let cc =
        port.script("cc", r"printf 'x.c: note\nx.c:1: error: \033]0;title\007 no\n' >&2; exit 1");
    port.refused(&cc, &[], r"x.c:1: error: \x1b]0;title\x07 no");
}

fn now_and_then(port: &Port) {
    let gcc = port.gcc();
    let cc = port.script(
        "cc",
        &format!(
            "case \"$*\" in *probe/system/getauxval.c*) exec sleep 1000 ;; *probe/time/timer.c*) kill -SEGV $$ ;; esac\n\
             exec {gcc} \"$@\""
        ),
    );
    let cases = ["exit_from_thread", "segv_in_c", "stack_switch_callback"];
    let report = port.report_of(&cc, &["--deadline", DEADLINE], &cases, 4);
    assert_eq!(report.lacks(), [("getauxval", "unresolved"), ("timer", "unresolved")]);
    let reason = |name| report.find("probes", name)["reason"].as_str().expect("a reason");
    assert!(reason("getauxval").ends_with("did not end within 30.0 s"), "{}", reason("getauxval"));
    assert!(reason("timer").ends_with("died of SIGSEGV"), "{}", reason("timer"));
    assert_eq!(report.not_passed(), [""; 0]);
}

fn nothing_runs(port: &Port, runner: &str, cause: &str) {
    let assert = port.run(&port.gcc(), &["--runner", runner, "--format", "json"]).code(4);
    let text = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(
        text.starts_with("no program of the target can be run: failed to ") && text.contains(cause),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1, "{text}");
    let report =
        Report(serde_json::from_slice(&assert.get_output().stdout).expect("the text is JSON"));
    // Every probe has a state even if no executable can run.
    let found = report.lacks();
    assert!(
        found.len() >= 40 && found.iter().all(|(_, state)| *state == "unresolved"),
        "{found:?}"
    );
    let reason = report.find("probes", "clock")["reason"].as_str().expect("a reason");
    let says = "the probe links, but no program of the target can be run: failed to ";
    assert!(reason.starts_with(says) && reason.contains(cause), "{reason}");
    assert_eq!(report.0["counts"]["unresolved"], report.0["counts"]["registered"]);
}

fn runner_dies(port: &Port) {
    let runner = port.script("runner", "kill -KILL $$");
    nothing_runs(port, &runner, "died of SIGKILL");
}

fn runner_absent(port: &Port) {
    nothing_runs(port, "/no/such/runner", "/no/such/runner");
}

/// Probes and cases for the tests of runner commands: among them are probes and cases that die of
/// signals, that exit with a status, that print to both streams, and that fail.
const OF_RUNNERS: &[&str] =
    &["key", "segv", "abort", "exit", "errno", "guard", "bounds", "--skip", "quick"];

impl Report {
    /// Returns the name, the result, the reason and the value of each probe and of each case.
    fn results(&self) -> Vec<[String; 4]> {
        let of = |field, result: &'static str| {
            let fields = ["name", result, "reason", "value"];
            self.list(field).iter().map(move |entry| fields.map(|field| entry[field].to_string()))
        };
        of("probes", "state").chain(of("cases", "verdict")).collect()
    }
}

fn runners(port: &Port) {
    let cc = with_lie(port, "abort", "#include <stdlib.h>\nvoid __wrap_abort(void) { exit(3); }\n");
    let report = |runner: &str, flags: &[&str]| {
        port.report(&cc, &[&["--runner", runner], OF_RUNNERS, flags].concat(), 1)
    };
    let plain = report("env", &[]);
    assert!(plain.0["runner"].is_null());
    assert!(plain.lacks().iter().any(|(_, state)| *state == "runs_wrong"));
    assert_eq!(plain.not_passed(), ["abort_always_kills", "abort_in_c"]);
    let merges = "merges standard error into standard output";
    let console = format!(
        "{merges}, ends lines with CRLF, passes no arguments, prints the exit status in the last line"
    );
    for (name, body, changes) in [
        ("merging", "exec \"$@\" 2>&1", merges),
        ("all-to-stderr", "exec \"$@\" >&2", merges),
        ("shell", "\"$@\"; exit $?", "exits with 128 + N for signal N"),
        ("without-arguments", "exec \"$1\"", "passes no arguments"),
        // A board at the end of a serial console.
        (
            "console",
            "{ \"$1\" 2>&1; echo \"status: $?\"; } 2>&1 | sed \"s/\\$/$(printf '\\r')/\"",
            &*console,
        ),
    ] {
        let changed = report(&port.script(name, body), &[]);
        assert_eq!(changed.0["runner"], changes, "{name}");
        assert_eq!(changed.results(), plain.results(), "{name}");
        assert!(!changed.0.to_string().contains("\\r"), "{name}");
    }
}

/// Checks that a runner command without exit statuses proves only what the output shows.
fn runner_loses(port: &Port) {
    let runner = port.script("losing", "\"$@\"; exit 1");
    let chosen = ["--exact", "errno", "exit-with-thread", "deep_callback", "segv_in_c"];
    let report = port.report(&port.gcc(), &[&["--runner", &runner], &chosen[..]].concat(), 4);
    assert_eq!(report.0["runner"], "loses the exit status");
    assert_eq!(report.lacks(), [("exit-with-thread", "unresolved")]);
    assert_eq!(report.verdict("deep_callback").0, "pass");
    let reason = "the runner command loses the exit status, on which this result depends";
    assert_eq!(report.verdict("segv_in_c"), ("unresolved", reason));
    assert_eq!(report.find("probes", "exit-with-thread")["reason"], reason);
}

/// Checks that no probe and no case gets a result if the runner command changes the output in a way
/// that cannot be undone, and that the report names the change.
fn runner_garbles(port: &Port) {
    let gcc = port.gcc();
    let previous = port.directory.with_extension("previous");
    for (name, body, change) in [
        ("banner", "echo U-Boot; exec \"$@\"", "1 of the output of a program is `U-Boot` instead"),
        ("prompt", "printf '> '; exec \"$@\"", "1 of the output of a program is `> on standard"),
        (
            "prompt-after",
            "\"$@\"; status=$?; printf '> '; exit $status",
            "4 of the output of a program is `> ` instead of the end of the output",
        ),
        (
            "drops-last-line",
            "\"$@\" | sed '$d'",
            "3 of the output of a program is missing instead of `at the end`",
        ),
        (
            "nul",
            "printf '\\0\\033[2J'; exec \"$@\"",
            r"1 of the output of a program is `\x00\x1b[2Jon standard output` instead",
        ),
        (
            "twice",
            "\"$@\"; exec \"$@\"",
            "4 of the output of a program is `on standard output` instead of the end",
        ),
        (
            "previous",
            &format!(
                "[ -e {0} ] && program=$(cat {0}) || program=$1; echo \"$1\" >{0}; shift; exec $program \"$@\"",
                previous.display()
            ),
            "3 of the output of a program is `about to crash` instead of `at the end`",
        ),
    ] {
        let runner = port.script(name, body);
        let report = port.report(
            &gcc,
            &["--runner", &runner, "--exact", "errno", "abort", "segv_in_c", "drop_machine"],
            4,
        );
        let unresolved = ["abort", "errno"].map(|name| (name, "unresolved"));
        assert_eq!(report.lacks(), unresolved, "{name}");
        let says = format!("the runner command is not usable: line {change}");
        for case in ["segv_in_c", "drop_machine"] {
            let (verdict, reason) = report.verdict(case);
            assert!(verdict == "unresolved" && reason.starts_with(&says), "{name}: {reason}");
        }
        let reason = report.find("probes", "errno")["reason"].as_str().expect("a reason");
        assert!(reason.starts_with(&format!("the probe links, but {says}")), "{name}: {reason}");
    }
}

/// Checks that a case has no result if the runner command hides the signal or standard error.
fn runner_hides(port: &Port) {
    let gcc = port.gcc();
    for (name, body, changes, hidden) in [
        (
            "crash",
            "\"$@\"; status=$?; [ $status -lt 128 ] || exit 7; exit $status",
            "exits with status 7 after a crash",
            &["segv_in_c"][..],
        ),
        (
            "stderr",
            "exec \"$@\" 2>/dev/null",
            "loses standard error",
            &["exit_from_thread", "segv_in_c"],
        ),
        (
            "always-42",
            "\"$@\"; exit 42",
            "loses the exit status",
            &["exit_from_thread", "segv_in_c"],
        ),
    ] {
        let runner = port.script(name, body);
        let chosen = ["--exact", "errno", "deep_callback", "exit_from_thread", "segv_in_c"];
        let report = port.report(&gcc, &[&["--runner", &runner], &chosen[..]].concat(), 4);
        assert_eq!(report.0["runner"], changes);
        assert_eq!(report.lacks(), [], "{name}");
        assert_eq!(report.not_passed(), hidden, "{name}");
        assert_eq!(report.verdict("segv_in_c").0, "unresolved", "{name}");
    }
}

/// Checks that a probe is unresolved if the compiler or the runner command takes the program of
/// another probe.
fn other_program(port: &Port) {
    let gcc = port.gcc();
    let cc = port.script(
        "cc",
        &format!(
            "case $* in *probe/system/errno.c*-c)\n\
             for word; do shift; set -- \"$@\" \"$(echo \"$word\" | sed s,probe/system/errno.c,probe/time/clock.c,)\"; done\n\
             esac\n\
             exec {gcc} \"$@\""
        ),
    );
    let runner = port.script(
        "old",
        "case $1 in *errno.exe) program=$(dirname \"$1\")/../time/clock.exe; shift; exec \"$program\" \"$@\" ;; esac\n\
         exec \"$@\"",
    );
    for (cc, flags) in [(&cc, &[][..]), (&gcc, &["--runner", &runner])] {
        // Without a second job, the program of the probe `clock` exists before `errno` runs.
        let chosen = ["-j1", "--exact", "clock", "errno"];
        let report = port.report(cc, &[flags, &chosen].concat(), 4);
        assert_eq!(report.lacks(), [("errno", "unresolved")]);
        let reason = report.find("probes", "errno")["reason"].as_str().expect("a reason");
        let says =
            "the program of another probe ran, whose last line is `held (csrc/probe/time/clock.c:";
        assert!(reason.starts_with(says), "{reason}");
    }
}

/// Checks that the answer to `-dumpmachine` becomes the target only if it is one name.
fn bad_machine(port: &Port) {
    let gcc = port.gcc();
    for printed in [
        r"x86_64-linux-gnu\nlibc: other",
        r"x86_64\033[2J-linux-gnu",
        "x86_64-linux-gnu ::error::",
        &"x".repeat(1000),
    ] {
        let body = format!(
            "case $* in *-dumpmachine*) printf '{printed}\\n'; exit ;; esac\nexec {gcc} \"$@\""
        );
        let report = port.report(&port.script("cc", &body), &["--exact", "clock", "segv_in_c"], 0);
        assert_eq!(report.0["target"]["triple"], Value::Null, "{printed}");
        assert_eq!(report.0["target"]["libc"], "glibc", "{printed}");
    }
}

/// Checks the empty lines between the parts of the report, with and without probes and cases.
fn empty_lines(port: &Port) {
    let cc = port.gcc_with(&["getauxval"], None);
    for names in [&["clock"][..], &["getauxval"], &["segv_in_c"], &["clock", "segv_in_c"]] {
        let assert = port.run(&cc, &[&["--exact"], names].concat()).success();
        let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
        assert!(!text.contains("\n\n\n"), "{names:?}: {text}");
        assert!(text.contains("\n\nscore: "), "{names:?}: {text}");
        assert!(!text.contains("0 of 0"), "{names:?}: {text}");
        if names.len() == 2 {
            assert!(text.contains("\n\n       PASS "), "{text}");
        }
    }
}

fn runner_declared(port: &Port) {
    let gcc = port.gcc();
    let report = |flags: &[&str], status| {
        let chosen = ["--exact", "errno", "exit_from_thread", "segv_in_c"];
        port.report(&gcc, &[flags, &chosen].concat(), status)
    };
    let declared = ["--runner", "env", "--runner-merges", "--runner-no-arguments"];
    let all = report(&declared, 0);
    let changes = "merges standard error into standard output, passes no arguments";
    assert_eq!(all.0["runner"], changes);
    assert_eq!(all.not_passed(), [""; 0]);
    // The flag takes precedence over what the test programs show.
    let shell = port.script("shell", "\"$@\"; exit $?");
    let exact = report(&["--runner", &shell, "--runner-status", "exact"], 1);
    assert_eq!(exact.not_passed(), ["segv_in_c"]);
    let line = report(&["--runner", "env", "--runner-status", "line"], 4);
    let (verdict, reason) = line.verdict("segv_in_c");
    let says = "the last line of the runner command is `at the end` instead of `status: N`";
    assert!(verdict == "unresolved" && reason.contains(says), "{verdict} {reason}");
    port.command(&gcc, &["--runner-merges"]).assert().code(2).stdout("");
}

/// Checks that the compiler runs in the current directory of the command, with the words of
/// `--cflags` in every call.
///
/// For `main.c`, the compiler script calls GCC, which must find `here.h`. For all other files, the
/// compiler script checks that `here.h` exists, and removes the words of `--cflags`, so that the
/// files can come from the cache.
fn flags_from_here(port: &Port) {
    const BODY: &str = r#"
case $* in */standalone/main.c*-c) exec gcc "$@" ;; esac
[ -f include/here.h ] || { echo "error: include/here.h does not exist in $PWD"; exit 1; } >&2
left=$#
for word; do
    shift
    case $word in -Iinclude|-include|here.h) ;; *) set -- "$@" "$word" ;; esac
done
[ $((left - $#)) = 3 ] || { echo "error: the flags are not in the call"; exit 1; } >&2
"#;
    let include = port.directory.with_extension("tools").join("include");
    fs::create_dir_all(&include).expect("the directory for tests can be written");
    fs::write(include.join("here.h"), "#define HERE 1\n")
        .expect("the directory for tests can be written");
    let cc = port.script("cc", &format!("{BODY}exec {} \"$@\"", port.gcc()));
    let flags = ["--cflags", "-Iinclude -include here.h", "--format", "json"];
    let mut command = port.command(&cc, &flags);
    // With `--target`, the command compares the results with the platform table's entry for that
    // target.
    command.args(["--target", "x86_64-unknown-linux-musl"]);
    command.current_dir(include.parent().expect("the path has a parent"));
    let assert = command.assert().code(0);
    let report = serde_json::from_slice(&assert.get_output().stdout);
    assert_eq!(Report(report.expect("the text is JSON")).disagreements(), ["ucontext"]);
}

fn baseline(port: &Port) {
    let old = port.directory.with_extension("json");
    let file = old.to_str().expect("the path is UTF-8");
    let cc = port.gcc_with(&["getauxval"], None);
    let said = |status| {
        let assert = port.run(&cc, &["--baseline", file]).code(status);
        let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
        let (_, changes) = text.split_once("\nscore: ").expect("the report ends with a score");
        let lines = changes.lines().skip(2).map(|line| line.trim().to_owned());
        lines.collect::<Vec<_>>()
    };
    port.run(&cc, &["-o", &format!("json={file}")]).code(0);
    // A capability that was already missing in the baseline does not count as changed.
    assert_eq!(said(0), ["0 worse, 0 fixed, 0 gone, 0 new, 0 changed"]);

    let text = fs::read_to_string(&old).expect("the command wrote the report");
    let mut report: Value = serde_json::from_str(&text).expect("the text is JSON");
    let mut set = |list: &str, name: &str, field: &str, value: &str| {
        let entries = report[list].as_array_mut().expect("the field is a list");
        let entry = entries.iter_mut().find(|entry| entry["name"] == name);
        entry.expect("the entry is in the report")[field] = value.into();
    };
    set("probes", "getauxval", "state", "present");
    set("probes", "timer", "state", "runs_wrong");
    set("probes", "clock", "name", "gone_clock");
    set("cases", "segv_in_c", "verdict", "fail");
    // The compiler hides getauxval, so the values are measured one by one.
    let values = &report["values"];
    assert_eq!(values["AT_MINSIGSTKSZ"], Value::Null);
    assert!(values["page-size"].as_u64().is_some_and(u64::is_power_of_two));
    assert_eq!(values["sizeof(pthread_mutex_t)"], size_of::<libc::pthread_mutex_t>());
    report["values"]["sizeof(jmp_buf)"] = 1.into();
    fs::write(&old, report.to_string()).expect("the directory for tests can be written");
    let told = said(1);
    let tells =
        |words: &[&str]| told.iter().any(|line| words.iter().all(|word| line.contains(word)));
    let missing = "undefined: __wrap_getauxval";
    assert!(tells(&["worse", "capability getauxval: does not link", missing, "before: present"]));
    assert!(tells(&["worse", "capability gone_clock: not probed; before: present"]));
    assert!(tells(&["fixed", "capability timer: present; before: runs wrong"]));
    assert!(tells(&["fixed", "segv_in_c  PASS"]));
    assert!(tells(&["new", "capability clock: present"]));
    assert!(tells(&["changed", "value sizeof(jmp_buf): ", "; before: 1"]));
    assert_eq!(
        told.last().expect("the report lists changes"),
        "2 worse, 2 fixed, 0 gone, 1 new, 1 changed",
        "{told:#?}"
    );
}

/// Checks that the crate that `port` writes does not compile because of three wrong types and of no
/// other type, so that all other types agree with the crate `libc`.
fn layout(port: &Port) {
    let folder = port.directory.with_extension("tools");
    fs::create_dir_all(&folder).expect("the directory for tests can be written");
    let header = folder.join("wrong.h");
    let wrong = "#define _GNU_SOURCE\n#include <dirent.h>\n#include <pthread.h>\n#include <semaphore.h>\n\
        #include <sys/stat.h>\n\
        typedef struct { pthread_mutex_t mutex; long extra; } larger_mutex;\n\
        struct moved_name { ino_t d_ino; off_t d_off; unsigned short d_reclen; unsigned char d_type;\n\
                            char unused, d_name[256]; };\n\
        #define pthread_mutex_t larger_mutex\n#define dirent moved_name\n\
        #define sem_t no_such_type\n";
    fs::write(&header, wrong).expect("the directory for tests can be written");
    let cc = port.script(
        "cc",
        &format!(
            "case \"$*\" in *csrc/values/layout*.c*) exec gcc -include {} \"$@\" ;; esac\n\
             exec {} \"$@\"",
            header.display(),
            port.gcc()
        ),
    );
    let assert = port.run(&cc, &[]).code(0);
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    let words = "sizes and offsets of types with the crate libc: ";
    let command = text.lines().find_map(|line| Some(line.split_once(words)?.1));
    let command = command.expect("the report has the command");
    // The computer may have no internet access, so Cargo takes the version of the crate `libc` that
    // this package was built with.
    let mut sh = Command::new("sh");
    sh.args(["-c", &format!("{command} --offline --color never")]).current_dir("/");
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
        sh.env_remove(name);
    }
    let assert = sh.env("CARGO_TARGET_DIR", folder.join("target")).assert().code(101);
    let errors = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    let number = |line: &str| line.rsplit_once(' ')?.1.parse::<usize>().ok();
    let named = errors
        .lines()
        .filter_map(|line| Some(line.split_once(" | const ")?.1.split_once(':')?.0.to_owned()));
    let sizes = errors.lines().filter(|line| line.contains("expected an array with a size of "));
    let found: Vec<_> = named.zip(sizes.map(number)).collect();
    let mutex = size_of::<libc::pthread_mutex_t>();
    let expected = [
        ("sizeof_pthread_mutex_t", mutex),
        ("offsetof_dirent_d_name", std::mem::offset_of!(libc::dirent, d_name)),
    ];
    assert_eq!(found, expected.map(|(name, size)| (name.to_owned(), Some(size))), "{errors}");
    assert!(
        errors.contains(&format!("expected an array with a size of {}", mutex + 8)),
        "{errors}"
    );
    let source = fs::read_to_string(port.directory.join("libc-crate/src/lib.rs"));
    let source = source.expect("the command wrote the crate");
    assert!(source.contains("// The C library has no sizeof(sem_t).\n"), "{source}");
    assert!(source.lines().filter(|line| line.starts_with("const ")).count() > 400, "{source}");
}

fn bad_baselines(port: &Port) {
    let folder = port.directory.with_extension("tools");
    fs::create_dir_all(&folder).expect("the directory for tests can be written");
    for (name, content, cause) in [
        ("absent", None, "No such file"),
        ("garbage", Some("<html>"), "the content is not a report"),
        ("other", Some(r#"{"schema": 2}"#), "the content is not a report: missing field `tool`"),
        (
            "newer",
            Some(r#"{"schema": 3, "rows": []}"#),
            "the report has schema 3, but this command reads schemas 1 and 2",
        ),
    ] {
        let path = folder.join(name).with_extension("json");
        if let Some(content) = content {
            fs::write(&path, content).expect("the directory for tests can be written");
        }
        // The command reads the baseline before it builds anything, so the compiler need not exist.
        let path = path.to_str().expect("the path is UTF-8");
        port.refused("/no/such/cc", &["--baseline", path], cause);
    }
}

/// Checks that a case runs if its C code does not need the file `standalone/observe.c`, which does
/// not link without `strerror`.
fn shared_file(port: &Port) {
    let cases = ["abort", "exit", "segv"];
    let report = port.report(&port.gcc_with(&["strerror"], None), &cases, 4);
    for (name, verdict) in [("abort_in_c", "pass"), ("segv_in_c", "pass")] {
        assert_eq!(report.verdict(name).0, verdict, "{name}");
    }
    let (verdict, reason) = report.verdict("atexit_in_atexit");
    assert_eq!(verdict, "unresolved");
    assert!(reason.contains("__wrap_strerror"), "{reason}");
}

fn table(port: &Port) {
    // The platform table has only capabilities, so the probes of the capabilities are enough.
    let probes: Vec<_> =
        stubs::probes().into_keys().map(|(_, file)| file.replace('_', "-")).collect();
    let capabilities = Capability::ALL.iter().map(Capability::name);
    let capabilities: Vec<_> =
        capabilities.filter(|name| probes.iter().any(|probe| probe == name)).collect();
    let report = |flags: &[&str]| {
        port.report(&port.gcc(), &[flags, &["--exact"], &capabilities].concat(), 0)
    };
    let path = port.directory.with_extension("table");
    let file = path.to_str().expect("the path is UTF-8").to_owned();
    fs::write(&path, "ucontext: my libc has no getcontext\n\naltstack: present\n")
        .expect("the directory for tests can be written");
    let answered = report(&["--table", &file]);
    assert_eq!(answered.disagreements(), ["ucontext"]);
    let says = &answered.find("probes", "ucontext")["table"]["missing"];
    assert_eq!(says, "my libc has no getcontext");
    // The answers replace the platform table also if the compiler's target is another.
    fs::write(&path, "ucontext: present\n").expect("the directory for tests can be written");
    let other = ["--target", "x86_64-unknown-linux-musl"];
    let both = [&["--table", &file], &other[..]].concat();
    assert_eq!(report(&both).disagreements(), [""; 0]);
    assert_eq!(report(&other).disagreements(), ["ucontext"]);
}

fn bad_tables(port: &Port) {
    let path = port.directory.with_extension("table");
    let file = path.to_str().expect("the path is UTF-8");
    port.refused("true", &["--table", file], "No such file");
    for (content, cause) in [
        ("altstack: present\nucontxt: present\n", "line 2: `ucontxt: present` has not the form"),
        ("ucontext present\n", "line 1: `ucontext present` has not the form"),
    ] {
        fs::write(&path, content).expect("the directory for tests can be written");
        port.refused("true", &["--table", file], cause);
    }
}

/// Code of a function `swapcontext` that crashes.
const CRASHES: &str = "#include <ucontext.h>\n\
    int __wrap_swapcontext(ucontext_t *from, const ucontext_t *to)\n\
    { (void)from; (void)to; *(volatile int *)16 = 1; return 0; }\n";

impl Port {
    /// Returns the content of the log with this name.
    fn log(&self, name: &str) -> String {
        let path = self.directory.join("logs").join(name).with_extension("log");
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

/// Checks that the log of a probe and of a case is a shell script that repeats all commands, and
/// contains all that the commands printed.
fn logs(port: &Port) {
    let cc = port.gcc_with(&["getauxval"], None);
    port.report(&cc, &["--exact", "clock", "getauxval", "segv_in_c"], 0);
    let repeat = |name: &str| {
        let path = port.directory.join("logs").join(name).with_extension("log");
        let output = Command::new("sh").arg(path).current_dir("/").output().expect("sh starts");
        (
            output.status,
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        )
    };

    let clock = port.log("probe-clock");
    assert!(
        clock.contains("-DPROBE_TRACE=0") && clock.contains("#   held (csrc/probe/time/clock.c:"),
        "{clock}"
    );
    assert_eq!(clock.matches("# exited with status 0 after ").count(), 3, "{clock}");
    assert!(clock.ends_with("\n# further runs with the same result: 1\n"), "{clock}");
    let (status, printed) = repeat("probe-clock");
    assert!(status.success(), "{printed}");
    assert_eq!(printed.matches("held (").count(), 1, "{printed}");

    let getauxval = port.log("probe-getauxval");
    for line in
        ["undefined reference to `__wrap_getauxval'\n", "#   collect2: error: ld returned 1"]
    {
        assert!(getauxval.contains(line), "{line} is not in {getauxval}");
    }
    let (status, printed) = repeat("probe-getauxval");
    assert!(!status.success() && printed.contains("__wrap_getauxval"), "{printed}");

    let case = port.log("case-segv_in_c");
    let ended =
        "testprog.exe segv_in_c\n# stderr:\n#   about to write to address 0\n# died of SIGSEGV";
    assert!(case.contains("segv_in_c.c -DHAVE_") && case.contains(ended), "{case}");
    let (status, printed) = repeat("case-segv_in_c");
    assert!(status.code() == Some(139) || status.code().is_none(), "{status}");
    assert!(printed.contains("about to write to address 0"), "{printed}");
}

/// Checks that the log already contains the compiler's command while the compiler runs, and that an
/// interrupted command is in the log with what it has printed.
fn interrupted(port: &Port) {
    let tools = port.directory.with_extension("tools");
    fs::create_dir_all(&tools).expect("the directory for tests can be written");
    let begun = tools.join("begun");
    Command::new("mkfifo").arg(&begun).assert().code(0);
    let gcc = port.gcc();
    let cc = port.script(
        "cc",
        &format!(
            "case \"$*\" in *probe/system/getauxval.c*) echo 'so far' >&2; echo >{}; exec sleep 1000 ;; esac\n\
             exec {gcc} \"$@\"",
            begun.display()
        ),
    );
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
    command.args(["port", "--cc", &cc, "--dir"]).arg(&port.directory).arg("getauxval");
    let mut running = command.stdout(std::process::Stdio::null()).spawn().expect("it starts");
    // The read returns when the compiler has started and has written to the FIFO.
    fs::read(&begun).expect("the FIFO can be read");
    let log = port.log("probe-getauxval");
    let last = log.lines().last().expect("the log has a line");
    assert!(last.contains("probe/system/getauxval.c -DPROBE_TRACE=0 -c"), "{log}");

    Command::new("kill").args(["-TERM", &running.id().to_string()]).assert().code(0);
    assert_eq!(running.wait().expect("the command ends").code(), Some(143));
    let log = port.log("probe-getauxval");
    let ended = "-c\n# stderr:\n#   so far\n# died of SIGTERM after ";
    assert!(log.contains(ended), "{log}");
}

/// Runs each command that a report prints after `rerun:`, in another directory, and compares the
/// outcome with the report. The port has a runner command with arguments, a directory whose name
/// needs quotes, a relative path in its flags, and an environment variable that the runner command
/// needs.
fn reruns(port: &Port) {
    let port = Port { directory: port.directory.join("it's here") };
    let tools = port.directory.with_extension("tools");
    fs::create_dir_all(tools.join("include")).expect("the directory for tests can be written");
    fs::write(tools.join("include/here.h"), "#define HERE 1\n")
        .expect("the directory for tests can be written");
    let code = format!(
        "{CRASHES}#include <time.h>\n\
         int __wrap_clock_gettime(clockid_t clock, struct timespec *time)\n\
         {{ (void)clock; time->tv_sec = 0; time->tv_nsec = 0; return 0; }}\n"
    );
    with_lie(&port, "swapcontext", &code);
    let wrappers = tools.join("lie.o");
    let wrapped = ["swapcontext", "clock_gettime", "getauxval", "pthread_key_create"];
    let gcc = port.gcc_with(&wrapped, Some(&wrappers));
    let cc = port.script(
        "c c",
        &format!(
            "[ -f include/here.h ] || {{ echo \"error: here.h does not exist in $PWD\"; exit 1; }} >&2\n\
             case $* in *time/timer.c*) echo 'timer.c:1: error: refused' >&2; exit 1 ;; esac\n\
             exec {gcc} \"$@\""
        ),
    );
    let runner = port.script(
        "run it",
        "[ \"$1\" = 'a word' ] && [ \"$QEMU_NEEDED\" = \"it's set\" ] || exit 99\nshift; exec \"$@\"",
    );
    let (cc, runner) = (shell_words::join([&*cc]), shell_words::join([&*runner, "a word"]));
    let filters =
        ["--exact", "clock", "ucontext", "getauxval", "timer", "segv_in_c", "drop_machine"];
    let mut command = port.command(&cc, &["--runner", &runner, "--cflags", "-Iinclude"]);
    let human = port.directory.with_extension("txt");
    command
        .args(filters)
        .args(["--format", "json", "-o"])
        .arg(format!("human={}", human.display()));
    command.current_dir(&tools).env("QEMU_NEEDED", "it's set");
    // A case that could not be built makes the status 4.
    let assert = command.assert().code(4);
    let report =
        Report(serde_json::from_slice(&assert.get_output().stdout).expect("the text is JSON"));
    let human = fs::read_to_string(human).expect("the report was written");
    let repeat = |entry: &Value| {
        let rerun = entry["rerun"].as_str().expect("the entry has a command");
        assert!(human.contains(rerun), "{rerun} is not in {human}");
        let output = Command::new("sh")
            .args(["-c", rerun])
            .current_dir("/")
            .env("QEMU_NEEDED", "it's set")
            .output()
            .expect("sh starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };

    let timer = report.find("probes", "timer");
    assert_eq!(
        (&timer["state"], repeat(timer)),
        (&"not_declared".into(), (Some(1), "timer.c:1: error: refused\n".into()))
    );
    let getauxval = report.find("probes", "getauxval");
    assert_eq!(getauxval["reason"], "undefined: __wrap_getauxval");
    let (status, stderr) = repeat(getauxval);
    assert!(
        status == Some(1) && stderr.contains("undefined reference to `__wrap_getauxval'"),
        "{stderr}"
    );
    let clock = report.find("probes", "clock");
    let (status, stderr) = repeat(clock);
    // The shell adds a line about the signal.
    let said = |stderr: &str| stderr.lines().next().unwrap_or_default().to_owned();
    assert_eq!(clock["reason"], said(&stderr), "the reason is the failed check");
    assert_eq!(status, Some(134), "the probe aborts");
    let ucontext = report.find("probes", "ucontext");
    assert!(ucontext["reason"].as_str().is_some_and(|it| it.starts_with("died of SIGSEGV")));
    assert_eq!(repeat(ucontext).0, Some(139), "the probe dies of SIGSEGV");
    // The C code of this case does not link, so the command repeats the link of the case.
    let (verdict, reason) = report.verdict("drop_machine");
    assert_eq!((verdict, reason), ("unresolved", "undefined: __wrap_pthread_key_create"));
    let (status, stderr) = repeat(report.find("cases", "drop_machine"));
    assert!(status == Some(1) && stderr.contains("__wrap_pthread_key_create"), "{stderr}");
    let case = report.find("cases", "segv_in_c");
    assert_eq!(case["verdict"], "pass");
    let rerun = case["rerun"].as_str().expect("the case has a command");
    let output = Command::new("sh").args(["-c", rerun]).env("QEMU_NEEDED", "it's set").output();
    let output = output.expect("sh starts");
    assert_eq!(output.status.code(), Some(139));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(case["stderr"], format!("{}\n", said(&stderr)));
}

fn filters(port: &Port) {
    let names = |report: &Report, field: &str| {
        let entries = report.list(field).iter();
        entries.map(|it| it["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    let chosen = |arguments: &[&str]| {
        let report = port.report(&port.gcc(), arguments, 0);
        // The list of probes is absent if no probe was chosen.
        let probes = report.0["probes"].as_array().map(|_| names(&report, "probes"));
        (probes.unwrap_or_default(), names(&report, "cases"))
    };
    let none = Vec::<String>::new;
    assert_eq!(chosen(&["--exact", "clock"]), (vec!["clock".to_owned()], none()));
    assert_eq!(
        chosen(&["time::", "--skip", "timer"]),
        (vec!["clock".to_owned()], none()),
        "the name of an area"
    );
    assert_eq!(chosen(&["ucontext-ma"]), (vec!["ucontext-mask".to_owned()], none()));
    assert_eq!(chosen(&["--exact", "segv_in_c"]), (none(), vec!["segv_in_c".to_owned()]));
    let (probes, cases) = chosen(&["--exact", "clock", "segv_in_c"]);
    assert_eq!((probes, cases), (vec!["clock".to_owned()], vec!["segv_in_c".to_owned()]));

    for (arguments, cause) in [
        (vec!["--exact", "clock", "clo"], "failed to find `clo`: none of "),
        (vec!["no-such-name"], "failed to find `no-such-name`: none of "),
        (
            vec!["clock", "--skip", "clock"],
            "failed to find a probe or a case: `--skip` leaves none of ",
        ),
    ] {
        let assert = port.run(&port.gcc(), &arguments).code(3).stdout("");
        let text = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(text.starts_with(cause) && text.lines().count() == 1, "{text}");
    }

    // A probe that the filter leaves out still decides whether a case can run, and whether a failed
    // probe counts.
    let cc = port.gcc_with(&["swapcontext", "pthread_join"], None);
    let report = port.report(&cc, &["--exact", "stack_switch_callback", "thread"], 0);
    let (verdict, reason) = report.verdict("stack_switch_callback");
    assert!(verdict == "unsupported" && reason.starts_with("ucontext: does not link"), "{reason}");
    let report = port.report(&cc, &["--exact", "thread-key"], 0);
    assert_eq!(report.lacks(), [("thread-key", "not_asked")]);
    let probe = report.find("probes", "thread-key");
    assert_eq!(probe["reason"], "needs thread, which does not link");
    assert_eq!(probe["rerun"], Value::Null, "the command would repeat the failure of the helper");

    // What the filter leaves out is not missing in comparison with a baseline.
    let old = port.directory.with_extension("json");
    let file = old.to_str().expect("the path is UTF-8");
    let both = ["--exact", "clock", "timer", "segv_in_c", "abort_in_c"];
    port.report(&port.gcc(), &[&both[..], &["-o", &format!("json={file}")]].concat(), 0);
    let assert = port.run(&port.gcc(), &["--exact", "clock", "segv_in_c", "--baseline", file]);
    assert.code(0).stdout(predicates::str::contains("0 worse, 0 fixed, 0 gone, 0 new, 0 changed"));
}

fn evidence(port: &Port) {
    let cc = with_lie(port, "swapcontext", CRASHES);
    let temporary = port.directory.with_extension("tmp");
    fs::create_dir_all(&temporary).expect("the directory for tests can be written");
    let flags = ["--debugger", "gdb", "--core", "keep", "--keep", "--format", "json"];
    let mut command = port.command(&cc, &flags);
    command.args(["--exact", "ucontext", "clock", "segv_in_c"]).env("TMPDIR", &temporary);
    let assert = command.assert().code(0);
    let report =
        Report(serde_json::from_slice(&assert.get_output().stdout).expect("the text is JSON"));
    let evidence = report.find("probes", "ucontext")["evidence"].as_str().expect("a text");
    for words in ["  fault:    SEGV_MAPERR at 0x10\n", "in __wrap_swapcontext", "in main ("] {
        assert!(evidence.contains(words), "{words} is not in {evidence}");
    }
    let line = |name: &str| evidence.lines().find_map(|line| line.trim().strip_prefix(name));
    let core = Path::new(line("core:").expect("the evidence has a core file").trim());
    assert!(core.is_file(), "{}", core.display());
    assert!(line("kept:").is_some(), "{evidence}");
    assert_eq!(report.find("probes", "clock")["evidence"], Value::Null);
    // The failed probe ran twice, and the report names every core file that is left.
    let left = fs::read_dir(&temporary).expect("the directory is there").filter_map(Result::ok);
    let left: Vec<_> = left.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    assert_eq!(left, [core.to_owned()]);

    let cause = "failed to use `--debugger` with `--runner env`: a debugger cannot examine";
    for name in ["gdb", "auto"] {
        port.refused(&cc, &["--debugger", name, "--runner", "env"], cause);
    }
}

/// Checks that the compiler of these tests makes a file again if a header was changed, although the
/// compiler's arguments and the C file are the same.
fn changed_header(port: &Port) {
    let (cc, folder) = (port.gcc(), &port.directory);
    fs::create_dir_all(folder).expect("the directory for tests can be written");
    let write = |name: &str, text: &str| {
        fs::write(folder.join(name), text).expect("the directory for tests can be written");
    };
    write("main.c", "#include \"value.h\"\nint main(void) { return VALUE; }\n");
    for value in [1, 1, 2, 1] {
        write("value.h", &format!("#define VALUE {value}\n"));
        let here = folder.display();
        let build = format!(
            "rm -f '{here}/main.o' '{here}/main.exe'\n\
             {cc} -o '{here}/main.o' '{here}/main.c' -c && {cc} '{here}/main.o' -o '{here}/main.exe'"
        );
        Command::new("sh").args(["-c", &build]).assert().code(0);
        Command::new(folder.join("main.exe")).assert().code(value);
    }
}
