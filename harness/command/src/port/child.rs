//! Builds the C-only child from the scenarios' C files that work without Rust, and from a `main` in
//! C.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::slice;

use testprog_harness::{Case, protocol};

use super::compiler::{Compiler, Failed};
use super::log::{Log, Logs};
use super::{cases, parallel, sources};
use crate::run::plan::Unbuilt;

/// File name of the child without cases.
pub(super) const EMPTY: &str = "about.exe";

/// Name of the log of the child without cases, with the first calls of the compiler.
pub(super) const START: &str = "start";
/// Name of the log of the links of the child with all cases.
pub(super) const CHILD: &str = "child";

/// Builder of the C-only child.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    pub(super) compiler: &'a Compiler,
    pub(super) directory: &'a Path,
    pub(super) logs: &'a Logs,
    pub(super) jobs: usize,
    /// Whether the child uses the C files for Windows threads instead of the files for pthreads.
    pub(super) is_windows: bool,
    /// Whether each case becomes an executable of its own, which runs the case without an argument.
    pub(super) is_separate: bool,
}

/// The built C-only child, and the reasons why cases are missing from the child.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) executable: PathBuf,
    /// Names of the cases that have an executable of their own, each with the executable.
    pub(super) separate: BTreeMap<String, PathBuf>,
    /// Names of the cases that could not be built, each with the reason.
    pub(super) unbuilt: BTreeMap<String, Unbuilt>,
}

/// The child without cases, which only answers `--about`, and the object files of this child.
#[derive(Debug)]
pub(super) struct Empty {
    pub(super) executable: PathBuf,
    /// Object files of `main` and of the answer to `--about`.
    main: Vec<PathBuf>,
    /// Object file with an empty array of cases.
    table: PathBuf,
}

/// Object file or compilation failure of each C file, by the C file's path below `csrc/`.
type Objects = BTreeMap<String, Result<PathBuf, Failed>>;

impl Builder<'_> {
    /// Builds a child without cases, which only answers `--about`.
    ///
    /// A compiler that cannot build the child without cases cannot build any case.
    pub(super) fn empty(&self) -> Result<Empty, Failed> {
        let sources = ["main", "about"].map(|stem| format!("standalone/{stem}.c"));
        let main = parallel::map(self.jobs, &sources, |source| {
            self.object(&self.logs.of_source(source), source, &[])
        });
        let main = main.into_iter().collect::<Result<Vec<_>, _>>()?;
        let log = self.logs.of(START);
        let table = self.table(&log, "none", &[], "", Some(protocol::ABOUT_FLAG))?;
        let executable = self.directory.join(EMPTY);
        let all: Vec<_> = main.iter().chain([&table]).collect();
        self.compiler.link(&log, &all, &executable)?;
        Ok(Empty { executable, main, table })
    }

    /// Builds the child with each of `cases` that links. The C files are compiled with `flags`.
    pub(super) fn build(
        &self,
        empty: &Empty,
        flags: &[String],
        cases: &[Case],
        target: &str,
    ) -> Built {
        let executable = self.directory.join("testprog.exe");
        let shared = self.shared();
        let objects = self.objects(cases, &shared, flags);
        let bound = self.stack_bound(flags, empty);
        let mut support = Support { objects: empty.main.clone(), failed: Vec::new() };
        support.objects.extend(bound);
        // For most C libraries, every case links. If every case links, one link of all cases
        // replaces a link of each shared file and of each case.
        let all: Result<Vec<_>, _> = objects.values().cloned().collect();
        let is_linked = !self.is_separate
            && all.is_ok_and(|all| {
                let all = support.objects.iter().cloned().chain(all).collect();
                self.whole(all, cases, target, &executable).is_ok()
            });
        if is_linked {
            let (separate, unbuilt) = (BTreeMap::new(), BTreeMap::new());
            return Built { executable, separate, unbuilt };
        }
        self.add_shared(&mut support, &shared, &objects, &empty.table);
        let results =
            parallel::map(self.jobs, cases, |case| self.alone(case, &support, &objects, target));
        let mut unbuilt = BTreeMap::new();
        let (mut built, mut objects) = (Vec::new(), support.objects.clone());
        for (case, result) in cases.iter().zip(results) {
            match result {
                Ok(of_case) => {
                    built.push(case.clone());
                    objects.extend(of_case);
                }
                Err(cause) => drop(unbuilt.insert(case.name.clone(), cause)),
            }
        }
        let mut separate = BTreeMap::new();
        if self.is_separate {
            let of_case = |case: &Case| (case.name.clone(), self.of_case(case));
            separate.extend(built.iter().map(of_case));
            // The child without cases reports the facts about the target.
            (built, objects) = (Vec::new(), empty.main.clone());
        }
        if let Err(failed) = self.whole(objects, &built, target, &executable) {
            for case in &built {
                let reason = format!("failed to link the child: {failed}");
                let rerun = failed.rerun();
                unbuilt.insert(case.name.clone(), Unbuilt { reason, rerun });
            }
        }
        Built { executable, separate, unbuilt }
    }

    /// Compiles the C files of `cases` and the files `shared`.
    fn objects(&self, cases: &[Case], shared: &[String], flags: &[String]) -> Objects {
        // The log of a case contains the calls for all C files of the case, one after another, so
        // the C files of a case are compiled one after another. Cases that share their first file
        // are compiled together, so that each file is compiled once.
        let mut units: BTreeMap<String, (Log, BTreeSet<String>)> = BTreeMap::new();
        for source in shared {
            let of_source = (self.logs.of_source(source), BTreeSet::from([source.clone()]));
            units.insert(source.clone(), of_source);
        }
        for case in cases {
            let sources = cases::sources_of(case);
            if let Some(first) = sources.first() {
                let log = || (self.logs.of_case(&case.name), BTreeSet::new());
                units.entry(first.clone()).or_insert_with(log).1.extend(sources);
            }
        }
        let units: Vec<_> = units.into_values().collect();
        let compile = |(log, sources): &(Log, BTreeSet<String>)| {
            let object = |source: &String| (source.clone(), self.object(log, source, flags));
            sources.iter().map(object).collect::<Vec<_>>()
        };
        parallel::map(self.jobs, &units, compile).into_iter().flatten().collect()
    }

    /// Links the child with `cases`, whose object files are among `objects`.
    fn whole(
        &self,
        mut objects: Vec<PathBuf>,
        cases: &[Case],
        target: &str,
        executable: &Path,
    ) -> Result<(), Failed> {
        objects.sort();
        objects.dedup();
        let log = self.logs.of(CHILD);
        let argument = self.is_separate.then_some(protocol::ABOUT_FLAG);
        objects.push(self.table(&log, "all", cases, target, argument)?);
        self.compiler.link(&log, &objects, executable)
    }

    /// Links a child with the object files of one case, to find out whether the files link. Returns
    /// the object files of the case.
    fn alone(
        &self,
        case: &Case,
        support: &Support,
        objects: &Objects,
        target: &str,
    ) -> Result<Vec<PathBuf>, Unbuilt> {
        let log = self.logs.of_case(&case.name);
        let link = || -> Result<Vec<PathBuf>, Failed> {
            let parts = cases::sources_of(case).into_iter().map(|source| objects[&source].clone());
            let parts: Vec<_> = parts.collect::<Result<_, _>>()?;
            if parts.is_empty() && !self.is_separate {
                return Ok(parts);
            }
            // The table of the case calls functions of the shared files, so the table must link, too.
            let argument = self.is_separate.then_some(&*case.name);
            let table = self.table(&log, &case.name, slice::from_ref(case), target, argument)?;
            let all = parts.iter().chain(&support.objects).chain([&table]);
            let all: Vec<_> = all.map(PathBuf::as_path).collect();
            self.compiler.link(&log, &all, &self.of_case(case))?;
            Ok(parts)
        };
        link().map_err(|failed| {
            let of_case = || Unbuilt { reason: failed.to_string(), rerun: failed.rerun() };
            support.cause(&failed).unwrap_or_else(of_case)
        })
    }

    /// Returns the path of the executable with only this case.
    fn of_case(&self, case: &Case) -> PathBuf {
        self.directory.join(format!("{}.exe", case.name))
    }

    /// Returns the C files that several cases share, except the files in `stack_bound/`.
    fn shared(&self) -> Vec<String> {
        let threads = if self.is_windows { "windows" } else { "pthread" };
        let threads = sources::stems("thread").filter(|stem| stem.starts_with(threads));
        // Each file must come after the files whose functions the file calls. The file `any.c`
        // calls functions of all other files in `on_stack/`, which call functions of `check.c`.
        let (last, first): (Vec<_>, Vec<_>) =
            sources::stems("on_stack").partition(|stem| *stem == "any");
        let switches = first.into_iter().chain(last).map(|stem| format!("on_stack/{stem}.c"));
        let check = ["check.c".to_owned()].into_iter();
        let threads = threads.map(|stem| format!("thread/{stem}.c"));
        let observe = ["standalone/observe.c".to_owned()];
        check.chain(threads).chain(switches).chain(observe).collect()
    }

    /// Returns the object file of the first file in `stack_bound/` that links.
    ///
    /// The file `unknown` comes last, since its code calls no system function and links everywhere.
    fn stack_bound(&self, flags: &[String], empty: &Empty) -> Option<PathBuf> {
        let (unknown, known): (Vec<_>, Vec<_>) =
            sources::stems("stack_bound").partition(|stem| *stem == "unknown");
        known.into_iter().chain(unknown).find_map(|stem| {
            let source = format!("stack_bound/{stem}.c");
            let log = self.logs.of_source(&source);
            let object = self.object(&log, &source, flags);
            self.linked(&log, object, &empty.main, &empty.table).ok()
        })
    }

    /// Adds the object files of the files `shared` to `support`.
    ///
    /// A file that does not link is left out, so that only the cases that need the file cannot be
    /// built.
    fn add_shared(&self, support: &mut Support, shared: &[String], objects: &Objects, none: &Path) {
        // A shared file may call functions of a later file, so the files that do not link are tried
        // again as long as another file links.
        let mut left: Vec<_> = shared.iter().collect();
        loop {
            let before = left.len();
            let mut failures = Vec::new();
            for source in left {
                let log = self.logs.of_source(source);
                match self.linked(&log, objects[source].clone(), &support.objects, none) {
                    Ok(object) => support.objects.push(object),
                    Err(failed) => failures.push((source, failed)),
                }
            }
            if failures.len() == before || failures.is_empty() {
                for (source, failed) in failures {
                    let of_source = || Unbuilt { reason: failed.of(source), rerun: failed.rerun() };
                    let cause = support.cause(&failed).unwrap_or_else(of_source);
                    support.failed.push((source.clone(), cause));
                }
                return;
            }
            left = failures.into_iter().map(|(source, _)| source).collect();
        }
    }

    /// Checks that the object file of a C file without a `main` links together with `objects`.
    fn linked(
        &self,
        log: &Log,
        object: Result<PathBuf, Failed>,
        objects: &[PathBuf],
        none: &Path,
    ) -> Result<PathBuf, Failed> {
        let object = object?;
        let all: Vec<_> = objects.iter().map(PathBuf::as_path).chain([&*object, none]).collect();
        self.compiler.link(log, &all, &self.directory.join("support.exe")).map(|()| object)
    }

    /// Compiles a file of `csrc/`. Returns the path of the object file.
    fn object(&self, log: &Log, source: &str, flags: &[String]) -> Result<PathBuf, Failed> {
        let object = self.directory.join(source.replace('/', "-")).with_extension("o");
        let source = self.directory.join("csrc").join(source);
        self.compiler.compile(log, &source, flags, &object).map(|()| object)
    }

    /// Writes and compiles the C file with the array of the child's cases. A child that gets no
    /// argument behaves as if it got `argument`.
    fn table(
        &self,
        log: &Log,
        user: &str,
        cases: &[Case],
        target: &str,
        argument: Option<&str>,
    ) -> Result<PathBuf, Failed> {
        let source = self.directory.join(format!("csrc/standalone/cases-{user}.c"));
        sources::write(&source, &cases::table(cases, target, argument))
            .map_err(|error| Failed::Broken { cause: error.message, rerun: None })?;
        let object = self.directory.join(format!("cases-{user}.o"));
        self.compiler.compile(log, &source, &[], &object).map(|()| object)
    }
}

/// Object files that several cases share.
#[derive(Debug)]
struct Support {
    objects: Vec<PathBuf>,
    /// Shared files that could not be built, each with the reason.
    failed: Vec<(String, Unbuilt)>,
}

impl Support {
    /// Returns why a shared file could not be built, if the link failure `failed` is due to that
    /// file.
    fn cause(&self, failed: &Failed) -> Option<Unbuilt> {
        let Failed::Refused { undefined, .. } = failed else { return None };
        let defines = |source: &str, name: &str| {
            let name = name.trim_start_matches('_');
            let content = sources::read(source).unwrap_or_default();
            ["int", "void"].iter().any(|kind| content.contains(&format!("\n{kind} {name}(")))
        };
        let is_cause =
            |(source, _): &&(String, Unbuilt)| undefined.iter().any(|name| defines(source, name));
        self.failed.iter().find(is_cause).map(|(_, cause)| cause.clone())
    }
}
