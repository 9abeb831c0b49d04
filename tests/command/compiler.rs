//! A C compiler for the tests of `cargo testprog port`, which calls GCC, caches the files that GCC
//! makes, and can replace functions of the C library.
//!
//! Each test of `cargo testprog port` needs more than 140 files that GCC makes, and most of the
//! files are the same in all tests and in all runs of the tests. Without the cache, GCC would take
//! most of the processor time of `cargo test`. The cache is below Cargo's target directory, so
//! `cargo clean` removes it.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use object::{Object as _, ObjectSymbol as _};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

/// First argument that makes this executable run as a C compiler.
const FLAG: &str = "--testprog-compiler";

/// Text that replaces the path of a test's directory in the texts that the cache keeps.
const HERE: &str = "<directory>";

/// Environment variables that change which files GCC reads (gcc(1)).
const VARIABLES: [&str; 5] =
    ["COMPILER_PATH", "CPATH", "C_INCLUDE_PATH", "GCC_EXEC_PREFIX", "LIBRARY_PATH"];

/// C compiler of one test.
pub(crate) struct Compiler<'a> {
    /// Name of the program to call: GCC for this computer or for another target.
    pub(crate) program: &'a str,
    /// Directory of the cache, which all tests share.
    pub(crate) cache: &'a Path,
    /// Directory in which the test builds. The cache ignores the directory's path in arguments.
    pub(crate) directory: &'a Path,
    /// Functions that the linker replaces by `__wrap_FUNCTION` in every call (`--wrap`, ld(1)).
    pub(crate) wrapped: &'a [&'a str],
    /// Object file that defines the functions `__wrap_FUNCTION`. Without this object file, no program
    /// that calls a function in `wrapped` links.
    pub(crate) wrappers: Option<&'a Path>,
}

impl Compiler<'_> {
    /// Returns the command that calls this compiler, quoted for a shell.
    pub(crate) fn command(&self) -> String {
        let this = env::current_exe().expect("the path of a running executable is known");
        let text = |path: &Path| path.to_str().expect("the path is UTF-8").to_owned();
        let words = [
            text(&this),
            FLAG.to_owned(),
            self.program.to_owned(),
            text(self.cache),
            text(self.directory),
            self.wrapped.join(","),
            self.wrappers.map_or_else(String::new, text),
        ];
        shell_words::join(words)
    }
}

/// Runs this executable as the C compiler if the first argument is [`FLAG`].
pub(crate) fn answer() -> Option<ExitCode> {
    let mut arguments = env::args_os().skip(1).peekable();
    arguments.next_if(|first| first == FLAG)?;
    let text = |word: OsString| word.into_string().expect("the tests pass UTF-8");
    let mut arguments = arguments.map(text);
    let mut next = || arguments.next().expect("the command has five words after the flag");
    let [program, cache, directory, wrapped, wrappers] = [(); 5].map(|()| next());
    let wrapped: Vec<_> = wrapped.split_terminator(',').collect();
    let compiler = Compiler {
        program: &program,
        cache: Path::new(&cache),
        directory: Path::new(&directory),
        wrapped: &wrapped,
        wrappers: Some(Path::new(&wrappers)).filter(|path| *path != ""),
    };
    let words: Vec<_> = arguments.collect();
    Some(compiler.call(&words).unwrap_or_else(|error| {
        eprintln!("error: the compiler of the tests failed: {error}");
        ExitCode::FAILURE
    }))
}

/// What the cache knows about a file that GCC made. The cache keeps only files that GCC made with exit
/// status 0, because GCC does not list the files that it read for a failed call.
#[derive(Serialize, Deserialize)]
struct Record {
    /// Hash of the file.
    made: u64,
    /// Files that GCC read, each with its [stamp](Compiler::stamp).
    read: Vec<(String, String)>,
    /// GCC's messages.
    messages: String,
}

impl Compiler<'_> {
    /// Calls GCC with `words`. If GCC was already called with the same words and the same content of
    /// all files that GCC read, this function repeats the result of the earlier call.
    fn call(&self, words: &[String]) -> io::Result<ExitCode> {
        let Some(place) = words.iter().position(|word| word == "-o") else {
            return Ok(exit(Command::new(self.program).args(words).status()?.code()));
        };
        let made = Path::new(&words[place + 1]);
        let inputs = words.iter().enumerate().filter(|(index, word)| {
            let extension = Path::new(word).extension().unwrap_or_default();
            *index != place + 1 && (extension == "c" || extension == "o")
        });
        let inputs = inputs.map(|(_, word)| fs::read(word)).collect::<Result<Vec<_>, _>>()?;
        let is_link = words.last().is_some_and(|last| last != "-c");
        let mut before = Vec::new();
        let mut after = None;
        if is_link {
            let is_used = |function: &&str| inputs.iter().any(|input| refers(input, function));
            let used = self.wrapped.iter().copied().filter(is_used);
            before = used.map(|function| format!("-Wl,--wrap={function}")).collect();
            after = self.wrappers.filter(|_| !before.is_empty());
        }

        let variables = VARIABLES.map(env::var_os);
        let compiler = program_file(self.program).map(|path| (stamp_outside(&path), path));
        let wrappers = after.map(fs::read).transpose()?;
        let here = self.directory.to_str().expect("the tests pass UTF-8");
        let local: Vec<_> =
            words.iter().map(|word| word.strip_prefix(here).unwrap_or(word)).collect();
        let key = hash(&(variables, compiler, &before, wrappers, &inputs, local));
        let kept = self.cache.join(format!("{key:016x}"));
        // If two tests need the same file at the same time, the lock makes one test wait until GCC has
        // made the file for the other test.
        let path = kept.with_extension("json");
        let mut options = File::options();
        let mut file = options.create(true).truncate(false).read(true).write(true).open(path)?;
        flock(&file, FlockOperation::LockExclusive)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        // A run that was killed may have left a record that is not complete.
        let record = serde_json::from_str::<Record>(&text).ok();
        if let Some(record) = record.filter(|record| self.is_current(record, &kept)) {
            remove(made)?;
            fs::hard_link(&kept, made)?;
            io::stderr().write_all(record.messages.replace(HERE, here).as_bytes())?;
            return Ok(ExitCode::SUCCESS);
        }

        // The old file may be a link to a file of the cache, which GCC must not overwrite.
        remove(made)?;
        let list = kept.with_extension("d");
        let mut gcc = Command::new(self.program);
        gcc.args(before).args(words).args(after);
        if is_link {
            gcc.arg(format!("-Wl,--dependency-file={}", list.display()));
        } else {
            gcc.args(["-MD", "-MF"]).arg(&list);
        }
        let output = gcc.output()?;
        io::stderr().write_all(&output.stderr)?;
        if output.status.success() {
            let read = prerequisites(&fs::read_to_string(&list)?);
            fs::remove_file(&list)?;
            let read = read.into_iter().filter(|file| {
                // The key of the record contains the content of the object file `wrappers`.
                after.is_none_or(|wrappers| Path::new(file) != wrappers)
            });
            let stamped = |file: String| {
                let file = file.replace(here, HERE);
                let stamp = self.stamp(&file);
                (file, stamp)
            };
            let record = Record {
                made: hash(&fs::read(made)?),
                read: read.map(stamped).collect(),
                messages: String::from_utf8_lossy(&output.stderr).replace(here, HERE),
            };
            remove(&kept)?;
            fs::hard_link(made, &kept)?;
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(&serde_json::to_vec(&record)?)?;
        }
        Ok(exit(output.status.code()))
    }

    /// Returns whether the file `kept` is the file that GCC would make now.
    fn is_current(&self, record: &Record, kept: &Path) -> bool {
        let is_whole = fs::read(kept).is_ok_and(|content| hash(&content) == record.made);
        is_whole && record.read.iter().all(|(file, stamp)| self.stamp(file) == *stamp)
    }

    /// Returns a text that changes when the content of a file changes. A test writes the files in
    /// its directory anew, so the text does not depend on the times of these files.
    fn stamp(&self, file: &str) -> String {
        match file.strip_prefix(HERE) {
            Some(rest) => {
                let path = self.directory.join(rest.trim_start_matches('/'));
                fs::read(path).map_or_else(|_| "absent".to_owned(), |text| hash(&text).to_string())
            }
            None => stamp_outside(Path::new(file)),
        }
    }
}

/// Returns the size of a file and the time of its last change.
fn stamp_outside(path: &Path) -> String {
    let about = fs::metadata(path).and_then(|about| Ok((about.len(), about.modified()?)));
    about.map_or_else(|_| "absent".to_owned(), |about| format!("{about:?}"))
}

/// Returns the path of the program that a command name starts.
fn program_file(name: &str) -> Option<PathBuf> {
    let paths = env::var_os("PATH")?;
    env::split_paths(&paths).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Removes a file if there is one.
fn remove(path: &Path) -> io::Result<()> {
    if path.exists() { fs::remove_file(path) } else { Ok(()) }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Returns the files that the first rule of a makefile lists. GCC and the linker write a makefile
/// with the names of the files that they read.
fn prerequisites(makefile: &str) -> Vec<String> {
    const SPACE: &str = "\0";
    let joined = makefile.replace("\\\n", " ").replace("\\ ", SPACE);
    let rule = joined.lines().next().unwrap_or_default();
    let (_, files) = rule.split_once(": ").unwrap_or_default();
    files.split_whitespace().map(|file| file.replace(SPACE, " ")).collect()
}

/// Converts GCC's exit status, or `None` if GCC died of a signal, into the exit status of this
/// compiler.
fn exit(status: Option<i32>) -> ExitCode {
    status.and_then(|status| u8::try_from(status).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Returns whether an object file refers to a function that the object file does not define.
///
/// The linker's option `--wrap` changes only references to undefined functions, so a program
/// without references to the replaced functions is linked without `--wrap`, and can come from the
/// cache.
fn refers(object: &[u8], function: &str) -> bool {
    object::File::parse(object).is_ok_and(|file| {
        let mut undefined = file.symbols().filter(object::ObjectSymbol::is_undefined);
        undefined.any(|symbol| symbol.name() == Ok(function))
    })
}
