//! A 1/f texture: octaves of smooth value noise, whose amplitude falls with their frequency as in photographs.

use crate::stats::random::Stream;

/// A texture as large as the scene, with mean about 0 and standard deviation 1, that can be sampled anywhere.
pub(in crate::imaging) struct Texture {
    width: usize,
    height: usize,
    values: Vec<f64>,
}

impl Texture {
    /// A texture whose coarsest octave has cells of `coarsest` pixels. Each next octave has cells of half the size and
    /// `gain` times the amplitude, down to cells of one pixel. A gain of 0.5 gives the 1/f amplitude spectrum of
    /// natural images; more is rougher. `stretch` makes the cells longer in one direction: about 4 for wood and cloth,
    /// 2 for clouds, 1 for no direction.
    pub(in crate::imaging) fn new(
        width: usize,
        height: usize,
        coarsest: f64,
        gain: f64,
        stretch: [f64; 2],
        random: &mut Stream,
    ) -> Self {
        let mut values = vec![0.0; width * height];
        let (mut cell, mut amplitude) = (coarsest, 1.0);
        while cell >= 1.0 {
            octave(&mut values, width, cell * stretch[0], cell * stretch[1], amplitude, random);
            cell *= 0.5;
            amplitude *= gain;
        }
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
        let scale = 1.0 / (variance + 1e-12).sqrt();
        values.iter_mut().for_each(|v| *v = (*v - mean) * scale);
        Texture { width, height, values }
    }

    /// The value at pixel (x, y); the texture is mirrored beyond its sides.
    pub(in crate::imaging) fn at(&self, x: usize, y: usize) -> f64 {
        let mirror = |i: usize, n: usize| if (i / n).is_multiple_of(2) { i % n } else { n - 1 - i % n };
        self.values[mirror(y, self.height) * self.width + mirror(x, self.width)]
    }
}

/// Adds one octave: a lattice of uniform numbers, blended by the smoothstep of the position inside the cell.
fn octave(values: &mut [f64], width: usize, cell_x: f64, cell_y: f64, amplitude: f64, random: &mut Stream) {
    let height = values.len() / width;
    let columns = (width as f64 / cell_x) as usize + 3;
    let rows = (height as f64 / cell_y) as usize + 3;
    let lattice: Vec<f64> = (0..columns * rows).map(|_| amplitude * (2.0 * random.uniform() - 1.0)).collect();
    let [shift_x, shift_y] = [random.uniform(), random.uniform()];
    let place = |i: usize, cell: f64, shift: f64| {
        let p = i as f64 / cell + shift;
        let t = p - p.floor();
        (p.floor() as usize, t * t * (3.0 - 2.0 * t))
    };
    let across: Vec<(usize, f64)> = (0..width).map(|x| place(x, cell_x, shift_x)).collect();
    let mut blended = vec![0.0; columns];
    for (y, row) in values.chunks_exact_mut(width).enumerate() {
        let (j, t) = place(y, cell_y, shift_y);
        let (above, below) = (&lattice[j * columns..][..columns], &lattice[(j + 1) * columns..][..columns]);
        blended.iter_mut().zip(above.iter().zip(below)).for_each(|(b, (a, c))| *b = a + t * (c - a));
        for (v, &(i, t)) in row.iter_mut().zip(&across) {
            *v += blended[i] + t * (blended[i + 1] - blended[i]);
        }
    }
}
