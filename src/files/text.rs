//! Text files that people make, in UTF-8 with `\n` at the ends of lines.

/// The beginnings of files that are often given in place of a text.
const OTHERS: [(&[u8], &str); 5] = [
    (b"PK\x03\x04", "is a spreadsheet (.xlsx or .ods) or another zip archive; save it as CSV"),
    (b"\xD0\xCF\x11\xE0", "is a spreadsheet (.xls); save it as CSV"),
    (b"\x1F\x8B", "is compressed with gzip; decompress it"),
    (b"%PDF", "is a PDF document; save its table as CSV"),
    (b"{\\rtf", "is a document of a word processor; save it as plain text in UTF-8"),
];

/// The text in the bytes of a file, without a byte order mark. Every line ends with `\n` in place of `\r\n` or `\r`.
///
/// # Errors
/// What is wrong with the file and what to do, for an error that begins with its name. The file is a spreadsheet, a web page, or
/// another format; or the text is not UTF-8. Row 1 is the first line of the file.
pub(crate) fn decode(bytes: &[u8]) -> Result<String, String> {
    if let Some((_, problem)) = OTHERS.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Err((*problem).to_owned());
    }
    if let Some(encoding) = wide(bytes) {
        return Err(format!("is {encoding}; save it as UTF-8"));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let row = lines(&before).matches('\n').count() + 1;
        format!("is not UTF-8 in row {row}, but perhaps Latin-1 or another encoding; save it as UTF-8")
    })?;
    if let Some(at) = text.find('\0') {
        let row = lines(&text[..at]).matches('\n').count() + 1;
        return Err(format!("is not a text file: it has a null character in row {row}; name a text file in UTF-8"));
    }
    let start: String = text.trim_start().chars().take(15).collect::<String>().to_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return Err("is a web page (HTML); download the file itself".to_owned());
    }
    if start.starts_with("<?xml") {
        return Err("is an XML document; save it as CSV".to_owned());
    }
    Ok(lines(text))
}

fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The name of an encoding with two or four bytes for each character. Without a byte order mark, the zero bytes of Latin letters in even
/// or in odd places reveal it.
fn wide(bytes: &[u8]) -> Option<&'static str> {
    if [b"\xFF\xFE\0\0", b"\0\0\xFE\xFF"].iter().any(|mark| bytes.starts_with(*mark)) {
        return Some("UTF-32");
    }
    if [b"\xFF\xFE", b"\xFE\xFF"].iter().any(|mark| bytes.starts_with(*mark)) {
        return Some("UTF-16");
    }
    let start = &bytes[..bytes.len().min(1024)];
    let zeros = |first: usize| start.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let (more, less) = (even.max(odd), even.min(odd));
    (start.len() >= 4 && 4 * more > start.len() && 4 * less < more).then_some("UTF-16")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, mark: &[u8], bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        mark.iter().copied().chain(text.encode_utf16().flat_map(bytes)).collect()
    }

    #[test]
    fn line_ends_and_a_mark_make_no_difference() {
        for text in ["a\nb\n", "a\r\nb\r\n", "a\rb\r", "\u{feff}a\r\nb\r", "\u{feff}a\nb\n"] {
            assert_eq!(decode(text.as_bytes()).unwrap(), "a\nb\n", "{text:?}");
        }
        assert_eq!(decode(b"").unwrap(), "");
        assert_eq!(decode("\u{feff}".as_bytes()).unwrap(), "");
        assert_eq!(decode("ä\n\n€".as_bytes()).unwrap(), "ä\n\n€");
    }

    #[test]
    fn what_is_no_text_is_named_with_what_to_do() {
        let text = "image,reference,mos\nüber.png,b.png,3\n";
        for (bytes, expected) in [
            (utf16(text, b"\xFF\xFE", u16::to_le_bytes), "is UTF-16; save it as UTF-8"),
            (utf16(text, b"\xFE\xFF", u16::to_be_bytes), "is UTF-16; save it as UTF-8"),
            (utf16(text, b"", u16::to_le_bytes), "is UTF-16; save it as UTF-8"),
            (utf16(text, b"", u16::to_be_bytes), "is UTF-16; save it as UTF-8"),
            (utf16("3 a\n", b"", u16::to_le_bytes), "is UTF-16; save it as UTF-8"),
            (b"\xFF\xFE\0\0a\0\0\0".to_vec(), "is UTF-32; save it as UTF-8"),
            (b"a,b\r\n1,2\rM\xFCller,3\n".to_vec(), "is not UTF-8 in row 3, but perhaps Latin-1"),
            (b"a,b\n1,\0".to_vec(), "it has a null character in row 2"),
            (b"PK\x03\x04\x14\0".to_vec(), "is a spreadsheet (.xlsx or .ods) or another zip archive; save it as CSV"),
            (b"\xD0\xCF\x11\xE0\xA1".to_vec(), "is a spreadsheet (.xls); save it as CSV"),
            (b"\n <!DOCTYPE html>\n".to_vec(), "is a web page (HTML); download the file itself"),
            (b"<HTML lang=en>".to_vec(), "is a web page (HTML)"),
            (b"\xEF\xBB\xBF<?xml version='1.0'?>".to_vec(), "is an XML document"),
            (b"\x1F\x8B\x08".to_vec(), "is compressed with gzip"),
        ] {
            let problem = decode(&bytes).unwrap_err();
            assert!(problem.contains(expected), "{expected:?} is not in {problem:?}");
        }
    }

    #[test]
    fn no_bytes_are_too_odd() {
        let mut stream = proptest::test_runner::TestRunner::deterministic();
        let bytes = proptest::collection::vec(proptest::prelude::any::<u8>(), 0..64);
        stream
            .run(&bytes, |bytes| {
                let text = decode(&bytes).unwrap_or_default();
                assert!(!text.contains(['\r', '\0']));
                Ok(())
            })
            .unwrap();
    }
}
