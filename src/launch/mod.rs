//! A launch: what a state commit starts. The customization of a target.

pub(crate) mod customize;
pub(crate) mod environment;
pub(crate) mod originals;
mod script;
mod variables;
