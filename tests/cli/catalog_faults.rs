//! Services that are out of order: the reason is shown, nothing is recorded, and no other resource is harmed.

use std::fs;

use predicates::prelude::*;

use crate::support::{Fault, Host, Repo, Sandbox, Services, processes};

/// What has to come of a resource.
#[derive(Clone, Copy, Debug)]
enum Comes {
    /// The value is recorded, as if there were no fault.
    Value,
    /// This other value is recorded.
    Other(&'static str),
    /// Nothing to report.
    Nothing,
    /// It fails, and the error has this in it.
    Failure(&'static str),
}

use Comes::{Failure, Nothing, Other, Value};

/// What is watched: a resource of each of these has the fault to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Snap,
    Page,
    Deb,
    Runs,
}

impl Kind {
    const ALL: [Kind; 4] = [Kind::Snap, Kind::Page, Kind::Deb, Kind::Runs];

    fn host(self) -> Host {
        match self {
            Kind::Snap => Host::Store,
            Kind::Page => Host::Dashboard,
            Kind::Deb => Host::Launchpad,
            Kind::Runs => Host::GitHub,
        }
    }

    /// The value while all is well.
    fn value(self) -> &'static str {
        match self {
            Kind::Snap => "17300",
            Kind::Page => "1.2-g0f4c2a1",
            Kind::Deb => "2.68+22.04",
            Kind::Runs => "4711",
        }
    }

    /// An entry for a thing of this name.
    fn entry(self, name: &str, fault: Option<Fault>) -> String {
        let assignments = match self {
            Kind::Snap => format!("source=snap\nsnap={name}\nchannel=edge\n"),
            Kind::Page => format!(
                "source=header\nurl=https://dashboard.snapcraft.io/{name}\nnames='X-VCS-Revision X-Bzr-Revision-Number'\n\
                 value_pattern='[0-9A-Za-z][0-9A-Za-z.+:~_-]*'\n"
            ),
            Kind::Deb => format!("source=deb\npackage={name}\nseries=noble\n"),
            Kind::Runs => format!("source=github-run\nrepository=o/r\nworkflow=build.yaml\nbranch=x/{name}+1\n"),
        };
        let limit = if matches!(fault, Some(Fault::Slow | Fault::HalfOnce)) { "timeout=2\n" } else { "" };
        format!("# A thing that may have a fault\n{assignments}message='New {name}'\n{limit}")
    }

    fn set_right(self, services: &Services, name: &str) {
        match self {
            Kind::Snap => services.publish(name, "edge", "amd64", 17300),
            Kind::Page => services.deploy(self.host(), &format!("/{name}"), "X-VCS-Revision", self.value()),
            Kind::Deb => services.upload(name, "noble", "Proposed", self.value()),
            Kind::Runs => services.succeed("o/r", "build.yaml", &format!("x/{name}+1"), Some(4711)),
        }
    }

    /// What comes of a fault that any service may have.
    fn comes(self, fault: Fault) -> Comes {
        match (fault, self) {
            (Fault::ServerErrorOnce | Fault::Moved, _) | (Fault::HalfOnce, Kind::Page) => Value,
            (Fault::HalfOnce, _) => Failure("did not answer within 2s"),
            (Fault::NotFound, _) => Failure("404"),
            (Fault::ServerError, _) => Failure("500"),
            (Fault::Slow, _) => Failure("did not answer within 2s"),
            (Fault::Truncated, Kind::Page) => Value,
            (Fault::Truncated, _) => Failure("ended the connection in the middle of the answer"),
            (Fault::Closed, _) => Failure("ended the connection"),
            (Fault::ToItself, _) => Failure("redirects more than 5 times"),
            (Fault::ToFtp, _) => Failure("redirects to an address that cannot be asked"),
            (Fault::Html | Fault::Body(_) | Fault::ToPage | Fault::Huge, Kind::Page) => {
                Failure("with status 200, has no header x-vcs-revision x-bzr-revision-number")
            }
            (Fault::Body("{}"), Kind::Snap) => Failure("has no channel-map"),
            (Fault::Body("{}"), Kind::Deb) => Failure("has no entries"),
            (Fault::Body("{}"), Kind::Runs) => Failure("has no workflow_runs"),
            (Fault::Html | Fault::Body("") | Fault::ToPage | Fault::Huge, _) => Failure("not JSON"),
            (Fault::Body(_), _) => Failure("the answer has no "),
            (Fault::Header(_) | Fault::Trailer(_) | Fault::Status(_) | Fault::Endless, _) => {
                unreachable!("these are not for everybody")
            }
        }
    }
}

const ANYWHERE: [Fault; 19] = [
    Fault::NotFound,
    Fault::ServerError,
    Fault::ServerErrorOnce,
    Fault::Html,
    Fault::Body("null"),
    Fault::Body("{}"),
    Fault::Body("[]"),
    Fault::Body("17"),
    Fault::Body("\"17\""),
    Fault::Body(""),
    Fault::Slow,
    Fault::Truncated,
    Fault::HalfOnce,
    Fault::Closed,
    Fault::Moved,
    Fault::ToPage,
    Fault::ToFtp,
    Fault::ToItself,
    Fault::Huge,
];

const CHANNEL: &str = r#"{"channel":{"architecture":"amd64","name":"edge","risk":"edge","track":"latest"},"revision":"#;

/// Answers that are about something else, or lack what matters.
fn special() -> Vec<(Kind, Fault, Comes)> {
    let channels = |list: &str| -> &'static str { format!("{{\"channel-map\":[{list}]}}").leak() };
    let entries = |list: &str| -> &'static str { format!("{{\"entries\":[{list}]}}").leak() };
    let runs = |list: &str| -> &'static str { format!("{{\"workflow_runs\":[{list}]}}").leak() };
    let deb = |package: &str, version: &str, pocket: &str| {
        format!(r#"{{"source_package_name":"{package}","source_package_version":{version},"pocket":"{pocket}"}}"#)
    };
    let deb_of = |of: &str| deb("THIS", &format!("\"1.0\",{of}"), "Proposed");
    let run = |number: &str, head: &str| {
        format!(
            r#"{{"run_number":{number},"repository":{{"full_name":"o/r"}},"head_repository":{{"full_name":"{head}"}}}}"#
        )
    };
    let run_of = |of: &str| run(&format!("9,{of}"), "o/r");
    let many = format!("{},{},{}", run("9", "o/r"), run("30", "a/fork"), run("12", "o/r"));
    let revision = |number: &str| Fault::Body(channels(&format!("{CHANNEL}{number}}}")));
    let number = |number: &str| Fault::Body(runs(&run(number, "o/r")));
    let folded = "X-VCS-Revision: 12\r\n X-VCS-Revision: 9";
    let error = r#"{"error-list":[{"code":"internal","message":"x"}]}"#;
    let null = r#"{"channel-map":null,"entries":null,"workflow_runs":null}"#;
    vec![
        (Kind::Snap, Fault::Body(channels("")), Failure("is not published in latest/edge for amd64")),
        (Kind::Snap, revision("null"), Failure("no revision that is a whole number")),
        (Kind::Snap, revision("\"17\""), Failure("no revision that is a whole number")),
        (Kind::Snap, revision("17.5"), Failure("no revision that is a whole number")),
        (Kind::Snap, revision("-17"), Failure("no revision that is a whole number")),
        (Kind::Snap, revision("0"), Failure("no revision that is a whole number")),
        (Kind::Snap, revision("NaN"), Failure("not JSON")),
        (Kind::Snap, revision("12345678901234567890"), Failure("no revision that is a whole number")),
        (Kind::Snap, revision("9007199254740991"), Other("9007199254740991")),
        (Kind::Snap, Fault::Body(channels(&format!("{CHANNEL}1}},{CHANNEL}2}}"))), Failure("several revisions")),
        (Kind::Snap, Fault::Body(error), Failure("has no channel-map, but begins with \"{\\\"error-list")),
        (Kind::Snap, Fault::Body(null), Failure("has no channel-map")),
        (Kind::Deb, Fault::Body(entries("")), Nothing),
        (Kind::Deb, Fault::Body(entries("null")), Failure("about something else than")),
        (Kind::Deb, Fault::Body(entries(&deb("THIS", "\"1.0\"", "Release"))), Failure("about something else than")),
        (Kind::Deb, Fault::Body(entries(&deb("other", "\"1.0\"", "Proposed"))), Failure("about something else than")),
        (Kind::Deb, Fault::Body(entries(&deb("THIS", "null", "Proposed"))), Failure("no source_package_version")),
        (
            Kind::Deb,
            Fault::Body(entries(&deb("THIS", "\"<b>1</b>\"", "Proposed"))),
            Failure("no source_package_version"),
        ),
        (Kind::Deb, Fault::Body(entries(&deb("THIS", "\"$(id)\"", "Proposed"))), Failure("no source_package_version")),
        (Kind::Deb, Fault::Body(entries(&deb("THIS", "\"\"", "Proposed"))), Failure("no source_package_version")),
        (Kind::Deb, Fault::Body(entries(&deb("THIS", "\"null\"", "Proposed"))), Failure("no source_package_version")),
        (Kind::Deb, Fault::Body(entries(&deb_of("\"status\":\"Pending\""))), Failure("about something else than")),
        (
            Kind::Deb,
            Fault::Body(entries(&deb_of("\"distro_series_link\":\"x/jammy\""))),
            Failure("about something else than"),
        ),
        (Kind::Deb, Fault::Body(entries(&deb_of("\"distro_series_link\":\"x/noble\""))), Other("1.0")),
        (Kind::Deb, Fault::Body(null), Failure("has no entries")),
        (Kind::Runs, Fault::Body(runs("")), Nothing),
        (Kind::Runs, Fault::Body(runs(&run("9", "a/fork"))), Nothing),
        (Kind::Runs, Fault::Body(runs("null")), Failure("about something else than green runs")),
        (
            Kind::Runs,
            Fault::Body(runs(&run_of("\"conclusion\":\"failure\""))),
            Failure("about something else than green runs"),
        ),
        (
            Kind::Runs,
            Fault::Body(runs(&run_of("\"conclusion\":null"))),
            Failure("about something else than green runs"),
        ),
        (
            Kind::Runs,
            Fault::Body(runs(&run_of("\"head_branch\":\"main\""))),
            Failure("about something else than green runs on x/"),
        ),
        (Kind::Runs, Fault::Body(runs(&many)), Other("12")),
        (Kind::Runs, number("null"), Failure("no run_number")),
        (Kind::Runs, number("\"9\""), Failure("no run_number")),
        (Kind::Runs, number("\"\""), Failure("no run_number")),
        (Kind::Runs, number("NaN"), Failure("not JSON")),
        (Kind::Runs, number("5.5"), Failure("no run_number")),
        (Kind::Runs, number("0"), Failure("no run_number")),
        (Kind::Runs, number("12345678901234567890"), Failure("no run_number")),
        (Kind::Runs, Fault::Body(r#"{"message":"API rate limit exceeded"}"#), Failure("API rate limit exceeded")),
        (Kind::Runs, Fault::Body(null), Failure("has no workflow_runs")),
        (Kind::Page, Fault::Header("X-VCS-Revision:"), Failure("has no header")),
        (Kind::Page, Fault::Header("X-Other: 5"), Failure("has no header")),
        (Kind::Page, Fault::Header("x-BZR-revision-NUMBER: 77"), Other("77")),
        (Kind::Page, Fault::Header("X-VCS-Revision: \r\nX-Bzr-Revision-Number:\t12 "), Other("12")),
        (Kind::Page, Fault::Header("X-Bzr-Revision-Number: 12\r\nx-vcs-revision:abc"), Other("abc")),
        (Kind::Page, Fault::Header("X-VCS-Revision: null"), Failure("the header x-vcs-revision only says null")),
        (
            Kind::Page,
            Fault::Header("X-VCS-Revision: Unknown\r\nX-Bzr-Revision-Number: 12"),
            Failure("only says Unknown"),
        ),
        (Kind::Page, Fault::Header("X-Bzr-Revision-Number: NONE"), Failure("only says NONE")),
        (Kind::Page, Fault::Header("X-VCS-Revision: undefined"), Failure("only says undefined")),
        (Kind::Page, Fault::Header("X-VCS-Revision: null-1"), Other("null-1")),
        (Kind::Page, Fault::Header("X-Other: a\r\n\tX-VCS-Revision: 9"), Failure("does not answer in HTTP")),
        (Kind::Page, Fault::Header(folded), Failure("does not answer in HTTP")),
        (Kind::Page, Fault::Trailer("X-VCS-Revision: 9"), Failure("with status 200, has no header")),
        (Kind::Page, Fault::Status("300 Multiple Choices"), Failure("answered with status 300")),
        (Kind::Page, Fault::Status("203 Non-Authoritative Information"), Value),
        (Kind::Page, Fault::Header("X-VCS-Revision: <b>1</b>"), Failure("value_pattern")),
        (Kind::Page, Fault::Header("X-VCS-Revision: 1 [skip ci]"), Failure("[skip ci]")),
        (Kind::Page, Fault::Header("X-VCS-Revision: 1\u{1b}[31m"), Failure("does not answer in HTTP")),
    ]
}

#[test]
fn services_that_are_out_of_order_harm_no_other_resource() {
    let sandbox = Sandbox::new();
    let services = Services::start(&sandbox);
    services.open_series("x", "noble");
    let (remote, clone) = sandbox.project(|_| {});
    let anywhere = Kind::ALL.into_iter().flat_map(|kind| ANYWHERE.map(|fault| (kind, fault, kind.comes(fault))));
    let cases = anywhere.chain(special()).enumerate().map(|(number, case)| (format!("x-{number:03}-x"), case));
    let cases = cases.collect::<Vec<_>>();
    let plant = |kind: Kind, name: &str, fault: Option<Fault>| {
        let folder = sandbox.path("catalog/entries").join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("options"), kind.entry(name, fault)).unwrap();
        kind.set_right(&services, name);
    };
    for (name, (kind, fault, _)) in &cases {
        plant(*kind, name, Some(*fault));
        let fault = if let Fault::Body(body) = fault { Fault::Body(body.replace("THIS", name).leak()) } else { *fault };
        services.fault(kind.host(), name, fault);
    }
    let good = |kind: Kind| format!("x-good-{}", format!("{kind:?}").to_lowercase());
    for kind in Kind::ALL {
        plant(kind, &good(kind), None);
    }
    let catalog = sandbox.path("catalog");
    sandbox.config("spread-cron.catalog", catalog.to_str().unwrap());
    clone.run(["add", "--from", "x-*"]).report(predicate::always());

    let poll = ["poll", "--format", "json", "--jobs", "32"];
    let first = services.cmd(&clone, poll).run().exit(1).poll();
    processes::assert_none_left(&sandbox);
    sandbox.assert_no_litter();
    for (name, (kind, fault, comes)) in &cases {
        let resource = first.resource(name);
        let value = match comes {
            Value => Some(kind.value()),
            Other(value) => Some(*value),
            Nothing => None,
            Failure(reason) => {
                let error = resource.failure();
                assert!(error.contains(reason), "{kind:?} with {fault:?}: {error}");
                None
            }
        };
        let outcome = if value.is_some() { "first" } else { "no-value" };
        if !matches!(comes, Failure(_)) {
            assert_eq!(resource.change(), (outcome, None, value), "{kind:?} with {fault:?}: {resource:?}");
        }
        assert_recorded(&remote, name, value);
    }
    for kind in Kind::ALL {
        assert_recorded(&remote, &good(kind), Some(kind.value()));
    }

    // Once all is well again, it is as if nothing had been.
    services.mend();
    let second = services.cmd(&clone, poll).run().poll();
    for (name, (kind, fault, comes)) in &cases {
        let expected = match comes {
            Value => ("unchanged", Some(kind.value()), None),
            Other(value) => ("changed", Some(*value), Some(kind.value())),
            Nothing | Failure(_) => ("first", None, Some(kind.value())),
        };
        let (outcome, old, new) = second.resource(name).change();
        let new = new.filter(|_| outcome != "unchanged");
        assert_eq!((outcome, old, new), expected, "{kind:?} after {fault:?}");
    }
}

/// A branch has this value and nothing else on it.
#[track_caller]
fn assert_recorded(remote: &Repo<'_>, name: &str, value: Option<&str>) {
    let mut subjects = remote.subjects(name);
    subjects.pop();
    assert_eq!(subjects, value.map(|value| format!("New {name} ({value})")).into_iter().collect::<Vec<_>>());
}
