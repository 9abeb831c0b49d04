//! Builds the C-only child from the scenarios' C files that work without Rust, and from a `main` in
//! C.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use testprog_harness::Case;

use super::compiler::{Compiler, Failed};
use super::{cases, parallel, sources};
use crate::run::probes::Probe;

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

impl Builder<'_> {
    /// Builds a child without cases, which only answers `--about`.
    ///
    /// A compiler that cannot build the child without cases cannot build any case.
    pub(super) fn empty(&self) -> Result<PathBuf, Failed> {
        let mut objects = self.objects_of_main()?;
        objects.push(self.table("none", &[], "")?);
        let executable = self.directory.join("about.exe");
        self.compiler.link(&objects, &executable).map(|()| executable)
    }

    /// Builds the child with every case that links.
    pub(super) fn build(&self, probes: &[Probe], target: &str) -> Result<Built, Failed> {
        let executable = self.directory.join("testprog.exe");
        let cases = cases::all(probes);
        let flags = cases::flags(probes);
        let support = self.support(&flags)?;
        // The set contains each file once, although two cases may share one file.
        let sources: BTreeSet<_> = cases.iter().flat_map(cases::sources_of).collect();
        let sources: Vec<_> = sources.into_iter().collect();
        let objects = parallel::map(self.jobs, &sources, |source| self.object(source, &flags));
        let objects: BTreeMap<_, _> = sources.into_iter().zip(objects).collect();
        let results = parallel::map(self.jobs, &cases, |case| self.alone(case, &support, &objects));
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
        objects.sort();
        objects.dedup();
        let whole = self.table("all", &built, target).and_then(|table| {
            objects.push(table);
            self.compiler.link(&objects, &executable)
        });
        if let Err(failed) = whole {
            for case in &built {
                unbuilt.insert(case.name.clone(), format!("failed to link the child: {failed}"));
            }
        }
        Ok(Built { executable, cases, unbuilt })
    }

    /// Links a child with only this case, to find out whether the case links. Returns the object
    /// files of the case.
    fn alone(
        &self,
        case: &Case,
        support: &Support,
        objects: &BTreeMap<String, Result<PathBuf, Failed>>,
    ) -> Result<Vec<PathBuf>, String> {
        let name = &case.name;
        let link = || -> Result<Vec<PathBuf>, Failed> {
            let parts = cases::sources_of(case).into_iter().map(|source| objects[&source].clone());
            let parts: Vec<_> = parts.collect::<Result<_, _>>()?;
            let table = self.table(name, std::slice::from_ref(case), "")?;
            let all: Vec<_> = parts.iter().chain(&support.objects).chain([&table]).collect();
            self.compiler.link(&all, &self.directory.join(format!("{name}.exe")))?;
            Ok(parts)
        };
        link().map_err(|failed| support.cause(&failed).unwrap_or_else(|| failed.to_string()))
    }

    /// Builds the C files that several cases share.
    ///
    /// A file that does not link is left out, so that only the cases that need the file cannot be
    /// built.
    fn support(&self, flags: &[String]) -> Result<Support, Failed> {
        let mut support = Support { objects: self.objects_of_main()?, failed: Vec::new() };
        let none = self.table("none", &[], "")?;
        // Of the files in `stack_bound/`, the first file that links is used. The file `unknown`
        // comes last, since its code calls no system function and links everywhere.
        let (unknown, known): (Vec<_>, Vec<_>) =
            sources::stems("stack_bound").partition(|stem| *stem == "unknown");
        let bounds = known.into_iter().chain(unknown).map(|stem| format!("stack_bound/{stem}.c"));
        let bound = bounds
            .map(|source| self.linked(&source, flags, &support.objects, &none))
            .find_map(Result::ok);
        support.objects.extend(bound);
        let threads = if self.is_windows { "windows" } else { "pthread" };
        let threads = sources::stems("thread").filter(|stem| stem.starts_with(threads));
        let switches =
            ["ucontext", "altstack", "any", "deeper"].map(|stem| format!("on_stack/{stem}.c"));
        let observe = ["standalone/observe.c".to_owned()];
        for source in threads.map(|stem| format!("thread/{stem}.c")).chain(switches).chain(observe)
        {
            match self.linked(&source, flags, &support.objects, &none) {
                Ok(object) => support.objects.push(object),
                Err(failed) => {
                    let cause = support.cause(&failed).unwrap_or_else(|| failed.of(&source));
                    support.failed.push((source, cause));
                }
            }
        }
        Ok(support)
    }

    /// Compiles a file without a `main`, and checks that it links together with `objects`.
    fn linked(
        &self,
        source: &str,
        flags: &[String],
        objects: &[PathBuf],
        none: &Path,
    ) -> Result<PathBuf, Failed> {
        let object = self.object(source, flags)?;
        let all: Vec<_> = objects.iter().map(PathBuf::as_path).chain([&*object, none]).collect();
        self.compiler.link(&all, &self.directory.join("support.exe")).map(|()| object)
    }

    fn objects_of_main(&self) -> Result<Vec<PathBuf>, Failed> {
        let stems = ["main", "about"].iter();
        stems.map(|stem| self.object(&format!("standalone/{stem}.c"), &[])).collect()
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
