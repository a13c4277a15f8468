//! Tests the image formats through the command line: bit depth, orientation, standard input, and damage of each kind.

mod common;

use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use gradspace::imaging::{Rgb8, scenes};
use image::{ExtendedColorType, ImageFormat, write_buffer_with_format};
use tempfile::TempDir;

const WIDTH: usize = 40;
const HEIGHT: usize = 24;

/// A folder with the images of one test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(TempDir::new().unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.at(name), bytes).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gradspace"));
        command.arg("score").args(arguments).current_dir(self.0.path());
        command
    }

    /// The exit code, the standard output and the standard error.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        texts(&self.command(arguments).output().unwrap())
    }

    /// The cell of a metric, and the notes.
    fn cell(&self, arguments: &[&str], metric: &str) -> (String, String) {
        let (code, out, err) = self.run(&[arguments, &["--metrics", metric, "--format", "csv"]].concat());
        assert_eq!(code, Some(0), "{arguments:?}: {err}");
        let row = out.lines().nth(1).unwrap_or_default();
        (row.split(',').nth(2).unwrap_or_default().to_owned(), err)
    }

    fn psnr(&self, arguments: &[&str]) -> f64 {
        self.cell(arguments, "psnr").0.parse().unwrap()
    }

    /// The error of an image that is refused.
    fn error(&self, name: &str) -> String {
        let (code, out, err) = self.run(&["r.png", name, "--metrics", "psnr"]);
        assert!(code == Some(3) && out.is_empty(), "{name}: {code:?}\n{out}{err}");
        for internal in ["Some(", "ChunkType", "Decoding", "Error", "error decoding", "panicked", "Format error", "{"] {
            assert!(!err.contains(internal), "{name}: {err}");
        }
        err
    }
}

fn texts(output: &Output) -> (Option<i32>, String, String) {
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    (output.status.code(), out, err)
}

fn reference() -> Rgb8 {
    scenes::scene(1, WIDTH, HEIGHT, 1)
}

/// The reference with other low bits.
fn distorted() -> Rgb8 {
    let image = reference();
    let samples = image.samples.iter().enumerate().map(|(i, v)| v ^ (i * 7 % 5) as u8).collect();
    Rgb8::new(image.width, image.height, samples)
}

fn encoded(samples: &[u8], color: ExtendedColorType, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    write_buffer_with_format(&mut bytes, samples, WIDTH as u32, HEIGHT as u32, color, format).unwrap();
    bytes.into_inner()
}

fn rgb(image: &Rgb8, format: ImageFormat) -> Vec<u8> {
    encoded(&image.samples, ExtendedColorType::Rgb8, format)
}

/// Samples of 16 bits in the machine's byte order, as the encoders expect them.
fn sixteen(samples: &[u16], format: ImageFormat) -> Vec<u8> {
    let bytes: Vec<u8> = samples.iter().flat_map(|v| v.to_ne_bytes()).collect();
    encoded(&bytes, ExtendedColorType::Rgb16, format)
}

fn crc(bytes: &[u8]) -> [u8; 4] {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum().to_be_bytes()
}

fn chunk(name: &str, body: &[u8]) -> Vec<u8> {
    let named = [name.as_bytes(), body].concat();
    [&(body.len() as u32).to_be_bytes()[..], &named, &crc(&named)].concat()
}

/// A PNG file with a chunk behind its header.
fn with_chunk(png: &[u8], name: &str, body: &[u8]) -> Vec<u8> {
    [&png[..33], &chunk(name, body), &png[33..]].concat()
}

/// EXIF data with one entry, the orientation.
fn exif(orientation: u8) -> Vec<u8> {
    [&b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..], &[orientation, 0, 0, 0, 0, 0, 0, 0]].concat()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A little-endian TIFF file with these entries of 32 bits, then `data`, which begins at byte 8 + 2 + 12 n + 4.
fn tiff(entries: &[(u16, u32)], data: &[u8]) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend((entries.len() as u16).to_le_bytes());
    for (tag, value) in entries {
        bytes.extend([tag.to_le_bytes(), 4u16.to_le_bytes()].concat());
        bytes.extend([1u32.to_le_bytes(), value.to_le_bytes()].concat());
    }
    bytes.extend([0; 4]);
    bytes.extend(data);
    bytes
}

/// The entries of a TIFF file in RGB with one strip of `length` bytes.
fn entries(width: u32, height: u32, compression: u32, length: u32) -> Vec<(u16, u32)> {
    let start = 8 + 2 + 12 * 9 + 4;
    let shape = [(256, width), (257, height), (258, 8), (259, compression), (262, 2), (273, start)];
    shape.into_iter().chain([(277, 3), (278, height), (279, length)]).collect()
}

/// The PSNR of two lists of samples, by its definition.
fn decibels(a: &[u16], b: &[u16], range: f64) -> f64 {
    let squares = a.iter().zip(b).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2));
    10.0 * (range * range / (squares.sum::<f64>() / a.len() as f64)).log10()
}

#[test]
fn the_same_samples_have_one_score_in_every_format() {
    let folder = Folder::new();
    folder.write("r.png", rgb(&reference(), ImageFormat::Png));
    folder.write("d.png", rgb(&distorted(), ImageFormat::Png));
    let expected = folder.cell(&["r.png", "d.png"], "psnr").0;
    let samples = distorted().samples;
    folder.write("d.bmp", rgb(&distorted(), ImageFormat::Bmp));
    folder.write("d.tif", rgb(&distorted(), ImageFormat::Tiff));
    folder.write("d.webp", rgb(&distorted(), ImageFormat::WebP));
    folder.write("d.ppm", [format!("P6\n# a\n{WIDTH} {HEIGHT}\n255\n").as_bytes(), &samples].concat());
    let words: Vec<String> = samples.iter().map(u8::to_string).collect();
    folder.write("t.pnm", format!("P3 {WIDTH} {HEIGHT} 255 {}", words.join(" ")));
    for (name, compression, data) in [
        ("raw.tiff", 1, samples.clone()),
        ("zlib.tiff", 8, zlib(&samples)),
        // PackBits: all bytes are literal, in runs of 120, a row of this image.
        ("pack.tiff", 32773, samples.chunks(120).flat_map(|run| [&[119], run].concat()).collect()),
    ] {
        let shape = entries(WIDTH as u32, HEIGHT as u32, compression, data.len() as u32);
        folder.write(name, tiff(&shape, &data));
    }
    for name in ["d.bmp", "d.tif", "d.webp", "d.ppm", "t.pnm", "raw.tiff", "zlib.tiff", "pack.tiff"] {
        assert_eq!(folder.cell(&["r.png", name], "psnr"), (expected.clone(), String::new()), "{name}");
    }
    // A folder takes all of them.
    let (code, out, _) = folder.run(&["r.png", ".", "--metrics", "psnr", "--format", "csv"]);
    assert_eq!((code, out.lines().count()), (Some(0), 1 + 10), "{out}");
}

#[test]
fn sixteen_bits_are_scored_in_sixteen_bits_and_rounding_is_said() {
    let folder = Folder::new();
    let low: Vec<u16> = reference().samples.iter().map(|&v| 257 * u16::from(v)).collect();
    let high: Vec<u16> = low.iter().map(|&v| v ^ 3).collect();
    let expected = decibels(&low, &high, 65535.0);
    for (format, end) in [(ImageFormat::Png, "png"), (ImageFormat::Tiff, "tif")] {
        folder.write(&format!("r.{end}"), sixteen(&low, format));
        folder.write(&format!("d.{end}"), sixteen(&high, format));
    }
    let bytes: Vec<u8> = high.iter().flat_map(|v| v.to_be_bytes()).collect();
    folder.write("d.ppm", [format!("P6 {WIDTH} {HEIGHT} 65535\n").as_bytes(), &bytes].concat());
    folder.write("r8.png", rgb(&reference(), ImageFormat::Png));
    for pair in [["r.png", "d.png"], ["r.tif", "d.tif"], ["r.png", "d.tif"], ["r8.png", "d.ppm"]] {
        let found = folder.psnr(&pair);
        assert!((found - expected).abs() < 1e-9, "{pair:?}: {found}, expected {expected}");
    }
    // All sixteen-bit samples of this pair round to the same 8 bits.
    let pair = ["r.png", "d.png", "--metrics", "psnr,gradient"];
    let (_, text, _) = folder.run(&pair);
    assert!(text.contains("Gradient is defined on 8 bits; for d.png the samples were rounded to 8 bits"), "{text}");
    let (_, json, _) = folder.run(&[&pair[..], &["--format", "json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let scores = &json["pairs"][0]["scores"];
    assert_eq!(scores["gradient"]["rounded_to_8_bits"], true);
    assert!(scores["psnr"].get("rounded_to_8_bits").is_none() && json["notes"].as_array().unwrap().len() == 1);
    let (_, csv, _) = folder.run(&[&pair[..], &["--format", "csv"]].concat());
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("reference,distorted,psnr,gradient,undefined,rounded_to_8_bits"));
    assert!(lines.next().is_some_and(|row| row.ends_with(",gradient")), "{csv}");
}

#[test]
fn ten_bits_in_sixteen_are_declared() {
    let folder = Folder::new();
    let ten = |image: Rgb8| -> Vec<u16> { image.samples.iter().map(|&v| 4 * u16::from(v) + 3).collect() };
    let (low, high) = (ten(reference()), ten(distorted()));
    folder.write("r.png", sixteen(&low, ImageFormat::Png));
    folder.write("d.tif", sixteen(&high, ImageFormat::Tiff));
    let expected = decibels(&low, &high, 1023.0);
    let found = folder.psnr(&["r.png", "d.tif", "--range", "1023"]);
    assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    let (_, notes) = folder.cell(&["r.png", "d.tif"], "psnr");
    assert!(notes.contains("if they have 10 bits, `score --range 1023` says so"), "{notes}");
    // A PNM file states its own range.
    let bytes: Vec<u8> = high.iter().flat_map(|v| v.to_be_bytes()).collect();
    folder.write("d.ppm", [format!("P6 {WIDTH} {HEIGHT} 1023\n").as_bytes(), &bytes].concat());
    assert!((folder.psnr(&["r.png", "d.ppm", "--range", "1023"]) - expected).abs() < 1e-9);
    folder.write("r8.png", rgb(&reference(), ImageFormat::Png));
    for (arguments, code, expected) in [
        (["r.png", "d.tif", "--range", "511"], 3, "above the range 511; correct --range"),
        (["r8.png", "r8.png", "--range", "1023"], 2, "no image has samples of 16 bits; leave it out"),
        (["r.png", "d.tif", "--range", "0"], 2, "--range"),
        (["r.png", "d.tif", "--range", "65536"], 2, "--range"),
    ] {
        let (found, _, err) = folder.run(&arguments);
        assert!(found == Some(code) && err.contains(expected), "{arguments:?}: {found:?} {err}");
    }
}

#[test]
fn orientations_are_applied_and_said() {
    let folder = Folder::new();
    folder.write("r.png", rgb(&reference(), ImageFormat::Png));
    // Stored a quarter turn to the left; a viewer turns it to the right (6).
    let turned = Rgb8::from_fn(HEIGHT, WIDTH, |x, y| reference().pixel(WIDTH - 1 - y, x));
    let save = |format| {
        let mut bytes = Cursor::new(Vec::new());
        let (width, height) = (HEIGHT as u32, WIDTH as u32);
        write_buffer_with_format(&mut bytes, &turned.samples, width, height, ExtendedColorType::Rgb8, format).unwrap();
        bytes.into_inner()
    };
    folder.write("o.png", with_chunk(&save(ImageFormat::Png), "eXIf", &exif(6)));
    let mut shape = entries(HEIGHT as u32, WIDTH as u32, 1, turned.samples.len() as u32);
    // The offset of the strip grows by the new entry.
    shape[5].1 += 12;
    shape.insert(6, (274, 6));
    folder.write("o.tif", tiff(&shape, &turned.samples));
    // WebP in the extended format, with an EXIF chunk.
    let simple = save(ImageFormat::WebP);
    let part = |name: &[u8], body: &[u8]| [name, &(body.len() as u32).to_le_bytes(), body].concat();
    let sides = [(HEIGHT - 1) as u8, 0, 0, (WIDTH - 1) as u8, 0, 0];
    let header = part(b"VP8X", &[&[8, 0, 0, 0][..], &sides].concat());
    let body = [b"WEBP", &header[..], &simple[12..], &part(b"EXIF", &exif(6))].concat();
    folder.write("o.webp", part(b"RIFF", &body));
    // A JPEG file is compared with its own pixels, turned.
    let mut jpeg = include_bytes!("data/jpeg/colour_444.jpg").to_vec();
    let plain = gradspace::imaging::decode::decode(&jpeg).unwrap();
    let upright = Rgb8::from_fn(plain.height, plain.width, |x, y| plain.pixel(y, plain.height - 1 - x));
    gradspace::imaging::decode::write_png(folder.at("j.png"), &upright).unwrap();
    let segment = [b"Exif\0\0", &exif(6)[..]].concat();
    let marker = [&[0xFF, 0xE1][..], &(segment.len() as u16 + 2).to_be_bytes(), &segment].concat();
    jpeg.splice(2..2, marker);
    folder.write("o.jpg", jpeg);
    for (reference, name) in [("r.png", "o.png"), ("r.png", "o.tif"), ("r.png", "o.webp"), ("j.png", "o.jpg")] {
        let (psnr, notes) = folder.cell(&[reference, name], "psnr");
        assert_eq!(psnr, "inf", "{name}");
        assert!(notes.contains(&format!("{name}: is turned as its EXIF orientation 6 says")), "{name}: {notes}");
    }
    folder.write("up.png", with_chunk(&rgb(&reference(), ImageFormat::Png), "eXIf", &exif(1)));
    assert_eq!(folder.cell(&["r.png", "up.png"], "psnr"), ("inf".to_owned(), String::new()));
}

#[test]
fn a_profile_or_gamma_that_is_not_applied_is_said_once() {
    let folder = Folder::new();
    let png = rgb(&reference(), ImageFormat::Png);
    folder.write("r.png", &png);
    let profile = |text: &[u8]| with_chunk(&png, "iCCP", &[b"x\0\0", &zlib(text)[..]].concat());
    folder.write("wide.png", profile(b"a profile of Display P3"));
    folder.write("wider.png", profile(b"a profile of Display P3, too"));
    folder.write("same.png", profile(b"a profile of sRGB"));
    folder.write("gamma.png", with_chunk(&png, "gAMA", &100_000u32.to_be_bytes()));
    let (code, out, _) = folder.run(&["r.png", "wide.png", "wider.png", "same.png", "gamma.png", "--metrics", "psnr"]);
    assert_eq!(code, Some(0));
    assert_eq!(out.matches("its colour profile is not applied").count(), 1, "{out}");
    assert!(out.contains("note: wide.png and 1 more: its colour profile is not applied"), "{out}");
    assert!(out.contains("note: gamma.png: its gamma chunk is not applied"), "{out}");
    assert!(!out.contains("same.png: "), "{out}");
}

#[test]
fn standard_input_and_pipes_are_read() {
    let folder = Folder::new();
    folder.write("r.png", rgb(&reference(), ImageFormat::Png));
    folder.write("d.png", rgb(&distorted(), ImageFormat::Png));
    let expected = folder.cell(&["r.png", "d.png"], "psnr").0;
    let bytes = std::fs::read(folder.at("d.png")).unwrap();
    let chosen = ["--metrics", "psnr", "--format", "csv"];
    for arguments in [["r.png", "-"], ["-", "r.png"]] {
        let mut child = folder.command(&[&arguments[..], &chosen, &["--map", "map.png"]].concat());
        let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&bytes).unwrap();
        let (code, out, err) = texts(&child.wait_with_output().unwrap());
        assert!(code == Some(0) && out.contains(&expected), "{out}{err}");
        std::fs::remove_file(folder.at("map.png")).unwrap();
    }
    Command::new("mkfifo").arg(folder.at("pipe")).status().unwrap();
    let (pipe, content) = (folder.at("pipe"), bytes.clone());
    let writer = std::thread::spawn(move || std::fs::write(pipe, content).unwrap());
    assert_eq!(folder.cell(&["r.png", "pipe"], "psnr").0, expected);
    writer.join().unwrap();
    let (code, _, err) = folder.run(&["-", "-"]);
    assert!(code == Some(2) && err.contains("`-` is named twice"), "{err}");
    let output = folder.command(&["r.png", "-"]).stdin(Stdio::null()).output().unwrap();
    let (code, _, err) = texts(&output);
    assert!(code == Some(3) && err.contains("-: the file is empty"), "{err}");
}

#[test]
fn damage_is_refused_in_plain_words() {
    let folder = Folder::new();
    let png = rgb(&reference(), ImageFormat::Png);
    folder.write("r.png", &png);
    let data = png.windows(4).position(|name| name == b"IDAT").unwrap();
    let length = u32::from_be_bytes(png[data - 4..data].try_into().unwrap()) as usize;
    let mut bad_crc = png.clone();
    bad_crc[data + 4 + length] ^= 1;
    // The Adler-32 is the end of the image data; the chunk's CRC is right.
    let mut bad_adler = png.clone();
    bad_adler[data + 3 + length] ^= 1;
    let fixed = crc(&bad_adler[data..data + 4 + length]);
    bad_adler[data + 4 + length..data + 8 + length].copy_from_slice(&fixed);
    let header = |width: u32, height: u32, depth: u8, colour: u8| {
        let body = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, colour, 0, 0, 0]].concat();
        [&b"\x89PNG\r\n\x1a\n"[..], &chunk("IHDR", &body)].concat()
    };
    let end = |parts: &[Vec<u8>]| [&parts.concat()[..], &chunk("IEND", &[])].concat();
    let image = |header: Vec<u8>, raw: &[u8]| end(&[header, chunk("IDAT", &zlib(raw))]);
    let mut bad_sum = zlib(&[7; 48]);
    *bad_sum.last_mut().unwrap() ^= 1;
    let strip = |compression, data: &[u8]| tiff(&entries(4, 4, compression, data.len() as u32), data);
    let lossy = [b"RIFF", &22u32.to_le_bytes()[..], b"WEBPVP8 ", &10u32.to_le_bytes(), &[0; 10]].concat();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("crc.png", bad_crc, "(CRC error in IDAT)"),
        ("adler.png", bad_adler, "(Adler-32 error in IDAT)"),
        ("zlib.png", end(&[header(4, 4, 8, 2), chunk("IDAT", b"no zlib")]), "(zlib error in IDAT)"),
        ("few.png", image(header(4, 4, 8, 2), &[0; 30]), "(its image data end early)"),
        ("none.png", end(&[header(4, 4, 8, 2)]), "the file has 0 bytes of image data"),
        ("bare.png", image(header(2, 1, 8, 3), &[0, 0, 1]), "(its palette is missing or too short)"),
        (
            "colour.png",
            end(&[header(2, 1, 8, 3), chunk("PLTE", &[1, 2, 3]), chunk("IDAT", &zlib(&[0, 0, 1]))]),
            "a pixel has colour 1, and the palette has the colours 0 to 0",
        ),
        ("cut.png", png[..png.len() - 12].to_vec(), "(it ends before its IEND chunk)"),
        ("apple.png", [&png[..8], &chunk("CgBI", &[0; 4]), &png[8..]].concat(), "Apple's iPhone tools"),
        ("adler.tif", strip(8, &bad_sum), "(zlib or Adler-32 error in strip or tile 0)"),
        ("short.tif", strip(1, &[7; 47]), "the file has 47 bytes of image data"),
        ("pack.tif", strip(32773, &[]), "at most 64 to 1 for PackBits"),
        ("float.tif", tiff(&[(256, 4), (257, 4), (258, 8), (262, 2), (277, 3), (339, 3)], &[]), "of floating point"),
        ("self.tif", b"II*\0\x04\0\0\0".to_vec(), "its directory is cut"),
        ("lossy.webp", lossy, "is a lossy WebP file"),
        ("cut.webp", rgb(&reference(), ImageFormat::WebP)[..60].to_vec(), "(it ends early)"),
        ("cut.ppm", b"P6 2 2 255\n12345678901".to_vec(), "the file has 11 bytes of image data"),
        ("above.pgm", b"P2 2 1 100\n100 101".to_vec(), "a sample is 101, and its header declares at most 100"),
        ("word.pgm", b"P2 2 1 255x\n1 2".to_vec(), "no number stands at byte 7"),
        (
            "pointer.png",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n".to_vec(),
            "git lfs pull",
        ),
        ("animal.gif", b"GIF89a".to_vec(), "is not a PNG, BMP, JPEG, TIFF, WebP or PNM image"),
    ];
    for (name, bytes, expected) in cases {
        folder.write(name, bytes);
        let error = folder.error(name);
        assert!(error.contains(&format!("{name}: ")) && error.contains(expected), "{name}: {error}");
    }
}

/// A BMP file with a grey palette.
fn bmp(width: i32, height: i32, compression: u32, data: &[u8]) -> Vec<u8> {
    let start = 14 + 40 + 4 * 256u32;
    let mut bytes = b"BM".to_vec();
    for v in [start + data.len() as u32, 0, start, 40, width as u32, height as u32, 1 | 8 << 16, compression, 0, 0, 0] {
        bytes.extend(v.to_le_bytes());
    }
    bytes.extend([0; 8]);
    (0..=255u8).for_each(|v| bytes.extend([v, v, v, 0]));
    bytes.extend(data);
    bytes
}

#[test]
fn run_lengths_that_end_half_way_are_refused() {
    let folder = Folder::new();
    let row = |y: u8| [4, y, 4, 200 - y, 0, 0];
    let rows: Vec<u8> = (0..6).flat_map(row).collect();
    let grey = |x: usize, y: usize| [if x < 4 { 5 - y as u8 } else { 195 + y as u8 }; 3];
    let expected = Rgb8::from_fn(8, 6, grey);
    let mut png = Cursor::new(Vec::new());
    write_buffer_with_format(&mut png, &expected.samples, 8, 6, ExtendedColorType::Rgb8, ImageFormat::Png).unwrap();
    folder.write("r.png", png.into_inner());
    folder.write("whole.bmp", bmp(8, 6, 1, &[&rows[..], &[0, 1]].concat()));
    assert_eq!(folder.cell(&["r.png", "whole.bmp"], "psnr").0, "inf");
    for (name, data, given) in [
        ("half.bmp", rows[..18].to_vec(), 24),
        ("early.bmp", [&rows[..18], &[0, 1]].concat(), 24),
        ("cut.bmp", rows[..rows.len() - 4].to_vec(), 44),
        ("hole.bmp", [&rows[..12], &[0, 2, 0, 1], &rows[18..]].concat(), 40),
    ] {
        folder.write(name, bmp(8, 6, 1, &data));
        let error = folder.error(name);
        assert!(error.contains(&format!("its run-length data give {given} of 48 pixels a colour")), "{name}: {error}");
    }
}

/// The most memory of a process that scores the image against itself, in MB.
fn peak(folder: &Folder, name: &str) -> Option<u64> {
    let time = PathBuf::from("/usr/bin/time");
    if !time.exists() {
        return None;
    }
    let program = env!("CARGO_BIN_EXE_gradspace");
    let mut command = Command::new(time);
    command.args(["-f", "%M", program, "score", "r.png", name, "--metrics", "psnr"]).current_dir(folder.0.path());
    let (_, _, err) = texts(&command.output().unwrap());
    Some(err.lines().last()?.parse::<u64>().ok()? / 1024)
}

#[test]
fn a_size_that_the_bytes_cannot_reach_takes_no_memory() {
    let folder = Folder::new();
    folder.write("r.png", rgb(&reference(), ImageFormat::Png));
    let png = |width: u32, height: u32| {
        let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
        let parts = [chunk("IHDR", &header), chunk("IDAT", &zlib(&[0; 99])), chunk("IEND", &[])];
        [&b"\x89PNG\r\n\x1a\n"[..], &parts.concat()].concat()
    };
    let webp = |side: u32| {
        let data = [&[0x2F][..], &((side - 1) | (side - 1) << 14).to_le_bytes(), &[0; 5]].concat();
        [&b"RIFF\x16\0\0\0WEBPVP8L\x0A\0\0\0"[..], &data].concat()
    };
    for (name, bytes, expected) in [
        ("a.png", png(10_000, 10_000), "at most 1032 to 1 for zlib"),
        ("b.png", png(20_000, 20_000), "more than 512 MB"),
        ("c.png", png(u32::MAX, u32::MAX), "more than 512 MB"),
        ("a.bmp", bmp(63_748, 2_175, 1, &[0, 1]), "give 0 of 138651900 pixels a colour"),
        ("b.bmp", bmp(10_000, 10_000, 0, &[0, 1]), "the file has 2 bytes of image data"),
        ("a.tif", tiff(&entries(12_000, 12_000, 1, 9), &[7; 9]), "the file has 9 bytes of image data"),
        ("b.tif", tiff(&entries(12_000, 12_000, 8, 9), &[7; 9]), "at most 1032 to 1 for zlib"),
        ("c.tif", tiff(&entries(12_000, 12_000, 5, 9), &[7; 9]), "at most 2560 to 1 for LZW"),
        ("d.tif", tiff(&entries(4, 4, 1, u32::MAX), &[7; 48]), "lies beyond its end"),
        ("a.webp", webp(11_000), "images above 64 MB are read up to 1032 to 1"),
        ("b.webp", webp(16_384), "more than 512 MB"),
        ("a.ppm", b"P6 12000 12000 255\n123".to_vec(), "the file has 3 bytes of image data"),
        ("b.ppm", b"P5 18446744073709551615 9 255\n123".to_vec(), "more than 512 MB"),
        ("c.ppm", b"P1 9000 9000\n0 1".to_vec(), "bytes of image data"),
    ] {
        folder.write(name, bytes);
        let error = folder.error(name);
        assert!(error.contains(expected), "{name}: {error}");
        if let Some(peak) = peak(&folder, name) {
            assert!(peak < 64, "{name} takes {peak} MB");
        }
    }
}

#[test]
fn the_public_cases_have_their_scores() {
    let Some(cases) = common::shared("cases") else { return };
    let at = |name: &str| cases.join(name).to_str().unwrap().to_owned();
    let folder = Folder::new();
    for (reference, distorted, expected) in [
        ("png16-psnr-infinite/r16.png", "png16-psnr-infinite/d16.png", 59.4359),
        ("exif-orientation/plain.png", "exif-orientation/o6.jpg", 43.135),
    ] {
        let found = folder.psnr(&[&at(reference), &at(distorted)]);
        assert!((found - expected).abs() < 1e-3, "{distorted}: {found}");
    }
}
