//! The operations, one file each: the forward pass, the derivative, and the cases that check them.
//!
//! To add one, write its file (the trait to implement is [`Op`](super::Op)) and add its name to the list below.

mod elementwise;
mod losses;

macro_rules! operations {
    ($($op:ident),* $(,)?) => {
        $(mod $op;)*

        /// The names of all operations.
        pub const NAMES: &[&str] = &[$(stringify!($op)),*];

        /// The cases of every operation, for the gradient checks.
        pub fn cases() -> Vec<super::case::Case> {
            let mut cases = Vec::new();
            $(cases.extend($op::cases());)*
            cases
        }
    };
}

operations! {
    add,
    binary_cross_entropy,
    conv2d,
    conv_transpose2d,
    exp,
    gaussian_kl,
    linear,
    mean_squared_error,
    multiply,
    relu,
    reshape,
    scale,
    sigmoid,
    sparsity_kl,
    spread,
    square,
    sum,
}
