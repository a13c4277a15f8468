//! Markers and the segments behind them (T.81, annex B.1.1).

use super::{ENDS_EARLY, Result, damaged};

/// The big-endian number of two bytes at `at`.
pub fn be16(bytes: &[u8], at: usize) -> Result<usize> {
    match bytes.get(at..at + 2) {
        Some(pair) => Ok(usize::from(pair[0]) << 8 | usize::from(pair[1])),
        None => Err(ENDS_EARLY),
    }
}

/// The code of the marker at `position`, which may be preceded by fill bytes.
pub fn next_marker(bytes: &[u8], position: &mut usize) -> Result<u8> {
    if *bytes.get(*position).ok_or(ENDS_EARLY)? != 0xFF {
        return Err(damaged("a JPEG marker is missing"));
    }
    while *bytes.get(*position).ok_or(ENDS_EARLY)? == 0xFF {
        *position += 1;
    }
    *position += 1;
    Ok(bytes[*position - 1])
}

/// The body of the segment at `position`, without its length.
pub fn next_segment<'a>(bytes: &'a [u8], position: &mut usize) -> Result<&'a [u8]> {
    let length = be16(bytes, *position)?;
    if length < 2 {
        return Err(damaged("a JPEG segment has an impossible length"));
    }
    let segment = bytes.get(*position + 2..*position + length).ok_or(ENDS_EARLY)?;
    *position += length;
    Ok(segment)
}
