//! The rules of the product, pure: no repository, file system, process, environment or clock in here.
//!
//! Everything that decides (what an options file says, whether output is a value, which commit is a state commit,
//! whether something changed) lives below this module and is tested by tables.

pub(crate) mod attempts;
pub(crate) mod authorship;
pub(crate) mod ci_file;
pub(crate) mod customization;
pub(crate) mod decide;
pub(crate) mod declared;
pub(crate) mod dependencies;
pub(crate) mod documents;
pub(crate) mod entry;
pub(crate) mod exit;
pub(crate) mod expression;
pub(crate) mod extractor_exit;
pub(crate) mod extractor_variables;
pub(crate) mod fail_on;
pub(crate) mod github;
pub(crate) mod isolation;
pub(crate) mod junit;
pub(crate) mod launch;
pub(crate) mod layout;
pub(crate) mod lfs;
pub(crate) mod lines;
pub(crate) mod lint;
pub(crate) mod message;
pub(crate) mod name;
pub(crate) mod new_resource;
pub(crate) mod options;
pub(crate) mod originals;
pub(crate) mod pause;
pub(crate) mod result;
pub(crate) mod rewording;
pub(crate) mod secrets;
pub(crate) mod skip_word;
pub(crate) mod spread;
pub(crate) mod suite;
pub(crate) mod target;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod tree_file;
pub(crate) mod value;
pub(crate) mod variables;
pub(crate) mod web_url;
