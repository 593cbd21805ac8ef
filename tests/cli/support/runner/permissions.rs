//! What the token of a job may do.

use std::collections::BTreeMap;

use super::yaml::Permissions;

/// A level for each scope; what is not named is `none`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    scopes: BTreeMap<String, String>,
    rest: &'static str,
}

impl Grant {
    /// What the outermost workflow may ask for.
    pub(super) fn everything() -> Self {
        Grant { scopes: BTreeMap::new(), rest: "write" }
    }

    pub(super) fn scopes(&self) -> &BTreeMap<String, String> {
        &self.scopes
    }

    pub(super) fn may_write_contents(&self) -> bool {
        self.level("contents") == "write"
    }

    pub(super) fn may_read_contents(&self) -> bool {
        self.level("contents") != "none"
    }

    fn level(&self, scope: &str) -> &str {
        self.scopes.get(scope).map_or(self.rest, String::as_str)
    }

    /// What a job gets that asks for this, or whose workflow does.
    ///
    /// A workflow that is called cannot ask for more than the job that calls it has.
    pub(super) fn narrow(&self, workflow: Option<&Permissions>, job: Option<&Permissions>) -> Result<Grant, String> {
        let rank = |level: &str| ["none", "read", "write"].iter().position(|it| *it == level);
        match job.or(workflow) {
            None => Ok(self.clone()),
            Some(Permissions::All(all)) => Err(format!("{all} is more than any job here should ask for")),
            Some(Permissions::Scopes(scopes)) => {
                for (scope, level) in scopes {
                    let asked = rank(level).ok_or_else(|| format!("{level} is no level"))?;
                    if Some(asked) > rank(self.level(scope)) {
                        return Err(format!("asks for {scope}: {level}, but is only allowed {}", self.level(scope)));
                    }
                }
                Ok(Grant { scopes: scopes.clone(), rest: "none" })
            }
        }
    }
}
