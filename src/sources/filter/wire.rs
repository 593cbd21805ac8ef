//! What goes over the pipes between the program and the child that runs its filters.

use serde::{Deserialize, Serialize};

/// The answer that the filters after it run on.
pub(super) const ANSWER: u8 = b'a';
/// A filter, which is to be replied to.
pub(super) const FILTER: u8 = b'f';

/// What came of a filter.
#[derive(Debug, Deserialize, Serialize)]
pub(super) enum FilterReply {
    Nothing,
    Values(Vec<String>),
    Failed(String),
}

/// Puts a message behind others.
pub(super) fn frame(messages: &mut Vec<u8>, kind: u8, content: &[u8]) {
    messages.push(kind);
    messages.extend_from_slice(&(content.len() as u64).to_le_bytes());
    messages.extend_from_slice(content);
}

impl FilterReply {
    /// A line of JSON.
    pub(super) fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }

    /// Reads a reply once all of it is there; the inner one is none if it is no reply.
    pub(super) fn read(bytes: &[u8]) -> Option<Option<Self>> {
        let line = bytes.strip_suffix(b"\n")?;
        Some(serde_json::from_slice(line).ok())
    }
}
