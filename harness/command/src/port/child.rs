//! Builds the C-only child from the scenarios' C files that work without Rust, and from a `main` in
//! C.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use testprog_harness::Case;

use super::compiler::{Compiler, Failed};
use super::{cases, parallel, sources};
use crate::run::probes::Probe;

/// File name of the child without cases.
pub(super) const EMPTY: &str = "about.exe";

/// Builder of the C-only child.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    pub(super) compiler: &'a Compiler,
    pub(super) directory: &'a Path,
    pub(super) jobs: usize,
    /// Whether the child uses the C files for Windows threads instead of the files for pthreads.
    pub(super) is_windows: bool,
}

/// The built C-only child, and the reasons why cases are missing from the child.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) executable: PathBuf,
    /// All cases, in the order of the listing.
    pub(super) cases: Vec<Case>,
    /// Names of the cases that could not be built, each with the reason.
    pub(super) unbuilt: BTreeMap<String, String>,
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
        let main = parallel::map(self.jobs, &sources, |source| self.object(source, &[]));
        let main = main.into_iter().collect::<Result<Vec<_>, _>>()?;
        let table = self.table("none", &[], "")?;
        let executable = self.directory.join(EMPTY);
        let all: Vec<_> = main.iter().chain([&table]).collect();
        self.compiler.link(&all, &executable)?;
        Ok(Empty { executable, main, table })
    }

    /// Builds the child with every case that links.
    pub(super) fn build(&self, empty: &Empty, probes: &[Probe], target: &str) -> Built {
        let executable = self.directory.join("testprog.exe");
        let cases = cases::all(probes);
        let flags = cases::flags(probes);
        let shared = self.shared();
        // The set contains each file once, although two cases may share one file.
        let sources: BTreeSet<_> = cases.iter().flat_map(cases::sources_of).collect();
        let sources: Vec<_> = shared.iter().cloned().chain(sources).collect();
        let objects = parallel::map(self.jobs, &sources, |source| self.object(source, &flags));
        let objects: Objects = sources.into_iter().zip(objects).collect();
        let bound = self.stack_bound(&flags, empty);
        let mut support = Support { objects: empty.main.clone(), failed: Vec::new() };
        support.objects.extend(bound);
        // For most C libraries, every case links. If every case links, one link of all cases
        // replaces a link of each shared file and of each case.
        let all: Result<Vec<_>, _> = objects.values().cloned().collect();
        let is_linked = all.is_ok_and(|all| {
            let all = support.objects.iter().cloned().chain(all).collect();
            self.whole(all, &cases, target, &executable).is_ok()
        });
        if is_linked {
            return Built { executable, cases, unbuilt: BTreeMap::new() };
        }
        self.add_shared(&mut support, &shared, &objects, &empty.table);
        let results = parallel::map(self.jobs, &cases, |case| {
            self.alone(case, &support, &objects, &empty.table)
        });
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
        if let Err(failed) = self.whole(objects, &built, target, &executable) {
            for case in &built {
                unbuilt.insert(case.name.clone(), format!("failed to link the child: {failed}"));
            }
        }
        Built { executable, cases, unbuilt }
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
        objects.push(self.table("all", cases, target)?);
        self.compiler.link(&objects, executable)
    }

    /// Links a child with the object files of only this case, to find out whether these files link.
    /// Returns the object files of the case.
    fn alone(
        &self,
        case: &Case,
        support: &Support,
        objects: &Objects,
        none: &Path,
    ) -> Result<Vec<PathBuf>, String> {
        let link = || -> Result<Vec<PathBuf>, Failed> {
            let parts = cases::sources_of(case).into_iter().map(|source| objects[&source].clone());
            let parts: Vec<_> = parts.collect::<Result<_, _>>()?;
            if parts.is_empty() {
                return Ok(parts);
            }
            let all = parts.iter().chain(&support.objects).map(PathBuf::as_path).chain([none]);
            let all: Vec<_> = all.collect();
            self.compiler.link(&all, &self.directory.join(format!("{}.exe", case.name)))?;
            Ok(parts)
        };
        link().map_err(|failed| support.cause(&failed).unwrap_or_else(|| failed.to_string()))
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
            let object = self.object(&format!("stack_bound/{stem}.c"), flags);
            self.linked(object, &empty.main, &empty.table).ok()
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
                match self.linked(objects[source].clone(), &support.objects, none) {
                    Ok(object) => support.objects.push(object),
                    Err(failed) => failures.push((source, failed)),
                }
            }
            if failures.len() == before || failures.is_empty() {
                for (source, failed) in failures {
                    let cause = support.cause(&failed).unwrap_or_else(|| failed.of(source));
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
        object: Result<PathBuf, Failed>,
        objects: &[PathBuf],
        none: &Path,
    ) -> Result<PathBuf, Failed> {
        let object = object?;
        let all: Vec<_> = objects.iter().map(PathBuf::as_path).chain([&*object, none]).collect();
        self.compiler.link(&all, &self.directory.join("support.exe")).map(|()| object)
    }

    /// Compiles a file of `csrc/`. Returns the path of the object file.
    fn object(&self, source: &str, flags: &[String]) -> Result<PathBuf, Failed> {
        let object = self.directory.join(source.replace('/', "-")).with_extension("o");
        let source = self.directory.join("csrc").join(source);
        self.compiler.compile(&source, flags, &object).map(|()| object)
    }

    /// Writes and compiles the C file with the array of the child's cases.
    fn table(&self, user: &str, cases: &[Case], target: &str) -> Result<PathBuf, Failed> {
        let source = self.directory.join(format!("csrc/standalone/cases-{user}.c"));
        sources::write(&source, &cases::table(cases, target))
            .map_err(|error| Failed::Broken(error.message))?;
        let object = self.directory.join(format!("cases-{user}.o"));
        self.compiler.compile(&source, &[], &object).map(|()| object)
    }
}

/// Object files that several cases share.
#[derive(Debug)]
struct Support {
    objects: Vec<PathBuf>,
    /// Shared files that could not be built, each with the reason.
    failed: Vec<(String, String)>,
}

impl Support {
    /// Returns why a shared file could not be built, if the link failure `failed` is due to that
    /// file.
    fn cause(&self, failed: &Failed) -> Option<String> {
        let Failed::Refused { undefined, .. } = failed else { return None };
        let defines = |source: &str, name: &str| {
            let name = name.trim_start_matches('_');
            let content = sources::read(source).unwrap_or_default();
            ["int", "void"].iter().any(|kind| content.contains(&format!("\n{kind} {name}(")))
        };
        let is_cause =
            |(source, _): &&(String, String)| undefined.iter().any(|name| defines(source, name));
        self.failed.iter().find(is_cause).map(|(_, cause)| cause.clone())
    }
}
