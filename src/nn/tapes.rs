//! Parallel computation on tapes: a batch in groups, each computed by one thread.
//!
//! The result of a batch must not depend on the number of threads. So the work is divided into fixed groups, and one
//! thread computes a whole group on its own tape. The results are returned in the order of the groups. Used tapes are
//! reused first, since they have their buffers already.

use crate::autodiff::Tape;
use crate::lanes::Real;
use rayon::prelude::*;
use std::sync::Mutex;

/// Tapes that no thread uses at the moment.
pub struct Tapes<T: Real>(Mutex<Vec<Tape<T>>>);

impl<T: Real> Default for Tapes<T> {
    fn default() -> Self {
        Tapes(Mutex::default())
    }
}

impl<T: Real> Tapes<T> {
    /// The results of `work` for every group, each on an empty tape, in order. Runs on the threads of the current rayon
    /// pool.
    pub fn each<G: Send, A: Send>(
        &self,
        groups: impl IndexedParallelIterator<Item = G>,
        work: impl Fn(&mut Tape<T>, G) -> A + Sync,
    ) -> Vec<A> {
        let run = |group| {
            let mut tape = self.0.lock().expect("no thread panicked").pop().unwrap_or_default();
            let result = work(&mut tape, group);
            tape.clear();
            self.0.lock().expect("no thread panicked").push(tape);
            result
        };
        groups.with_max_len(1).map(run).collect()
    }
}
