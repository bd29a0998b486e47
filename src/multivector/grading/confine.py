"""The second lock, from inside: what the worker gives up before it sees a stranger's cell.

bubblewrap has already unshared the namespaces and built a file system of read-only system folders.
Here the process drops root for good, takes its limits, and installs a seccomp filter that leaves
threads but no new processes. Linux only; the standard library alone, because it runs in there.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
from typing import Any

NOBODY = 65534
_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 4, 22, 38
_CLONE_NEWUSER, _CLONE_THREAD = 0x10000000, 0x00010000
_SECCOMP_MODE_FILTER = 2
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_EPERM, _ENOSYS = 0x00050000 | 1, 0x00050000 | 38

# (audit architecture, system call numbers). Denied: new processes, namespaces, mounts, looking into
# other processes, kernel modules, and memory outside RLIMIT_AS (memfd, System V, queues).
_CALLS: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (
        0xC000003E,
        {
            "clone": 56, "clone3": 435, "fork": 57, "vfork": 58, "unshare": 272, "setns": 308,
            "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "ptrace": 101,
            "process_vm_readv": 310, "process_vm_writev": 311, "keyctl": 250, "add_key": 248,
            "request_key": 249, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323,
            "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
            "memfd_create": 319, "memfd_secret": 447, "shmget": 29, "mq_open": 240, "msgget": 68,
            "open_by_handle_at": 304, "kexec_load": 246, "init_module": 175, "finit_module": 313,
            "open_tree": 428, "move_mount": 429, "fsopen": 430, "mount_setattr": 442,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "clone": 220, "clone3": 435, "unshare": 97, "setns": 268, "mount": 40, "umount2": 39,
            "pivot_root": 41, "chroot": 51, "ptrace": 117, "process_vm_readv": 270,
            "process_vm_writev": 271, "keyctl": 219, "add_key": 217, "request_key": 218,
            "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "io_uring_setup": 425,
            "io_uring_enter": 426, "io_uring_register": 427, "memfd_create": 279,
            "memfd_secret": 447, "shmget": 194, "mq_open": 180, "msgget": 186,
            "open_by_handle_at": 265, "kexec_load": 104, "init_module": 105, "finit_module": 273,
            "open_tree": 428, "move_mount": 429, "fsopen": 430, "mount_setattr": 442,
        },
    ),
}  # fmt: skip


def confine(limits: dict[str, int]) -> None:
    """Give up everything a notebook does not need; raises ``OSError`` if a step fails.

    ``limits``: ``memory`` and ``file`` in bytes, ``cpu`` in seconds, ``tasks`` as a count.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() == 0:
        _drop_root(libc)
    _set_limits(limits)
    _check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _filter(libc)


def _check(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def _drop_root(libc: Any) -> None:
    # As root bubblewrap keeps uid 0 outside, whatever it shows inside, and the kernel exempts uid 0
    # from RLIMIT_NPROC. So the worker becomes nobody first and enters a user namespace as nobody.
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    _check(libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0), "dumpable")
    if libc.unshare(_CLONE_NEWUSER) != 0:
        return  # no nested user namespace here (a container): nobody without capabilities it is
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{NOBODY} {NOBODY} 1"),
        ("gid_map", f"{NOBODY} {NOBODY} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    header = struct.pack("Ii", 0x20080522, 0)  # capset, version 3, this process: none of them
    _check(libc.capset(header, struct.pack("IIIIII", *[0] * 6)), "capset")


def _set_limits(limits: dict[str, int]) -> None:
    for name, value in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_FSIZE, limits["file"]),
        (resource.RLIMIT_CPU, limits["cpu"]),
        (resource.RLIMIT_NOFILE, 128),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(name, (value, value))
    # Since Linux 5.14 this counts the tasks of this user namespace; before, all of the user's,
    # where a small number would stop an honest run: there the filter below has to do.
    release = tuple(int(p) for p in os.uname().release.split("-")[0].split(".")[:2])
    if release >= (5, 14):
        resource.setrlimit(resource.RLIMIT_NPROC, (limits["tasks"], limits["tasks"]))


def _filter(libc: Any) -> None:
    machine = platform.machine()
    if machine not in _CALLS:
        return  # the namespaces and limits still hold
    arch, calls = _CALLS[machine]
    program = _program(arch, calls)
    buffer = ctypes.create_string_buffer(program)
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    _check(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header, 0, 0), "seccomp")


def _program(arch: int, calls: dict[str, int]) -> bytes:
    """Return the filter as BPF, eight bytes an instruction (code, jump if true or false, value)."""
    load, equal, at_least, any_bit, give = 0x20, 0x15, 0x35, 0x45, 0x06
    lines = [
        (load, 0, 0, 4),  # the architecture of this call
        (equal, 1, 0, arch),
        (give, 0, 0, _KILL),
        (load, 0, 0, 0),  # its number
        (at_least, 0, 1, 0x40000000),  # the x32 twin of every call
        (give, 0, 0, _EPERM),
    ]
    for name, number in calls.items():
        if name == "clone":
            # Threads only. The flags are the first argument on both architectures.
            lines += [
                (equal, 0, 4, number),
                (load, 0, 0, 16),
                (any_bit, 0, 1, _CLONE_THREAD),
                (give, 0, 0, _ALLOW),
                (give, 0, 0, _EPERM),
            ]
        else:
            # glibc falls back from clone3, whose flags a filter cannot read, to clone.
            lines += [(equal, 0, 1, number), (give, 0, 0, _ENOSYS if name == "clone3" else _EPERM)]
    lines.append((give, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *line) for line in lines)
