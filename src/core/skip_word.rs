//! Words in a commit message that make a CI system ignore the commit.
//!
//! A state commit exists to start a run, so neither a message nor a value may have one.

use std::sync::LazyLock;

use regex::Regex;

/// The forms that are in use, in any case.
///
/// Sources: the documentation of GitHub, GitLab, Forgejo, CircleCI, Travis, Azure Pipelines, AppVeyor, Buildkite,
/// Bitbucket, Drone, Woodpecker, Semaphore, Cirrus, Codemagic, Bitrise, Codeship, Netlify, Cloudflare Pages, Render,
/// Amplify, EAS, pre-commit.ci, Pipelines as Code and OneDev. New systems take the form `[skip NAME]`, so the name is not looked at.
static SKIP_WORD: LazyLock<Regex> = LazyLock::new(|| {
    const NAME: &str = r"[a-z][a-z0-9._]*(?:[\ -][a-z0-9._]+){0,2}";
    Regex::new(&format!(
        r"(?xi-u)
        \[ \s* (?: skip [\ _-]+ {NAME} | {NAME} [\ _-]+ skip | skipci | ciskip ) \s* \]
        | \[ \s* no [\ _-] (?: ci | cd | actions? | build | deploy | job ) \s* \]
        | \*\*\* no_ci \*\*\*
        | \b skip-checks \s* : \s* true \b
        | (?: ^ | \s ) -- (?: skip-ci | ci-skip | no-ci ) (?: \s | $ )
        "
    ))
    .expect("the expression is well-formed")
});

/// The first CI skip word in `text`, if there is one.
pub(crate) fn skip_word(text: &str) -> Option<&str> {
    // Hardly any text has the characters of a skip word, and the expression is not made for the others.
    let may_have_one = text.contains(['[', '*']) || text.contains("--") || (text.contains('-') && text.contains(':'));
    if may_have_one { SKIP_WORD.find(text).map(|found| found.as_str().trim()) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_all_systems_are_found() {
        for word in [
            // GitHub, GitLab, Bitbucket, CircleCI, Travis, Semaphore, Bitrise, Drone and others
            "[skip ci]",
            "[ci skip]",
            "[Skip CI]",
            "[CI-Skip]",
            "[skip-ci]",
            "[no ci]",
            // GitHub, Forgejo
            "[skip actions]",
            "[actions skip]",
            // Azure Pipelines
            "***NO_CI***",
            "[skip azurepipelines]",
            "[azurepipelines skip]",
            "[skip azpipelines]",
            "[azpipelines skip]",
            "[skip azp]",
            "[azp skip]",
            "skip-checks: true",
            "skip-checks:true",
            // Travis, AppVeyor, Cirrus, Codemagic
            "[skip travis]",
            "[travis skip]",
            "[skip travis ci]",
            "[skip travis-ci]",
            "[skip appveyor]",
            "[skip cirrus]",
            "[skip codemagic]",
            // Woodpecker takes it without a blank
            "[skipci]",
            "[ciskip]",
            // Netlify, Cloudflare Pages, Render, Amplify, Vercel
            "[skip netlify]",
            "[CF-Pages-Skip]",
            "[skip render]",
            "[render skip]",
            "[skip deploy]",
            "[skip cd]",
            "[skip-cd]",
            "[vercel skip]",
            // EAS, pre-commit.ci, Pipelines as Code, OneDev, Codeship
            "[eas skip]",
            "[skip pre-commit.ci]",
            "[pre-commit.ci skip]",
            "[skip tkn]",
            "[no job]",
            "--skip-ci",
        ] {
            assert_eq!(skip_word(word), Some(word));
            assert_eq!(skip_word(&format!("5 {word} x")), Some(word));
        }
    }

    #[test]
    fn other_texts_are_left_alone() {
        for text in [
            "549",
            "2.63+22.04~pre1",
            "[edge] core snap",
            "[skip]",
            "[skipped 5]",
            "[noci",
            "New [no reexec] snap",
            "skip ci",
            "a--skip-cite",
            "x-skip-checks: trueish",
            "[1.2 skip]",
            "***",
            "https://example.com/[ci]",
            "zażółć [gęślą jaźń]",
        ] {
            assert_eq!(skip_word(text), None, "{text}");
        }
    }
}
