//! Stores the output of cases until the reports are written, so that the memory of the runner does
//! not grow with the output.
//!
//! A small amount of output stays in memory. A larger amount of output goes to a temporary file
//! without a name, which the system removes when the runner ends, even if the runner is killed.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use testprog_harness::spawn::Output;

/// Number of bytes that the store collects in memory before the store writes these bytes to the
/// temporary file.
const PENDING: usize = 64 << 10;

/// Number of integers at the beginning of a record: the lengths of an output's beginning and end
/// and the number of dropped bytes, for each of two streams.
const NUMBERS: usize = 6;

/// Output of cases, in the order in which the cases ended.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// Temporary file, or `None` if nothing was written yet.
    file: Option<File>,
    /// Number of bytes in the temporary file.
    written: u64,
    /// Records (outputs of attempts) that are not in the temporary file yet.
    pending: Vec<u8>,
    /// Whether a write to the temporary file has failed, so that all further output stays in
    /// memory.
    is_broken: bool,
}

/// Where the store keeps the output of one attempt.
#[derive(Debug)]
pub(crate) enum Stored {
    /// Both streams are empty, or no report shows them.
    Nothing,
    /// Position of the record in the temporary file, or in the pending bytes, which are numbered
    /// after the bytes of the file.
    At(u64),
    Memory(Box<[Output; 2]>),
}

impl Store {
    /// Stores standard output and standard error of an attempt.
    pub(crate) fn put(&mut self, streams: [Output; 2]) -> Stored {
        if streams.iter().all(|output| output.is_empty() && output.dropped == 0) {
            return Stored::Nothing;
        }
        if self.is_broken {
            return Stored::Memory(Box::new(streams));
        }
        let at = self.written + self.pending.len() as u64;
        for Output { head, tail, dropped, .. } in &streams {
            for number in [head.len() as u64, tail.len() as u64, *dropped] {
                self.pending.extend(number.to_le_bytes());
            }
        }
        for Output { head, tail, .. } in &streams {
            self.pending.extend_from_slice(head);
            self.pending.extend_from_slice(tail);
        }
        if self.pending.len() >= PENDING {
            self.write();
        }
        Stored::At(at)
    }

    /// Writes the pending records to the temporary file. If the write fails, the records stay in
    /// memory.
    fn write(&mut self) {
        match self.append() {
            Ok(()) => {
                self.written += self.pending.len() as u64;
                self.pending.clear();
            }
            Err(_) => self.is_broken = true,
        }
    }

    fn append(&mut self) -> io::Result<()> {
        let mut file = match &self.file {
            Some(file) => file,
            None => self.file.insert(tempfile::tempfile()?),
        };
        // An earlier write that failed, or a read, may have moved the position in the file.
        file.seek(SeekFrom::Start(self.written))?;
        file.write_all(&self.pending)
    }

    /// Returns standard output and standard error of an attempt.
    ///
    /// # Errors
    ///
    /// Returns an error if the temporary file cannot be read.
    pub(crate) fn get(&self, stored: &Stored) -> io::Result<[Output; 2]> {
        match stored {
            Stored::Nothing => Ok(Default::default()),
            Stored::Memory(streams) => Ok((**streams).clone()),
            Stored::At(at) => self.read(*at).map_err(|error| {
                let cause = format!("failed to read the output of a case again: {error}");
                io::Error::new(error.kind(), cause)
            }),
        }
    }

    fn read(&self, at: u64) -> io::Result<[Output; 2]> {
        if let Some(place) = at.checked_sub(self.written) {
            let place = usize::try_from(place).map_err(io::Error::other)?;
            return record(self.pending.get(place..).unwrap_or_default());
        }
        let mut file = self.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
        file.seek(SeekFrom::Start(at))?;
        record(file)
    }
}

/// Reads one record: the output of an attempt on both streams.
fn record(mut from: impl io::Read) -> io::Result<[Output; 2]> {
    let mut numbers = [0_u64; NUMBERS];
    for number in &mut numbers {
        let mut bytes = [0; size_of::<u64>()];
        from.read_exact(&mut bytes)?;
        *number = u64::from_le_bytes(bytes);
    }
    let mut bytes = |length: u64| -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        from.by_ref().take(length).read_to_end(&mut bytes)?;
        let is_whole = bytes.len() as u64 == length;
        is_whole.then_some(bytes).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    };
    let [stdout @ .., _, _, _] = numbers;
    let [_, _, _, stderr @ ..] = numbers;
    let mut output = |[head, tail, dropped]: [u64; 3]| -> io::Result<Output> {
        Ok(Output::new(bytes(head)?, bytes(tail)?, dropped))
    };
    Ok([output(stdout)?, output(stderr)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(head: &[u8], tail: &[u8], dropped: u64) -> Output {
        Output::new(head, tail, dropped)
    }

    #[test]
    fn each_output_is_read_as_it_was_stored() {
        let mut store = Store::default();
        let large = output(&vec![7; PENDING], &[8; 3], 1 << 40);
        let all = [
            [output(b"OK\n", b"", 0), Output::default()],
            [Output::default(), large.clone()],
            [large, output(b"\0", b"\xff", 0)],
            [output(b"a", b"", 0), output(b"b", b"c", 1)],
            [Output::default(), Output::default()],
        ];
        let stored: Vec<_> = all.iter().map(|streams| store.put(streams.clone())).collect();
        assert!(store.file.is_some() && !store.pending.is_empty());
        assert!(matches!(stored.last(), Some(Stored::Nothing)));
        for (stored, streams) in stored.iter().zip(&all).rev() {
            assert_eq!(store.get(stored).unwrap(), *streams);
        }
    }

    #[test]
    fn a_file_that_cannot_be_written_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("read-only");
        std::fs::write(&path, "").unwrap();
        let mut store = Store { file: Some(File::open(path).unwrap()), ..Store::default() };
        let streams = |byte| [output(&vec![byte; PENDING], b"", 0), output(b"a", b"", 0)];
        let stored = [1, 2, 3].map(|byte| store.put(streams(byte)));
        assert!(store.is_broken && matches!(stored[2], Stored::Memory(_)));
        for (stored, byte) in stored.iter().zip(1..) {
            assert_eq!(store.get(stored).unwrap(), streams(byte));
        }
    }
}
