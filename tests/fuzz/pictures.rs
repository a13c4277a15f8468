//! Small images in the formats and variants of formats that are read.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use image::{ExtendedColorType, ImageFormat};

const WIDTH: u32 = 5;
const HEIGHT: u32 = 3;

fn samples(channels: usize) -> Vec<u8> {
    (0..WIDTH as usize * HEIGHT as usize * channels).map(|i| (i * 37 % 251) as u8).collect()
}

fn encoded(samples: &[u8], colour: ExtendedColorType, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::write_buffer_with_format(&mut bytes, samples, WIDTH, HEIGHT, colour, format).expect("an image");
    bytes.into_inner()
}

/// PNG: RGB, 16-bit grey, a palette, one bit, and the chunks of a profile, a gamma and an orientation.
pub fn png() -> Vec<Vec<u8>> {
    let rgb = encoded(&samples(3), ExtendedColorType::Rgb8, ImageFormat::Png);
    let grey16 = encoded(&samples(2), ExtendedColorType::L16, ImageFormat::Png);
    let palette = {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, WIDTH, HEIGHT);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Two);
        encoder.set_palette(vec![0, 0, 0, 255, 0, 0, 0, 255, 0, 9, 9, 9]);
        encoder.set_source_gamma(png::ScaledFloat::new(0.5));
        let mut writer = encoder.write_header().expect("a header");
        writer.write_image_data(&[0x1B, 0x40, 0xE4, 0x80, 0x00, 0xC0]).expect("rows of two bytes");
        writer.write_chunk(png::chunk::eXIf, &exif(8)).expect("a chunk");
        drop(writer);
        bytes
    };
    vec![rgb, grey16, palette]
}

/// EXIF data with this orientation.
fn exif(orientation: u8) -> Vec<u8> {
    [&b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..], &[orientation, 0, 0, 0, 0, 0, 0, 0]].concat()
}

/// Corrects the check sum of each chunk.
pub fn repair_png(bytes: &mut [u8]) {
    let mut at = 8;
    while let Some(length) = bytes.get(at..at + 4) {
        let length = u32::from_be_bytes(length.try_into().expect("four bytes")) as usize;
        let end = at + 8 + length;
        let Some(body) = bytes.get(at + 4..end) else { return };
        let mut sum = Crc::new();
        sum.update(body);
        if let Some(place) = bytes.get_mut(end..end + 4) {
            place.copy_from_slice(&sum.sum().to_be_bytes());
        }
        at = end + 4;
    }
}

/// BMP: 24 bits, a palette, and run-length data of 8 and 4 bits.
pub fn bmp() -> Vec<Vec<u8>> {
    let palette: Vec<u8> = (0..16).flat_map(|i| [i * 16, i, 255 - i, 0]).collect();
    let coded = |bits: u8, compression: u8, data: &[u8]| {
        let start = 54 + palette.len() as u32;
        let mut bytes = b"BM".to_vec();
        for number in [start + data.len() as u32, 0, start, 40, WIDTH, HEIGHT] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend([1, 0, bits, 0, compression, 0, 0, 0]);
        for number in [data.len() as u32, 2835, 2835, 16, 0] {
            bytes.extend(number.to_le_bytes());
        }
        [&bytes, &palette, data].concat()
    };
    let runs = [5, 3, 0, 0, 0, 3, 1, 2, 3, 0, 2, 9, 0, 0, 1, 7, 4, 8, 0, 1];
    vec![
        encoded(&samples(3), ExtendedColorType::Rgb8, ImageFormat::Bmp),
        encoded(&samples(1), ExtendedColorType::L8, ImageFormat::Bmp),
        coded(8, 1, &runs),
        coded(4, 2, &[5, 0x12, 0, 0, 5, 0x34, 0, 0, 5, 0x56, 0, 1]),
        coded(4, 0, &[0x12; 12]),
    ]
}

/// TIFF: not compressed, PackBits, Deflate with a predictor, and 16 bits in the other byte order.
pub fn tiff() -> Vec<Vec<u8>> {
    let plain = samples(3);
    let packed: Vec<u8> = plain.chunks(15).flat_map(|row| [&[14], row].concat()).collect();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(&plain).expect("memory");
    let deflated = zlib.finish().expect("memory");
    vec![
        encoded(&plain, ExtendedColorType::Rgb8, ImageFormat::Tiff),
        encoded(&samples(2), ExtendedColorType::L16, ImageFormat::Tiff),
        tiff_of(&packed, 32773, 1),
        tiff_of(&deflated, 8, 2),
    ]
}

/// A big-endian TIFF of 8-bit RGB with one strip.
fn tiff_of(data: &[u8], compression: u16, predictor: u16) -> Vec<u8> {
    let short = |tag: u16, value: u16| (tag, 3u16, 1u32, u32::from(value) << 16);
    let directory = 8 + data.len() as u32 + data.len() as u32 % 2;
    let entries = [
        short(256, WIDTH as u16),
        short(257, HEIGHT as u16),
        (258, 3, 3, directory + 2 + 11 * 12 + 4),
        short(259, compression),
        short(262, 2),
        (273, 4, 1, 8),
        short(274, 6),
        short(277, 3),
        short(278, HEIGHT as u16),
        (279, 4, 1, data.len() as u32),
        short(317, predictor),
    ];
    let mut bytes = b"MM\0\x2A".to_vec();
    bytes.extend(directory.to_be_bytes());
    bytes.extend(data);
    bytes.resize(directory as usize, 0);
    bytes.extend((entries.len() as u16).to_be_bytes());
    for (tag, kind, count, value) in entries {
        bytes.extend(tag.to_be_bytes());
        bytes.extend(kind.to_be_bytes());
        bytes.extend(count.to_be_bytes());
        bytes.extend(value.to_be_bytes());
    }
    bytes.extend([0, 0, 0, 0, 0, 8, 0, 8, 0, 8]);
    bytes
}

/// Lossless WebP.
pub fn webp() -> Vec<Vec<u8>> {
    vec![
        encoded(&samples(3), ExtendedColorType::Rgb8, ImageFormat::WebP),
        encoded(&[7; (WIDTH * HEIGHT) as usize], ExtendedColorType::L8, ImageFormat::WebP),
    ]
}

/// The bytes of the image that a WebP file declares in its first chunk, as R, G, B and alpha.
pub fn declared_by_webp(bytes: &[u8]) -> usize {
    let Some(packed) = bytes.get(21..25) else { return 0 };
    let packed = u32::from_le_bytes(packed.try_into().expect("four bytes")) as usize;
    4 * ((packed & 0x3FFF) + 1) * ((packed >> 14 & 0x3FFF) + 1)
}

/// PNM: text and bytes, of one, eight and sixteen bits.
pub fn pnm() -> Vec<Vec<u8>> {
    let bytes = |header: &str, data: &[u8]| [header.as_bytes(), data].concat();
    vec![
        b"P1 3 2\n1 0 1\n0 1 0\n".to_vec(),
        b"P2\n# a comment\n2 2 100\n0 50 100 7".to_vec(),
        b"P3 1 2 255 1 2 3\n4 5 6\n".to_vec(),
        bytes("P4 9 2\n", &[0xAA, 0x80, 0x55, 0]),
        bytes("P5 2 2 1023\n", &[0, 1, 3, 255, 2, 0, 0, 0]),
        bytes("P6 2 1 255\n", &[1, 2, 3, 4, 5, 6]),
    ]
}
