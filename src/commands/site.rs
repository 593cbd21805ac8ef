//! `git spread-cron site`: the pages about all resources, made from git alone.

use std::fs;
use std::path::Path;

use super::current::CurrentStatus;
use super::format::{count, paused};
use super::notices::{say_no_resources, warn_unlisted};
use crate::cli::SiteArgs;
use crate::context::Context;
use crate::core::documents::{StatusReport, VERSION, json};
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::files::write_whole;
use crate::git::history::shallow_boundary;
use crate::site::data::{SiteResource, World};
use crate::site::{PublishError, Published, Publisher, SiteForm, SiteSettings, keep_table, make, read};
use crate::ui::Ui;

pub(super) fn run(args: &SiteArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    let context = Context::new(environment, &args.source)?;
    let shallow = shallow_boundary(&context.repository.local());
    let now = args.now.unwrap_or_else(|| (environment.now())().seconds);
    let gathered = context.gather(&args.patterns, |repo, resource| {
        let status = CurrentStatus::read(repo, &context.source, &resource, &shallow, now).into_report(&resource);
        let paused = status.paused.as_ref().map(paused);
        (SiteResource { paused, ..read::read(repo, &context.source, &resource, &shallow) }, status)
    })?;
    warn_unlisted(&gathered.unlisted, ui);
    if gathered.resources.is_empty() {
        say_no_resources(&context, &args.patterns, false, ui);
    }
    let (resources, statuses) = gathered.resources.into_iter().unzip();
    let world = World { resources, polled: None };
    // A file of a web site holds no markup of others, whatever it is served as.
    let status = json(&StatusReport { version: VERSION, resources: statuses }).replace('<', "\\u003c");
    let folder = environment.working_directory().join(&args.dir);
    let settings = SiteSettings {
        title: args.title.clone().unwrap_or_else(|| "spread-cron".to_owned()),
        base_url: args.base_url.as_deref().map(with_slash),
        now,
        form: if args.single_file { SiteForm::SingleFile } else { SiteForm::Pages },
    };
    let published = publish(&world, &settings, &status, &folder).map_err(explain)?;
    if let Some(file) = &args.markdown {
        keep_markdown(&world, &environment.working_directory().join(file))?;
    }
    let Published { written, unchanged, removed } = published;
    let removed = if removed > 0 { format!(", {removed} removed") } else { String::new() };
    ui.status(&format!("{} written, {unchanged} unchanged{removed}.", count(written, "file", "files")));
    ui.line(&folder.join("index.html").display().to_string());
    Ok(Exit::Success)
}

/// `status` is the document of the command `status`, which lies beside the pages.
fn publish(world: &World, settings: &SiteSettings, status: &str, folder: &Path) -> Result<Published, PublishError> {
    let mut publisher = Publisher::begin(folder)?;
    make(world, settings, |path, content| publisher.write(path, content))?;
    if settings.form == SiteForm::Pages {
        publisher.write("status.json", status)?;
    }
    publisher.finish()
}

fn with_slash(url: &str) -> String {
    format!("{}/", url.trim_end_matches('/'))
}

fn keep_markdown(world: &World, file: &Path) -> Result<(), CommandError> {
    let cannot = |what: &str| CommandError::cannot(format!("cannot {what} {}", file.display()));
    let text = fs::read_to_string(file).map_err(|err| cannot("read").because(err))?;
    let kept = keep_table(&text, world).map_err(|err| {
        cannot("keep a table in").because(err).hint("put the two markers into it; git-spread-cron-site(1) shows them")
    })?;
    if kept != text {
        write_whole(file, kept.as_bytes()).map_err(|err| cannot("write").because(err))?;
    }
    Ok(())
}

fn explain(err: PublishError) -> CommandError {
    let hint = match &err {
        PublishError::Foreign(_) => "name another folder, or remove what is there",
        PublishError::Write(..) | PublishError::Read(..) => "check the folder and its permissions",
    };
    CommandError::cannot("cannot write the site").because(err).hint(hint)
}
