//! The two ways in which repositories keep the files of their resources.

use serde::Serialize;

/// Where the files of a resource lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum Layout {
    /// On the branch of the resource.
    Branch,
    /// In a folder of the default branch; the branch of the resource carries its state only.
    Folder,
}

impl Layout {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Layout::Branch => "branch",
            Layout::Folder => "folder",
        }
    }
}

/// What the configuration or the command line says about the layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LayoutChoice {
    /// What the tip of the default branch shows.
    #[default]
    Auto,
    /// This one.
    Fixed(Layout),
}

/// A word that is no layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected auto, branch or folder")]
pub(crate) struct NoLayout;

impl std::str::FromStr for LayoutChoice {
    type Err = NoLayout;

    fn from_str(text: &str) -> Result<Self, NoLayout> {
        match text {
            "auto" => Ok(LayoutChoice::Auto),
            "branch" => Ok(LayoutChoice::Fixed(Layout::Branch)),
            "folder" => Ok(LayoutChoice::Fixed(Layout::Folder)),
            _ => Err(NoLayout),
        }
    }
}

impl std::fmt::Display for LayoutChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            LayoutChoice::Auto => "auto",
            LayoutChoice::Fixed(layout) => layout.name(),
        })
    }
}

/// What stands for the name of a resource in the path of its options file.
const PLACEHOLDER: &str = "{branch}";

/// A path of options files, in which `{branch}` stands for the name of the resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathPattern(String);

/// A path that leads out of a tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a path inside a tree, like `options` or `branches/{{branch}}/trigger`")]
pub(crate) struct NoPath(String);

impl PathPattern {
    /// # Errors
    ///
    /// The path leads out of the tree.
    pub(crate) fn new(path: &str) -> Result<Self, NoPath> {
        let leads_out = path.split('/').any(|part| matches!(part, "" | "." | ".."));
        if leads_out { Err(NoPath(path.to_owned())) } else { Ok(PathPattern(path.to_owned())) }
    }

    /// Whether one tree can hold such files of many resources.
    pub(crate) fn has_name(&self) -> bool {
        self.0.contains(PLACEHOLDER)
    }

    /// The path for one resource.
    pub(crate) fn of(&self, name: &str) -> String {
        self.0.replace(PLACEHOLDER, name)
    }

    /// The folder that holds all such files, without a slash at its end; empty for the top of the tree.
    pub(crate) fn base(&self) -> &str {
        let constant = self.0.split_once(PLACEHOLDER).map_or(self.0.as_str(), |(constant, _)| constant);
        constant.rsplit_once('/').map_or("", |(base, _)| base)
    }

    /// Whether a folder with such a file has no such file further below: every resource has a folder of its own.
    pub(crate) fn ends_a_folder(&self) -> bool {
        self.0
            .rsplit_once('/')
            .is_some_and(|(folder, file)| folder.contains(PLACEHOLDER) && !file.contains(PLACEHOLDER))
    }

    /// The name of the resource whose options lie at `path`.
    pub(crate) fn name_in<'a>(&self, path: &'a str) -> Option<&'a str> {
        let placeholders = self.0.matches(PLACEHOLDER).count();
        let constant = self.0.len() - placeholders * PLACEHOLDER.len();
        let length = path.len().checked_sub(constant)?.checked_div(placeholders)?;
        let start = self.0.find(PLACEHOLDER)?;
        let name = path.get(start..start + length).filter(|name| !name.is_empty())?;
        (self.of(name) == path).then_some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(path: &str) -> PathPattern {
        PathPattern::new(path).unwrap()
    }

    #[test]
    fn the_words_of_the_setting() {
        for word in ["auto", "branch", "folder"] {
            assert_eq!(word.parse::<LayoutChoice>().unwrap().to_string(), word);
        }
        assert_eq!("Folder".parse::<LayoutChoice>(), Err(NoLayout));
    }

    #[test]
    fn names_are_found_in_paths() {
        let cases = [
            ("branches/{branch}/trigger", "branches/edge/trigger", Some("edge")),
            ("branches/{branch}/trigger", "branches/ci/edge/trigger", Some("ci/edge")),
            ("branches/{branch}/trigger", "branches/edge/options", None),
            ("branches/{branch}/trigger", "branches//trigger", None),
            ("branches/{branch}/trigger", "branches/trigger", None),
            ("{branch}.options", "edge.options", Some("edge")),
            ("w/{branch}/{branch}.sh", "w/edge/edge.sh", Some("edge")),
            ("w/{branch}/{branch}.sh", "w/edge/core.sh", None),
            ("options", "options", None),
            ("{branch}/t", "zażółć/t", Some("zażółć")),
        ];
        for (of, path, name) in cases {
            assert_eq!(pattern(of).name_in(path), name, "{of} {path}");
        }
    }

    #[test]
    fn folders_of_paths() {
        let cases = [
            ("branches/{branch}/trigger", "branches", true),
            ("a/b/{branch}/c/trigger", "a/b", true),
            ("{branch}/trigger", "", true),
            ("watch/{branch}.options", "watch", false),
            ("options", "", false),
        ];
        for (path, base, ends) in cases {
            assert_eq!((pattern(path).base(), pattern(path).ends_a_folder()), (base, ends), "{path}");
        }
        for bad in ["", "/options", "../x", "a/./b", "a//b"] {
            assert!(PathPattern::new(bad).is_err(), "{bad}");
        }
    }
}
