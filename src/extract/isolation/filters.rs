//! Linux: the filters of system calls (seccomp), for what Landlock does not cover.
//!
//! Refused calls fail with `EACCES`, as a denied path does. Must not know about files.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};

use crate::core::isolation::Network;

/// The bit that marks the system calls of the x32 interface, which mostly have the same numbers otherwise.
#[cfg(target_arch = "x86_64")]
const X32: i64 = 0x4000_0000;

/// Calls that get around the filter of sockets, look into other processes or the kernel, or share memory and messages with
/// other programs of the user.
const REFUSED: [i64; 39] = [
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_move_pages,
    libc::SYS_migrate_pages,
    libc::SYS_userfaultfd,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_fanotify_init,
    libc::SYS_setns,
    libc::SYS_open_by_handle_at,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_msgctl,
    libc::SYS_semget,
    libc::SYS_semctl,
    libc::SYS_semop,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
];

/// Those of the x32 interface whose numbers are others: `ptrace`, `process_vm_readv`, `process_vm_writev`.
#[cfg(target_arch = "x86_64")]
const REFUSED_X32: [i64; 3] = [X32 | 521, X32 | 539, X32 | 540];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_X32: [i64; 0] = [];

/// The same number everywhere; not every libc has a name for it.
const FCHMODAT2: i64 = 452;

/// The calls that change modes, owners, times and attributes of files.
const ATTRIBUTES: [i64; 12] = [
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    FCHMODAT2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    libc::SYS_utimensat,
];

/// The same, which newer architectures do not have.
#[cfg(target_arch = "x86_64")]
const OLD_ATTRIBUTES: [i64; 6] =
    [libc::SYS_chmod, libc::SYS_chown, libc::SYS_lchown, libc::SYS_utime, libc::SYS_utimes, libc::SYS_futimesat];
#[cfg(not(target_arch = "x86_64"))]
const OLD_ATTRIBUTES: [i64; 0] = [];

/// Calls that take the number of a process first, and change how it runs: allowed for the caller itself, which is 0.
const OF_A_PROCESS: [i64; 5] = [
    libc::SYS_prlimit64,
    libc::SYS_sched_setaffinity,
    libc::SYS_sched_setscheduler,
    libc::SYS_sched_setparam,
    libc::SYS_sched_setattr,
];

/// The same, with the number in the second place.
const OF_SOME_PROCESS: [i64; 2] = [libc::SYS_setpriority, libc::SYS_ioprio_set];

/// Requests that type into a terminal: TIOCSTI and TIOCLINUX, for which each libc has a type of its own.
const TYPING: [u64; 2] = [0x5412, 0x541c];

/// What is installed before a program starts. Changes of modes, owners and times, which Landlock does not cover, seem to
/// succeed and do nothing: git and others give up where they fail.
pub(super) fn filters(network: Network) -> Option<Vec<BpfProgram>> {
    let refuse = SeccompAction::Errno(libc::EACCES as u32);
    let attributes = ATTRIBUTES.into_iter().chain(OLD_ATTRIBUTES);
    let refused = REFUSED.into_iter().chain(REFUSED_X32);
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for call in refused {
        always(&mut rules, call);
    }
    match network {
        Network::Open => {
            // Anything but the internet, and the questions about it that the resolver has for the kernel.
            let others = [libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK].map(|family| argument(0, not(family)));
            let questions = [argument(0, equal(libc::AF_NETLINK as u64)), argument(2, not(libc::NETLINK_ROUTE))];
            when(&mut rules, libc::SYS_socket, others.into_iter().collect::<Option<_>>()?)?;
            when(&mut rules, libc::SYS_socket, questions.into_iter().collect::<Option<_>>()?)?;
        }
        Network::Closed => always(&mut rules, libc::SYS_socket),
    }
    // A pair of these can send to any address. A raw one becomes such a pair.
    for kind in [libc::SOCK_DGRAM, libc::SOCK_RAW] {
        when(&mut rules, libc::SYS_socketpair, vec![argument(1, masked(0xf, kind as u64))?])?;
    }
    for request in TYPING {
        when(&mut rules, libc::SYS_ioctl, vec![argument(1, equal(request))?])?;
    }
    for call in OF_A_PROCESS {
        when(&mut rules, call, vec![argument(0, not(0))?])?;
    }
    for call in OF_SOME_PROCESS {
        when(&mut rules, call, vec![argument(1, not(0))?])?;
    }
    // In a user namespace of its own, a program has all capabilities again.
    let namespace = libc::CLONE_NEWUSER as u64;
    for call in [libc::SYS_clone, libc::SYS_unshare] {
        when(&mut rules, call, vec![argument(0, masked(namespace, namespace))?])?;
    }
    let mut silenced = BTreeMap::new();
    attributes.for_each(|call| always(&mut silenced, call));
    // Its flags cannot be seen by a filter; programs fall back to `clone`.
    let mut unknown = BTreeMap::new();
    always(&mut unknown, libc::SYS_clone3);
    Some(vec![
        answering(rules, refuse)?,
        answering(silenced, SeccompAction::Errno(0))?,
        answering(unknown, SeccompAction::Errno(libc::ENOSYS as u32))?,
    ])
}

/// Both of the numbers of a call on x86-64.
fn numbers(call: i64) -> impl Iterator<Item = i64> {
    #[cfg(target_arch = "x86_64")]
    // `ioctl` is one of those with another number there.
    let x32 = Some(if call == libc::SYS_ioctl { X32 | 514 } else { call | X32 });
    #[cfg(not(target_arch = "x86_64"))]
    let x32 = None;
    [call].into_iter().chain(x32)
}

fn always(rules: &mut BTreeMap<i64, Vec<SeccompRule>>, call: i64) {
    rules.extend(numbers(call).map(|number| (number, Vec::new())));
}

/// Adds a rule for when all conditions are met.
fn when(rules: &mut BTreeMap<i64, Vec<SeccompRule>>, call: i64, conditions: Vec<SeccompCondition>) -> Option<()> {
    for number in numbers(call) {
        rules.entry(number).or_default().push(SeccompRule::new(conditions.clone()).ok()?);
    }
    Some(())
}

/// A condition on an argument, as the kernel takes it: of 32 bits.
fn argument(index: u8, (operator, value): (SeccompCmpOp, u64)) -> Option<SeccompCondition> {
    SeccompCondition::new(index, SeccompCmpArgLen::Dword, operator, value).ok()
}

fn equal(value: u64) -> (SeccompCmpOp, u64) {
    (SeccompCmpOp::Eq, value)
}

fn not(value: i32) -> (SeccompCmpOp, u64) {
    (SeccompCmpOp::Ne, value as u64)
}

fn masked(mask: u64, value: u64) -> (SeccompCmpOp, u64) {
    (SeccompCmpOp::MaskedEq(mask), value)
}

fn answering(rules: BTreeMap<i64, Vec<SeccompRule>>, answer: SeccompAction) -> Option<BpfProgram> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH).ok()?;
    SeccompFilter::new(rules, SeccompAction::Allow, answer, architecture).ok()?.try_into().ok()
}
