//! The site: pages, feeds and badges about all resources, made from git alone.
//!
//! `read` takes the data from a repository; everything else is pure: `data` holds it, the other modules make pages of it,
//! and `publish` writes what changed. The same data and the same moment give the same bytes.

mod badge;
pub(crate) mod data;
mod feed;
mod index;
mod markdown;
mod marks;
mod page;
mod publish;
pub(crate) mod read;
mod resource;
mod result;
mod tasks;
mod time;

use askama::filters::{Escaper, Html};

use self::badge::Badge;
use self::data::{SiteResource, World};
use self::feed::{FeedTopic, feed};
use self::page::{Assets, SCRIPT, STYLE, page_name};

pub(crate) use self::markdown::keep_table;
pub(crate) use self::publish::{PublishError, Published, Publisher};

/// How a site is made.
#[derive(Clone, Debug)]
pub(crate) struct SiteSettings {
    pub(crate) title: String,
    /// Where the site will lie, with a slash at the end; feeds need it for their links.
    pub(crate) base_url: Option<String>,
    /// Seconds since 1970, which ages are counted from.
    pub(crate) now: i64,
    pub(crate) form: SiteForm,
}

/// How many files a site has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SiteForm {
    /// A page for each resource, feeds, badges.
    Pages,
    /// `index.html` alone.
    SingleFile,
}

/// Makes all files of a site, one after the other; `write` takes the path below the top, and the content.
///
/// # Errors
///
/// The first error of `write`.
pub(crate) fn make<E>(
    world: &World,
    settings: &SiteSettings,
    mut write: impl FnMut(&str, &str) -> Result<(), E>,
) -> Result<(), E> {
    let SiteSettings { title, now, form, .. } = settings;
    let base = settings.base_url.as_deref();
    if *form == SiteForm::SingleFile {
        let anchor = |resource: &SiteResource| format!("#{}", resource.slug);
        let pages = index::index(world, title, *now, Assets::Inlined, everything(world, &anchor), &anchor);
        return pages.iter().try_for_each(|page| write("index.html", page));
    }
    write("site.css", STYLE)?;
    write("site.js", SCRIPT)?;
    let href = |resource: &SiteResource| format!("resource/{}.html", resource.slug);
    let pages = index::index(world, title, *now, Assets::Linked, String::new(), &href);
    for (index, page) in pages.iter().enumerate() {
        write(&page_name("index", index), page)?;
    }
    write("tasks.html", &tasks::tasks(world, title))?;
    write("feed.xml", &feed(world, title, FeedTopic::All, base))?;
    write_badge(&Badge::of_all(world, title), "badge", &mut write)?;
    for resource in &world.resources {
        let stem = format!("resource/{}", resource.slug);
        for (index, page) in resource::pages(world, resource, title).iter().enumerate() {
            write(&page_name(&stem, index), page)?;
        }
        write(&format!("{stem}.xml"), &feed(world, title, FeedTopic::One(resource), base))?;
        write_badge(&Badge::of(resource), &stem, &mut write)?;
    }
    Ok(())
}

fn write_badge<E>(badge: &Badge, stem: &str, write: &mut impl FnMut(&str, &str) -> Result<(), E>) -> Result<(), E> {
    write(&format!("{stem}.svg"), &badge.svg())?;
    write(&format!("{stem}.json"), &badge.json())
}

/// What a page that holds everything has below its index.
fn everything(world: &World, href: resource::Href<'_>) -> String {
    let mut html = format!("<section id=\"tasks\"><h2>Tasks</h2>{}</section>", tasks::table(world, href));
    for resource in &world.resources {
        html += &format!("<section id=\"{}\"><h2>{}</h2>", escape(&resource.slug), escape(&resource.name));
        html += &resource::body(world, resource, 0, 3, href);
        html += "</section>";
    }
    html
}

/// A text as HTML and SVG show it.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    Html.write_escaped_str(&mut escaped, text).expect("writing to a string does not fail");
    escaped
}
