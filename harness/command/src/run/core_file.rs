//! Reads why a process died of a signal from the note `NT_SIGINFO` of a Linux core file.

use std::fs::File;
use std::path::Path;

use object::elf::{
    ELF_NOTE_CORE, EM_MIPS, ET_CORE, FileHeader32, FileHeader64, NT_SIGINFO, PT_NOTE,
};
use object::read::ReadCache;
use object::read::elf::{FileHeader, ProgramHeader as _};
use object::{Endian as _, Endianness, FileKind, ReadRef};
use testprog_harness::Signal;
use testprog_harness::spawn::Fault;

/// Returns the fault that a core file records, or `None` if the core file records no fault.
///
/// The child can write any file in place of the core file, so this function trusts nothing in the
/// file.
pub(crate) fn fault(path: &Path, signal: Signal) -> Option<Fault> {
    // `ReadCache` reads only the requested parts, since a core file can be as large as memory.
    let file = ReadCache::new(File::open(path).ok()?);
    match FileKind::parse(&file).ok()? {
        FileKind::Elf32 => note::<FileHeader32<Endianness>, _>(&file, signal),
        FileKind::Elf64 => note::<FileHeader64<Endianness>, _>(&file, signal),
        _ => None,
    }
}

fn note<'data, Elf, R>(file: R, signal: Signal) -> Option<Fault>
where
    Elf: FileHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    /// Maximum number of bytes to read of all notes together, and of the table of segments. The
    /// notes of a thousand threads are smaller than `MOST_BYTES`. The limit `MOST_BYTES` is needed
    /// because all sizes are numbers from an untrusted file, in which thousands of segments may
    /// share one note.
    const MOST_BYTES: u64 = 16 << 20;
    let header = Elf::parse(file).ok()?;
    let endian = header.endian().ok()?;
    if header.e_type(endian) != ET_CORE {
        return None;
    }
    let table = header.phnum(endian, file).ok()? as u64 * u64::from(header.e_phentsize(endian));
    if table > MOST_BYTES {
        return None;
    }
    let segments = header.program_headers(endian, file).ok()?;
    let mut left = MOST_BYTES;
    for segment in segments.iter().filter(|segment| segment.p_type(endian) == PT_NOTE) {
        left = left.checked_sub(segment.p_filesz(endian).into())?;
        let Ok(Some(mut notes)) = segment.notes(endian, file) else { continue };
        while let Ok(Some(note)) = notes.next() {
            // The first `NT_SIGINFO` note belongs to the crashed thread, because Linux writes the
            // crashed thread first.
            if note.n_type(endian) == NT_SIGINFO && note.name() == ELF_NOTE_CORE {
                let is_swapped = header.e_machine(endian) == EM_MIPS;
                return read(note.desc(), endian, header.is_type_64(), is_swapped, signal);
            }
        }
    }
    None
}

/// Reads `si_code`, and the address or the sender of the signal, from the bytes of a `siginfo_t`.
///
/// A `siginfo_t` begins with the integers `si_signo`, `si_errno` and `si_code`. On MIPS, `si_code`
/// comes before `si_errno`. The address or the sender's process ID follows the three integers.
fn read(
    info: &[u8],
    endian: Endianness,
    is_64: bool,
    is_swapped: bool,
    signal: Signal,
) -> Option<Fault> {
    let number =
        |place: usize| Some(endian.read_i32_bytes(info.get(place..place + 4)?.try_into().ok()?));
    let code = number(if is_swapped { 4 } else { 8 })?;
    let rest = if is_64 { 16 } else { 12 };
    let address = if is_64 {
        endian.read_u64_bytes(info.get(rest..rest + 8)?.try_into().ok()?)
    } else {
        endian.read_u32_bytes(info.get(rest..rest + 4)?.try_into().ok()?).into()
    };
    Some(Fault::from_linux(signal, code, address, number(rest)?))
}

#[cfg(test)]
mod tests {
    use std::{fs, io};

    use super::*;

    /// Returns the header of a 64-bit core file with this number of segments after the header.
    fn header(segments: u16) -> Vec<u8> {
        let mut header = vec![0; 64];
        header[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        header[16] = 4; // ET_CORE
        header[18] = 62; // EM_X86_64
        header[20] = 1;
        header[32] = 64; // e_phoff
        header[54] = 56; // e_phentsize
        header[56..58].copy_from_slice(&segments.to_le_bytes());
        header
    }

    /// Returns the program header of a note segment (`PT_NOTE`) with this offset and size in the
    /// file.
    fn segment(place: u64, size: u64) -> [u8; 56] {
        let mut segment = [0; 56];
        segment[0] = 4; // PT_NOTE
        segment[8..16].copy_from_slice(&place.to_le_bytes());
        segment[32..40].copy_from_slice(&size.to_le_bytes());
        segment
    }

    /// Returns the head of a note with a name and a description of these sizes.
    fn note_head(name: u32, description: u32, kind: u32) -> Vec<u8> {
        [name, description, kind].iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    #[test]
    fn notes_that_overlap_are_read_up_to_a_limit() -> io::Result<()> {
        const LARGE: u32 = 8 << 20;
        const SIGINFO: u32 = 128;
        let folder = tempfile::tempdir()?;
        // Several segments share one large note. The last segment has the note about the signal.
        for (shared, is_found) in [(1, true), (2, false)] {
            let count = shared + 1;
            let place = 64 + 56 * u64::from(count);
            let mut core = header(count);
            for _ in 0..shared {
                core.extend(segment(place, LARGE.into()));
            }
            core.extend(segment(place + u64::from(LARGE), 12 + 8 + u64::from(SIGINFO)));
            core.extend(note_head(0, LARGE - 12, 0));
            core.resize(core.len() + LARGE as usize - 12, 0);
            core.extend(note_head(5, SIGINFO, NT_SIGINFO));
            core.extend(b"CORE\0\0\0\0");
            core.resize(core.len() + SIGINFO as usize, 0);
            let path = folder.path().join("core");
            fs::write(&path, &core)?;
            assert_eq!(fault(&path, Signal::Segv).is_some(), is_found, "{shared}");
        }
        Ok(())
    }
}
