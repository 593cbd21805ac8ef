//! The language itself: compiling a filter, running it on an answer, and what its outputs mean.

use jaq_core::load::parse::Def;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Filter, Vars, data, unwrap_valr};
use jaq_json::{Val, read};

use super::wire::FilterReply;
use crate::core::value::printable;

type FilterData = data::JustLut<Val>;

thread_local! {
    /// What is written in the language itself, which is parsed once.
    static DEFINITIONS: Vec<Def<&'static str>> =
        jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).collect();
}

/// The most values that a list may have, and the longest that one may be.
const MAX_VALUES: usize = 100_000;
const MAX_LENGTH: usize = 64 * 1024;

/// An answer that was parsed.
pub(super) struct FilterInput(Val);

impl FilterInput {
    pub(super) fn parse(json: &[u8]) -> Result<Self, String> {
        let beginning = || {
            let text: String = String::from_utf8_lossy(json).trim().chars().take(60).collect();
            format!("the answer is not JSON: {:?}", printable(text.as_bytes()))
        };
        // It would take more than JSON.
        serde_json::from_slice::<serde::de::IgnoredAny>(json).map_err(|_| beginning())?;
        read::parse_single(json).map(FilterInput).map_err(|_| beginning())
    }
}

/// A filter that was compiled.
pub(super) struct CompiledFilter(Filter<FilterData>);

impl CompiledFilter {
    pub(super) fn new(filter: &str) -> Result<Self, String> {
        let defs = DEFINITIONS.with(Vec::clone);
        let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let arena = Arena::default();
        let loaded = Loader::new(defs).load(&arena, File { code: filter, path: () });
        let modules = loaded.map_err(|_| "the filter is not in the language of jq".to_owned())?;
        let compiled = Compiler::default().with_funs(funs).compile(modules);
        compiled.map(CompiledFilter).map_err(|errors| {
            let unknown = errors.into_iter().flat_map(|(_, errors)| errors).map(|(name, _)| name.to_owned());
            match unknown.collect::<Vec<String>>().as_slice() {
                [] => "the filter does not compile".to_owned(),
                names => format!("the filter has a name that is not known: {}", printable(names.join(", ").as_bytes())),
            }
        })
    }

    pub(super) fn run(&self, FilterInput(input): &FilterInput) -> FilterReply {
        let context = Ctx::<FilterData>::new(&self.0.lut, Vars::new([]));
        let mut outputs = self.0.id.run((context, input.clone())).map(unwrap_valr);
        let first = match outputs.next() {
            None => return FilterReply::Nothing,
            Some(Err(err)) => return failed(&err.to_string()),
            Some(Ok(first)) => first,
        };
        match outputs.next() {
            None => {}
            Some(Err(err)) => return failed(&err.to_string()),
            Some(Ok(_)) => {
                return FilterReply::Failed(
                    "the filter gives several values; put it in [ ], and choose with order".to_owned(),
                );
            }
        }
        let elements = match &first {
            Val::Arr(elements) => elements.iter().map(text_of).collect(),
            Val::Null | Val::Bool(_) | Val::Num(_) | Val::TStr(_) | Val::BStr(_) | Val::Obj(_) => {
                text_of(&first).map(|text| vec![text])
            }
        };
        match elements {
            Err(what) => FilterReply::Failed(format!("the filter gives {what}, which is no value")),
            Ok(mut texts) => {
                texts.retain(|text: &String| !text.is_empty());
                match texts.iter().find(|text| text.len() > MAX_LENGTH) {
                    Some(_) => FilterReply::Failed(format!("the filter gives a text of more than {MAX_LENGTH} bytes")),
                    None if texts.len() > MAX_VALUES => {
                        FilterReply::Failed(format!("the filter gives more than {MAX_VALUES} values"))
                    }
                    None if texts.is_empty() => FilterReply::Nothing,
                    None => FilterReply::Values(texts),
                }
            }
        }
    }
}

fn failed(reason: &str) -> FilterReply {
    let reason: String = printable(reason.as_bytes()).chars().take(200).collect();
    FilterReply::Failed(format!("the filter failed: {reason}"))
}

/// A value as a text, `null` as an empty one.
fn text_of(value: &Val) -> Result<String, &'static str> {
    match value {
        Val::Null => Ok(String::new()),
        Val::Bool(_) | Val::Num(_) => Ok(value.to_string()),
        Val::TStr(text) | Val::BStr(text) => match std::str::from_utf8(text) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err("a text that is not UTF-8"),
        },
        Val::Arr(_) => Err("a list in a list"),
        Val::Obj(_) => Err("an object"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(filter: &str, json: &str) -> String {
        let reply = match (CompiledFilter::new(filter), FilterInput::parse(json.as_bytes())) {
            (Ok(filter), Ok(input)) => filter.run(&input),
            (Err(reason), _) | (_, Err(reason)) => FilterReply::Failed(reason),
        };
        match reply {
            FilterReply::Nothing => "nothing".to_owned(),
            FilterReply::Values(values) => values.join(" "),
            FilterReply::Failed(reason) => reason,
        }
    }

    #[test]
    fn what_outputs_mean() {
        let json = r#"{"a":{"version":"1.2","n":17,"f":1.5,"yes":true,"none":null,"empty":""},"list":["1","2",3,null],"o":[{}]}"#;
        let cases = [
            (".a.version", "1.2"),
            (".a.n", "17"),
            (".a.f", "1.5"),
            (".a.yes", "true"),
            (".a.none", "nothing"),
            (".a.empty", "nothing"),
            (".a.missing", "nothing"),
            ("empty", "nothing"),
            (".list", "1 2 3"),
            ("[]", "nothing"),
            ("[.list[] | select(. == \"2\")]", "2"),
            (".list | map(tostring) | max", "null"),
            (".list[]", "the filter gives several values; put it in [ ], and choose with order"),
            (".a", "the filter gives an object, which is no value"),
            (".o", "the filter gives an object, which is no value"),
            ("[.list]", "the filter gives a list in a list, which is no value"),
            ("[", "the filter is not in the language of jq"),
            ("nosuch", "the filter has a name that is not known: nosuch"),
        ];
        for (filter, expected) in cases {
            assert_eq!(run(filter, json), expected, "{filter}");
        }
        assert!(run("error(\"no \\u001b\")", json).starts_with("the filter failed: "));
        assert!(run(".", "{").starts_with("the answer is not JSON: \"{\""));
        assert!(run(".", "{a: 1}").starts_with("the answer is not JSON"));
        assert!(run("input", json).contains("not known"), "there is nothing else to read");
    }
}
