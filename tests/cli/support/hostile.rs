//! Texts that mean something to a shell, to git, to Markdown or to GitHub's runner.

/// Values that an extractor may print.
pub(crate) fn values() -> Vec<String> {
    let mut values: Vec<String> = [
        "$(touch hacked) `touch hacked`",
        "it's \"quoted\" \\ and \\\\ \\\"",
        "100%0A::set-output name=changed::hacked%0D%25",
        "::set-output name=changed::hacked",
        "##[set-output name=changed]hacked",
        "::add-mask::e",
        "::stop-commands::aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "]]> <!-- </code></td></tr></table> <script>x()</script> &lt;&#64;",
        "a|b \\| **b** _i_ ~s~ `c` [l](http://x.example) ![i](x) # h @someone #1 me@x.example www.x.example",
        "${{ github.token }} $GITHUB_OUTPUT changed<<EOF",
        "zażółć gęślą 漢字 😀 e\u{301}",
        "{\"include\":[]}, - x: y",
    ]
    .map(str::to_owned)
    .into();
    values.push("v".repeat(1024));
    values.push("<|".repeat(512));
    values
}

/// Names that git allows for branches.
pub(crate) const NAMES: [&str; 14] = [
    "a;b",
    "$(touch,hacked)",
    "feature/x",
    "zażółć/漢字",
    "a'b\"c",
    "`id`",
    "a|b",
    "<b>&amp;",
    "100%0Ab,c=d",
    "@someone",
    "#1]]>",
    "${{github.token}}",
    "</code></td>",
    "_a_!{x}(y)",
];
