//! Output of spread that goes to files and is followed there, not through pipes: a spread whose supervisor was killed goes
//! on writing, and records its machines, where a broken pipe would end it.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::files::remove;
use crate::process::Stream;

/// The files, in the workspace.
const FILES: [(Stream, &str); 2] =
    [(Stream::Stdout, ".git-spread-cron.stdout"), (Stream::Stderr, ".git-spread-cron.stderr")];

/// What was written to the files of a program, read while it runs.
pub(super) struct FollowedOutput {
    readers: Vec<(Stream, File)>,
}

impl FollowedOutput {
    /// Lets a program write to new files in a folder.
    pub(super) fn redirect(command: &mut Command, folder: &Path) -> io::Result<Self> {
        let mut readers = Vec::with_capacity(FILES.len());
        for (stream, name) in FILES {
            let path = folder.join(name);
            match remove(&path) {
                Err(err) if err.kind() != ErrorKind::NotFound => return Err(err),
                Ok(()) | Err(_) => {}
            }
            let writer = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&path)?;
            readers.push((stream, File::open(&path)?));
            match stream {
                Stream::Stdout => command.stdout(Stdio::from(writer)),
                Stream::Stderr => command.stderr(Stdio::from(writer)),
            };
        }
        Ok(FollowedOutput { readers })
    }

    /// Removes the files; what was written to them is read all the same.
    pub(super) fn remove(folder: &Path) {
        for (_, name) in FILES {
            let _ = remove(&folder.join(name));
        }
    }

    /// Hands on what came since the last time.
    pub(super) fn read(&mut self, take: &mut dyn FnMut(Stream, &[u8])) -> io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        for (stream, reader) in &mut self.readers {
            loop {
                match reader.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(length) => take(*stream, &buffer[..length]),
                    Err(err) if err.kind() == ErrorKind::Interrupted => {}
                    Err(err) => return Err(err),
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn all_that_is_written_is_handed_on_once() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/nowhere", dir.path().join(FILES[0].1)).unwrap();
        for _ in 0..2 {
            let mut command = Command::new("sh");
            command.args(["-c", "echo out; echo bad >&2; echo more"]);
            let mut output = FollowedOutput::redirect(&mut command, dir.path()).unwrap();
            assert!(command.status().unwrap().success());
            let (mut out, mut err) = (Vec::new(), Vec::new());
            for _ in 0..2 {
                output
                    .read(&mut |stream, piece| match stream {
                        Stream::Stdout => out.extend_from_slice(piece),
                        Stream::Stderr => err.extend_from_slice(piece),
                    })
                    .unwrap();
            }
            assert_eq!((out, err), (b"out\nmore\n".to_vec(), b"bad\n".to_vec()));
            FollowedOutput::remove(dir.path());
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        }
    }
}
