//! Linux: Landlock, seccomp and capabilities, set up by the thread that starts a program.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, LandlockStatus, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, Scope,
};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use rustix::thread::{CapabilitySet, CapabilitySets, clear_ambient_capability_set, set_capabilities, set_no_new_privs};
use seccompiler::{BpfProgram, apply_filter};

use super::filters::filters;
use super::{Place, Reachable};
use crate::core::isolation::{Barrier, Enforced, Network};
use crate::process::{Group, Membership};

/// The newest interface that these rules were written for; older kernels enforce what they know of it.
const ABI_OF_RULES: ABI = ABI::V6;

/// Devices without a state of their own.
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// What the running kernel enforces, found out by a thread that restricts itself and ends.
pub(super) fn probe() -> Enforced {
    let probe = std::thread::Builder::new().name("isolation".to_owned()).spawn(|| {
        let status = ruleset().and_then(RulesetCreated::restrict_self).ok();
        let has_filters = filters(Network::Open).is_some_and(|filters| {
            let _ = set_no_new_privs(true);
            filters.iter().all(|filter| apply_filter(filter).is_ok())
        });
        (status.map(|status| status.landlock), has_filters, drop_capabilities().is_ok())
    });
    let Some((landlock, has_filters, has_no_capabilities)) = probe.ok().and_then(|probe| probe.join().ok()) else {
        return Enforced::default();
    };
    let abi = match landlock {
        Some(LandlockStatus::Available { effective_abi, kernel_abi }) => kernel_abi.unwrap_or(effective_abi as i32),
        Some(LandlockStatus::NotEnabled | LandlockStatus::NotImplemented) | None => 0,
    };
    let barriers = [
        (Barrier::Read, abi >= 1),
        (Barrier::Write, abi >= 1),
        (Barrier::Truncate, abi >= 3),
        (Barrier::Tty, abi >= 5),
        (Barrier::Signal, abi >= 6),
        (Barrier::Sockets, has_filters),
        (Barrier::Capabilities, has_no_capabilities),
    ];
    let enforced = barriers.into_iter().filter(|(_, is_enforced)| *is_enforced).map(|(barrier, _)| barrier).collect();
    Enforced { landlock_abi: (abi > 0).then_some(abi), enforced }
}

/// A ruleset that allows nothing yet.
fn ruleset() -> Result<RulesetCreated, RulesetError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI_OF_RULES))?
        .scope(Scope::Signal | Scope::AbstractUnixSocket)?
        .create()
}

/// Gives up all capabilities: as root, too, nothing that is executed gets any back, for no new privileges are allowed.
fn drop_capabilities() -> io::Result<()> {
    set_no_new_privs(true)?;
    // Only root has an ambient set to clear, and older kernels have none.
    let _ = clear_ambient_capability_set();
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
    Ok(())
}

/// Keeps the files that this process inherited (a lock, a pipe, a file with a secret) from what it starts from now on. Those
/// that it opens itself are kept back anyway.
pub(super) fn keep_descriptors() -> io::Result<()> {
    const FIRST: i32 = 3;
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let number = entry?.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some(descriptor) = number.filter(|number| *number >= FIRST) {
            // The one that lists them is closed by now.
            let _ = fcntl(descriptor, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC));
        }
    }
    Ok(())
}

/// What every program may reach, opened once.
#[derive(Debug)]
pub(super) struct Rules {
    read: Vec<(PathFd, BitFlags<AccessFs>)>,
    devices: Vec<PathFd>,
    filters: Vec<BpfProgram>,
    filters_without_network: Vec<BpfProgram>,
}

impl Rules {
    /// Opens what is there; what is not there cannot be read anyway.
    pub(super) fn open(reachable: &Reachable) -> Self {
        let open = |path: &PathBuf| {
            let is_folder = path.metadata().ok()?.is_dir();
            Some((PathFd::new(path).ok()?, access(AccessFs::from_read(ABI_OF_RULES), is_folder)))
        };
        let list = |path: &PathBuf| Some((PathFd::new(path).ok()?, AccessFs::ReadDir.into()));
        Rules {
            read: reachable.read.iter().filter_map(open).chain(reachable.list.iter().filter_map(list)).collect(),
            devices: DEVICES.iter().filter_map(|device| PathFd::new(device).ok()).collect(),
            filters: filters(Network::Open).unwrap_or_default(),
            filters_without_network: filters(Network::Closed).unwrap_or_default(),
        }
    }

    /// Starts a program from a fresh thread that has given up everything else.
    pub(super) fn start(&self, command: &mut Command, place: &Place<'_>) -> io::Result<Group> {
        std::thread::scope(|scope| {
            let starter = std::thread::Builder::new().name("isolation".to_owned()).spawn_scoped(scope, || {
                self.restrict_thread(place)?;
                Group::start(command, Membership::Own)
            })?;
            starter.join().expect("starting a program does not panic")
        })
    }

    fn restrict_thread(&self, place: &Place<'_>) -> io::Result<()> {
        let failed = |err: RulesetError| io::Error::other(err);
        let open = |path: &Path| PathFd::new(path).map_err(io::Error::other);
        let mut rules = ruleset().map_err(failed)?;
        for (path, allowed) in &self.read {
            rules = rules.add_rule(PathBeneath::new(path, *allowed)).map_err(failed)?;
        }
        for device in &self.devices {
            let allowed = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate | AccessFs::IoctlDev;
            rules = rules.add_rule(PathBeneath::new(device, allowed)).map_err(failed)?;
        }
        let all = AccessFs::from_all(ABI_OF_RULES) & !(AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev);
        rules = rules.add_rule(PathBeneath::new(open(place.scratch)?, all)).map_err(failed)?;
        rules = rules.add_rule(PathBeneath::new(open(place.options)?, AccessFs::ReadFile)).map_err(failed)?;
        drop_capabilities()?;
        rules.restrict_self().map_err(failed)?;
        let filters = match place.network {
            Network::Open => &self.filters,
            Network::Closed => &self.filters_without_network,
        };
        filters.iter().try_for_each(|filter| apply_filter(filter).map_err(io::Error::other))
    }
}

/// The part of the rights that means something for a file.
fn access(rights: BitFlags<AccessFs>, is_folder: bool) -> BitFlags<AccessFs> {
    if is_folder { rights } else { rights & AccessFs::from_file(ABI_OF_RULES) }
}
