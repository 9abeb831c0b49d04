//! Tables of several runs: as text, as JSON, in Markdown, and as an HTML page.

mod capabilities;
pub(crate) mod changes;
mod grid;
pub(crate) mod human;
pub(crate) mod join;
pub(crate) mod markdown;
pub(crate) mod matrix;
pub(crate) mod page;
pub(crate) mod read;
pub(crate) mod view;
