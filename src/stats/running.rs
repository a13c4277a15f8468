//! Mean and spread of a stream of rows, of which no more than one is held.
//!
//! B. P. Welford's recurrence ("Note on a method for calculating corrected sums of squares and products", Technometrics 4, 1962):
//! the n-th value x moves the mean by (x − mean)/n, and the sum of squares about it by (x − old mean)(x − new mean). Nothing
//! cancels, whatever the mean; the result depends on the order of the rows, which a stream has.

/// Mean, spread and range of each column of the rows seen so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    count: u64,
    columns: Vec<Column>,
}

/// What is known of one column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// The mean; 0 of no rows.
    pub mean: f64,
    /// The least value; +∞ of no rows.
    pub least: f64,
    /// The greatest value; −∞ of no rows.
    pub greatest: f64,
    squares: f64,
}

impl Running {
    /// No rows yet, of `width` columns.
    pub fn new(width: usize) -> Running {
        let column = Column { mean: 0.0, least: f64::INFINITY, greatest: f64::NEG_INFINITY, squares: 0.0 };
        Running { count: 0, columns: vec![column; width] }
    }

    /// Takes a row in.
    ///
    /// # Panics
    /// When it has more or fewer columns.
    pub fn add(&mut self, row: &[f32]) {
        assert_eq!(row.len(), self.columns.len(), "columns of a row");
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

    /// The number of rows.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The columns in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The sample standard deviation of a column; `None` of fewer than two rows.
    ///
    /// # Panics
    /// When there is no such column.
    pub fn std(&self, column: usize) -> Option<f64> {
        (self.count > 1).then(|| (self.columns[column].squares / (self.count - 1) as f64).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::moments;
    use crate::stats::random::Stream;

    #[test]
    fn one_pass_gives_what_two_give() {
        let mut stream = Stream::new(1, "running", 0);
        // A mean that is large beside the spread.
        let rows: Vec<[f32; 2]> = (0..1000).map(|_| [stream.normal() as f32, 1e4 + stream.normal() as f32]).collect();
        let mut running = Running::new(2);
        rows.iter().for_each(|row| running.add(row));
        assert_eq!(running.count(), 1000);
        for (i, column) in running.columns().iter().enumerate() {
            let values: Vec<f64> = rows.iter().map(|row| f64::from(row[i])).collect();
            let (mean, std) = (moments::mean(&values).unwrap(), moments::std(&values).unwrap());
            assert!((column.mean - mean).abs() < 1e-12 * (1.0 + mean.abs()), "{} and {mean}", column.mean);
            assert!((running.std(i).unwrap() - std).abs() < 1e-9 * std);
            assert_eq!(column.least, values.iter().copied().fold(f64::INFINITY, f64::min));
            assert_eq!(column.greatest, values.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        }
    }

    #[test]
    fn few_rows_have_no_spread() {
        let mut running = Running::new(1);
        assert_eq!((running.count(), running.std(0)), (0, None));
        running.add(&[3.0]);
        assert_eq!((running.columns()[0].mean, running.std(0)), (3.0, None));
        running.add(&[3.0]);
        assert_eq!(running.std(0), Some(0.0));
    }
}
