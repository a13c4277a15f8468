//! Groups of images, each the work of one thread.
//!
//! What a batch gives must not depend on how many threads there are. So the work is cut into groups that are the same
//! everywhere; a thread takes a whole group on a tape of its own, and what the groups give comes back in their order, to be
//! added up or written one after the other. A tape that was used before is taken first: it knows its buffers already.

use crate::autodiff::Tape;
use crate::lanes::Real;
use rayon::prelude::*;
use std::sync::Mutex;

/// Tapes that no thread is using: as many as ever ran at once.
pub struct Tapes<T: Real>(Mutex<Vec<Tape<T>>>);

impl<T: Real> Default for Tapes<T> {
    fn default() -> Self {
        Tapes(Mutex::default())
    }
}

impl<T: Real> Tapes<T> {
    /// What `work` makes of every group on an empty tape, in order, on the threads of the current rayon pool.
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
