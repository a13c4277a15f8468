//! Reference samples from libjpeg-turbo 3.2 (by way of Pillow), and damaged streams of every kind. The 120 streams of
//! TID2013's type 10 are in `tests/datasets.rs`.

use super::*;
use sha2::{Digest, Sha256};

/// Streams below 600 bytes, of odd sizes; the hash is that of libjpeg's RGB samples.
type Golden = (&'static str, &'static [u8], (usize, usize), &'static str);
const GOLDEN: [Golden; 4] = [
    (
        "4:2:0 with restart markers",
        include_bytes!("../../../tests/data/jpeg/colour_420_restart.jpg"),
        (37, 23),
        "cf1f9b543fe8f3e1fc65c023a676c44d0358de51184c2355dfc3ffa23be8e3b2",
    ),
    (
        "4:2:2",
        include_bytes!("../../../tests/data/jpeg/colour_422.jpg"),
        (29, 21),
        "eb8507ab0c3d0fe3dd7a27d943284fdf8eaf932b07536ebe4ea96ff18a06b395",
    ),
    (
        "4:4:4",
        include_bytes!("../../../tests/data/jpeg/colour_444.jpg"),
        (19, 13),
        "f68e84ff5448e480632dd473bf1d0d228b82e21907abd8a09f776784a5f84bde",
    ),
    (
        "grey",
        include_bytes!("../../../tests/data/jpeg/grey.jpg"),
        (21, 17),
        "d6d0cb80acaa927c003ed86da0f4d8a024ed1fd1b762f80fa353f801b5995508",
    ),
];

#[test]
fn samples_are_those_of_libjpeg() {
    for (name, stream, size, sha256) in GOLDEN {
        let image = decode(stream).unwrap();
        assert_eq!((image.width, image.height), size, "{name}");
        assert_eq!(format!("{:x}", Sha256::digest(&image.samples)), sha256, "{name}");
    }
}

#[test]
fn a_cut_stream_is_an_error_unless_every_sample_was_there() {
    for (name, stream, ..) in GOLDEN {
        let whole = decode(stream).unwrap();
        for length in 0..stream.len() {
            match decode(&stream[..length]) {
                // The two bytes of the EOI, and at most one with only padding.
                Ok(image) => assert!(image == whole && length + 3 >= stream.len(), "{name} cut to {length}"),
                Err(error) => assert!(matches!(error, JpegError::Damaged(_)), "{name} cut to {length}: {error}"),
            }
        }
    }
}

#[test]
fn a_changed_byte_never_panics() {
    for (_, stream, ..) in GOLDEN {
        let mut bytes = stream.to_vec();
        for position in 0..bytes.len() {
            for change in [0x01, 0x10, 0x80, 0xFF, bytes[position], !bytes[position]] {
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
    let after = |marker: u8| stream.windows(2).position(|pair| pair == [0xFF, marker]).unwrap() + 2;
    let changed = |changes: &[(usize, u8)]| {
        let mut bytes = stream.to_vec();
        changes.iter().for_each(|&(position, value)| bytes[position] = value);
        decode(&bytes).unwrap_err().to_string()
    };
    let frame = after(0xC0);
    let cases = [
        (changed(&[(1, 0)]), "no SOI"),
        (changed(&[(frame - 1, 0xC2)]), "progressive"),
        (changed(&[(frame - 1, 0xC9)]), "arithmetic"),
        (changed(&[(frame + 2, 12)]), "12-bit"),
        (changed(&[(frame + 7, 4)]), "four-component"),
        (changed(&[(frame + 3, 0), (frame + 4, 0)]), "no pixels"),
        (changed(&[(frame + 3, 0xFF), (frame + 5, 0xFF)]), "far too short"),
        (changed(&[(frame + 9, 0x23), (frame + 12, 0x12)]), "fractionally"),
        (changed(&[(frame + 10, 3)]), "never defined"),
        (changed(&[(after(0xDA) + 3, 9)]), "not in the frame"),
        (changed(&[(after(0xD0) - 1, 0xD3)]), "restart marker"),
    ];
    for (error, expected) in cases {
        assert!(error.contains(expected), "{expected:?} is not in {error:?}");
    }
}

/// Three scans of one component each instead of one of three: the grey picture as Y, Cb and Cr.
#[test]
fn components_may_come_one_by_one() {
    let grey = GOLDEN[3].1;
    let after = |marker: u8| grey.windows(2).position(|pair| pair == [0xFF, marker]).unwrap() + 2;
    let (frame, scan) = (after(0xC0), after(0xDA));
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
    let cut = stream.len() / 2;
    assert_eq!(decode(&stream[..cut]), Err(ENDS_EARLY));
}
