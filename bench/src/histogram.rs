//! Latencies in buckets of about three percent: small, and good enough for a p99.

/// Microseconds; 32 buckets for every doubling.
#[derive(Clone)]
pub struct Histogram {
    counts: Vec<u64>,
    pub total: u64,
}
const FINE: u32 = 5;

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; 64 << FINE], total: 0 }
    }
}
impl Histogram {
    fn bucket(micros: u64) -> usize {
        let micros = micros.max(1) << FINE;
        let top = 63 - micros.leading_zeros();
        (((top - FINE) as usize) << FINE) + ((micros >> (top - FINE)) as usize & ((1 << FINE) - 1))
    }
    fn value(bucket: usize) -> u64 {
        let (doubling, rest) = (bucket >> FINE, bucket & ((1 << FINE) - 1));
        (((1u64 << FINE) + rest as u64) << doubling) >> FINE
    }
    pub fn record(&mut self, micros: u64) {
        self.counts[Self::bucket(micros)] += 1;
        self.total += 1;
    }
    pub fn add(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
        self.total += other.total;
    }
    /// The latency that this share of the requests did not exceed.
    pub fn at(&self, share: f64) -> u64 {
        let rank = (self.total as f64 * share).ceil() as u64;
        let mut seen = 0;
        let found = self.counts.iter().position(|n| {
            seen += n;
            seen >= rank.max(1)
        });
        found.map_or(0, Self::value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_to_a_few_percent() {
        let mut h = Histogram::default();
        (1..=100_000).for_each(|n| h.record(n));
        for (share, exact) in [(0.5, 50_000.0), (0.99, 99_000.0), (1.0, 100_000.0)] {
            let off = (h.at(share) as f64 - exact).abs() / exact;
            assert!(off < 0.04, "{share}: {} for {exact}", h.at(share));
        }
        let mut both = Histogram::default();
        both.add(&h);
        both.add(&h);
        assert_eq!((both.total, both.at(0.5)), (200_000, h.at(0.5)));
    }
}
