//! Cases of one test side by side, because most of what they take is waiting.

/// Checks all cases, each in a thread of its own, and so in a sandbox of its own.
pub(crate) fn side_by_side<C: Send>(cases: impl IntoIterator<Item = C>, check: impl Fn(C) + Sync) {
    let check = &check;
    std::thread::scope(|scope| {
        for case in cases {
            scope.spawn(move || check(case));
        }
    });
}
