//! Reads why a process died of a signal from the note `NT_SIGINFO` of a Linux core file.

use std::fs::File;
use std::path::Path;

use object::elf::{ELF_NOTE_CORE, EM_MIPS, ET_CORE, FileHeader32, FileHeader64, NT_SIGINFO};
use object::read::ReadCache;
use object::read::elf::{FileHeader, ProgramHeader as _};
use object::{Endian as _, Endianness, FileKind, ReadRef};
use testprog_harness::Signal;
use testprog_harness::spawn::Fault;

/// Returns the fault that a core file records, if it records one.
///
/// The child can write any file of that name, so this function trusts nothing in the file.
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
    /// Largest segment of notes to read, in bytes. The notes of a thousand threads are smaller. The
    /// limit is needed because the segment's size is a number from an untrusted file.
    const LARGEST_NOTES: u64 = 16 << 20;
    let header = Elf::parse(file).ok()?;
    let endian = header.endian().ok()?;
    if header.e_type(endian) != ET_CORE {
        return None;
    }
    let segments = header.program_headers(endian, file).ok()?;
    for segment in segments {
        if segment.p_filesz(endian).into() > LARGEST_NOTES {
            continue;
        }
        let Ok(Some(mut notes)) = segment.notes(endian, file) else { continue };
        while let Ok(Some(note)) = notes.next() {
            // The first `NT_SIGINFO` note is that of the crashed thread, because Linux writes the
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
/// comes before `si_errno`. The address or the sender's process ID follows these integers.
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
