// SPDX-License-Identifier: Apache-2.0
// The system calls of a worker, those of the packet path first. Written down from runs with TAP and kernel interface
// ports, and completed by what the same functions of other versions of the C library and of DPDK call instead: where a call has an
// older or a newer sister, all of them are here.
#ifndef PORTCULLIS_CONTROL_CONFINE_CALLS_H
#define PORTCULLIS_CONTROL_CONFINE_CALLS_H

#include <stdint.h>
#include <sys/syscall.h>

// Newer than the headers of Debian 12, or missing on 64-bit ARM.
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

static const uint32_t confine_calls[] = {
	// packets, and waiting for them
	SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_recvmsg, SYS_sendmsg, SYS_recvfrom, SYS_sendto,
	SYS_recvmmsg, SYS_sendmmsg, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_ppoll, SYS_pselect6,
	SYS_clock_gettime, SYS_futex, SYS_sched_yield, SYS_nanosleep, SYS_clock_nanosleep,
	// files and descriptors
	SYS_pread64, SYS_pwrite64, SYS_preadv, SYS_pwritev, SYS_preadv2, SYS_pwritev2, SYS_close,
	SYS_close_range, SYS_openat, SYS_openat2, SYS_lseek, SYS_fstat, SYS_newfstatat, SYS_statx,
	SYS_statfs, SYS_fstatfs, SYS_faccessat, SYS_faccessat2, SYS_readlinkat, SYS_getdents64, SYS_fcntl,
	SYS_flock, SYS_ftruncate, SYS_fallocate, SYS_fsync, SYS_fdatasync, SYS_renameat, SYS_renameat2,
	SYS_unlinkat, SYS_mkdirat, SYS_fchmod, SYS_fchmodat, SYS_umask, SYS_getcwd, SYS_chdir, SYS_dup,
	SYS_dup3, SYS_pipe2, SYS_ioctl, SYS_memfd_create, SYS_epoll_create1, SYS_epoll_ctl, SYS_eventfd2,
	SYS_timerfd_create, SYS_timerfd_settime, SYS_timerfd_gettime, SYS_signalfd4, SYS_inotify_init1,
	SYS_inotify_add_watch,
	// sockets; socket() itself is judged by its family
	SYS_socketpair, SYS_bind, SYS_connect, SYS_listen, SYS_accept, SYS_accept4, SYS_getsockname,
	SYS_getpeername, SYS_setsockopt, SYS_getsockopt, SYS_shutdown,
	// memory
	SYS_brk, SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_msync, SYS_mincore,
	SYS_mlock, SYS_mlock2, SYS_munlock, SYS_mlockall, SYS_munlockall, SYS_mbind, SYS_set_mempolicy,
	SYS_get_mempolicy, SYS_move_pages,
	// threads, the keeper, signals; clone() is judged by its flags
	SYS_exit, SYS_exit_group, SYS_wait4, SYS_waitid, SYS_set_robust_list, SYS_get_robust_list,
	SYS_set_tid_address, SYS_rseq, SYS_membarrier, SYS_gettid, SYS_getpid, SYS_getppid, SYS_tgkill,
	SYS_tkill, SYS_kill, SYS_sched_setaffinity, SYS_sched_getaffinity, SYS_sched_setscheduler,
	SYS_sched_getscheduler, SYS_sched_setparam, SYS_sched_getparam, SYS_sched_get_priority_max,
	SYS_sched_get_priority_min, SYS_getpriority, SYS_setpriority, SYS_prctl, SYS_setsid, SYS_getsid,
	SYS_getpgid, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigpending,
	SYS_rt_sigtimedwait, SYS_rt_sigsuspend, SYS_sigaltstack, SYS_restart_syscall, SYS_seccomp,
	// what it may know
	SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getgroups, SYS_capget, SYS_uname, SYS_sysinfo,
	SYS_getrandom, SYS_getrusage, SYS_getrlimit, SYS_setrlimit, SYS_prlimit64, SYS_getcpu, SYS_times,
	SYS_clock_getres, SYS_gettimeofday,
#if defined(__x86_64__)
	SYS_poll, SYS_select, SYS_epoll_wait, SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_readlink,
	SYS_getdents, SYS_rename, SYS_unlink, SYS_mkdir, SYS_rmdir, SYS_chmod, SYS_dup2, SYS_pipe,
	SYS_epoll_create, SYS_eventfd, SYS_signalfd, SYS_inotify_init, SYS_time, SYS_pause, SYS_getpgrp,
	SYS_arch_prctl,
#endif
};

#endif
