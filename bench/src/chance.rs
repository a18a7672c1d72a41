//! Numbers at random for clients that must not all do the same: nothing here is a secret.

/// Steele, Lea and Flood's SplitMix64: small, and good enough to choose by.
pub struct Chance(u64);
impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end.max(1)
    }
    pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len() as u64) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_and_none_beyond_the_end() {
        let mut chance = Chance::new(7);
        let mut seen = [0; 10];
        (0..1_000).for_each(|_| seen[chance.below(10) as usize] += 1);
        assert!(seen.iter().all(|n| (50..200).contains(n)), "{seen:?}");
        assert_eq!(chance.one_of::<u8>(&[]), None);
    }
}
