//! The end of a stream of any length, from the beginning of a line on.

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Tail {
    most: usize,
    bytes: Vec<u8>,
    is_cut: bool,
}

impl Tail {
    /// Keeps at most `most` bytes.
    pub(crate) fn new(most: usize) -> Self {
        Tail { most, bytes: Vec::new(), is_cut: false }
    }

    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
        // Not at every piece: moving the rest to the front costs.
        if self.bytes.len() > 4 * self.most {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        let surplus = self.bytes.len().saturating_sub(self.most);
        self.bytes.drain(..surplus);
        self.is_cut |= surplus > 0;
    }

    /// The last bytes, without the part of a line at their beginning.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.shorten();
        if self.is_cut
            && let Some(end) = self.bytes.iter().position(|&byte| byte == b'\n')
            && end + 1 < self.bytes.len()
        {
            self.bytes.drain(..=end);
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 4096;

    #[test]
    fn the_last_whole_lines_are_kept() {
        let mut tail = Tail::new(MOST);
        for i in 0..10_000 {
            tail.push(format!("line {i}\n").as_bytes());
            assert!(tail.bytes.len() <= 5 * MOST);
        }
        let bytes = tail.finish();
        assert!(bytes.starts_with(b"line ") && bytes.ends_with(b"line 9999\n"));
        assert!(bytes.len() <= MOST && bytes.len() > MOST / 2);
    }

    #[test]
    fn a_short_stream_and_a_single_long_line_are_kept() {
        let mut tail = Tail::new(MOST);
        tail.push(b"a\nb");
        assert_eq!(tail.finish(), b"a\nb");
        let mut tail = Tail::new(MOST);
        tail.push(&[b'x'; 3 * MOST]);
        assert_eq!(tail.finish(), [b'x'; MOST]);
    }
}
