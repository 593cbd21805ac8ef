//! The child: reads answers and filters from stdin, and replies on stdout until stdin ends.

use std::collections::HashMap;
use std::io::{self, Read, Write};

use rustix::process::{Resource, Rlimit, setrlimit};

use super::jq::{CompiledFilter, FilterInput};
use super::wire::{ANSWER, FILTER, FilterReply};

/// The name under which this program is the child.
pub(crate) const NAME: &str = "git-spread-cron-filter";

/// The address space that it may have.
const MAX_MEMORY: u64 = 256 * 1024 * 1024;

/// How long it may compute for all filters. One alone is ended by the other side; this is for a child that was left alone.
const MAX_SECONDS: u64 = 600;

/// Runs filters until there are no more.
pub(crate) fn serve() {
    // Where a limit is lower already, it stays.
    let limit = |resource, most| {
        let _ = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    };
    limit(Resource::As, MAX_MEMORY);
    limit(Resource::Cpu, MAX_SECONDS);
    limit(Resource::Core, 0);
    limit(Resource::Fsize, 0);
    limit(Resource::Nproc, 0);
    // A program that is gone needs no reply.
    let _ = talk(&mut io::stdin().lock(), &mut io::stdout().lock());
}

fn talk(stdin: &mut impl Read, stdout: &mut impl Write) -> io::Result<()> {
    let mut compiled: HashMap<String, Result<CompiledFilter, String>> = HashMap::new();
    let mut input: Option<Result<FilterInput, String>> = None;
    let mut head = [0; 9];
    loop {
        match stdin.read_exact(&mut head) {
            Err(err) if err.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        }
        let [kind, length @ ..] = head;
        let mut content = Vec::new();
        stdin.take(u64::from_le_bytes(length)).read_to_end(&mut content)?;
        match kind {
            ANSWER => input = Some(FilterInput::parse(&content)),
            FILTER => {
                let filter = String::from_utf8_lossy(&content).into_owned();
                let filter = compiled.entry(filter).or_insert_with_key(|filter| CompiledFilter::new(filter));
                let reply = match (&*filter, &input) {
                    (Ok(filter), Some(Ok(input))) => filter.run(input),
                    (Err(reason), _) | (_, Some(Err(reason))) => FilterReply::Failed(reason.clone()),
                    (Ok(_), None) => FilterReply::Nothing,
                };
                stdout.write_all(&reply.line())?;
                stdout.flush()?;
            }
            _ => return Ok(()),
        }
    }
}
