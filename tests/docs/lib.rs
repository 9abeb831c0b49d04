//! Runs the sample commands of `README.md` and `docs/`, and compares their output with the output
//! that the pages show.
//!
//! The script `.ci/docs` runs the tests of this package. Checks of the pages that need no Markdown
//! parser are in `tests/command/docs.rs`, which `cargo test` runs.

#[cfg(test)]
mod pages;

#[cfg(test)]
mod tests {
    use std::env;
    use std::fmt::Write as _;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::{self, Command, Output};

    use regex::Regex;
    use snapbox::{Assert, Redactions};

    use crate::pages::{Block, Sample, blocks, root, samples};

    /// Way in which a test runs a command of a `console` block.
    enum How {
        /// The test runs the command in the top folder of the repository, and expects this exit
        /// status.
        Here(i32),
        /// The test runs this script and then the command, in one shell in an empty folder, and
        /// expects this exit status.
        After(&'static str, i32),
        /// No test runs the command, for the reason in the text.
        Not(#[expect(dead_code, reason = "for readers of the list")] &'static str),
    }

    /// Every command of a `console` block: the command's page, the beginning of the command, and
    /// how a test runs the command. Only this list can exempt a command from being run.
    const COMMANDS: &[(&str, &str, How)] = &[
        ("README.md", "cargo testprog --mutant guess-once", How::Here(1)),
        ("README.md", "cargo testprog", How::Here(0)),
        ("README.md", "cargo test", How::Not(".ci/run runs it as a step of its own")),
        (
            "docs/getting-started.md",
            "cargo test --test crash",
            How::Not("the test `getting_started_works` runs it"),
        ),
        ("docs/command.md", "cargo testprog merge", How::After(SHARDS, 0)),
        ("docs/command.md", "cargo testprog compare", How::After(MATRICES, 0)),
        ("docs/porting.md", "cargo testprog port --cc musl-gcc --name", SESSION),
        ("docs/porting.md", "cargo testprog explain", SESSION),
        ("docs/porting.md", "echo 'ucontext:", SESSION),
        ("docs/porting.md", "cargo testprog compare", SESSION),
        ("docs/porting.md", "cargo testprog merge", SESSION),
        ("docs/porting.md", "cargo testprog port --cc musl-gcc", How::Here(0)),
        ("docs/porting.md", "cargo testprog port ucontext --cc musl-gcc", How::Here(0)),
        ("docs/manifest.md", "cargo testprog --manifest", How::Here(0)),
        (
            "docs/porting.md",
            "cargo testprog port --cc my-gcc --name my-libc -o",
            How::After(WEEK_1, 1),
        ),
        (
            "docs/porting.md",
            "cargo testprog port --cc my-gcc --name my-libc --b",
            How::After(WEEK_2, 1),
        ),
        ("docs/soundness.md", ".ci/soundness", How::Not("takes minutes; .ci/nightly runs it")),
    ];

    /// Way of the commands that a porter enters one after another in one folder.
    const SESSION: How = How::Not("the test `a_porter_follows_the_page` runs it");

    /// Script that creates the reports that a page's command `cargo testprog merge` reads.
    const SHARDS: &str = "
        for shard in 1 2; do
            cargo testprog --shard $shard/2 --name glibc -o json=shard-$shard.json
        done
        cargo testprog --exact abort_in_c --name musl -o json=musl.json
        cargo testprog --exact abort_in_c --name macos -o json=macos.json";

    /// Script that creates the reports that a page's command `cargo testprog compare` reads.
    const MATRICES: &str = "
        for day in yesterday matrix; do
            cargo testprog --exact abort_in_c -o json=run.json
            cargo testprog merge run.json -o json=$day.json
        done";

    /// Script that creates the compiler `my-gcc`, which the page `docs/porting.md` uses.
    const WEEK_1: &str = include_str!("my-gcc.sh");

    /// Script that creates the compiler `my-gcc` and a first report about it, and then changes the
    /// compiler's C library.
    const WEEK_2: &str = concat!(
        include_str!("my-gcc.sh"),
        "cargo testprog port --cc my-gcc --name my-libc -o json=my-libc.json || [ $? = 1 ]
        touch bin/week-2"
    );

    /// Returns an empty folder for one test. The folder is inside the repository, so that Cargo
    /// finds the alias `testprog`.
    fn folder(name: &str) -> PathBuf {
        let folder = root().join("target/docs").join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn shell(script: &str, folder: &Path) -> Output {
        Command::new("bash")
            .args(["-euc", script])
            .current_dir(folder)
            .env_remove("TESTPROG_MUTANT")
            .env_remove("GITHUB_STEP_SUMMARY")
            .output()
            .unwrap()
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    fn printed(output: &Output) -> String {
        format!("{}\n{}{}", output.status, text(&output.stdout), text(&output.stderr))
    }

    /// Returns patterns that replace text that differs from run to run, both in the actual output
    /// and on the page.
    fn redactions() -> Redactions {
        let mut redactions = Redactions::new();
        for (placeholder, pattern) in [
            ("[TIME]", r" *[0-9]+\.[0-9]+ ?s"),
            ("[ADDRESS]", r"0x[0-9a-f]+"),
            // Pattern for the line number and the column number in a compiler's error message about
            // a probe.
            ("[PLACE]", r"[.]c:(?<redacted>[0-9]+:[0-9]+):"),
            // The number of a test in the output of cargo-nextest depends on the order in which the
            // tests end.
            ("[NUMBER]", r"\((?<redacted> *[0-9]+)/[0-9]+\)"),
            // The number of working capabilities is 43 or 44, depending on the processor.
            ("[COUNT]", r"(?<redacted>4[34]) of 50 capabilities"),
        ] {
            redactions.insert(placeholder, Regex::new(pattern).unwrap()).unwrap();
        }
        redactions
    }

    /// Sorts adjacent lines about cases by the cases' names, because cases end in any order.
    fn sorted(text: &str) -> String {
        let name = |line: &str| -> Option<String> {
            let (verdict, rest) = line.split_once("[TIME]  ")?;
            verdict.trim().chars().all(char::is_uppercase).then(|| rest.to_owned())
        };
        let lines: Vec<_> = text.lines().collect();
        let mut sorted = Vec::new();
        for group in lines.chunk_by(|one, next| name(one).is_some() && name(next).is_some()) {
            let mut group = group.to_vec();
            group.sort_by_key(|line| name(line));
            sorted.extend(group);
        }
        sorted.join("\n") + "\n"
    }

    fn check(sample: &Sample, how: &How) {
        let Sample { page, command, .. } = sample;
        let (folder, script, status) = match how {
            How::Not(_) => return,
            How::Here(status) => (root(), command.clone(), status),
            How::After(script, status) => {
                let folder = folder(&format!("{}-{}", page.replace('/', "-"), command.len()));
                (folder, format!("{{\n{script}\n}} >/dev/null\n{command}"), status)
            }
        };
        let ran = shell(&script, &folder);
        assert_eq!(ran.status.code(), Some(*status), "{page}: `{command}`: {}", printed(&ran));
        compare(sample, &ran);
    }

    /// Compares what a command printed with the output that the page shows, if the page shows any.
    fn compare(sample: &Sample, ran: &Output) {
        let Sample { page, command, output, .. } = sample;
        if output.is_empty() {
            return;
        }
        // On a page, `...` at the end of a line stands for the omitted rest of the line.
        let expected = output.replace(" ...\n", " [..]\n");
        let redact = |text: &str| sorted(&redactions().redact(text));
        // The compiler my-gcc hides a function with the linker's option --wrap, which adds
        // `__wrap_` to the function's name.
        let actual = redact(&String::from_utf8_lossy(&ran.stdout).replace("__wrap_", ""));
        let compared = Assert::new().try_eq(
            Some(&format!("{page}: `{command}`")),
            actual.into(),
            redact(&expected).into(),
        );
        compared.unwrap_or_else(|difference| panic!("{difference}"));
    }

    #[test]
    fn each_command_prints_what_its_page_shows() {
        let samples = samples();
        let is_of = |sample: &Sample, (page, start, _): &(&str, &str, How)| {
            sample.page == *page && sample.command.starts_with(start)
        };
        for entry in COMMANDS {
            assert!(samples.iter().any(|sample| is_of(sample, entry)), "no command {}", entry.1);
        }
        for sample in &samples {
            let (page, command) = (&sample.page, &sample.command);
            let entry = COMMANDS.iter().find(|entry| is_of(sample, entry));
            let (_, _, how) =
                entry.unwrap_or_else(|| panic!("{page}: `{command}` is not in the list"));
            check(sample, how);
        }
    }

    /// Checks the session of a porter in `docs/porting.md`: runs its commands one after another in a
    /// fresh folder outside the repository, which has only the executable of the command.
    #[test]
    fn a_porter_follows_the_page() {
        if !shell("command -v musl-gcc", &root()).status.success() {
            let message = "skipped: failed to find `musl-gcc`: apt-get install musl-tools";
            assert!(env::var_os("TESTPROG_REQUIRE_TOOLS").is_none(), "{message}");
            eprintln!("{message}");
            return;
        }
        let built = shell("cargo build -q -p cargo-testprog", &root());
        assert!(built.status.success(), "{}", printed(&built));
        let this = env::current_exe().unwrap();
        // Cargo puts the executable of a test into the folder `deps` beside the programs.
        let programs = this.ancestors().nth(2).unwrap().display().to_string();
        let folder = env::temp_dir().join(format!("testprog-porter-{}", process::id()));
        fs::create_dir(&folder).unwrap();
        let is_of =
            |sample: &&Sample| sample.page == "docs/porting.md" && sample.section == "Ten minutes";
        let samples = samples();
        let session: Vec<_> = samples.iter().filter(is_of).collect();
        assert_eq!(session.len(), 8, "{session:#?}");
        for sample in session {
            let ran = shell(&format!("PATH={programs}:$PATH\n{}", sample.command), &folder);
            assert!(ran.status.success(), "`{}`: {}", sample.command, printed(&ran));
            compare(sample, &ran);
        }
        let page = fs::read_to_string(folder.join("my-libc.html")).unwrap();
        assert!(page.contains("<title>All ") && page.contains(">my-libc<"), "{page}");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_child_in_c_follows_the_protocol() {
        let blocks = blocks();
        let source = blocks
            .iter()
            .find(|block| block.page == "docs/protocol.md" && block.language == "c")
            .expect("the page has a child in C");
        let folder = folder("child-in-c");
        fs::write(folder.join("child.c"), &source.text).unwrap();
        let script = "cc -std=c11 -Wall -Wextra -Werror -o child child.c
            cargo testprog --prog ./child --strict --may-lack ucontext";
        let ran = shell(script, &folder);
        let text = printed(&ran);
        assert!(
            ran.status.success() && text.contains(": 1 passed, 0 failed, 1 unsupported"),
            "{text}"
        );
    }

    /// Checks that every code block has one of the languages of these pages, and that every TOML block
    /// is valid. Text on the line of the opening fence would become a part of the language, and
    /// Markdown would not show the text.
    #[test]
    fn every_code_block_is_shown_whole_and_its_toml_is_valid() {
        const LANGUAGES: &[&str] = &["c", "console", "rust", "sh", "text", "toml", "yaml"];
        for Block { page, language, text, .. } in blocks() {
            assert!(LANGUAGES.contains(&&*language), "{page}: a block of `{language}`\n{text}");
            if language == "toml" {
                let parsed = toml::de::DeTable::parse(&text).map(drop);
                assert_eq!(parsed.map_err(|error| error.to_string()), Ok(()), "{page}");
            }
        }
    }

    /// Returns the command `cargo add` with which `README.md` adds the library from a checkout, for
    /// this checkout.
    fn command_that_adds_the_library() -> String {
        let page = fs::read_to_string(root().join("README.md")).unwrap();
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        let start = page.find("cargo add --dev testprog-harness --path").expect("has the command");
        let command = page[start..].split('`').next().unwrap();
        assert!(command.contains(" CHECKOUT/harness "), "{command}");
        command.replace("CHECKOUT", &root().display().to_string())
    }

    /// Checks that the first use case of `README.md` works in a new package: the test runs the page's
    /// command that adds the library, and writes the files and the manifest lines that the page
    /// shows. Also checks that the output of `cargo test` and of cargo-nextest is as in
    /// `first-door.txt`.
    #[test]
    fn the_first_door_opens() {
        let folder = folder("first-door");
        let root = root();
        fs::create_dir_all(folder.join("tests")).unwrap();
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::write(folder.join("src/lib.rs"), "").unwrap();
        let blocks = blocks();
        let of_readme = |block: &&Block| block.page == "README.md";
        for block in blocks.iter().filter(of_readme).filter(|block| block.language == "rust") {
            let name = block.text.lines().next().and_then(|line| line.strip_prefix("// "));
            let name = name.expect("the first line of the block names the file");
            fs::write(folder.join(name), &block.text).unwrap();
        }
        let lines = blocks.iter().filter(of_readme).find(|block| block.language == "toml");
        let lines = &lines.expect("README.md has lines of a manifest").text;
        let package = "[package]\nname = \"first-door\"\nedition = \"2024\"\n\n[workspace]\n";
        fs::write(folder.join("Cargo.toml"), package).unwrap();
        // The copied lock file selects versions of packages that Cargo has already downloaded.
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        let added = shell(&format!("{} --offline", command_that_adds_the_library()), &folder);
        assert!(added.status.success(), "{}", printed(&added));
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        fs::write(folder.join("Cargo.toml"), format!("{manifest}\n{lines}")).unwrap();
        let mut transcript = String::new();
        let has_nextest = shell("cargo nextest --version", &folder).status.success();
        for command in [
            "cargo test --offline --tests",
            "cargo test --offline --test crash -- adds aborts --exact",
            "cargo nextest run --offline",
        ] {
            if command.starts_with("cargo nextest") && !has_nextest {
                continue;
            }
            // The target directory is outside the package's folder, because each run of the test
            // empties the folder.
            let ran = shell(&format!("CARGO_TARGET_DIR=../first-door-target {command}"), &folder);
            assert!(ran.status.success(), "{}", printed(&ran));
            let lines = format!("{}{}", text(&ran.stdout), text(&ran.stderr));
            let lines = redactions().redact(&lines);
            let mut lines: Vec<_> = lines.lines().filter(|line| is_result(line)).collect();
            // Sorts the lines, because tests end in any order.
            lines.sort_unstable();
            writeln!(transcript, "$ {command}\n{}\n", lines.join("\n")).unwrap();
        }
        let mut expected = include_str!("first-door.txt");
        if !has_nextest {
            eprintln!("failed to find `cargo-nextest`: cargo install --locked cargo-nextest");
            expected = expected.split("$ cargo nextest").next().unwrap();
        }
        let compared = Assert::new().try_eq(None, transcript.into(), expected.into());
        compared.unwrap_or_else(|difference| panic!("{difference}"));
    }

    /// Checks that the page `docs/getting-started.md` works in a new package that has only the files
    /// and the manifest lines of the page: that `cargo test` prints what the page shows, and that the
    /// changed expectation leads to the failure that the page shows.
    #[test]
    fn getting_started_works() {
        let folder = folder("getting-started");
        fs::create_dir_all(folder.join("tests")).unwrap();
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::write(folder.join("src/lib.rs"), "").unwrap();
        let blocks = blocks();
        let block = |language: &str| {
            let is_it = |block: &&Block| {
                block.page == "docs/getting-started.md" && block.language == language
            };
            &blocks.iter().find(is_it).expect("the page has such a block").text
        };
        let path = format!("path = {:?}", root().join("harness"));
        let lines = block("toml").replace("version = \"0.1.0\"", &path);
        assert!(lines.contains(&path), "{lines}");
        let package =
            "[package]\nname = \"getting-started\"\nedition = \"2024\"\n\n[workspace]\n\n";
        fs::write(folder.join("Cargo.toml"), format!("{package}{lines}")).unwrap();
        fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        let source = block("rust");
        let run = |source: &str, status| {
            fs::write(folder.join("tests/crash.rs"), source).unwrap();
            let command = "CARGO_TARGET_DIR=../first-door-target cargo test --offline --test crash";
            let ran = shell(command, &folder);
            assert_eq!(ran.status.code(), Some(status), "{}", printed(&ran));
            redactions().redact(&text(&ran.stdout))
        };
        // The tests end in any order.
        let sorted = |text: &str| -> Vec<String> {
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            lines.retain(|line| !line.is_empty());
            lines.sort();
            lines
        };
        let (_, shown) = block("console").split_once('\n').unwrap();
        assert_eq!(sorted(&run(source, 0)), sorted(&redactions().redact(shown)));

        let failed = run(&source.replace("Signal::Abrt", "Signal::Segv"), 101);
        let (report, rerun) = block("text").split_once("  rerun:").unwrap();
        let report = redactions().redact(report);
        assert!(failed.contains(&report), "{failed}\n--- the page has\n{report}");
        let line = failed.lines().find(|line| line.starts_with("  rerun:")).unwrap();
        let name = rerun.split_whitespace().last().unwrap();
        assert!(line.ends_with(name) && line.contains("/debug/deps/crash-"), "{line}");
    }

    /// Checks that the manifest of the page `docs/manifest.md` is the manifest of the example, and that
    /// the test target of the page runs the manifest.
    #[test]
    fn a_manifest_runs_from_rust() {
        let folder = folder("manifest");
        let blocks = blocks();
        let block = |language: &str| {
            let is_it =
                |block: &&Block| block.page == "docs/manifest.md" && block.language == language;
            &blocks.iter().find(is_it).expect("the page has such a block").text
        };
        let example = root().join("examples/plain-c");
        assert_eq!(*block("toml"), fs::read_to_string(example.join("plain.toml")).unwrap());
        for name in ["src", "tests"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        fs::write(folder.join("src/lib.rs"), "").unwrap();
        for name in ["plain.c", "plain.toml"] {
            fs::copy(example.join(name), folder.join("tests").join(name)).unwrap();
        }
        fs::write(folder.join("tests/plain.rs"), block("rust")).unwrap();
        let manifest = format!(
            "[package]\nname = \"manifest\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [dev-dependencies]\ntestprog-harness = {{ path = {:?}, features = [\"libtest\", \"manifest\"] }}\n\n\
             [[test]]\nname = \"plain\"\nharness = false\n",
            root().join("harness"),
        );
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        let has_nextest = shell("cargo nextest --version", &folder).status.success();
        for (command, result) in [
            ("cargo test", "6 passed; 0 failed; 2 ignored"),
            ("cargo nextest run", "7 tests run: 7 passed, 1 skipped"),
            ("CFLAGS=-DPLANTED_BUG cargo test", "5 passed; 1 failed; 2 ignored"),
        ] {
            if command.contains("nextest") && !has_nextest {
                continue;
            }
            let command = command.replace("cargo ", "CARGO_TARGET_DIR=../first-door-target cargo ");
            let ran = printed(&shell(&format!("{command} --offline --test plain"), &folder));
            assert!(ran.contains(result), "{ran}");
        }
    }

    /// Returns true if a line of `cargo test` or of cargo-nextest is about a test or about all tests.
    fn is_result(line: &str) -> bool {
        let words = ["test ", "running ", "PASS ", "FAIL ", "SKIP ", "Summary ", "error"];
        words.iter().any(|word| line.trim_start().starts_with(word))
    }

    #[test]
    fn files_of_rows_can_be_read() {
        let folder = folder("rows");
        let files: Vec<_> = blocks()
            .into_iter()
            .filter(|block| block.language == "toml" && block.text.contains("[[row]]"))
            .collect();
        assert!(!files.is_empty());
        for file in files {
            fs::write(folder.join("rows.toml"), &file.text).unwrap();
            let text = printed(&shell("cargo testprog matrix rows.toml 'no such row'", &folder));
            assert!(
                text.contains("has a name that contains it; the rows are"),
                "{}: {text}",
                file.page
            );
        }
    }
}
