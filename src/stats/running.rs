//! Running statistics: the mean and spread of a stream of rows, with one row in memory at a time.
//!
//! B. P. Welford's recurrence ("Note on a method for calculating corrected sums of squares and products", Technometrics
//! 4, 1962): the n-th value x changes the mean by (x − mean)/n, and the sum of squares about it by (x − old mean)(x −
//! new mean). There is no cancellation if the mean is large compared with the spread. The result depends on the order
//! of the rows, which a stream fixes.

/// The mean, spread and range of each column of the rows added so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    count: u64,
    columns: Vec<Column>,
}

/// The statistics of one column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// The mean; 0 if there are no rows.
    pub mean: f64,
    /// The least value; +∞ if there are no rows.
    pub least: f64,
    /// The greatest value; −∞ if there are no rows.
    pub greatest: f64,
    squares: f64,
}

impl Running {
    /// Statistics of no rows yet, with `width` columns.
    pub fn new(width: usize) -> Running {
        let column = Column { mean: 0.0, least: f64::INFINITY, greatest: f64::NEG_INFINITY, squares: 0.0 };
        Running { count: 0, columns: vec![column; width] }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If it has more or fewer columns.
    pub fn add(&mut self, row: &[f32]) {
        assert_eq!(row.len(), self.columns.len(), "the number of columns of a row");
        self.count += 1;
        let n = self.count as f64;
        for (column, &x) in self.columns.iter_mut().zip(row) {
            let x = f64::from(x);
            let from_old = x - column.mean;
            column.mean += from_old / n;
            column.squares += from_old * (x - column.mean);
            (column.least, column.greatest) = (column.least.min(x), column.greatest.max(x));
        }
    }

    /// The columns in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The sample standard deviation of a column; `None` for fewer than two rows.
    ///
    /// # Panics
    /// If there is no such column.
    pub fn std(&self, column: usize) -> Option<f64> {
        (self.count > 1).then(|| (self.columns[column].squares / (self.count - 1) as f64).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::moments;
    use crate::stats::random::Stream;
    use approx::assert_abs_diff_eq;

    #[test]
    fn one_pass_gives_what_two_give() {
        let mut stream = Stream::new(1, "running", 0);
        // A mean that is large compared with the spread.
        let rows: Vec<[f32; 2]> = (0..1000).map(|_| [stream.normal() as f32, 1e4 + stream.normal() as f32]).collect();
        let mut running = Running::new(2);
        rows.iter().for_each(|row| running.add(row));
        assert_eq!(running.count, 1000);
        for (i, column) in running.columns().iter().enumerate() {
            let values: Vec<f64> = rows.iter().map(|row| f64::from(row[i])).collect();
            let (mean, std) = (moments::mean(&values).unwrap(), moments::std(&values).unwrap());
            assert_abs_diff_eq!(column.mean, mean, epsilon = 1e-12 * (1.0 + mean.abs()));
            assert_abs_diff_eq!(running.std(i).unwrap(), std, epsilon = 1e-9 * std);
            assert_eq!(column.least, values.iter().copied().fold(f64::INFINITY, f64::min));
            assert_eq!(column.greatest, values.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        }
    }

    #[test]
    fn few_rows_have_no_spread() {
        let mut running = Running::new(1);
        assert_eq!((running.count, running.std(0)), (0, None));
        running.add(&[3.0]);
        assert_eq!((running.columns()[0].mean, running.std(0)), (3.0, None));
        running.add(&[3.0]);
        assert_eq!(running.std(0), Some(0.0));
    }
}
