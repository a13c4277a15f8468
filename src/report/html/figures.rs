//! Charts and pictures inside the page.

use crate::report::charts::Picture;
use maud::{Markup, PreEscaped, html};

/// SVGs of more bytes are shown as their PNGs.
const LARGE: usize = 300_000;
/// The elements and attributes of our charts. A drawing that has others could reach beyond its own place in the page: styles and
/// identifiers are the whole document's, scripts and references lead out of it.
const ELEMENTS: [&str; 9] = ["svg", "g", "rect", "circle", "line", "polyline", "polygon", "path", "text"];
const FORBIDDEN: [&str; 7] = [" id=", " class=", " style=", "href", " on", "url(", "<!"];

/// A chart, scaled to the width that there is.
pub(super) fn chart(picture: &Picture) -> Markup {
    let words = words(&picture.svg);
    match inline(&picture.svg, &words) {
        Some(svg) => PreEscaped(svg),
        None => png(&picture.png, &words),
    }
}

/// A PNG file as an image.
pub(super) fn png(bytes: &[u8], words: &str) -> Markup {
    // The width and height of the header keep the place free while the image is decoded.
    let side = |at: usize| bytes.get(at..at + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    html! {
        img src=(format!("data:image/png;base64,{}", base64(bytes))) alt=(words) width=[side(16)] height=[side(20)];
    }
}

/// The drawing as an element of the page, where it can be one.
fn inline(svg: &str, words: &str) -> Option<String> {
    let (head, rest) = svg.trim().strip_prefix("<svg ")?.split_once('>')?;
    let body = rest.strip_suffix("</svg>")?;
    let tags = body.split('<').skip(1).map(|tag| tag.trim_start_matches('/'));
    let known = |tag: &str| {
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
        // What follows the tag is text.
        let inside = tag.split('>').next().unwrap_or_default();
        ELEMENTS.contains(&&*name) && !FORBIDDEN.iter().any(|part| inside.contains(part))
    };
    if svg.len() > LARGE || FORBIDDEN.iter().any(|part| head.contains(part)) || !tags.clone().all(known) {
        return None;
    }
    let attribute = |name: &str| head.split_once(&format!("{name}=\""))?.1.split('"').next();
    let (width, view) = (attribute("width")?.parse::<u32>().ok()?, attribute("viewBox")?);
    let words = html! { (words) }.into_string();
    Some(format!("<svg role=\"img\" aria-label=\"{words}\" viewBox=\"{view}\" width=\"{width}\">{body}</svg>"))
}

/// What a chart says about itself: its first two lines, which are its title and its data.
fn words(svg: &str) -> String {
    let texts = svg.split("<text ").skip(1).filter_map(|text| text.split_once('>')?.1.split("</text>").next());
    let plain = |text: &str| {
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
            .iter()
            .fold(text.trim().to_owned(), |text, (escaped, c)| text.replace(escaped, c))
    };
    texts.take(2).map(plain).collect::<Vec<_>>().join(". ")
}

/// Base64 of RFC 4648 with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().enumerate().fold(0_u32, |bits, (i, byte)| bits | u32::from(*byte) << (16 - 8 * i));
        for i in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * i)) as usize & 63];
            out.push(if i <= three.len() { digit as char } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (text, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
        assert_eq!(base64(&[0xFB, 0xFF, 0xBF]), "+/+/");
    }

    #[test]
    fn a_drawing_that_reaches_beyond_its_place_is_shown_as_pixels() {
        let svg = |inside: &str| {
            format!(
                "<svg width=\"10\" height=\"5\" viewBox=\"0 0 40 20\" xmlns=\"http://www.w3.org/2000/svg\">\n{inside}</svg>\n"
            )
        };
        let shown = |inside: &str| chart(&Picture { svg: svg(inside), png: vec![1] }).into_string();
        let text = "<text x=\"1\">\nA &amp; \"B\" on id=3\n</text>\n<text x=\"1\">\nall &lt; one\n</text>\n";
        let drawn = shown(text);
        assert!(
            drawn.starts_with("<svg role=\"img\" aria-label=\"A &amp; &quot;B&quot; on id=3. all &lt; one\" viewBox=\"0 0 40 20\" width=\"10\">"),
            "{drawn}"
        );
        for inside in [
            "<script>1</script>",
            "<rect onload=\"x\"/>",
            "<rect id=\"a\"/>",
            "<rect style=\"fill:red\"/>",
            "<image href=\"http://x\"/>",
            "<rect fill=\"url(#a)\"/>",
            "<!-- -->",
        ] {
            assert!(shown(inside).starts_with("<img src=\"data:image/png;base64,AQ==\""), "{inside}");
        }
        assert!(shown(&"<rect x=\"1\"/>".repeat(LARGE / 10)).starts_with("<img"), "too large");
    }
}
