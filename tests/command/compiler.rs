//! A C compiler for the tests of `cargo testprog port`, which calls GCC, caches the files that GCC
//! makes, and can replace functions of the C library.
//!
//! Each test of `cargo testprog port` needs more than 140 files that GCC makes, and most of the
//! files are the same in all tests. Without the cache, GCC would take most of the processor time of
//! `cargo test`.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode};

use object::{Object as _, ObjectSymbol as _};
use rustix::fs::{FlockOperation, flock};

/// First argument that makes this executable run as a C compiler.
const FLAG: &str = "--testprog-compiler";

/// Text that replaces the path of a test's directory in the messages that the cache keeps.
const HERE: &str = "<directory>";

/// C compiler of one test.
pub(crate) struct Compiler<'a> {
    /// Directory of the cache, which all tests of this process share.
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
    let mut next = || arguments.next().expect("the command has four words after the flag");
    let (cache, directory, wrapped, wrappers) = (next(), next(), next(), next());
    let wrapped: Vec<_> = wrapped.split_terminator(',').collect();
    let compiler = Compiler {
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

impl Compiler<'_> {
    /// Calls GCC with `words`. If GCC was already called with the same words and the same content of
    /// the input files, this function repeats the result of the earlier call.
    fn call(&self, words: &[String]) -> io::Result<ExitCode> {
        let Some(place) = words.iter().position(|word| word == "-o") else {
            return Ok(exit(Command::new("gcc").args(words).status()?.code()));
        };
        let made = Path::new(&words[place + 1]);
        let inputs = words.iter().enumerate().filter(|(index, word)| {
            let extension = Path::new(word).extension().unwrap_or_default();
            *index != place + 1 && (extension == "c" || extension == "o")
        });
        let inputs = inputs.map(|(_, word)| fs::read(word)).collect::<Result<Vec<_>, _>>()?;
        let mut before = Vec::new();
        let mut after = None;
        if words.last().is_some_and(|last| last != "-c") {
            let is_used = |function: &&str| inputs.iter().any(|input| refers(input, function));
            let used = self.wrapped.iter().copied().filter(is_used);
            before = used.map(|function| format!("-Wl,--wrap={function}")).collect();
            after = self.wrappers.filter(|_| !before.is_empty());
        }

        let mut hasher = DefaultHasher::new();
        (&before, after, &inputs).hash(&mut hasher);
        let here = self.directory.to_str().expect("the tests pass UTF-8");
        for word in words {
            word.strip_prefix(here).unwrap_or(word).hash(&mut hasher);
        }
        let kept = self.cache.join(format!("{:016x}", hasher.finish()));
        let result = kept.with_extension("result");
        // If two tests need the same file at the same time, the lock makes one test wait until GCC has
        // made the file for the other test.
        let lock = File::create(kept.with_extension("lock"))?;
        flock(&lock, FlockOperation::LockExclusive)?;
        if let Ok(text) = fs::read_to_string(&result) {
            let (status, messages) = text.split_once('\n').expect("the first line is the status");
            if status == "0" {
                fs::hard_link(&kept, made)?;
            }
            io::stderr().write_all(messages.replace(HERE, here).as_bytes())?;
            return Ok(exit(status.parse().ok()));
        }
        let output = Command::new("gcc").args(before).args(words).args(after).output()?;
        io::stderr().write_all(&output.stderr)?;
        if let Some(status) = output.status.code() {
            if status == 0 {
                fs::hard_link(made, &kept)?;
            }
            let messages = String::from_utf8_lossy(&output.stderr).replace(here, HERE);
            let unfinished = kept.with_extension("unfinished");
            fs::write(&unfinished, format!("{status}\n{messages}"))?;
            fs::rename(unfinished, result)?;
        }
        Ok(exit(output.status.code()))
    }
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
