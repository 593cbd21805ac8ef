//! The services that the catalog watches, on this machine: the snap store and the endpoints beside it, Launchpad, GitHub.
//!
//! ```ignore
//! let services = Services::start(&sandbox);
//! services.publish("core", "edge", "amd64", 17300);
//! services.fault(Host::Launchpad, "trusty", Fault::NotFound);     // all that is asked there about trusty
//! services.cmd(&clone, ["poll"]).run();                           // its extractors find the services
//! ```
//!
//! The answers are of the shapes of the real ones, with more in them than was asked for. A request that the real service would
//! not understand is answered as it would: this is how a wrong query fails a test.

mod answer;
mod fault;
mod state;

use std::ffi::OsStr;
use std::io::Write;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};

use self::answer::{Answer, Asked, answer};
pub(crate) use self::fault::Fault;
use self::state::{Download, State};
use super::http::{Request, Server};
use super::{Cmd, Repo, Sandbox};

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Host {
    Store,
    StagingStore,
    Dashboard,
    StagingDashboard,
    Login,
    StagingLogin,
    Launchpad,
    GitHub,
    Pypi,
    Npm,
    Crates,
}

impl Host {
    pub(crate) const ALL: [Host; 11] = [
        Host::Store,
        Host::StagingStore,
        Host::Dashboard,
        Host::StagingDashboard,
        Host::Login,
        Host::StagingLogin,
        Host::Launchpad,
        Host::GitHub,
        Host::Pypi,
        Host::Npm,
        Host::Crates,
    ];

    /// The variable that names another host to the scripts of the entries.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Host::Pypi | Host::Npm | Host::Crates => "UNUSED_API",
            Host::Store => "SNAP_STORE_API",
            Host::StagingStore => "SNAP_STORE_STAGING_API",
            Host::Dashboard => "SNAP_DASHBOARD_API",
            Host::StagingDashboard => "SNAP_DASHBOARD_STAGING_API",
            Host::Login => "UBUNTU_SSO_API",
            Host::StagingLogin => "UBUNTU_SSO_STAGING_API",
            Host::Launchpad => "LAUNCHPAD_API",
            Host::GitHub => "GITHUB_API_URL",
        }
    }

    /// The name under which the configuration moves it.
    fn service(self) -> &'static str {
        match self {
            Host::Store => "snap-store",
            Host::StagingStore => "api.staging.snapcraft.io",
            Host::Dashboard => "snap-dashboard",
            Host::StagingDashboard => "dashboard.staging.snapcraft.io",
            Host::Login => "login.ubuntu.com",
            Host::StagingLogin => "login.staging.ubuntu.com",
            Host::Launchpad => "launchpad",
            Host::GitHub => "github",
            Host::Pypi => "pypi",
            Host::Npm => "npm",
            Host::Crates => "crates",
        }
    }

    /// The beginning of its paths, as all of them share one port.
    fn prefix(self) -> &'static str {
        match self {
            Host::Store => "/store",
            Host::StagingStore => "/staging-store",
            Host::Dashboard => "/dashboard",
            Host::StagingDashboard => "/staging-dashboard",
            Host::Login => "/login",
            Host::StagingLogin => "/staging-login",
            Host::Launchpad => "/launchpad",
            Host::GitHub => "/github",
            Host::Pypi => "/pypi-index",
            Host::Npm => "/npm",
            Host::Crates => "/crates",
        }
    }
}

/// See the module's documentation. They end when this is dropped.
pub(crate) struct Services {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl Services {
    /// Starts them. The polls of this sandbox pass their addresses on to the extractors.
    pub(crate) fn start(sandbox: &Sandbox) -> Self {
        for host in Host::ALL {
            sandbox.config("spread-cron.passEnv", host.variable());
        }
        sandbox.config("spread-cron.passEnv", "GITHUB_TOKEN");
        let state = Arc::new(Mutex::new(State::default()));
        let known = Arc::clone(&state);
        let server = Server::start(move |request, stream| serve(request, stream, &known));
        for host in Host::ALL {
            let url = format!("{}{}", server.url(), host.prefix());
            sandbox.config(&format!("spread-cron.service.{}.url", host.service()), &url);
        }
        Services { server, state }
    }

    /// The address of a host.
    pub(crate) fn url(&self, host: Host) -> String {
        self.server.url() + host.prefix()
    }

    /// The product in a repository, where these are the services of the world.
    pub(crate) fn cmd<'s, A: AsRef<OsStr>>(&self, repo: &Repo<'s>, args: impl IntoIterator<Item = A>) -> Cmd<'s> {
        Host::ALL.into_iter().fold(repo.cmd(args), |cmd, host| cmd.env(host.variable(), self.url(host)))
    }

    /// From now on this revision of a snap is in a channel, `[TRACK/]RISK`.
    pub(crate) fn publish(&self, snap: &str, channel: &str, arch: &str, revision: u64) {
        let (track, risk) = channel.split_once('/').unwrap_or(("latest", channel));
        let key = [snap, track, risk, arch].map(str::to_owned);
        self.state().revisions.insert(key, revision);
    }

    /// From now on this is what is in a revision of a snap, and everybody may download it.
    pub(crate) fn offer(&self, host: Host, snap: &str, revision: u64, content: &str) {
        let download = Download { size: content.len(), sum: sha3_384(content), content: content.to_owned() };
        self.state().downloads.insert((host, snap.to_owned(), revision), download);
    }

    /// From now on a download is as long as it has to be, and something else.
    pub(crate) fn tamper(&self, host: Host, snap: &str, revision: u64) {
        let mut state = self.state();
        let download = state.downloads.get_mut(&(host, snap.to_owned(), revision)).unwrap();
        download.content = download.content.chars().rev().collect();
    }

    /// From now on a download has this many bytes more than it has to have.
    pub(crate) fn pad(&self, host: Host, snap: &str, revision: u64, bytes: usize) {
        let mut state = self.state();
        let download = state.downloads.get_mut(&(host, snap.to_owned(), revision)).unwrap();
        download.content += &" ".repeat(bytes);
    }

    /// From now on a page answers with this header.
    pub(crate) fn deploy(&self, host: Host, path: &str, name: &str, value: &str) {
        self.state().pages.insert((host, path.to_owned()), (name.to_owned(), value.to_owned()));
    }

    /// From now on this is the newest version of a package in a pocket of a series.
    pub(crate) fn upload(&self, package: &str, series: &str, pocket: &str, version: &str) {
        let key = [package, series, pocket].map(str::to_owned);
        self.state().versions.entry(key).or_default().insert(0, version.to_owned());
    }

    /// From now on a series exists, in whose pockets there is nothing yet.
    pub(crate) fn open_series(&self, package: &str, series: &str) {
        self.state().versions.entry([package, series, "Release"].map(str::to_owned)).or_default();
    }

    /// From now on this is the newest run of a workflow that succeeded; none did yet if there is no number.
    pub(crate) fn succeed(&self, repository: &str, workflow: &str, branch: &str, number: Option<u64>) {
        let key = [repository, workflow, branch].map(str::to_owned);
        self.state().runs.insert(key, number);
    }

    /// From now on these are the releases of a repository, the newest first: the tag, and whether it is a prerelease or a
    /// draft.
    pub(crate) fn releases(&self, repository: &str, releases: &[(&str, bool, bool)]) {
        let releases = releases.iter().map(|(tag, pre, draft)| ((*tag).to_owned(), *pre, *draft)).collect();
        self.state().releases.insert(repository.to_owned(), releases);
    }

    /// From now on this is what a registry says of a package: of each version (or tag of npm), what it is.
    pub(crate) fn package(&self, host: Host, name: &str, versions: &[(&str, &str)]) {
        let versions = versions.iter().map(|(version, what)| ((*version).to_owned(), (*what).to_owned())).collect();
        self.state().packages.insert((host, name.to_owned()), versions);
    }

    /// From now on GitHub answers only those who have this token.
    pub(crate) fn require_token(&self, token: &str) {
        self.state().token = Some(token.to_owned());
    }

    /// From now on this is how requests to a host come to grief, in whose path or query (decoded) this is found.
    pub(crate) fn fault(&self, host: Host, part: &str, fault: Fault) {
        self.state().faults.push((host, part.to_owned(), fault));
    }

    /// From now on nothing comes to grief any more.
    pub(crate) fn mend(&self) {
        self.state().faults.clear();
    }

    /// What was asked for since this was asked the last time: the host's path and query, decoded.
    pub(crate) fn take_requests(&self) -> Vec<(Host, String)> {
        std::mem::take(&mut self.state().seen)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

/// As no crate that is used here knows it, openssl is asked.
fn sha3_384(content: &str) -> String {
    let mut command = Command::new("openssl");
    command.args(["dgst", "-sha3-384", "-r"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the test asks whether openssl is there");
    child.stdin.take().unwrap().write_all(content.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()[..96].to_owned()
}

/// The service that a request target asks, and the path. A proxy gets the name of the host, too.
fn host_of(target: &str) -> Option<(Host, &str)> {
    let path = match target.strip_prefix("http://") {
        Some(rest) => &rest[rest.find('/')?..],
        None => target,
    };
    Host::ALL.into_iter().find_map(|host| {
        let rest = path.strip_prefix(host.prefix())?;
        rest.starts_with('/').then_some((host, rest))
    })
}

fn serve(request: &Request, stream: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let Some((host, path)) = host_of(&request.path) else {
        return Answer::page("200 OK", fault::PAGE).send(stream);
    };
    // Where everything is that has moved.
    let (path, has_moved) = match path.strip_prefix(fault::MOVED) {
        Some(path) => (path, true),
        None => (path, false),
    };
    let asked = Asked { host, path, request };
    let told = asked.told();
    let (answer, fault) = {
        let mut state = state.lock().unwrap();
        state.seen.push((host, told.clone()));
        let fault = state.fault_of(host, &told).filter(|_| !has_moved);
        (answer(&asked, &state), fault)
    };
    match fault {
        Some(fault) => fault.send(&asked, answer, stream),
        None => answer.send(stream),
    }
}
