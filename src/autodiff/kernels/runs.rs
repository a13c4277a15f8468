//! Runs: intervals of an axis in which the same taps of the kernel are valid.

/// The `len` positions `first, first + step, …`. At the i-th of them, tap `k` reads `start + i · advance`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    pub first: usize,
    pub step: usize,
    pub len: usize,
    pub advance: usize,
    /// (k, start) of every valid tap, by ascending start.
    pub taps: Vec<(usize, usize)>,
}

/// The outputs `first .. end` at which one tap of a convolution reads inside the input. The tap reads `o s + k − p`.
pub(super) struct Range {
    first: usize,
    end: usize,
    tap: usize,
    padding: usize,
}

impl Range {
    /// The part of the outputs `[first, end)` at which the tap reads inside.
    pub fn within(&self, [first, end]: [usize; 2]) -> [usize; 2] {
        [first.max(self.first), end.min(self.end)]
    }

    /// The input that the tap reads at output `o` of the range.
    pub fn read(&self, o: usize, stride: usize) -> usize {
        o * stride + self.tap - self.padding
    }
}

/// The range of every tap.
pub(super) fn ranges(input: usize, output: usize, taps: usize, stride: usize, padding: usize) -> Vec<Range> {
    let range = |tap: usize| {
        let first = padding.saturating_sub(tap).div_ceil(stride);
        let end = (input + padding).saturating_sub(tap).div_ceil(stride).min(output);
        Range { first, end, tap, padding }
    };
    (0..taps).map(range).collect()
}

/// For each output of a convolution, the inputs that it reads: tap k reads o s + k − p.
pub(super) fn forward(input: usize, output: usize, taps: usize, stride: usize, padding: usize) -> Vec<Run> {
    let reads = |o: usize| (0..taps).filter_map(move |k| Some((k, (o * stride + k).checked_sub(padding)?)));
    group(output, 1, stride, |o| reads(o).filter(|&(_, i)| i < input).collect())
}

/// For each input of a convolution, the outputs that read it: output o through tap k if o s = i + p − k.
///
/// Every s-th input is read through the same taps, so there are s interleaved sets of runs.
pub(super) fn adjoint(input: usize, output: usize, taps: usize, stride: usize, padding: usize) -> Vec<Run> {
    let reads = |i: usize| (0..taps).rev().filter_map(move |k| Some((k, (i + padding).checked_sub(k)?)));
    group(input, stride, 1, |i| {
        reads(i).filter(|&(_, o)| o % stride == 0 && o / stride < output).map(|(k, o)| (k, o / stride)).collect()
    })
}

/// Joins neighbours of each phase (positions `step` apart) that have the same taps.
fn group(positions: usize, step: usize, advance: usize, taps: impl Fn(usize) -> Vec<(usize, usize)>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for phase in 0..step.min(positions) {
        let mut open: Option<Run> = None;
        for position in (phase..positions).step_by(step) {
            let taps = taps(position);
            match &mut open {
                Some(run) if continues(run, &taps) => run.len += 1,
                _ => runs.extend(open.replace(Run { first: position, step, len: 1, advance, taps })),
            }
        }
        runs.extend(open);
    }
    runs
}

fn continues(run: &Run, taps: &[(usize, usize)]) -> bool {
    run.taps.len() == taps.len()
        && run.taps.iter().zip(taps).all(|(a, b)| a.0 == b.0 && a.1 + run.len * run.advance == b.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_cover_every_position_once_with_the_textbook_taps() {
        for (input, taps, stride, padding) in
            [(7, 3, 1, 1), (8, 4, 2, 2), (5, 5, 3, 2), (1, 1, 1, 0), (9, 2, 3, 0), (2, 4, 2, 2)]
        {
            let output = (input + 2 * padding - taps) / stride + 1;
            let mut expected = Vec::new();
            for o in 0..output {
                for k in 0..taps {
                    if (padding..input + padding).contains(&(o * stride + k)) {
                        expected.push((o, k, o * stride + k - padding));
                    }
                }
            }
            let expand = |runs: Vec<Run>| {
                let mut all = Vec::new();
                for run in runs {
                    for i in 0..run.len {
                        all.extend(
                            run.taps.iter().map(|(k, start)| (run.first + i * run.step, *k, start + i * run.advance)),
                        );
                    }
                }
                all.sort();
                all
            };
            assert_eq!(expand(forward(input, output, taps, stride, padding)), expected);
            let mut ranged = Vec::new();
            for (k, range) in ranges(input, output, taps, stride, padding).iter().enumerate() {
                let [first, end] = range.within([0, output]);
                ranged.extend((first..end).map(|o| (o, k, range.read(o, stride))));
            }
            ranged.sort();
            assert_eq!(ranged, expected);
            let mut transposed: Vec<_> = expected.iter().map(|&(o, k, i)| (i, k, o)).collect();
            transposed.sort();
            assert_eq!(expand(adjoint(input, output, taps, stride, padding)), transposed);
        }
    }

    #[test]
    fn an_interior_is_one_run() {
        let runs = forward(56, 56, 3, 1, 1);
        assert_eq!(runs.iter().map(|r| r.len).collect::<Vec<_>>(), [1, 54, 1]);
    }
}
