//! Reference samples from libjpeg-turbo 3.2 (by way of Pillow's `convert("RGB")`), and damaged streams of every kind.
//! The 120 streams of TID2013's type 10 are in `tests/datasets.rs`.

use super::segments::be16;
use super::*;
use sha2::{Digest, Sha256};

macro_rules! golden {
    ($($name:literal $width:literal $height:literal $sha256:literal)*) => {
        [$((
            $name,
            include_bytes!(concat!("../../../tests/data/jpeg/", $name, ".jpg")) as &[u8],
            ($width, $height),
            $sha256,
        )),*]
    };
}

/// Streams of about 1 kB or less, of odd sizes; the hash is that of libjpeg's RGB samples.
type Golden = (&'static str, &'static [u8], (usize, usize), &'static str);
const GOLDEN: [Golden; 14] = golden! {
    "colour_420_restart" 37 23 "cf1f9b543fe8f3e1fc65c023a676c44d0358de51184c2355dfc3ffa23be8e3b2"
    "colour_422" 29 21 "eb8507ab0c3d0fe3dd7a27d943284fdf8eaf932b07536ebe4ea96ff18a06b395"
    "colour_444" 19 13 "f68e84ff5448e480632dd473bf1d0d228b82e21907abd8a09f776784a5f84bde"
    "grey" 21 17 "d6d0cb80acaa927c003ed86da0f4d8a024ed1fd1b762f80fa353f801b5995508"
    "colour_411_scans" 37 11 "06f1a7611ed42f640d084a1aced615a0bacab3141bb9302cae622141f639d00d"
    "cmyk" 17 13 "a466743734f8dd820440b3778d3436ab089f0ac9dc5479cf2fab79554b3394b5"
    "progressive_444" 17 13 "f5423ca4fe1450f32bbf3cb6eab50e63ecb5a9febb5b2a6b9d9e3f7dfcdccbd5"
    "progressive_420" 37 23 "c9db92b6d4403d34b6b663b83f2bc7625184aab178441889628d3da42e149a59"
    "progressive_440_restart" 19 33 "d54f0f4a0e57ca83053ac3879875674c948d8742f49cb848b1c5940997d286e9"
    "progressive_scans" 35 18 "eaa11d86a6c5e023f35fce2fa3bb0c7526a95a5c5cc57d03858d39a4f93c054e"
    "progressive_3x1" 29 13 "eb6d7eae1206d52148941b4ff671917c3cfa3bc073bc9c56ce67107e912a22bd"
    "progressive_luma_below_chroma" 21 17 "f173b132a2d987bce2aff8daf5875c5e35862016595fbaee44925239f8cb4833"
    "progressive_grey" 21 17 "0d316db28a92d139b0f08e5eef7a262d3eb3d3e5c449e38fd8e2f5cb640b35e9"
    "ycck_progressive" 17 13 "68589163669cc36c0d256e9a622b127fa96b60aa9a634e39790fe32d97508344"
};

/// The position behind the first marker with this code.
fn after(stream: &[u8], marker: u8) -> usize {
    stream.windows(2).position(|pair| pair == [0xFF, marker]).unwrap() + 2
}

/// The positions of the markers that end coded data: restarts, and what follows a scan.
fn ends_of_coded_data(stream: &[u8]) -> Vec<usize> {
    let (mut ends, mut at) = (Vec::new(), 2);
    while stream[at + 1] != 0xD9 {
        let marker = stream[at + 1];
        if !(0xD0..=0xD7).contains(&marker) {
            at += be16(stream, at + 2).unwrap();
        }
        at += 2;
        if (0xD0..=0xD7).contains(&marker) || marker == 0xDA {
            at += stream[at..].windows(2).position(|pair| pair[0] == 0xFF && pair[1] != 0).unwrap();
            ends.push(at);
        }
    }
    ends
}

#[test]
fn samples_are_those_of_libjpeg() {
    for (name, stream, size, sha256) in GOLDEN {
        let image = decode(stream).unwrap();
        assert_eq!((image.width, image.height), size, "{name}");
        assert_eq!(format!("{:x}", Sha256::digest(&image.samples)), sha256, "{name}");
    }
}

#[test]
fn a_cut_stream_is_an_error_even_with_an_end() {
    for (name, stream, ..) in GOLDEN {
        for length in 0..stream.len() {
            let mut cut = stream[..length].to_vec();
            // A sequential stream lacks only its EOI then, or half of it.
            let is_whole = length + 2 >= stream.len() && !name.contains("progressive");
            match decode(&cut) {
                Ok(_) => assert!(is_whole, "{name} cut to {length}"),
                Err(JpegError::Damaged(_) | JpegError::Size(_)) => assert!(!is_whole, "{name} cut to {length}"),
                Err(other) => panic!("{name} cut to {length}: {other}"),
            }
            cut.extend([0xFF, 0xD9]);
            // A marker may be preceded by a fill byte, so the EOI may be cut in its middle.
            assert_eq!(decode(&cut).is_ok(), length + 2 >= stream.len(), "{name} cut to {length}, with EOI");
        }
    }
}

#[test]
fn coded_data_end_with_the_last_block() {
    for (name, stream, ..) in GOLDEN {
        for at in ends_of_coded_data(stream) {
            for more in [&[0x00][..], &[0x5A], &[0xFF, 0x00]] {
                let longer = [&stream[..at], more, &stream[at..]].concat();
                assert!(matches!(decode(&longer), Err(JpegError::Damaged(_))), "{name} with {more:?} at {at}");
            }
            let shorter = [&stream[..at - 1], &stream[at..]].concat();
            assert!(matches!(decode(&shorter), Err(JpegError::Damaged(_))), "{name} without the byte before {at}");
            let filled = [&stream[..at], &[0xFF, 0xFF], &stream[at..]].concat();
            assert_eq!(decode(&filled), decode(stream), "{name} with fill bytes at {at}");
        }
        assert_eq!(decode(&[stream, b"a preview"].concat()), decode(stream));
    }
}

#[test]
fn restart_markers_are_there_in_their_order() {
    for stream in [GOLDEN[0].1, GOLDEN[8].1] {
        let restarts: Vec<usize> =
            ends_of_coded_data(stream).into_iter().filter(|&at| (0xD0..=0xD7).contains(&stream[at + 1])).collect();
        assert!(restarts.len() > 1);
        for at in restarts {
            let mut wrong = stream.to_vec();
            wrong[at + 1] ^= 1;
            assert!(decode(&wrong).unwrap_err().to_string().contains("restart marker"));
            wrong.drain(at..at + 2);
            assert!(matches!(decode(&wrong), Err(JpegError::Damaged(_))), "without the marker at {at}");
        }
    }
}

#[test]
fn a_changed_byte_never_panics() {
    for (_, stream, ..) in GOLDEN {
        let mut bytes = stream.to_vec();
        for position in 0..bytes.len() {
            for change in [0x01, 0x80, bytes[position]] {
                bytes[position] ^= change;
                if let Ok(image) = decode(&bytes) {
                    assert_eq!(image.samples.len(), 3 * image.width * image.height);
                }
                bytes[position] ^= change;
            }
        }
        assert_eq!(bytes, stream);
    }
}

/// The error must name each change to a valid stream.
#[test]
fn what_is_wrong_is_said() {
    let stream = GOLDEN[0].1;
    let changed = |changes: &[(usize, u8)]| {
        let mut bytes = stream.to_vec();
        changes.iter().for_each(|&(position, value)| bytes[position] = value);
        decode(&bytes).unwrap_err().to_string()
    };
    let (frame, scan) = (after(stream, 0xC0), after(stream, 0xDA));
    let cases = [
        (changed(&[(1, 0)]), "no SOI"),
        (changed(&[(frame - 1, 0xC2)]), "impossible band"),
        (changed(&[(frame + 3, 0), (frame + 4, 0)]), "height follows"),
        (changed(&[(frame + 5, 0), (frame + 6, 0)]), "no pixels"),
        (changed(&[(frame + 3, 0xFF), (frame + 5, 0xFF)]), "65317×65303 pixels"),
        (changed(&[(frame + 3, 0xFF), (frame + 5, 0xFF)]), "at most 256 to 1 for sequential JPEG"),
        (changed(&[(frame + 9, 0x23), (frame + 12, 0x12)]), "not whole multiples"),
        (changed(&[(frame + 10, 3)]), "never defined"),
        (changed(&[(scan + 3, 9)]), "not in the frame"),
        (changed(&[(scan + 10, 62)]), "progressive parameters"),
    ];
    for (error, expected) in cases {
        assert!(error.contains(expected), "{expected:?} is not in {error:?}");
    }
}

#[test]
fn valid_streams_that_are_not_decoded_are_not_called_damaged() {
    let arithmetic = include_bytes!("../../../tests/data/jpeg/arithmetic.jpg");
    let expected = "is an arithmetic-coded JPEG, which is not read; convert it to PNG";
    assert_eq!(decode(arithmetic).unwrap_err().to_string(), expected);
    let stream = GOLDEN[2].1;
    let frame = after(stream, 0xC0);
    for (position, value, name) in [
        (frame - 1, 0xC3, "a lossless JPEG"),
        (frame - 1, 0xC5, "a hierarchical JPEG"),
        (frame - 1, 0xDE, "a hierarchical JPEG"),
        (frame - 1, 0xCA, "an arithmetic-coded JPEG"),
        (frame - 1, 0xF7, "a JPEG-LS or otherwise extended JPEG"),
        (frame + 2, 12, "a 12-bit JPEG"),
        (frame + 7, 2, "a JPEG of two or more than four components"),
    ] {
        let mut bytes = stream.to_vec();
        bytes[position] = value;
        assert_eq!(decode(&bytes), Err(JpegError::Unsupported(name)));
    }
}

/// Three scans of one component each instead of one of three: the grey picture as Y, Cb and Cr.
#[test]
fn components_may_come_one_by_one() {
    let grey = GOLDEN[3].1;
    let (frame, scan) = (after(grey, 0xC0), after(grey, 0xDA));
    let mut stream = grey[..frame].to_vec();
    stream.extend([0, 17, 8]);
    stream.extend(&grey[frame + 3..frame + 7]);
    stream.extend([3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
    stream.extend(&grey[frame + 11..scan - 2]);
    for id in 1..=3 {
        stream.extend([0xFF, 0xDA, 0, 8, 1, id]);
        stream.extend(&grey[scan + 4..grey.len() - 2]);
    }
    stream.extend([0xFF, 0xD9]);
    let expected: Vec<u8> =
        decode(grey).unwrap().samples.chunks(3).flat_map(|p| colour::rgb(p[0], p[0], p[0])).collect();
    assert_eq!(decode(&stream).unwrap().samples, expected);
}

/// A grey progressive stream of `side` by `side` blocks whose coefficients are all 0. Each scan has its band and its
/// precisions (high, low). Codes: `0` for a DC difference of 0 and for the end of a block, `10` for a run of 16384
/// blocks or more, `110` for a value that a refining scan cannot have.
fn flat(side: u16, scans: impl IntoIterator<Item = (u8, u8, u8, u8)>, ac_data: &[u8]) -> Vec<u8> {
    let [high, low] = (8 * side).to_be_bytes();
    let mut stream = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
    stream.extend([1; 64]);
    stream.extend([0xFF, 0xC2, 0, 11, 8, high, low, high, low, 1, 1, 0x11, 0]);
    stream.extend([0xFF, 0xC4, 0, 20, 0x00, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    stream.extend([0xFF, 0xC4, 0, 22, 0x10, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0xE0, 0x02]);
    for (start, end, high, low) in scans {
        stream.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, start, end, high << 4 | low]);
        match start {
            0 => stream.extend(vec![0; (usize::from(side) * usize::from(side)).div_ceil(8)]),
            _ => stream.extend(ac_data),
        }
    }
    stream.extend([0xFF, 0xD9]);
    stream
}

#[test]
fn scans_must_bring_every_bit_in_order() {
    let error = |scans: &[(u8, u8, u8, u8)]| decode(&flat(1, scans.to_vec(), &[0x7F])).unwrap_err().to_string();
    let all = [(0, 0, 0, 1), (1, 5, 0, 2), (6, 63, 0, 0), (0, 0, 1, 0), (1, 5, 2, 1), (1, 5, 1, 0)];
    assert_eq!(decode(&flat(1, all, &[0x7F])).unwrap().samples, [128; 192]);
    for missing in [3, 5] {
        let scans: Vec<_> = all.iter().enumerate().filter(|&(i, _)| i != missing).map(|(_, &scan)| scan).collect();
        assert!(error(&scans).contains("full precision"), "without {missing}");
    }
    assert!(error(&all[..2]).contains("full precision"));
    for scans in [
        &[(1, 63, 0, 0), (0, 0, 0, 0)][..],
        &[(0, 0, 0, 0), (1, 63, 1, 0)],
        &[(0, 0, 0, 0), (1, 63, 0, 2), (1, 63, 1, 0)],
        &[(0, 0, 0, 0), (1, 32, 0, 0), (32, 63, 0, 0)],
        &[(0, 0, 0, 1), (0, 0, 0, 1)],
    ] {
        assert!(error(scans).contains("does not follow"), "{scans:?}");
    }
    for scan in [(0, 63, 0, 0), (5, 4, 0, 0), (1, 64, 0, 0), (1, 63, 3, 1), (0, 0, 0, 14)] {
        assert!(error(&[(0, 0, 0, 0), scan]).contains("impossible band"), "{scan:?}");
    }
    assert!(error(&[all.as_slice(), &[(0, 0, 0, 0)]].concat()).contains("or twice"));
}

#[test]
fn a_run_of_blocks_ends_with_the_last_block() {
    let scans = [(0, 0, 0, 0), (1, 63, 0, 1), (1, 63, 1, 0)];
    // `10` and 14 bits that are added to 16384.
    assert!(decode(&flat(128, scans, &[0x80, 0x00])).is_ok());
    assert_eq!(
        decode(&flat(128, scans, &[0x80, 0x01])),
        Err(damaged("a run of JPEG blocks goes on after the last block"))
    );
    assert_eq!(decode(&flat(129, scans, &[0x80, 0x00])), Err(bits::SCAN_ENDS_EARLY));
    let mut refined = flat(1, scans, &[0x7F]);
    let last = refined.len() - 3;
    refined[last] = 0xDF;
    assert_eq!(decode(&refined), Err(damaged("the JPEG stream refines a coefficient by more than one bit")));
}

#[test]
fn a_short_stream_has_little_memory_and_time() {
    // 512 samples to a byte: the DC codes alone.
    let stream = flat(128, [(0, 0, 0, 0)], &[]);
    let length = stream.len();
    assert_eq!(
        decode(&stream),
        Err(damaged("the scans of the JPEG stream do not bring every coefficient to full precision"))
    );
    let mut wide = stream.clone();
    let frame = after(&wide, 0xC2);
    wide[frame + 3..frame + 7].fill(0x7F);
    let error = decode(&wide).unwrap_err().to_string();
    assert!(error.contains(&format!("32639×32639 pixels, 1065369600 bytes; the file has {length} bytes")), "{error}");
    assert!(error.contains("at most 512 to 1 for progressive JPEG"), "{error}");
    // 14 scans for each of 63 coefficients, each over all blocks in two bytes.
    let passes = (0..14).rev().map(|low| (if low == 13 { 0 } else { low + 1 }, low));
    let scans = passes.flat_map(|(high, low)| (1..64).map(move |k| (k, k, high, low)));
    let stream = flat(128, std::iter::once((0, 0, 0, 0)).chain(scans), &[0x80, 0x00]);
    assert_eq!(decode(&stream), Err(JpegError::Unsupported("a JPEG of too many scans for its size")));
}
