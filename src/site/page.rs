//! What all pages share: title, address of the top, style sheet and script, and the policy that allows nothing else.

use super::data::Mark;
use super::marks::sample;

/// The style sheet of all pages.
pub(super) const STYLE: &str = include_str!("templates/site.css");

/// The script of all pages: it filters, sorts, and marks a page that is old.
pub(super) const SCRIPT: &str = include_str!("templates/site.js");

/// The digests by which a page that holds both allows them (CSP, `'sha256-…'`).
const STYLE_DIGEST: &str = "sha256-efQGYsgPdMZWt9/vxF91kxrS3+we7dRXMuEccF2PFPU=";
const SCRIPT_DIGEST: &str = "sha256-3kbRJjwtwWAJsBN7QYkbcmoSADHdYqltKbGny/eO3YE=";

/// Where a page gets its style sheet and its script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Assets {
    /// From files beside the index.
    Linked,
    /// From itself.
    Inlined,
}

/// The frame of a page.
#[derive(Clone, Debug)]
pub(super) struct Page<'a> {
    /// The title of the site.
    pub(super) title: &'a str,
    /// The way to the folder of the index: empty, or `../`.
    pub(super) root: &'static str,
    pub(super) assets: Assets,
    pub(super) policy: String,
}

impl<'a> Page<'a> {
    pub(super) fn new(title: &'a str, root: &'static str, assets: Assets) -> Self {
        let (style, script) = match assets {
            Assets::Linked => ("self".to_owned(), "self".to_owned()),
            Assets::Inlined => (STYLE_DIGEST.to_owned(), SCRIPT_DIGEST.to_owned()),
        };
        let policy = format!(
            "default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'"
        );
        Page { title, root, assets, policy }
    }

    pub(super) fn is_inlined(&self) -> bool {
        self.assets == Assets::Inlined
    }

    /// The marks of values, each with a sample.
    #[allow(clippy::unused_self, reason = "templates call it on the page")]
    pub(super) fn key(&self) -> Vec<(Mark, String)> {
        let marks = [Mark::Passed, Mark::Failed, Mark::Flaky, Mark::CouldNotRun, Mark::Waiting, Mark::NotLaunched];
        marks.into_iter().map(|mark| (mark, sample(mark))).collect()
    }
}

/// A link to another page of the same list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PageLink {
    pub(super) text: String,
    pub(super) href: String,
    pub(super) is_current: bool,
}

/// The links between the pages of a list, or none if one page holds all: `NAME.html`, `NAME-2.html`, …
pub(super) fn page_links(stem: &str, count: usize, current: usize, text: impl Fn(usize) -> String) -> Vec<PageLink> {
    if count < 2 {
        return Vec::new();
    }
    let link = |index| PageLink { text: text(index), href: page_name(stem, index), is_current: index == current };
    (0..count).map(link).collect()
}

/// The file of a page by its place, counted from 0.
pub(super) fn page_name(stem: &str, index: usize) -> String {
    match index {
        0 => format!("{stem}.html"),
        index => format!("{stem}-{}.html", index + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(text: &str) -> String {
        let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha256);
        hasher.update(text.as_bytes());
        let bytes = hasher.try_finalize().unwrap().as_bytes().to_vec();
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut encoded = String::new();
        for piece in bytes.chunks(3) {
            let bits = piece.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - piece.len()));
            for place in 0..4 {
                let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
                encoded.push(if place > piece.len() { '=' } else { char::from(digit) });
            }
        }
        format!("sha256-{encoded}")
    }

    #[test]
    fn a_page_allows_its_own_style_and_script_only() {
        assert_eq!(digest(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "the known digest of nothing");
        assert_eq!((STYLE_DIGEST, SCRIPT_DIGEST), (&*digest(STYLE), &*digest(SCRIPT)), "put these into this file");
        let policy = Page::new("x", "", Assets::Linked).policy;
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    }

    #[test]
    fn lists_of_one_page_have_no_links() {
        assert_eq!(page_links("a", 1, 0, |_| String::new()), []);
        let links = page_links("a", 2, 1, |index| index.to_string());
        assert_eq!((links[0].href.as_str(), links[1].href.as_str()), ("a.html", "a-2.html"));
        assert!(!links[0].is_current && links[1].is_current);
    }
}
