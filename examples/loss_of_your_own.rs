//! Defines a loss of your own on the tape, computes its gradient and checks this gradient.
//!
//! The loss is a weighted mean squared error, 1/n Σ wᵢ (aᵢ − bᵢ)². It consists of operations of the tape, so the tape computes its
//! derivative. The checks confirm the derivative.

use gradspace::autodiff::case::{Case, Fault, Input, build};
use gradspace::autodiff::{Tape, Var, Wrt};
use gradspace::lanes::Real;

/// 1/n Σ wᵢ (aᵢ − bᵢ)², for values a and b and weights w of one shape.
fn weighted_error<T: Real>(tape: &mut Tape<T>, a: Var, b: Var, w: Var) -> Var {
    let count = tape.shape(a).iter().product::<usize>() as f64;
    let negative = tape.scale(b, -1.0);
    let difference = tape.add(a, negative);
    let squared = tape.square(difference);
    let weighted = tape.multiply(squared, w);
    let sum = tape.sum(weighted);
    tape.scale(sum, 1.0 / count)
}

fn main() {
    let mut tape = Tape::<f64>::new();
    let vector =
        |tape: &mut Tape<f64>, numbers: [f64; 3]| tape.input_with(&[3], |values| values.copy_from_slice(&numbers));
    let (a, b, w) =
        (vector(&mut tape, [1.0, 2.0, 3.0]), vector(&mut tape, [1.5, 2.0, 1.0]), vector(&mut tape, [4.0, 1.0, 0.5]));
    let loss = weighted_error(&mut tape, a, b, w);
    let gradients = tape.gradients(loss, &[Wrt::PerLane(a)]);
    println!("loss {:.4}, gradient {:.4?}", tape.scalar(loss), gradients.per_lane(a));

    // The checks compare every entry of the Jacobian with central differences, and eight images at once with single images.
    let case = || {
        let inputs = vec![Input::lanes(&[3]), Input::lanes(&[3]), Input::lanes(&[3])];
        Case::new("weighted error", inputs, build!(|tape, v| weighted_error(tape, v[0], v[1], v[2])))
    };
    println!("worst relative error of the gradient: {:.1e}", case().jacobian());
    assert!(case().jacobian() < 1e-7, "the derivative is wrong");
    // The check must also detect an error: with a wrong sign it must fail.
    assert!(case().with_fault(0, Fault::Sign).jacobian() > 1e-2, "the check does not notice a wrong sign");
}
