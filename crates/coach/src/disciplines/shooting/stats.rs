//! The statistics of small numbers: what a few series can say, and what they cannot.

/// Mean extreme spread of a group over sigma, and its coefficient of variation, by the number of shots (bivariate normal, 20,000
/// runs each). A group of ten shots is a quarter larger than one of five for the same skill: they are never compared raw.
const SPREAD: [(u32, f64, f64); 12] = [
    (2, 1.77, 0.52),
    (3, 2.42, 0.37),
    (4, 2.79, 0.31),
    (5, 3.06, 0.27),
    (6, 3.28, 0.25),
    (7, 3.44, 0.23),
    (8, 3.59, 0.21),
    (10, 3.81, 0.20),
    (12, 3.98, 0.18),
    (15, 4.19, 0.17),
    (20, 4.45, 0.15),
    (30, 4.79, 0.14),
];

/// Extreme spread over sigma and its relative noise for this many shots, between the measured numbers on a straight line.
pub fn spread(shots: u32) -> Option<(f64, f64)> {
    let shots = shots.min(30);
    let above = SPREAD.iter().position(|(n, ..)| *n >= shots).filter(|_| shots >= 2)?;
    let (n1, c1, v1) = SPREAD[above];
    let (n0, c0, v0) = SPREAD[above.saturating_sub(1)];
    let t = if n1 == n0 { 0.0 } else { f64::from(shots - n0) / f64::from(n1 - n0) };
    let (c, v) = if n1 == shots { (c1, v1) } else { (c0 + t * (c1 - c0), v0 + t * (v1 - v0)) };
    Some((c, v))
}

pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
/// Of a sample: divided by n − 1.
pub fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() >= 2)?;
    Some((values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt())
}
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}
/// Which values stand further from the median than 3.5 times the median distance; five at least make a rest.
pub fn outliers(values: &[f64]) -> Vec<usize> {
    let Some(median_value) = median(values).filter(|_| values.len() >= 5) else { return vec![] };
    let away: Vec<f64> = values.iter().map(|v| (v - median_value).abs()).collect();
    let usual = median(&away).unwrap_or_default();
    away.iter().enumerate().filter(|(_, a)| usual > 0.0 && **a > 3.5 * usual).map(|(i, _)| i).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    Falling,
    Rising,
    /// No evidence of either: the usual verdict of a short session.
    Unclear,
}
/// Mann–Kendall with ties, one-sided at 5 % each way, on values in their order. "The second half was worse" cries fatigue in
/// nearly half of all sessions without any; this does in 2 to 4 of a hundred.
pub fn trend(values: &[f64]) -> Trend {
    let n = values.len();
    if n < 5 {
        return Trend::Unclear;
    }
    let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
    let s: f64 = pairs.map(|(i, j)| (values[j] - values[i]).total_cmp(&0.0) as i32).map(f64::from).sum();
    let ties: f64 = groups(values).into_iter().map(|t| t * (t - 1.0) * (2.0 * t + 5.0)).sum();
    let n = n as f64;
    let variance = (n * (n - 1.0) * (2.0 * n + 5.0) - ties) / 18.0;
    // Continuity: S moves in steps of two.
    let z = if variance > 0.0 { (s.abs() - 1.0).max(0.0) / variance.sqrt() } else { 0.0 };
    match z > 1.645 {
        true if s < 0.0 => Trend::Falling,
        true => Trend::Rising,
        false => Trend::Unclear,
    }
}
/// How many values are alike, for each value that there is.
fn groups(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.chunk_by(|a, b| a == b).map(|same| same.len() as f64).collect()
}
