//! A binary heap whose order among full equals is fixed by how it sifts, so that floods repeat.

/// A voxel to flood on from: the lowest first, of equals the one that waits longest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub height: f64,
    age: u32,
    place: u32,
}

impl Entry {
    /// Ages and places are below 2^32, as a region of more voxels does not fit a label map.
    pub fn new(height: f64, age: u32, place: usize) -> Self {
        Self {
            height,
            age,
            place: place as u32,
        }
    }

    pub fn place(&self) -> usize {
        self.place as usize
    }

    fn before(&self, other: &Self) -> bool {
        match self.height == other.height {
            true => self.age < other.age,
            false => self.height < other.height,
        }
    }
}

/// The textbook's binary heap (Cormen et al., chapter 6): children of `i` at `2 i + 1` and `2 i + 2`. Markers of one
/// height have one age; their order is that of the sifting, which scikit-image's watershed shares.
pub(super) struct Heap {
    entries: Vec<Entry>,
}

impl Heap {
    pub fn new() -> Self {
        Self { entries: Vec::new() }
    }

    pub fn push(&mut self, entry: Entry) {
        let mut at = self.entries.len();
        self.entries.push(entry);
        while at > 0 {
            let parent = (at - 1) / 2;
            if !entry.before(&self.entries[parent]) {
                break;
            }
            self.entries[at] = self.entries[parent];
            at = parent;
        }
        self.entries[at] = entry;
    }

    pub fn pop(&mut self) -> Option<Entry> {
        let last = self.entries.pop()?;
        let Some(&first) = self.entries.first() else {
            return Some(last);
        };
        let entries = &mut self.entries[..];
        let mut at = 0;
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            let mut least = last;
            let mut from = at;
            if left < entries.len() && entries[left].before(&least) {
                (least, from) = (entries[left], left);
            }
            if right < entries.len() && entries[right].before(&least) {
                (least, from) = (entries[right], right);
            }
            entries[at] = least;
            if from == at {
                return Some(first);
            }
            at = from;
        }
    }
}
