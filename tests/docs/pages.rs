//! Reads the code blocks of Markdown pages.

use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};

/// A code block of a page.
#[derive(Debug)]
pub(crate) struct Block {
    /// Path of the page relative to the root of the repository, such as `docs/command.md`.
    pub(crate) page: String,
    /// Section of the page: the nearest heading of level 2 above the code block, or an empty text.
    pub(crate) section: String,
    /// Language of the code block, which is the word after the opening fence.
    pub(crate) language: String,
    pub(crate) text: String,
}

/// One command of a `console` block, and the output that the page shows for the command.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) page: String,
    /// Section of the page, as in [`Block`].
    pub(crate) section: String,
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
    let (mut section, mut is_heading) = (String::new(), false);
    for event in Parser::new(&text) {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) => {
                (section, is_heading) = (String::new(), true);
            }
            Event::End(TagEnd::Heading(_)) => is_heading = false,
            Event::Text(part) if is_heading => section += &part,
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                let (page, section) = (page.to_owned(), section.clone());
                let language = language.to_string();
                open = Some(Block { page, section, language, text: String::new() });
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
                let (page, section) = (block.page.clone(), block.section.clone());
                samples.push(Sample { page, section, command, output: String::new() });
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
