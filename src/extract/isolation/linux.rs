//! Linux: Landlock, seccomp and capabilities, set up by the thread that starts a program.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, LandlockStatus, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, Scope,
};
use rustix::thread::{CapabilitySet, CapabilitySets, clear_ambient_capability_set, set_capabilities, set_no_new_privs};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter,
};

use super::Reachable;
use crate::core::isolation::{Barrier, Enforced};
use crate::process::{Group, Membership};

/// The newest interface that these rules were written for; older kernels enforce what they know of it.
const ABI_OF_RULES: ABI = ABI::V6;

/// Devices without a state of their own.
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// The bit that marks the system calls of the x32 interface, which have the same numbers otherwise.
#[cfg(target_arch = "x86_64")]
const X32: i64 = 0x4000_0000;

/// What the running kernel enforces, found out by a thread that restricts itself and ends.
pub(super) fn probe() -> Enforced {
    let probe = std::thread::Builder::new().name("isolation".to_owned()).spawn(|| {
        let status = ruleset().and_then(RulesetCreated::restrict_self).ok();
        let has_filters = filters().is_some_and(|filters| {
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

/// The calls that get around the filter of sockets, or that look into other processes and the kernel.
const REFUSED: [i64; 9] = [
    libc::SYS_io_uring_setup,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
];

/// The calls that change modes, owners and attributes of files.
const ATTRIBUTES: [i64; 10] = [
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fchmodat2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
];

/// The same, which newer architectures do not have.
#[cfg(target_arch = "x86_64")]
const OLD_ATTRIBUTES: [i64; 3] = [libc::SYS_chmod, libc::SYS_chown, libc::SYS_lchown];
#[cfg(not(target_arch = "x86_64"))]
const OLD_ATTRIBUTES: [i64; 0] = [];

/// A filter that answers these calls in this way, under both of their numbers on x86-64.
fn answering(calls: impl Iterator<Item = i64>, answer: SeccompAction) -> Option<BpfProgram> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for call in calls {
        rules.insert(call, Vec::new());
        #[cfg(target_arch = "x86_64")]
        rules.insert(call | X32, Vec::new());
    }
    let architecture = TargetArch::try_from(std::env::consts::ARCH).ok()?;
    SeccompFilter::new(rules, SeccompAction::Allow, answer, architecture).ok()?.try_into().ok()
}

/// Refuses UNIX sockets, which are doors to everything on the machine.
fn without_unix_sockets() -> Option<BpfProgram> {
    let unix = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, libc::AF_UNIX as u64).ok()?;
    let mut rules = BTreeMap::from([(libc::SYS_socket, vec![SeccompRule::new(vec![unix]).ok()?])]);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_socket | X32, Vec::new());
    let architecture = TargetArch::try_from(std::env::consts::ARCH).ok()?;
    let refuse = SeccompAction::Errno(libc::EACCES as u32);
    SeccompFilter::new(rules, SeccompAction::Allow, refuse, architecture).ok()?.try_into().ok()
}

/// What is installed before a program starts. Changes of modes and owners, which Landlock does not cover, seem to succeed
/// and do nothing: git and others give up where they fail.
fn filters() -> Option<Vec<BpfProgram>> {
    let refuse = SeccompAction::Errno(libc::EACCES as u32);
    let attributes = ATTRIBUTES.into_iter().chain(OLD_ATTRIBUTES).chain([libc::SYS_fremovexattr]);
    Some(vec![
        without_unix_sockets()?,
        answering(REFUSED.into_iter(), refuse)?,
        answering(attributes, SeccompAction::Errno(0))?,
    ])
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

/// What every program may reach, opened once.
#[derive(Debug)]
pub(super) struct Rules {
    read: Vec<(PathFd, BitFlags<AccessFs>)>,
    devices: Vec<PathFd>,
    filters: Vec<BpfProgram>,
}

impl Rules {
    /// Opens what is there; what is not there cannot be read anyway.
    pub(super) fn open(reachable: &Reachable) -> Self {
        let open = |path: &PathBuf| {
            let is_folder = path.metadata().ok()?.is_dir();
            Some((PathFd::new(path).ok()?, access(AccessFs::from_read(ABI_OF_RULES), is_folder)))
        };
        Rules {
            read: reachable.read.iter().filter_map(open).collect(),
            devices: DEVICES.iter().filter_map(|device| PathFd::new(device).ok()).collect(),
            filters: filters().unwrap_or_default(),
        }
    }

    /// Starts a program from a fresh thread that has given up everything else.
    pub(super) fn start(&self, command: &mut Command, scratch: &Path, options: &Path) -> io::Result<Group> {
        std::thread::scope(|scope| {
            let starter = std::thread::Builder::new().name("isolation".to_owned()).spawn_scoped(scope, || {
                self.restrict_thread(scratch, options)?;
                Group::start(command, Membership::Own)
            })?;
            starter.join().expect("starting a program does not panic")
        })
    }

    fn restrict_thread(&self, scratch: &Path, options: &Path) -> io::Result<()> {
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
        rules = rules.add_rule(PathBeneath::new(open(scratch)?, all)).map_err(failed)?;
        rules = rules.add_rule(PathBeneath::new(open(options)?, AccessFs::ReadFile)).map_err(failed)?;
        drop_capabilities()?;
        rules.restrict_self().map_err(failed)?;
        self.filters.iter().try_for_each(|filter| apply_filter(filter).map_err(io::Error::other))
    }
}

/// The part of the rights that means something for a file.
fn access(rights: BitFlags<AccessFs>, is_folder: bool) -> BitFlags<AccessFs> {
    if is_folder { rights } else { rights & AccessFs::from_file(ABI_OF_RULES) }
}
