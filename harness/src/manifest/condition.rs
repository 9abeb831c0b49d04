//! Evaluates `cfg(...)` expressions for the target of a manifest's programs.

use cfg_expr::targets::{TargetInfo, get_builtin_target_by_triple};
use cfg_expr::{Expression, Predicate};

use super::error::Wrong;
use super::table::Value;
use crate::text::excerpt;

/// Target of a manifest's programs.
#[derive(Debug)]
pub(super) struct TargetFacts<'a> {
    pub(super) triple: &'a str,
    /// Target's properties, or `None` if the compiler of Rust does not know the target.
    info: Option<&'static TargetInfo>,
}

impl<'a> TargetFacts<'a> {
    pub(super) fn new(triple: &'a str) -> Self {
        Self { triple, info: get_builtin_target_by_triple(triple) }
    }

    /// Returns whether a `cfg(...)` expression holds for the target.
    pub(super) fn meets(&self, condition: &Value<'_>) -> Result<bool, Wrong> {
        let text = condition.text()?;
        let expression = Expression::parse(text).map_err(|error| {
            let (text, reason) = (excerpt(text), error.reason);
            condition.wrong(format!("`{text}` is not a `cfg(...)` expression: {reason}"))
        })?;
        let of_target = |predicate: &Predicate<'_>| matches!(predicate, Predicate::Target(_));
        if !expression.predicates().all(|predicate| of_target(&predicate)) {
            let text = excerpt(text);
            return Err(condition.wrong(format!(
                "`{text}` asks for something other than the target, such as a feature"
            )));
        }
        let Some(info) = self.info else {
            let triple = excerpt(self.triple);
            return Err(condition.wrong(format!("the properties of `{triple}` are not known")));
        };
        Ok(expression.eval(|predicate| match predicate {
            Predicate::Target(predicate) => predicate.matches(info),
            _ => false,
        }))
    }

    /// Returns the facts about the target that a report contains.
    pub(super) fn facts(&self) -> Vec<(String, String)> {
        let mut facts = vec![("triple", self.triple.to_owned())];
        if let Some(info) = self.info {
            let os = info.os.as_ref().map_or("none", |os| os.as_str());
            let env = info.env.as_ref().map_or("", |env| env.as_str());
            let endian = format!("{:?}", info.endian);
            facts.extend([
                ("arch", info.arch.as_str().to_owned()),
                ("os", os.to_owned()),
                ("env", env.to_owned()),
                ("pointer-width", info.pointer_width.to_string()),
                ("endian", endian),
            ]);
        }
        facts.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect()
    }
}
