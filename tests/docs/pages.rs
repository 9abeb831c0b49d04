//! Reads the code blocks of Markdown pages.

use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// A code block of a page.
#[derive(Debug)]
pub(crate) struct Block {
    /// Path of the page relative to the root of the repository, such as `docs/command.md`.
    pub(crate) page: String,
    /// Language of the code block, which is the word after the opening fence.
    pub(crate) language: String,
    pub(crate) text: String,
}

/// One command of a `console` block, and the output that the page shows for the command.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) page: String,
    /// The command line without the comment at its end.
    pub(crate) command: String,
    /// The output that the page shows below the command, or an empty text if the page shows no
    /// output.
    pub(crate) output: String,
}

/// Returns the top folder of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Returns the code blocks of all pages, which are the Markdown files at the top of the repository
/// and in `docs/`.
pub(crate) fn blocks() -> Vec<Block> {
    let mut pages = Vec::new();
    for folder in ["", "docs/"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
                pages.push(format!("{folder}{name}"));
            }
        }
    }
    pages.sort();
    pages.iter().flat_map(|page| blocks_of(page)).collect()
}

fn blocks_of(page: &str) -> Vec<Block> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for event in Parser::new(&text) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                let (page, language) = (page.to_owned(), language.to_string());
                open = Some(Block { page, language, text: String::new() });
            }
            Event::Text(part) => {
                if let Some(block) = &mut open {
                    block.text += &part;
                }
            }
            Event::End(TagEnd::CodeBlock) => blocks.extend(open.take()),
            _ => {}
        }
    }
    blocks
}

/// Returns the commands of all `console` blocks.
pub(crate) fn samples() -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::new();
    for block in blocks().into_iter().filter(|block| block.language == "console") {
        for line in block.text.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                let command = command.split("  #").next().unwrap_or(command).trim_end().to_owned();
                samples.push(Sample { page: block.page.clone(), command, output: String::new() });
            } else {
                let sample = samples.last_mut().unwrap_or_else(|| {
                    panic!("{}: a console block begins without `$ `: {line}", block.page)
                });
                sample.output += line;
                sample.output.push('\n');
            }
        }
    }
    samples
}
