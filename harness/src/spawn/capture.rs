//! Captures the output of a child in bounded memory.

use std::collections::VecDeque;

/// Output of a child on one stream: the first bytes, the last bytes, and the number of bytes
/// dropped between them.
///
/// The runner keeps only the first and the last bytes of each output, so the runner's memory use
/// does not grow with the output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// First bytes of the output, at most
    /// [`Options::keep_bytes`](crate::spawn::Options::keep_bytes).
    pub head: Vec<u8>,
    /// Last bytes of the output that are not in `head`, at most
    /// [`Options::keep_bytes`](crate::spawn::Options::keep_bytes).
    pub tail: Vec<u8>,
    /// Number of bytes dropped between `head` and `tail`.
    pub dropped: u64,
}

impl Output {
    /// Returns the whole output, or `None` if bytes were dropped.
    pub fn whole(&self) -> Option<Vec<u8>> {
        (self.dropped == 0).then(|| [&*self.head, &*self.tail].concat())
    }

    /// Returns true if and only if the kept output contains `text`. The function does not find a
    /// text of which some bytes were dropped.
    pub fn contains(&self, text: &str) -> bool {
        let inside = |bytes: &[u8]| {
            text.is_empty() || bytes.windows(text.len()).any(|window| window == text.as_bytes())
        };
        match self.whole() {
            Some(bytes) => inside(&bytes),
            None => inside(&self.head) || inside(&self.tail),
        }
    }

    /// Returns true if and only if the output is empty.
    pub fn is_empty(&self) -> bool {
        self.head.is_empty()
    }
}

/// Collector that builds an [`Output`] piece by piece.
#[derive(Debug)]
pub(super) struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    dropped: u64,
    /// Maximum size of each of `head` and `tail`, in bytes.
    limit: usize,
    /// Function that `push` calls with each piece of output.
    tell: Option<fn(&[u8])>,
}

impl Capture {
    pub(super) fn new(limit: usize, tell: Option<fn(&[u8])>) -> Self {
        Self { head: Vec::new(), tail: VecDeque::new(), dropped: 0, limit, tell }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        if let Some(tell) = self.tell {
            tell(bytes);
        }
        let (first, rest) = bytes.split_at(bytes.len().min(self.limit - self.head.len()));
        self.head.extend_from_slice(first);
        let (skipped, kept) = rest.split_at(rest.len().saturating_sub(self.limit));
        let excess = (self.tail.len() + kept.len()).saturating_sub(self.limit);
        self.tail.drain(..excess);
        self.tail.extend(kept);
        self.dropped += (skipped.len() + excess) as u64;
    }

    pub(super) fn finish(self) -> Output {
        Output { head: self.head, tail: self.tail.into(), dropped: self.dropped }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capture(limit: usize, pieces: &[&[u8]]) -> Output {
        let mut capture = Capture::new(limit, None);
        for piece in pieces {
            capture.push(piece);
        }
        capture.finish()
    }

    #[test]
    fn little_is_kept_whole() {
        let output = capture(4, &[b"ab", b"", b"cdef"]);
        assert_eq!(output.whole().unwrap(), b"abcdef");
        assert!(output.contains("def") && output.contains("cd") && output.contains(""));
    }

    #[test]
    fn much_is_kept_at_both_ends() {
        for pieces in
            [&[&b"abcdefghijkl"[..]][..], &[b"abc", b"defghij", b"kl"], &[b"abcdefgh", b"ijkl"]]
        {
            let output = capture(4, pieces);
            assert_eq!(
                (&*output.head, &*output.tail, output.dropped),
                (&b"abcd"[..], &b"ijkl"[..], 4)
            );
            assert_eq!(output.whole(), None);
            assert!(output.contains("kl") && output.contains("bc") && !output.contains("di"));
        }
    }

    #[test]
    fn memory_does_not_follow_what_is_printed() {
        let mut capture = Capture::new(16, None);
        for _ in 0..10_000 {
            capture.push(&[b'x'; 100]);
        }
        assert!(capture.tail.capacity() <= 64, "{}", capture.tail.capacity());
        assert_eq!(capture.finish().dropped, 1_000_000 - 32);
    }
}
