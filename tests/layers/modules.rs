//! Reads the modules of a crate and the items of each module from all files of the crate.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Item, Lit, Meta, Token};

/// Path of a module from the crate root, such as `["spawn", "unix"]`.
pub(crate) type ModulePath = Vec<String>;

/// The items of a module that one file contains.
pub(crate) struct Part {
    pub(crate) file: PathBuf,
    pub(crate) items: Vec<Item>,
}

/// The modules of a crate, each with its parts (one part for each file). A module that has a
/// different file on each platform has several parts.
pub(crate) type Modules = BTreeMap<ModulePath, Vec<Part>>;

/// Reads the modules of the crate with the root file `root`.
///
/// # Panics
///
/// Panics if a file is missing or is not valid Rust code.
pub(crate) fn read(root: &Path) -> Modules {
    let mut modules = Modules::new();
    let folder = root.parent().expect("a file is in a folder").to_owned();
    read_file(root, &folder, Vec::new(), &mut modules);
    modules
}

fn read_file(file: &Path, folder: &Path, path: ModulePath, modules: &mut Modules) {
    let text = fs::read_to_string(file)
        .unwrap_or_else(|error| panic!("failed to read `{}`: {error}", file.display()));
    let parsed = syn::parse_file(&text)
        .unwrap_or_else(|error| panic!("failed to parse `{}`: {error}", file.display()));
    add(parsed.items, file, folder, path, modules);
}

/// Adds a module and the modules that it declares, whose files are in `folder`.
fn add(items: Vec<Item>, file: &Path, folder: &Path, path: ModulePath, modules: &mut Modules) {
    let items: Vec<_> = items.into_iter().filter(|item| !is_for_tests(attributes(item))).collect();
    for item in &items {
        let Item::Mod(module) = item else { continue };
        let name = module.ident.to_string();
        let below = [&*path, std::slice::from_ref(&name)].concat();
        if let Some((_, items)) = &module.content {
            add(items.clone(), file, &folder.join(&name), below, modules);
            continue;
        }
        let own_folder = file.parent().expect("a file is in a folder");
        let named: Vec<_> =
            file_names(&module.attrs).iter().map(|it| own_folder.join(it)).collect();
        let usual = [folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")];
        let is_everywhere =
            named.is_empty() || module.attrs.iter().any(|it| it.path().is_ident("cfg_attr"));
        let usual = usual.into_iter().filter(|file| is_everywhere && file.exists());
        let files: Vec<_> = named.iter().cloned().chain(usual).collect();
        assert!(!files.is_empty(), "failed to find module `{name}` of `{}`", file.display());
        for file in files {
            let is_folder = named.contains(&file) || file.ends_with("mod.rs");
            let parent = file.parent().expect("a file is in a folder");
            let folder = if is_folder { parent.to_owned() } else { parent.join(&name) };
            read_file(&file, &folder, below.clone(), modules);
        }
    }
    modules.entry(path).or_default().push(Part { file: file.to_owned(), items });
}

/// Returns the file names in `#[path]` attributes, including the file names for other platforms.
fn file_names(attributes: &[Attribute]) -> Vec<String> {
    let mut names = Vec::new();
    for attribute in attributes {
        collect_names(&attribute.meta, &mut names);
    }
    names
}

fn collect_names(meta: &Meta, names: &mut Vec<String>) {
    match meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => {
            if let Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) = &pair.value {
                names.push(name.value());
            }
        }
        Meta::List(list) if list.path.is_ident("cfg_attr") => {
            let parse = Punctuated::<Meta, Token![,]>::parse_terminated;
            let parts =
                list.parse_args_with(parse).expect("cfg_attr has a condition and attributes");
            parts.iter().skip(1).for_each(|meta| collect_names(meta, names));
        }
        _ => {}
    }
}

/// Returns whether `#[cfg(test)]` is among the attributes of an item.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            list.parse_args::<Meta>().is_ok_and(|condition| condition.path().is_ident("test"))
        }
        _ => false,
    })
}

/// Returns the attributes of an item. For an item of a kind that contains no paths, this function
/// returns no attributes.
fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
