//! Exports: the plan as files that other programs open.

mod csv;
pub mod pdf;
pub mod sheet;
#[cfg(test)]
mod tests;
mod xlsx;
mod zip;
