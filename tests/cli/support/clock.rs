//! A clock that stands still, for extractors that ask for the time.

use std::fs;
use std::path::PathBuf;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{Sandbox, quoted};

/// A `date` that is found before the real one and takes the time from a test.
pub(crate) struct Clock {
    folder: PathBuf,
}

impl Clock {
    /// Puts it in the place of the real one.
    pub(crate) fn new(sandbox: &Sandbox) -> Self {
        let folder = sandbox.path("clock");
        fs::create_dir(&folder).expect("the sandbox is writable");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let real = std::env::split_paths(&path).map(|folder| folder.join("date")).find(|date| date.is_file());
        let (real, place) = (quoted(real.expect("date is installed")), quoted(&folder));
        // That of GNU is asked about a moment in another way than those of BSD and macOS.
        let text = format!(
            "#!/bin/sh
echo \"$SPREAD_CRON_RESOURCE\" >> {place}/asked
read -r now < {place}/now
if {real} -d @0 > /dev/null 2>&1; then
    exec {real} -d \"@$now\" \"$@\"
fi
exec {real} -r \"$now\" \"$@\"
"
        );
        sandbox.program("date", &text);
        Clock { folder }
    }

    /// Sets it, to a time such as `2026-11-22 08:00:00` in UTC.
    pub(crate) fn set(&self, now: &str) {
        let now = now.parse::<DateTime>().expect("tests know what a time is").to_zoned(TimeZone::UTC);
        let now = now.expect("every time is in there").timestamp().as_second();
        fs::write(self.folder.join("now"), format!("{now}\n")).expect("the sandbox is writable");
    }

    /// Which resources asked for the time since this was asked the last time, sorted.
    pub(crate) fn take_asked(&self) -> Vec<String> {
        let asked = fs::read_to_string(self.folder.join("asked")).unwrap_or_default();
        let _ = fs::remove_file(self.folder.join("asked"));
        let mut asked = asked.lines().map(str::to_owned).collect::<Vec<_>>();
        asked.sort_unstable();
        asked
    }
}
