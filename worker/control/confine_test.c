// SPDX-License-Identifier: Apache-2.0
// What a confined process can still do, what it cannot, and how it is told. Every case is a process of its own.
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/bpf.h>
#include "control/confine.h"

typedef long act_fn(void);

static long act_execute(void)
{
	char *const argv[] = {(char *)(uintptr_t) "/bin/true", NULL};
	return execv(argv[0], argv);
}

static long act_trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long act_mount(void)
{
	return mount("none", "/tmp", "tmpfs", 0, NULL);
}

static long act_unshare(void)
{
	return unshare(CLONE_NEWUSER);
}

static long act_clone_user(void)
{
	return syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
}

static long act_clone3(void)
{
	return syscall(SYS_clone3, NULL, 0);
}

static long act_setns_mount(void)
{
	return setns(0, CLONE_NEWNS);
}

static long act_alg_socket(void)
{
	return socket(AF_ALG, SOCK_SEQPACKET, 0);
}

static long act_bpf_map(void)
{
	return syscall(SYS_bpf, BPF_MAP_CREATE, NULL, 0);
}

static long act_keyring(void)
{
	return syscall(SYS_keyctl, 0, 0, 0, 0, 0);
}

static long act_io_uring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL);
}

static long act_module(void)
{
	return syscall(SYS_init_module, NULL, 0, "");
}

static long act_executable(void)
{
	void *m = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return m == MAP_FAILED ? -1 : 0;
}

static long act_make_executable(void)
{
	void *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert(m != MAP_FAILED);
	return mprotect(m, 4096, PROT_READ | PROT_EXEC);
}

static void *thread_executable(void *result)
{
	*(long *)result = act_make_executable();
	return NULL;
}

static long act_in_thread(void)
{
	pthread_t t;
	long result = 0;
	assert(pthread_create(&t, NULL, thread_executable, &result) == 0);
	pthread_join(t, NULL);
	errno = result < 0 ? EPERM : 0;
	return result;
}

static long act_ordinary(void)
{
	pid_t child = fork();
	if (child == 0)
		_exit(7);
	int status;
	assert(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7);
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
	assert(fd >= 0 && close(fd) == 0);
	char *text = malloc(1 << 20);
	assert(text != NULL);
	free(text);
	FILE *f = fopen("/proc/self/status", "r");
	bool confined = false;
	char line[256];
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		confined = confined || strcmp(line, "Seccomp:\t2\n") == 0;
	assert(f != NULL && fclose(f) == 0 && confined);
	return 0;
}

// errno of the act in a process that was confined so far; 0: it was carried out; -signal: it ended the process.
static int confined(act_fn *act, bool running)
{
	fflush(stdout);
	pid_t child = fork();
	assert(child >= 0);
	if (child == 0) {
		char error[512] = "";
		if (confine_start(error, sizeof(error)) != 0 ||
		    (running && confine_running(error, sizeof(error)) != 0)) {
			fprintf(stderr, "%s\n", error);
			_exit(255);
		}
		_exit(act() < 0 ? errno : 0);
	}
	int status;
	assert(waitpid(child, &status, 0) == child);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

#if defined(__x86_64__)
static long act_foreign(void)
{
	return syscall(0x40000000 | SYS_getpid); // x32
}
#endif

int main(void)
{
	static const struct {
		const char *name;
		act_fn *act;
		int start, running; // what becomes of it
	} cases[] = {
		{"ordinary work", act_ordinary, 0, 0},
		{"execve", act_execute, EPERM, EPERM},
		{"ptrace", act_trace, EPERM, EPERM},
		{"mount", act_mount, EPERM, EPERM},
		{"unshare", act_unshare, EPERM, EPERM},
		{"clone with namespaces", act_clone_user, EPERM, EPERM},
		{"clone3", act_clone3, ENOSYS, ENOSYS},
		{"setns to a mount namespace", act_setns_mount, EPERM, EPERM},
		{"socket of another family", act_alg_socket, EPERM, EPERM},
		{"bpf map", act_bpf_map, EPERM, EPERM},
		{"keyctl", act_keyring, EPERM, EPERM},
		{"init_module", act_module, EPERM, EPERM},
		{"io_uring", act_io_uring, ENOSYS, ENOSYS},
		{"executable memory", act_executable, 0, EPERM},
		{"memory made executable", act_make_executable, 0, EPERM},
		{"memory made executable by a thread", act_in_thread, 0, EPERM},
#if defined(__x86_64__)
		{"another architecture's call", act_foreign, -SIGSYS, -SIGSYS},
#endif
	};
	int failed = 0;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int running = 0; running < 2; running++) {
			int want = running ? cases[i].running : cases[i].start;
			int got = confined(cases[i].act, running);
			failed += got != want;
			printf("%s %s%s: %d, wanted %d\n", got == want ? "ok" : "FAILED", cases[i].name,
			       running ? ", running" : "", got, want);
		}
	}
	return failed != 0;
}
