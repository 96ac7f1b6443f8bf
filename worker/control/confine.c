// SPDX-License-Identifier: Apache-2.0
#include "control/confine.h"

#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include "control/confine_calls.h"
#include "net/log.h"
#include "options.h"

#if defined(__x86_64__)
#define CONFINE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define CONFINE_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the list of system calls is for x86-64 and 64-bit ARM"
#endif

#define CONFINE_MAX 400
#define CONFINE_NEWER 424u // pidfd_send_signal and later have one number on all architectures
#define CONFINE_X32 0x40000000u
#define CONFINE_NAMESPACES                                                                         \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
	 CLONE_NEWNET)

struct program {
	struct sock_filter code[CONFINE_MAX];
	unsigned short count;
};

static void put(struct program *p, struct sock_filter instruction)
{
	if (p->count < CONFINE_MAX)
		p->code[p->count++] = instruction;
}

static void put_load(struct program *p, size_t offset)
{
	put(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void put_return(struct program *p, uint32_t verdict)
{
	put(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

// If the loaded word compares so, the next instruction is run, else it is skipped.
static void put_if(struct program *p, uint16_t compare, uint32_t value)
{
	put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | compare | BPF_K, value, 0, 1));
}

// The low half of an argument; every argument that is judged here has 32 bits for the kernel.
static size_t argument(unsigned n)
{
	size_t low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4;
	return offsetof(struct seccomp_data, args) + n * 8 + low;
}

static void put_head(struct program *p)
{
	put_load(p, offsetof(struct seccomp_data, arch));
	put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CONFINE_ARCHITECTURE, 1, 0));
	put_return(p, SECCOMP_RET_KILL_PROCESS);
	put_load(p, offsetof(struct seccomp_data, nr));
}

// A call of which only some arguments are taken: any of these values.
static void put_values(struct program *p, uint32_t call, unsigned n, const uint32_t *values, uint8_t count)
{
	put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, (uint8_t)(2 * count + 2)));
	put_load(p, argument(n));
	for (uint8_t i = 0; i < count; i++) {
		put_if(p, BPF_JEQ, values[i]);
		put_return(p, SECCOMP_RET_ALLOW);
	}
	put_return(p, SECCOMP_RET_ERRNO | EPERM);
}

// A call of which an argument may have none of these bits.
static void put_bits(struct program *p, uint32_t call, unsigned n, uint32_t bits)
{
	put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4));
	put_load(p, argument(n));
	put_if(p, BPF_JSET, bits);
	put_return(p, SECCOMP_RET_ERRNO | EPERM);
	put_return(p, SECCOMP_RET_ALLOW);
}

static int install(const struct program *p, unsigned flags, char *error, size_t size)
{
	struct sock_fprog code = {.len = p->count, .filter = (struct sock_filter *)(uintptr_t)p->code};
	if (p->count == CONFINE_MAX)
		errno = E2BIG;
	else if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		 syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &code) == 0)
		return 0;
	return log_fail(error, size, EXIT_RESOURCES,
			"cannot give up system calls: %s: the kernel must have seccomp filters "
			"(CONFIG_SECCOMP_FILTER), and the container's profile must allow them",
			strerror(errno));
}

int confine_start(char *error, size_t size)
{
	static struct program p;
	static const uint32_t families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET};
	static const uint32_t network[] = {CLONE_NEWNET}, load[] = {BPF_PROG_LOAD};
	p.count = 0;
	put_head(&p);
#if defined(__x86_64__)
	put_if(&p, BPF_JGE, CONFINE_X32);
	put_return(&p, SECCOMP_RET_KILL_PROCESS);
#endif
	for (size_t i = 0; i < sizeof(confine_calls) / sizeof(confine_calls[0]); i++) {
		put_if(&p, BPF_JEQ, confine_calls[i]);
		put_return(&p, SECCOMP_RET_ALLOW);
	}
	put_values(&p, SYS_socket, 0, families, sizeof(families) / sizeof(families[0]));
	put_values(&p, SYS_setns, 1, network, 1);
	put_values(&p, SYS_bpf, 0, load, 1);
	put_bits(&p, SYS_clone, 0, CONFINE_NAMESPACES);
	put_if(&p, BPF_JGE, CONFINE_NEWER); // clone3 too: its flags lie in memory, where no filter sees them
	put_return(&p, SECCOMP_RET_ERRNO | ENOSYS);
	put_return(&p, SECCOMP_RET_ERRNO | EPERM);
	return install(&p, 0, error, size);
}

int confine_running(char *error, size_t size)
{
	static struct program p;
	// The C library wants it when a thread is cancelled or ends early, and loads it only then.
	void *unwinder = dlopen("libgcc_s.so.1", RTLD_NOW);
	(void)unwinder;
	p.count = 0;
	put_head(&p);
	put_bits(&p, SYS_mmap, 2, PROT_EXEC);
	put_bits(&p, SYS_mprotect, 2, PROT_EXEC);
	put_return(&p, SECCOMP_RET_ALLOW);
	return install(&p, SECCOMP_FILTER_FLAG_TSYNC, error, size);
}
