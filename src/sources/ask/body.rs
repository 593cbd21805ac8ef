//! Reading the body of an answer within limits.

use std::io::Read;

use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_ENCODING, HeaderMap};

use super::AskError;

/// The longest body, before and after it is unpacked.
pub(super) const MAX_BODY: usize = 8 * 1024 * 1024;

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Gzip,
}

/// How the body behind these headers is packed.
///
/// # Errors
///
/// In a way that was not asked for.
pub(super) fn packing(headers: &HeaderMap, host: &str) -> Result<Packing, AskError> {
    let mut packing = Packing::None;
    for value in headers.get_all(CONTENT_ENCODING) {
        let text = value.to_str().unwrap_or("?");
        for encoding in text.split(',').map(|encoding| encoding.trim().to_ascii_lowercase()) {
            match (encoding.as_str(), packing) {
                ("" | "identity", _) => {}
                ("gzip" | "x-gzip", Packing::None) => packing = Packing::Gzip,
                _ => return Err(AskError::Encoding { host: host.to_owned(), encoding: text.to_owned() }),
            }
        }
    }
    Ok(packing)
}

/// Reads a body to its end.
pub(super) async fn read(mut body: Incoming, packing: Packing, host: &str) -> Result<Vec<u8>, AskError> {
    let too_long = || AskError::BodyTooLong { host: host.to_owned() };
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|err| AskError::Cut { host: host.to_owned(), reason: crate::error::chain(&err) })?;
        if let Ok(data) = frame.into_data() {
            if bytes.len() + data.len() > MAX_BODY {
                return Err(too_long());
            }
            bytes.extend_from_slice(&data);
        }
    }
    match packing {
        Packing::None => Ok(bytes),
        Packing::Gzip => {
            let mut unpacked = Vec::new();
            let reader = flate2::read::MultiGzDecoder::new(bytes.as_slice());
            let read = reader.take(MAX_BODY as u64 + 1).read_to_end(&mut unpacked);
            read.map_err(|_| AskError::BadGzip { host: host.to_owned() })?;
            if unpacked.len() > MAX_BODY { Err(too_long()) } else { Ok(unpacked) }
        }
    }
}
