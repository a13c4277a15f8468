//! The operations, one file each: forward and derivative next to each other, and the cases that check them.
//!
//! To add one, write its file (the trait to implement is [`Op`](super::Op)) and name it in the list below.

mod elementwise;
mod losses;

macro_rules! operations {
    ($($op:ident),* $(,)?) => {
        $(mod $op;)*

        /// The names of all operations.
        pub const NAMES: &[&str] = &[$(stringify!($op)),*];

        /// Every operation's cases for the gradient checks.
        pub fn cases() -> Vec<super::check::Case> {
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
