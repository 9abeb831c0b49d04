//! The message that the runtime prints before it aborts the process.
//!
//! The code of this module may run on a stack with less than 4 KiB left, on a stack with wrong
//! bounds, or in a signal handler. The code of this module allocates no memory, takes no lock, and
//! does not use the formatting of the Rust standard library.

use super::bounds::Bounds;
use super::system;

/// Size of the message buffer in bytes, enough for the longest message.
const LONGEST: usize = 192;

/// Buffer in which a message is assembled.
pub(crate) struct Message {
    text: [u8; LONGEST],
    length: usize,
}

impl Message {
    pub(crate) const fn new() -> Self {
        Self { text: [0; LONGEST], length: 0 }
    }

    /// Appends a text, and drops the part of the text that does not fit into the buffer.
    pub(crate) fn text(&mut self, text: &str) {
        for byte in text.as_bytes() {
            self.byte(*byte);
        }
    }

    /// Appends a number in decimal digits.
    pub(crate) fn decimal(&mut self, number: u64) {
        self.digits(number, 10);
    }

    /// Appends an address in hexadecimal digits.
    pub(crate) fn address(&mut self, address: usize) {
        self.text("0x");
        self.digits(address as u64, 16);
    }

    /// Appends two addresses as `[LO, HI]`.
    pub(crate) fn bounds(&mut self, bounds: Bounds) {
        self.text("[");
        self.address(bounds.lo);
        self.text(", ");
        self.address(bounds.hi);
        self.text("]");
    }

    /// Writes the message and a line feed to standard error.
    pub(crate) fn write(&mut self) {
        // The function `byte` always leaves room for the line feed at the end of the buffer.
        self.text[self.length] = b'\n';
        system::write_to_stderr(&self.text[..=self.length]);
    }

    /// Appends a byte if the byte fits into the buffer.
    fn byte(&mut self, byte: u8) {
        if self.length < LONGEST - 1 {
            self.text[self.length] = byte;
            self.length += 1;
        }
    }

    /// Appends a number, written in a base of up to 16.
    fn digits(&mut self, number: u64, base: u64) {
        let mut divisor = 1;
        while number / divisor >= base {
            divisor *= base;
        }
        while divisor > 0 {
            // The digit is below 16, so it fits into a byte. `try_from` would add formatting code
            // of the Rust standard library to this function.
            #[expect(clippy::cast_possible_truncation, reason = "the digit is less than 16")]
            let digit = (number / divisor % base) as u8;
            self.byte(if digit < 10 { b'0' + digit } else { b'a' - 10 + digit });
            divisor /= base;
        }
    }
}

/// Writes the message that `say` builds, with the prefix `fatal`, and aborts the process with
/// SIGABRT.
pub(crate) fn abort(say: impl FnOnce(&mut Message)) -> ! {
    let mut message = Message::new();
    message.text("fatal: ");
    say(&mut message);
    message.write();
    std::process::abort()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(say: impl FnOnce(&mut Message)) -> String {
        let mut message = Message::new();
        say(&mut message);
        String::from_utf8(message.text[..message.length].to_vec()).unwrap()
    }

    #[test]
    fn numbers_are_written_in_full() {
        assert_eq!(said(|m| m.decimal(0)), "0");
        assert_eq!(said(|m| m.decimal(1090)), "1090");
        assert_eq!(said(|m| m.decimal(u64::MAX)), u64::MAX.to_string());
        assert_eq!(said(|m| m.address(0)), "0x0");
        assert_eq!(said(|m| m.address(0x7fff_dead_bee0)), "0x7fffdeadbee0");
        assert_eq!(said(|m| m.address(usize::MAX)), format!("{:#x}", usize::MAX));
        assert_eq!(said(|m| m.bounds(Bounds { lo: 16, hi: 255 })), "[0x10, 0xff]");
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        assert_eq!(said(|m| m.text(&"x".repeat(1000))).len(), LONGEST - 1);
    }
}
