//! Asking for many declarations: equal requests are sent once, and an answer is let go of as soon as its values are taken.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use super::ask::{Answer, AskError, Asker};
use super::filter::Filters;
use super::git_protocol::Refs;
use super::plan::{Planned, Request, plan};
use super::select::{Parsed, Regexes, of_refs, select};
use super::{SourceError, SourceSettings};
use crate::core::declared::{Declaration, TextPart, TextRule, WantedValue};
use crate::core::web_url::WebUrl;

/// What a poll asks with. It remembers which hosts want to be left alone.
#[derive(Debug)]
pub(crate) struct Sources {
    pub(crate) settings: SourceSettings,
    pub(crate) filters: Filters,
    asker: Asker,
}

/// A declaration that is asked for over a network.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    pub(crate) declaration: &'a Declaration,
    pub(crate) request: Request,
}

/// What came of a question: the value, or none yet.
pub(crate) type Asked = Result<Option<String>, SourceError>;

impl Sources {
    /// `program` is this one, which runs filters, too.
    pub(crate) fn new(settings: SourceSettings, program: PathBuf) -> Self {
        let asker = Asker::new(&settings);
        Sources { settings, filters: Filters::new(program), asker }
    }

    /// What has to be asked for a declaration.
    ///
    /// # Errors
    ///
    /// The credentials are not there.
    pub(crate) fn plan(&self, declaration: &Declaration, time_limit: Option<Duration>) -> Result<Planned, SourceError> {
        Ok(plan(declaration, &self.settings, time_limit)?)
    }

    /// Asks all questions, and says what came of each as soon as it is known.
    pub(crate) fn ask(
        &self,
        questions: &[Question<'_>],
        interrupted: &(dyn Fn() -> bool + Sync),
        on_answer: &mut dyn FnMut(usize, Asked, Duration),
    ) {
        let mut of_request: HashMap<&Request, usize> = HashMap::new();
        let mut distinct: Vec<(&Request, Vec<usize>)> = Vec::new();
        for (index, question) in questions.iter().enumerate() {
            let place = *of_request.entry(&question.request).or_insert_with(|| {
                distinct.push((&question.request, Vec::new()));
                distinct.len() - 1
            });
            distinct[place].1.push(index);
        }
        let requests: Vec<Request> = distinct.iter().map(|(request, _)| (*request).clone()).collect();
        let take =
            |place: usize, answer: &Result<Answer, AskError>, regexes: &Regexes, give: &mut dyn FnMut(usize, Asked)| {
                let parsed = answer.as_ref().map(Parsed::new);
                for index in &distinct[place].1 {
                    let declaration = questions[*index].declaration;
                    let asked = match &parsed {
                        Ok(_) if interrupted() => Err(SourceError::Ask(AskError::Interrupted)),
                        Ok(parsed) => select(declaration, parsed, regexes, &self.filters).map_err(SourceError::from),
                        Err(AskError::Status { status: 404 | 410, .. }) if declaration.absent_is_no_value => Ok(None),
                        Err(err) => Err(SourceError::Ask((*err).clone())),
                    };
                    give(*index, asked);
                }
            };
        let has_filter = |place: usize| distinct[place].1.iter().any(|index| filters(questions[*index].declaration));
        let regexes = Regexes::default();
        let (waiting, to_filter) = mpsc::channel::<(usize, Result<Answer, AskError>, Duration)>();
        let (filtered, taken) = mpsc::channel();
        std::thread::scope(|scope| {
            // A filter may take its time, in which answers to other requests go on arriving.
            scope.spawn(move || {
                let regexes = Regexes::default();
                for (place, answer, duration) in to_filter {
                    take(place, &answer, &regexes, &mut |index, asked| drop(filtered.send((index, asked, duration))));
                }
            });
            self.asker.ask(&requests, interrupted, &mut |place, answer, duration| {
                if answer.is_ok() && has_filter(place) {
                    let _ = waiting.send((place, answer, duration));
                } else {
                    take(place, &answer, &regexes, &mut |index, asked| on_answer(index, asked, duration));
                }
                for (index, asked, duration) in taken.try_iter() {
                    on_answer(index, asked, duration);
                }
            });
            drop(waiting);
            for (index, asked, duration) in taken {
                on_answer(index, asked, duration);
            }
        });
    }

    /// The address of a repository that only the git program can ask, and the address of its host that it may connect
    /// to, unless a proxy does that.
    ///
    /// # Errors
    ///
    /// The host may not be asked.
    pub(crate) fn pinned(&self, url: &WebUrl) -> Result<(String, Option<String>), SourceError> {
        let url = self.settings.moved(url);
        let pin = self.asker.pin(&url.origin)?;
        Ok((format!("{}{}", url.origin, url.path), pin))
    }

    /// The value in what `git ls-remote` printed.
    ///
    /// # Errors
    ///
    /// The repository does not have what is wanted.
    pub(crate) fn of_listing(declaration: &Declaration, listing: &[u8]) -> Asked {
        let refs = Refs::of_program(listing).map_err(|_| AskError::NotGit)?;
        Ok(of_refs(declaration, &refs)?)
    }
}

/// Whether a filter takes the value.
fn filters(declaration: &Declaration) -> bool {
    matches!(&declaration.wanted, WantedValue::Http { text: TextPart { part: TextRule::Filter(_), .. }, .. })
}
