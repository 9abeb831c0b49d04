//! Tests `cargo testprog matrix`. Most matrix configurations in these tests run shell scripts as
//! children. The configurations whose child Cargo builds use a small package without dependencies.

use std::fs;
use std::path::PathBuf;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use libtest_mimic::Trial;
use predicates::str::{contains, is_empty};
use serde_json::Value;

use crate::script::{command, refused};
use crate::trial::scratch::{executable, scratch};

pub(crate) fn trials() -> Vec<Trial> {
    crate::test_functions::trials![
        rows_run_one_after_another_into_one_report,
        what_is_wrong_with_the_file_is_told_by_line_and_key,
        the_file_is_named_or_found,
        a_row_is_chosen_by_a_part_of_its_name,
        a_row_that_lacks_a_tool_says_what_installs_it_and_the_others_run,
        the_commands_that_install_tools_are_printed_once,
        a_row_that_does_not_run_gives_the_same_status_with_other_rows_as_alone,
        a_target_without_its_standard_library_is_not_run,
        a_missing_compiler_or_emulator_is_installed_by_its_package,
        a_row_that_cannot_be_run_fails_alone,
        a_case_that_fails_outweighs_a_row_that_does,
        a_row_may_be_a_command_that_brings_a_report,
        a_row_may_expect_failures,
        a_row_may_be_a_manifest,
        a_row_that_does_not_build_fails_alone,
        a_row_without_a_program_names_the_keys_of_a_program,
        a_row_is_built_as_it_says,
        shards_of_a_matrix_join_again,
        a_report_that_cannot_be_written_is_told_of,
    ]
}

/// Directory with a `matrix.toml` and with a child `ok`, whose only case passes.
struct Place(PathBuf);

impl Place {
    fn new(name: &str, rows: &str) -> Self {
        let path = scratch(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        let place = Self(path);
        place.write("matrix.toml", rows);
        place.script("ok", "[ \"$1\" = --list ] && exec printf 'testprog 1\\na\\n'\necho OK");
        place
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    fn script(&self, name: &str, body: &str) {
        executable(&self.0.join(name), format!("#!/bin/sh\n{body}\n").as_bytes());
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command();
        command.current_dir(&self.0).arg("matrix").args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Assert {
        self.command(arguments).assert()
    }

    /// Returns the state of each configuration (`[[row]]`), and the reason if the configuration has
    /// no report.
    fn states(&self, arguments: &[&str], status: i32) -> Vec<(String, String)> {
        states(&self.json(arguments, status))
    }

    fn json(&self, arguments: &[&str], status: i32) -> Value {
        let assert = self.run(&[&["--format", "json"], arguments].concat()).code(status);
        serde_json::from_slice(&assert.get_output().stdout).unwrap()
    }
}

fn states(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = report["rows"].as_array().unwrap();
    rows.iter().map(|row| (text(&row["state"]), text(&row["reason"]))).collect()
}

fn rows_run_one_after_another_into_one_report() {
    let place =
        Place::new("rows", "[[row]]\nname = \"one\"\nprog = \"ok\"\n[[row]]\nprog = \"ok\"\n");
    let report = place.json(&[], 0);
    assert_eq!(report["kind"], "matrix");
    assert_eq!(report["rows"][0]["name"], "one");
    assert_eq!(report["rows"][1]["name"], "ok");
    assert_eq!(report["rows"][1]["report"]["cases"][0]["verdict"], "pass");
    // The command prints progress on standard error.
    place.run(&["one"]).stderr(contains("[1/1] one\n    1 pass in "));
}

fn what_is_wrong_with_the_file_is_told_by_line_and_key() {
    for (text, cause) in [
        ("[[row]]\nprog = ok\n", "`matrix.toml`: line 2: "),
        ("[[row]]\nprog = 5\n", "line 2: `prog`: invalid type: integer `5`, expected path string"),
        (
            "[[row]]\ntarget = \"t\"\n\n[[row]]\ntriple = \"t\"\n",
            "line 5: `triple`: unknown field `triple`, expected one of `name`, ",
        ),
        (
            "[[row]]\n[row.env]\nCC = 1\n",
            "line 3: `env.CC`: invalid type: integer `1`, expected a string",
        ),
        ("[[row]]\nprog = \"ok\"\ndeadline = \"5\"\n", "line 3: `deadline`: "),
        ("[[row]]\nprog = \"ok\"\nrunner = \"'\"\n", "line 3: `runner`: "),
        ("[[row]]\nprog = \"ok\"\nrunner = \"\"\n", "line 3: `runner`: the command is empty"),
        (
            "[[row]]\nmay-lack = [\n  \"ucontext\",\n  1,\n]\n",
            "line 4: `may-lack[1]`: invalid type",
        ),
        (
            "[[row]]\npanic = \"loud\"\n",
            "line 2: `panic`: unknown variant `loud`, expected `unwind` or `abort`",
        ),
        (
            "[[row]]\nprog = \"ok\"\nfeatures = \"x\"\n",
            "line 3: `features`: a row with `prog` cannot have this key",
        ),
        (
            "[[row]]\nprog = \"ok\"\ntarget = \"t\"\n",
            "line 3: `target`: a row with `prog` cannot have this key",
        ),
        (
            "[[row]]\ncc = \"cc\"\nmay-lack = []\n",
            "line 3: `may-lack`: a row with `cc` cannot have this key",
        ),
        (
            "[[row]]\nbin = \"a\"\ntest = \"b\"\n",
            "line 3: `test`: a row cannot have both `test` and `bin`",
        ),
        (
            "[[row]]\nname = \"a\"\n\n[[row]]\nname = \"a\"\n",
            "line 5: `name`: the row of line 2 already has the name `a`",
        ),
        (
            "[[row]]\ntarget = \"a\"\n\n[[row]]\ntarget = \"a\"\n",
            "line 4: `name`: the row of line 1 already has the name `a`",
        ),
        ("[[row]]\nprog = \"a\"\nprog = \"b\"\n", "line 3: duplicate key"),
        (
            "rows = []\n",
            "line 1: `rows`: unknown key; a matrix file can have `install`, `[defaults]` and `[[row]]`",
        ),
        ("[row]\nprog = \"ok\"\n", "line 1: `row`: expected `[[row]]`, with two brackets"),
        ("row = [1]\n", "line 1: `row`: expected a table"),
        ("defaults = 1\n[[row]]\n", "line 1: `defaults`: expected a table"),
        (
            "[defaults]\nname = \"a\"\n[[row]]\n",
            "line 2: `name`: `[defaults]` cannot have this key",
        ),
        (
            "[defaults]\nprog = \"ok\"\n[[row]]\n",
            "line 2: `prog`: `[defaults]` cannot have this key",
        ),
        ("[defaults]\nbin = 1\n[[row]]\n", "line 2: `bin`: invalid type: integer `1`"),
        ("install = 1\n[[row]]\n", "line 1: `install`: expected a string"),
        ("", "line 1: the file has no [[row]]"),
    ] {
        let place = Place::new("wrong", text);
        refused(place.run(&[]), 2, cause);
    }
    let place = Place::new("wrong-bytes", "");
    fs::write(place.0.join("matrix.toml"), b"\xff").unwrap();
    refused(place.run(&[]), 2, "failed to read `matrix.toml`: stream did not contain valid UTF-8");
}

fn the_file_is_named_or_found() {
    let place = Place::new("found", "[[row]]\nprog = \"ok\"\n");
    assert_eq!(place.states(&["matrix.toml", "ok"], 0).len(), 1);
    refused(place.run(&["other.toml"]), 2, "failed to read `other.toml`: No such file");
    fs::create_dir_all(place.0.join(".ci")).unwrap();
    fs::rename(place.0.join("matrix.toml"), place.0.join(".ci/matrix.toml")).unwrap();
    assert_eq!(place.states(&[], 0).len(), 1);
    fs::remove_file(place.0.join(".ci/matrix.toml")).unwrap();
    refused(
        place.run(&[]),
        2,
        "failed to find `matrix.toml` or `.ci/matrix.toml`: neither file exists",
    );
}

fn a_row_is_chosen_by_a_part_of_its_name() {
    let rows = ["musl one", "musl two", "gnu"]
        .map(|name| format!("[[row]]\nname = \"{name}\"\nprog = \"ok\"\n"));
    let place = Place::new("chosen", &rows.concat());
    assert_eq!(place.states(&["musl"], 0).len(), 2);
    assert_eq!(place.states(&["two", "gnu"], 0).len(), 2);
    refused(
        place.run(&["gnu", "glibc"]),
        2,
        "failed to find `glibc`: no row of `matrix.toml` has a name that contains it; the rows are `musl one`, `musl two`, `gnu`",
    );
}

fn a_row_that_lacks_a_tool_says_what_installs_it_and_the_others_run() {
    let place = Place::new(
        "lacks",
        r#"
        install = "pkg add"
        [[row]]
        name = "tools"
        prog = "ok"
        needs = { no-such-a = "b-package", no-such-b = "a-package", no-such-c = "pip install c", sh = "no" }
        [[row]]
        name = "unknown"
        prog = "ok"
        needs = { no-such-a = "" }
        [[row]]
        prog = "ok"
        "#,
    );
    let lacking = [
        ("not_run".to_owned(), "pkg add a-package b-package && pip install c".to_owned()),
        ("not_run".to_owned(), "failed to find `no-such-a`".to_owned()),
        ("ran".to_owned(), String::new()),
    ];
    // A configuration that lacks a tool makes the exit status 4, unless the configuration sets
    // `allow-missing-tools`.
    assert_eq!(place.states(&[], 4), lacking);
    place.run(&[]).code(4).stderr(contains("failed to run 2 of 3 rows: "));
    let rows = fs::read_to_string(place.0.join("matrix.toml")).unwrap();
    let rows = rows.replace("prog = \"ok\"", "prog = \"ok\"\nallow-missing-tools = true");
    place.write("matrix.toml", &rows);
    assert_eq!(place.states(&[], 0), lacking);
    // If no configuration ran and no configuration was required to run, the exit status is 3.
    place.run(&["tools", "unknown"]).code(3);
}

fn the_commands_that_install_tools_are_printed_once() {
    let place = Place::new(
        "install",
        r#"
        install = "pkg add"
        [[row]]
        name = "a"
        prog = "ok"
        needs = { no-such-a = "b-package", "./no-such-b.h" = "a-package", sh = "no" }
        [[row]]
        name = "a b"
        prog = "ok"
        needs = { no-such-a = "b-package", no-such-c = "pip install c", "./matrix.toml" = "no" }
        [[row]]
        name = "c"
        prog = "ok"
        needs = { no-such-d = "" }
        "#,
    );
    place.run(&["--install", "a"]).code(0).stdout("pkg add a-package b-package\npip install c\n");
    place.run(&["--install", "a", "--exact"]).code(0).stdout("pkg add a-package b-package\n");
    place
        .run(&["--install", "c"])
        .code(4)
        .stdout("")
        .stderr("failed to find `no-such-d`: `matrix.toml` does not say how to install it\n");
    place.run(&["--exact", "b"]).code(2).stderr(
        "failed to find `b`: no row of `matrix.toml` has this name; the rows are `a`, `a b`, `c`\n",
    );
}

fn a_row_that_does_not_run_gives_the_same_status_with_other_rows_as_alone() {
    let place = Place::new(
        "no-row-runs",
        r#"
        [[row]]
        name = "lacks"
        prog = "ok"
        needs = { no-such-a = "a-package" }
        [[row]]
        name = "may lack"
        prog = "ok"
        needs = { no-such-a = "a-package" }
        allow-missing-tools = true
        [[row]]
        name = "broken"
        prog = "nowhere"
        [[row]]
        name = "runs"
        prog = "ok"
        "#,
    );
    // A configuration that lacks a tool makes the exit status 4, whether the configuration runs
    // alone or with others, so CI jobs for one and for all configurations agree.
    for words in [&["lacks"][..], &["runs", "lacks"], &["runs", "lacks", "--strict"]] {
        let assert =
            place.run(words).code(4).stdout(contains("not run: apt-get install a-package"));
        assert.stderr(contains("failed to run 1 of "));
    }
    // If no configuration ran and no configuration was required to run, the exit status is 3, not
    // 0.
    place.run(&["may lack"]).code(3);
    for (words, status) in [(&["runs", "may lack"][..], 0), (&["broken", "may lack"], 4)] {
        place.run(words).code(status);
    }
}

fn a_target_without_its_standard_library_is_not_run() {
    let place = Place::new(
        "std",
        r#"
        [[row]]
        target = "mips64el-unknown-linux-gnuabi64"
        [[row]]
        toolchain = "no-such-toolchain"
        "#,
    );
    place.script("rustup", "exit 1");
    let path = std::env::join_paths(
        [place.0.clone()]
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let assert = place.command(&["--format", "json"]).env("PATH", path.unwrap()).assert().code(4);
    let report: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    let reasons: Vec<_> = states(&report).into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(
        reasons,
        [
            "rustup target add mips64el-unknown-linux-gnuabi64",
            "rustup toolchain install no-such-toolchain"
        ]
    );
}

fn a_missing_compiler_or_emulator_is_installed_by_its_package() {
    let rows = r#"
        [[row]]
        name = "linker"
        linker = "no_such-linux-gnu-gcc"
        runner = "qemu-nosuch-static -L /nowhere"
        [[row]]
        name = "compiler"
        cc = "nosuch-linux-gnueabihf-gcc -static"
        [[row]]
        name = "named"
        cc = "nosuch-linux-gnueabihf-gcc"
        needs = { nosuch-linux-gnueabihf-gcc = "own-package" }
        "#;
    let place = Place::new("packages", rows);
    let missing = |packages: &str| ("not_run".to_owned(), packages.to_owned());
    assert_eq!(
        place.states(&[], 4),
        [
            missing("apt-get install gcc-no-such-linux-gnu qemu-user-static"),
            missing("apt-get install gcc-nosuch-linux-gnueabihf"),
            missing("apt-get install own-package"),
        ]
    );
    place
        .run(&["--install", "linker"])
        .code(0)
        .stdout("apt-get install gcc-no-such-linux-gnu qemu-user-static\n");
    // Other systems have other names of packages, so the row fails and names the compiler.
    let place = Place::new("packages-elsewhere", &format!("install = \"pkg add\"\n{rows}"));
    let (state, reason) = &place.states(&["compiler"], 4)[0];
    assert!(state == "failed" && reason.contains("nosuch-linux-gnueabihf-gcc"), "{reason}");
}

fn a_row_that_cannot_be_run_fails_alone() {
    let place = Place::new(
        "fails",
        r#"
        [[row]]
        name = "absent"
        prog = "nowhere"
        [[row]]
        name = "no runner"
        prog = "ok"
        runner = "no-such-emulator -x"
        [[row]]
        name = "no compiler"
        cc = "no-such-compiler -O2"
        [[row]]
        name = "runner dies"
        prog = "ok"
        runner = "./dies"
        [[row]]
        name = "lists nothing"
        prog = "empty"
        [[row]]
        name = "misspelt"
        prog = "ok"
        may-lack = ["ucontxt"]
        [[row]]
        prog = "ok"
        "#,
    );
    place.script("dies", "kill -SEGV $$");
    place.script("empty", "printf 'testprog 1\\n'");
    place.write(
        "matrix.toml",
        &fs::read_to_string(place.0.join("matrix.toml"))
            .unwrap()
            .replace("./dies", &place.0.join("dies").display().to_string()),
    );
    let states = place.states(&[], 4);
    for (row, cause) in states.iter().zip([
        "failed to start `nowhere`: No such file or directory",
        "failed to start `no-such-emulator`: No such file or directory",
        "the command exited with status 2 and printed no report; its last error line: failed to ",
        "--list died of SIGSEGV",
        "failed to list `empty`: the listing has no scenario",
        "failed to read `ucontxt`: no such capability",
    ]) {
        assert!(row.0 == "failed" && row.1.contains(cause), "{row:?}");
        assert_eq!(row.1.lines().count(), 1, "{row:?}");
    }
    assert_eq!(states[6].0, "ran");
}

fn a_case_that_fails_outweighs_a_row_that_does() {
    let place = Place::new(
        "outweighs",
        "[[row]]\nprog = \"nowhere\"\n[[row]]\nprog = \"bad\"\n[[row]]\nprog = \"ok\"\n",
    );
    place.script("bad", "[ \"$1\" = --list ] && exec printf 'testprog 1\\na\\n'\nexit 1");
    let ran = place.run(&[]).code(1).stderr(contains("1 fail in "));
    ran.stdout(contains(
        "2 bad:\n  FAIL  a  exited with status 1 (the scenario did not hold)\n    \
         expected: status 0 and the answer OK\n    rerun:    ./bad a\n",
    ));
    place.run(&["nowhere", "ok"]).code(4);
    place.run(&["ok"]).code(0);
}

fn a_row_may_be_a_command_that_brings_a_report() {
    let place = Place::new(
        "report",
        r#"
        [defaults]
        needs = { sh = "dash" }
        [[row]]
        name = "brought"
        report = "./bring one"
        env = { WORD = "two" }
        may-lack = ["ucontext"]
        xfail = ["a=fail/pass"]
        deadline = "5s"
        [[row]]
        name = "silent"
        report = "sh -c 'echo no luck >&2; exit 7'"
        [[row]]
        name = "garbage"
        report = "echo"
        [[row]]
        name = "absent"
        report = "no-such-command"
        [[row]]
        name = "hangs"
        report = "sh -c 'exec sleep 1000'"
        report-deadline = "200ms"
        [[row]]
        prog = "ok"
        "#,
    );
    let command = env!("CARGO_BIN_EXE_cargo-testprog");
    let body = format!(
        "[ $1 = one ] && [ $WORD = two ] || exit 9\nshift\necho \"$@\" >words\nexec {command} run --prog ok \"$@\""
    );
    place.script("bring", &body);
    let report = place.json(&["--jobs", "3"], 4);
    assert_eq!(report["rows"][0]["name"], "brought");
    assert_eq!(report["rows"][0]["report"]["cases"][0]["verdict"], "pass");
    let words = fs::read_to_string(place.0.join("words")).unwrap();
    assert_eq!(
        words,
        "--format json --may-lack=ucontext --xfail=a=fail/pass --deadline=5s --jobs=3\n"
    );
    let states = states(&report);
    for (row, cause) in states[1..].iter().zip([
        "failed to run `sh`: the command exited with status 7 and printed no report; its last error line: no luck",
        "failed to read the report of `echo`: the content is not a report: ",
        "failed to run `no-such-command`: ",
        "failed to run `sh`: the command did not end within 0.200 s",
    ]) {
        assert!(row.0 == "failed" && row.1.contains(cause), "{row:?}");
    }
    assert_eq!(states[5].0, "ran");
}

fn a_row_may_expect_failures() {
    let rows = r#"
        [defaults]
        xfail = ["a"]
        [[row]]
        name = "fails"
        prog = "fails"
        [[row]]
        name = "faulty"
        prog = "faulty"
        xfail = ["b=left"]
    "#;
    let place = Place::new("xfail", rows);
    place.script("fails", "[ \"$1\" = --list ] && exec printf 'testprog 1\\na\\n'\nexit 7");
    let listing =
        "testprog 1\\nb\\t-\\toneof good good ok | left known https://example.org/1 exits 3\\n";
    place.script("faulty", &format!("[ \"$1\" = --list ] && exec printf '{listing}'\nexit 3"));
    let verdicts = |report: &Value| {
        let rows = report["rows"].as_array().unwrap().iter();
        let verdict = |row: &Value| row["report"]["cases"][0]["verdict"].clone();
        rows.map(verdict).collect::<Vec<_>>()
    };
    assert_eq!(verdicts(&place.json(&["--strict"], 0)), ["xfail", "xfail"]);
    // A row whose case passes nevertheless fails, and so does a row that names no case.
    place.write("matrix.toml", &rows.replace("prog = \"fails\"", "prog = \"ok\""));
    assert_eq!(verdicts(&place.json(&["--strict"], 1)), ["xpass", "xfail"]);
    place.write("matrix.toml", &rows.replace("b=left", "c"));
    let states = place.states(&[], 4);
    assert_eq!(states[0].0, "ran");
    let cause = "failed to use `--xfail c`: no case has the name `c`";
    assert_eq!(states[1], ("failed".to_owned(), cause.to_owned()));
}

fn a_row_may_be_a_manifest() {
    // The deadline of the second row is long enough to run the first case on a busy computer.
    let place = Place::new(
        "manifest",
        r#"
        [[row]]
        manifest = "plain.toml"
        env = { SOURCE = "source" }
        may-lack = ["target"]
        [[row]]
        manifest = "plain.toml"
        target = "x86_64-pc-windows-gnu"
        runner = "FOLDER/run 'with a space'"
        env = { SOURCE = "source" }
        deadline = "5s"
        [[row]]
        name = "absent"
        manifest = "no-such.toml"
        "#,
    );
    let rows = fs::read_to_string(place.0.join("matrix.toml")).unwrap();
    // The runner command starts in the empty directory of a child, so its path is absolute.
    place.write("matrix.toml", &rows.replace("FOLDER", place.0.to_str().unwrap()));
    place.write("source", "#!/bin/sh\n[ \"$1\" != hangs ] || exec sleep 600\n");
    place.script(
        "run",
        "[ \"$1\" = 'with a space' ] || exit 9\nshift\necho \"$2\" >>\"$0.log\"\nexec \"$@\"",
    );
    let cases = r#"
        [program.plain]
        path = "plain"
        build = ["sh", "-c", "install -m 755 $SOURCE plain"]
        [[case]]
        name = "runs"
        args = []
        [[case]]
        name = "hangs"
        cfg = "cfg(windows)"
    "#;
    place.write("plain.toml", cases);
    let report = place.json(&[], 1);
    let verdicts = |row: usize| {
        let cases = report["rows"][row]["report"]["cases"].as_array().unwrap();
        cases.iter().map(|case| case["verdict"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(report["rows"][0]["name"], "plain");
    assert_eq!(verdicts(0), ["pass", "unsupported"]);
    assert_eq!(report["rows"][1]["name"], "plain x86_64-pc-windows-gnu");
    assert_eq!(report["rows"][1]["report"]["target"]["triple"], "x86_64-pc-windows-gnu");
    assert_eq!(verdicts(1), ["pass", "fail"]);
    // The runner command gets the path of the program and the arguments of the case.
    let mut ran: Vec<_> =
        fs::read_to_string(place.0.join("run.log")).unwrap().lines().map(str::to_owned).collect();
    ran.sort();
    assert_eq!(ran, ["", "hangs"]);
    let (state, reason) = &states(&report)[2];
    let cause = "failed to read `no-such.toml`: No such file or directory";
    assert!(state == "failed" && reason.starts_with(cause), "{reason}");
}

/// Returns a package with two binaries and no dependencies, which builds quickly.
fn package(name: &str, rows: &str) -> Place {
    let place = Place::new(name, rows);
    place.write(
        "Cargo.toml",
        "[package]\nname = \"tiny\"\nversion = \"0.0.0\"\nedition = \"2021\"\nbuild = \"build.rs\"\n\
         [[bin]]\nname = \"testprog\"\npath = \"main.rs\"\n[[bin]]\nname = \"broken\"\npath = \"broken.rs\"\n[workspace]\n",
    );
    place.write("broken.rs", "fn main() { nothing_of_that_name() }\n");
    place.write(
        "build.rs",
        "fn main() { if std::env::var_os(\"HANG\").is_some() { loop { std::thread::park() } } }\n",
    );
    place.write(
        "main.rs",
        "fn main() { match std::env::args().nth(1).as_deref() {\n\
         Some(\"--list\") => print!(\"testprog 1\\na\\n\"),\n\
         Some(\"--about\") => print!(\"testprog 1\\npanic: {}\\ncrt: {}\\n\", if cfg!(panic = \"abort\") { \"abort\" } else { \"unwind\" },\n\
         if cfg!(target_feature = \"crt-static\") { \"static\" } else { \"dynamic\" }),\n\
         _ => println!(\"OK\") } }\n",
    );
    place
}

/// Runs the matrix without the inherited environment variables that would change a build, such as
/// `RUSTFLAGS`.
fn build(place: &Place, arguments: &[&str], status: i32) -> Value {
    let mut command = place.command(&[&["--format", "json"], arguments].concat());
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_TARGET_DIR"] {
        command.env_remove(name);
    }
    let assert = command.assert().code(status);
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

fn a_row_that_does_not_build_fails_alone() {
    let place = package(
        "broken",
        r#"
        [[row]]
        name = "broken"
        bin = "broken"
        [[row]]
        name = "no linker"
        linker = "no-such-linker"
        [[row]]
        name = "absent"
        bin = "absent"
        [[row]]
        target = "x86_64-unknown-linux-gnuu"
        [[row]]
        name = "no library"
        env = { RUSTFLAGS = "-lno-such-library", CARGO_TARGET_DIR = "target/no-library" }
        [[row]]
        name = "hangs"
        env = { HANG = "1", CARGO_TARGET_DIR = "target/hangs" }
        build-deadline = "3s"
        [[row]]
        name = "builds"
        "#,
    );
    let report = build(&place, &[], 4);
    let states = states(&report);
    for (row, cause) in states.iter().zip([
        "failed to build `broken`: error[E0425]: cannot find function `nothing_of_that_name` in this scope",
        "failed to build the row's program: error: linker `no-such-linker` not found",
        "failed to build `absent`: error: no bin target named `absent`",
        // The words before the triple depend on the version of rustc.
        "specification for target \"x86_64-unknown-linux-gnuu\"",
        "-lno-such-library",
        "failed to build the row's program: cargo did not end within 3.000 s",
    ]) {
        assert!(row.0 == "failed" && row.1.contains(cause), "{row:?}");
        assert_eq!(row.1.lines().count(), 1, "{row:?}");
    }
    assert_eq!(states[6].0, "ran");
    assert_eq!(report["rows"][6]["report"]["cases"][0]["verdict"], "pass");
}

fn a_row_without_a_program_names_the_keys_of_a_program() {
    let place = package("no-program", "[[row]]\n[[row]]\nname = \"absent\"\nbin = \"absent\"");
    let manifest = fs::read_to_string(place.0.join("Cargo.toml")).unwrap();
    place.write("Cargo.toml", &manifest.replace("\"testprog\"", "\"other\""));
    let states = states(&build(&place, &[], 4));
    let hint = "; name the row's program with the key `test` or `bin`";
    assert!(states[0].1.starts_with("failed to find the row's program: no package here has "));
    assert!(states[0].1.ends_with(hint), "{states:?}");
    assert!(!states[1].1.contains(hint), "{states:?}");
}

fn a_row_is_built_as_it_says() {
    let place = package(
        "built",
        r#"
        [[row]]
        name = "plain"
        [[row]]
        name = "abort"
        panic = "abort"
        profile = "release"
        [[row]]
        name = "as it is"
        panic = "unwind"
        [[row]]
        name = "not as asked"
        panic = "unwind"
        env = { RUSTFLAGS = "-Cpanic=abort", CARGO_TARGET_DIR = "target/abort" }
        "#,
    );
    let report = build(&place, &[], 4);
    assert_eq!(report["rows"][0]["report"]["target"]["panic"], "unwind");
    assert_eq!(report["rows"][1]["report"]["target"]["panic"], "abort");
    assert!(place.0.join("target").read_dir().unwrap().count() > 0);
    assert_eq!(states(&report)[2].0, "ran");
    assert_eq!(
        states(&report)[3],
        (
            "failed".to_owned(),
            "the row says `panic = \"unwind\"`, but the child was built with `abort`".to_owned()
        )
    );
}

fn shards_of_a_matrix_join_again() {
    let place = Place::new("sharded", "[[row]]\nname = \"row\"\nprog = \"six\"\n");
    let names = "a1\\na2\\na3\\na4\\na5\\na6";
    place.script(
        "six",
        &format!("[ \"$1\" = --list ] && exec printf 'testprog 1\\n{names}\\n'\necho OK"),
    );
    for shard in ["1/2", "2/2"] {
        let output = format!("json={}.json", shard.replace('/', "-"));
        // The other shard is not missing here, because another run judges its cases.
        place.run(&["--shard", shard, "-o", &output]).code(0);
    }
    command().current_dir(&place.0).args(["merge", "1-2.json"]).assert().code(4);
    let merge = command()
        .current_dir(&place.0)
        .args(["merge", "--format", "json", "1-2.json", "2-2.json"])
        .assert();
    let report: Value = serde_json::from_slice(&merge.code(0).get_output().stdout).unwrap();
    assert_eq!(report["rows"][0]["report"]["cases"].as_array().unwrap().len(), 6);
}

fn a_report_that_cannot_be_written_is_told_of() {
    let place = Place::new("unwritable", "[[row]]\nprog = \"ok\"\n");
    place
        .run(&["-o", "json=/nowhere/a.json"])
        .code(2)
        .stderr(contains("failed to write `/nowhere/a.json`: "));
    place.run(&["-o", "json=a", "-o", "json=a"]).code(2).stdout(is_empty());
}
