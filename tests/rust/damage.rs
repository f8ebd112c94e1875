//! Random documents for the parsers of the core, good and damaged, which are compared with libraries.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// A document with something in it that does not belong there, or with a part of it gone.
pub(crate) fn damaged(
    document: impl Strategy<Value = String>,
    strays: Vec<&'static str>,
) -> impl Strategy<Value = String> {
    let stray = prop::sample::select(strays);
    (document, stray, any::<prop::sample::Index>(), 0..4_usize).prop_map(|(document, stray, at, gone)| {
        let at = at.index(document.chars().count());
        let before = document.chars().take(at);
        let after = document.chars().skip(at + gone);
        before.chain(stray.chars()).chain(after).collect()
    })
}

/// The same documents everywhere, so that a build is not red by chance. With `EXPLORE=1` they are others each time, and
/// ten times as many.
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no options to come in through"
)]
pub(crate) fn config() -> ProptestConfig {
    let explores = std::env::var_os("EXPLORE").is_some();
    ProptestConfig {
        cases: if explores { 40_000 } else { 4000 },
        rng_seed: if explores {
            RngSeed::Random
        } else {
            RngSeed::Fixed(1)
        },
        ..ProptestConfig::default()
    }
}
