//! Finds the imports between the modules of a crate, and the circles that the imports form.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Item, Macro, UseTree, Visibility};

use crate::modules::{self, ModulePath, Modules};

/// The imports between the modules of a crate. Each key is the importing module and the imported
/// module, and the value is the file and the line of the first path to the imported module.
type Imports = BTreeMap<(ModulePath, ModulePath), String>;

/// Returns the circles of imports in a crate. Each returned text lists the imports that form one
/// circle, with one import per line.
pub(crate) fn circles(root: &Path) -> Vec<String> {
    let modules = modules::read(root);
    let imports = imports(&modules);
    let names: Vec<_> = modules.keys().collect();
    let place = |path: &ModulePath| names.binary_search(&path).expect("it is a module");
    let edges = imports.keys().map(|(from, to)| (place(from), place(to), ()));
    let graph = DiGraphMap::<usize, ()>::from_edges(edges);
    tarjan_scc(&graph)
        .into_iter()
        .filter(|members| members.len() > 1)
        .map(|members| {
            let members: BTreeSet<_> = members.into_iter().map(|place| names[place]).collect();
            let is_inside = |((from, to), _): &(&(ModulePath, ModulePath), &String)| {
                members.contains(from) && members.contains(to)
            };
            let line = |((from, to), place): (&(ModulePath, ModulePath), &String)| {
                format!("{place}: {} imports {}", spoken(from), spoken(to))
            };
            imports.iter().filter(is_inside).map(line).collect::<Vec<_>>().join("\n")
        })
        .collect()
}

fn spoken(path: &ModulePath) -> String {
    std::iter::once("crate").chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join("::")
}

fn imports(modules: &Modules) -> Imports {
    let mut imports = Imports::new();
    for (module, parts) in modules {
        for part in parts {
            let mut finder = Finder { modules, module, file: &part.file, imports: &mut imports };
            // Inner modules are skipped, because the items of an inner module have their own entry
            // in `modules`.
            let is_own = |item: &&Item| !matches!(item, Item::Mod(_));
            part.items.iter().filter(is_own).for_each(|item| finder.visit_item(item));
        }
    }
    imports
}

/// Visitor of syntax trees that collects the imports of one module.
struct Finder<'a> {
    modules: &'a Modules,
    module: &'a ModulePath,
    file: &'a Path,
    imports: &'a mut Imports,
}

impl Finder<'_> {
    /// Adds the import that a path makes, if the path leads to another module of the crate.
    fn add(&mut self, segments: &[String], span: Span) {
        let Some(target) = self.target(segments).filter(|target| target != self.module) else {
            return;
        };
        let place = || format!("{}:{}", self.file.display(), span.start().line);
        self.imports.entry((self.module.clone(), target)).or_insert_with(place);
    }

    /// Returns the module that a path leads to, which is the path's longest prefix that names a
    /// module.
    fn target(&self, segments: &[String]) -> Option<ModulePath> {
        let mut target = match segments.first()?.as_str() {
            "crate" => Vec::new(),
            "self" => self.module.clone(),
            "super" => self.module.split_last()?.1.to_vec(),
            name => {
                let child = [&**self.module, &[name.to_owned()]].concat();
                // A path of a single segment is a value or a type of this module, not a module.
                if segments.len() == 1 || !self.modules.contains_key(&child) {
                    return None;
                }
                child
            }
        };
        for segment in &segments[1..] {
            match segment.as_str() {
                "super" => _ = target.pop(),
                name => {
                    let below = [&*target, &[name.to_owned()]].concat();
                    if !self.modules.contains_key(&below) {
                        break;
                    }
                    target = below;
                }
            }
        }
        Some(target)
    }

    fn add_use(&mut self, before: &[String], tree: &UseTree) {
        let with = |ident: &Ident| [before, &[ident.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.add_use(&with(&path.ident), &path.tree),
            UseTree::Name(name) if name.ident == "self" => self.add(before, name.ident.span()),
            UseTree::Name(name) => self.add(&with(&name.ident), name.ident.span()),
            UseTree::Rename(rename) => self.add(&with(&rename.ident), rename.ident.span()),
            UseTree::Glob(glob) => self.add(before, glob.star_token.spans[0]),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_use(before, tree)),
        }
    }

    /// Adds the imports of paths in the arguments of a macro, which syn does not parse.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                TokenTree::Ident(first) => {
                    let mut segments = vec![first.to_string()];
                    while let [
                        TokenTree::Punct(a),
                        TokenTree::Punct(b),
                        TokenTree::Ident(next),
                        ..,
                    ] = &tokens[at + 1..]
                    {
                        if a.as_char() != ':' || b.as_char() != ':' {
                            break;
                        }
                        segments.push(next.to_string());
                        at += 3;
                    }
                    if segments.len() > 1 {
                        self.add(&segments, first.span());
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            at += 1;
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add_use(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|part| part.ident.to_string()).collect();
        if segments.len() > 1 {
            self.add(&segments, path.segments[0].ident.span());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.add_tokens(call.tokens.clone());
    }

    /// Skips visibilities, because the path in `pub(in path)` is not an import.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    /// Skips attributes, including documentation, because a link in a doc comment is not an import.
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}
