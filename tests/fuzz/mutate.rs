//! Changes a file at random, in the ways in which files are damaged and in those in which they are forged.

use gradspace::stats::random::Stream;

/// Numbers that readers trip over, as bytes.
const NUMBERS: [u64; 14] =
    [0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0xFFFF, 0x0001_0000, 0x7FFF_FFFF, 0xFFFF_FFFF, 1 << 63, u64::MAX];

/// Texts that readers trip over.
const TEXTS: [&str; 30] = [
    "",
    "0",
    "-1",
    "1e308",
    "-1.7976931348623157e308",
    "1e-320",
    "nan",
    "inf",
    "-inf",
    "99999999999999999999",
    "\"",
    "''",
    ",",
    ";",
    "\t",
    "\n",
    "\r\n",
    "\n\n",
    "#",
    "=",
    "[",
    "]]",
    "{",
    "}",
    "\u{feff}",
    "\u{0}",
    "é",
    "../..",
    "true",
    "null",
];

/// One to four changes of a file of the corpus.
pub fn mutate(corpus: &[Vec<u8>], text: bool, stream: &mut Stream) -> Vec<u8> {
    let mut bytes = corpus[stream.index(corpus.len())].clone();
    for _ in 0..=stream.index(4) {
        change(&mut bytes, corpus, text, stream);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], text: bool, stream: &mut Stream) {
    let at = stream.index(bytes.len() + 1);
    let most = 1 + stream.index(64);
    let length = (1 + stream.index(most)).min(bytes.len() - at);
    match stream.index(if text { 12 } else { 9 }) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..at + length)),
        2 => bytes[at..at + length].fill(0),
        3 => {
            let copy = bytes[at..at + length].to_vec();
            let to = stream.index(bytes.len() + 1);
            bytes.splice(to..to, copy);
        }
        4 => {
            let other = &corpus[stream.index(corpus.len())];
            let from = stream.index(other.len() + 1);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        5 | 6 => {
            let number = NUMBERS[stream.index(NUMBERS.len())];
            let width = [1, 2, 4, 8][stream.index(4)].min(bytes.len() - at);
            let order = if stream.index(2) == 0 {
                number.to_le_bytes()
            } else {
                (number << (64 - 8 * width.max(1))).to_be_bytes()
            };
            bytes[at..at + width].copy_from_slice(&order[..width]);
        }
        7 | 8 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << stream.index(8);
            }
        }
        // A word is replaced by another text.
        _ => {
            let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
            let start = at - bytes[..at].iter().rev().take_while(|byte| is_part(byte)).count();
            let end = at + bytes[at..].iter().take_while(|byte| is_part(byte)).count();
            let word = TEXTS[stream.index(TEXTS.len())];
            bytes.splice(start..end, word.bytes());
        }
    }
}
