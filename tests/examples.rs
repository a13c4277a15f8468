//! Tests that the examples run and print the expected output.

use std::path::Path;
use std::process::Command;

#[test]
fn the_examples_run() {
    // Cargo places the examples beside the program.
    let folder = Path::new(env!("CARGO_BIN_EXE_gradspace")).with_file_name("examples");
    for (name, expected) in [
        ("per_image_gradients", &["image  0: the gradient has 108 numbers", "image 30: "][..]),
        ("score_two_images", &["Gradient ", "UNIQUE ", "MS-SSIM ", "VIF "]),
        ("loss_of_your_own", &["loss 1.0000, gradient [-1.3333, 0.0000, 0.6667]", "worst relative error"]),
    ] {
        let output = Command::new(folder.join(name)).output().unwrap_or_else(|e| panic!("{name}: {e}"));
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        for part in expected {
            assert!(text.contains(part), "{name} prints\n{text}and not\n{part}");
        }
    }
}
