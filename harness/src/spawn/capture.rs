//! Captures the output of a child in bounded memory.

use std::collections::VecDeque;

/// Output of a child on one stream: the first bytes, the last bytes, and the number of bytes
/// dropped between them.
///
/// The runner keeps only the first and the last bytes of each output, so the runner's memory use
/// does not grow with the output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
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
    /// Returns an output with the first bytes `head` and the last bytes `tail`, between which
    /// `dropped` bytes are missing.
    pub fn new(head: impl Into<Vec<u8>>, tail: impl Into<Vec<u8>>, dropped: u64) -> Self {
        Self { head: head.into(), tail: tail.into(), dropped }
    }

    /// Returns the whole output, or `None` if bytes were dropped.
    pub fn whole(&self) -> Option<Vec<u8>> {
        (self.dropped == 0).then(|| [&*self.head, &*self.tail].concat())
    }

    /// Returns true if and only if the kept output contains `text`. If bytes were dropped,
    /// `contains` searches the first and the last bytes separately.
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

/// Piece of a child's output: whole lines, or a part of a line that is longer than 64 KiB.
///
/// The last line of an output may lack its line feed. A line of more than 64 KiB may be split into
/// several pieces, none of which ends within a UTF-8 character.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Lines<'a> {
    /// Argument of the child, which is the scenario's name if the child runs a scenario.
    pub argument: &'a str,
    /// Name of the stream, which is `stdout` or `stderr`, or `output` if both streams are merged.
    pub stream: &'static str,
    /// Bytes of the piece, including the line feeds.
    pub bytes: &'a [u8],
}

/// Collector that calls a function with whole lines of a child's output.
#[derive(Debug)]
pub(super) struct Teller {
    tell: fn(&Lines<'_>),
    argument: String,
    stream: &'static str,
    /// Beginning of a line whose line feed the child has not printed yet.
    pending: Vec<u8>,
}

impl Teller {
    /// Length in bytes above which a line without a line feed is split into pieces.
    const LONGEST: usize = 64 << 10;

    pub(super) fn new(tell: fn(&Lines<'_>), argument: &str, stream: &'static str) -> Self {
        Self { tell, argument: argument.to_owned(), stream, pending: Vec::new() }
    }

    fn push(&mut self, bytes: &[u8]) {
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let (whole, rest) = bytes.split_at(whole);
        if !whole.is_empty() {
            let mut pending = std::mem::take(&mut self.pending);
            if pending.is_empty() {
                self.tell(whole);
            } else {
                pending.extend_from_slice(whole);
                self.tell(&pending);
            }
        }
        self.pending.extend_from_slice(rest);
        while self.pending.len() > Self::LONGEST {
            // A UTF-8 character has at most three bytes after its first byte, so the first byte of
            // a character is among any four consecutive bytes.
            let is_first = |at: &usize| self.pending[*at] & 0xc0 != 0x80;
            let mut last = Self::LONGEST - 3..=Self::LONGEST;
            let rest = self.pending.split_off(last.rfind(is_first).unwrap_or(Self::LONGEST));
            let piece = std::mem::replace(&mut self.pending, rest);
            self.tell(&piece);
        }
    }

    fn tell(&self, bytes: &[u8]) {
        (self.tell)(&Lines { argument: &self.argument, stream: self.stream, bytes });
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
    /// Collector of whole lines, if a function is to be called with the output as soon as the
    /// output arrives.
    teller: Option<Teller>,
}

impl Capture {
    pub(super) fn new(limit: usize, teller: Option<Teller>) -> Self {
        Self { head: Vec::new(), tail: VecDeque::new(), dropped: 0, limit, teller }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        if let Some(teller) = &mut self.teller {
            teller.push(bytes);
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
        if let Some(teller) = self.teller.filter(|teller| !teller.pending.is_empty()) {
            teller.tell(&teller.pending);
        }
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

    thread_local! {
        static TOLD: std::cell::RefCell<Vec<Vec<u8>>> = const { std::cell::RefCell::new(Vec::new()) };
    }

    /// Returns the pieces that the function `tell` gets when the runner reads `pieces`.
    fn told(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
        let tell = |lines: &Lines<'_>| {
            assert_eq!((lines.argument, lines.stream), ("a", "stdout"));
            TOLD.with_borrow_mut(|told| told.push(lines.bytes.to_vec()));
        };
        let mut capture = Capture::new(16, Some(Teller::new(tell, "a", "stdout")));
        for piece in pieces {
            capture.push(piece);
        }
        capture.finish();
        TOLD.take()
    }

    #[test]
    fn whole_lines_are_told_however_the_output_is_read() {
        let text = "é\nfirst\n\nünd\nthe end of ä".as_bytes();
        let bytes: Vec<_> = text.chunks(1).collect();
        let lines: Vec<_> = text.split_inclusive(|byte| *byte == b'\n').collect();
        assert_eq!(told(&bytes), lines);
        let last = text.iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        assert_eq!(told(&[text]), [&text[..last], &text[last..]]);
        for at in 0..text.len() {
            let told = told(&[&text[..at], &text[at..]]);
            assert_eq!(told.concat(), text);
            assert!(told.iter().rev().skip(1).all(|piece| piece.ends_with(b"\n")), "{told:?}");
        }
        assert!(told(&[b"", b""]).is_empty());
    }

    #[test]
    fn a_long_line_is_told_in_pieces_of_whole_characters() {
        for before in ["", "x", "xx", "xxx"] {
            for character in ["x", "é", "€", "😀"] {
                let text = before.to_owned() + &character.repeat(60_000) + "\n";
                let pieces: Vec<_> = text.as_bytes().chunks(1000).collect();
                let told = told(&pieces);
                assert_eq!(told.concat(), text.as_bytes());
                for piece in told {
                    assert!(piece.len() <= Teller::LONGEST && std::str::from_utf8(&piece).is_ok());
                }
            }
        }
        let continuations = vec![0x80; 200_000];
        assert_eq!(told(&[&continuations]).concat(), continuations);
    }
}
