//! Password hashing in a bounded pool, derived keys, encrypted fields, random bytes.

/// Random bytes straight from the operating system.
pub fn random<const N: usize>() -> [u8; N] {
    use ring::rand::SecureRandom as _;
    let mut out = [0; N];
    while ring::rand::SystemRandom::new().fill(&mut out).is_err() {}
    out
}
pub struct Keys;
pub struct Hasher;
pub fn sha256_hex(bytes: &[u8]) -> String {
    ring::digest::digest(&ring::digest::SHA256, bytes).as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
    out
}
