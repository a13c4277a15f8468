//! The charts and pictures of the page, as inline SVG or as data URIs.

use crate::report::folder::FolderPicture;
use maud::{Markup, PreEscaped, html};

/// A chart with a larger SVG, in bytes, is shown as its PNG.
const LARGE: usize = 300_000;
/// The elements of our charts. An SVG with others is shown as its PNG.
const ELEMENTS: [&str; 9] = ["svg", "g", "rect", "circle", "line", "polyline", "polygon", "path", "text"];
/// An SVG that contains one of these in a tag is shown as its PNG: styles and identifiers would affect the whole page, and scripts and
/// references could load other files.
const FORBIDDEN: [&str; 7] = [" id=", " class=", " style=", "href", " on", "url(", "<!"];

/// A picture with its caption as alternative text, scaled to the available width.
pub(super) fn picture(picture: &FolderPicture) -> Markup {
    let words = picture.caption.map(str::to_owned).or_else(|| picture.svg.map(words));
    let words = words.unwrap_or_else(|| picture.name.to_owned());
    match picture.svg.and_then(|svg| inline(svg, &words)) {
        Some(svg) => PreEscaped(svg),
        None => png(picture.png, &words),
    }
}

/// A PNG file as an image.
fn png(bytes: &[u8], words: &str) -> Markup {
    // With the width and the height of the PNG header, a browser reserves the space before it decodes the image.
    let side = |at: usize| bytes.get(at..at + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    html! {
        img src=(format!("data:image/png;base64,{}", base64(bytes))) alt=(words) width=[side(16)] height=[side(20)];
    }
}

/// The SVG as an element of the page, or `None` if it must be shown as its PNG.
fn inline(svg: &str, words: &str) -> Option<String> {
    let (head, rest) = svg.trim().strip_prefix("<svg ")?.split_once('>')?;
    let body = rest.strip_suffix("</svg>")?;
    let tags = body.split('<').skip(1).map(|tag| tag.trim_start_matches('/'));
    let known = |tag: &str| {
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
        // The part after the tag is text.
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

/// The alternative text of a chart without a caption: its first two lines, which are its title and its data.
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
        let shown = |inside: &str| {
            picture(&FolderPicture { name: "a", caption: None, svg: Some(&svg(inside)), png: &[1] }).into_string()
        };
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
        let svg = svg(text);
        let captioned = FolderPicture { name: "a", caption: Some("\"A\" & b."), svg: Some(&svg), png: &[1] };
        let drawn = picture(&captioned).into_string();
        assert!(drawn.contains("aria-label=\"&quot;A&quot; &amp; b.\""), "{drawn}");
        let alone = FolderPicture { svg: None, ..captioned };
        assert!(picture(&alone).into_string().contains("alt=\"&quot;A&quot; &amp; b.\""));
        assert!(picture(&FolderPicture { caption: None, ..alone }).into_string().contains("alt=\"a\""));
    }
}
