//! What ships, as it is optimised: the instructions that growing documents take, and the memory of the largest ones.
//!
//! `cargo xtask test shipped` builds the WebAssembly and runs it.

#[path = "../rust/families.rs"]
mod families;
mod instructions;
mod sizes;
