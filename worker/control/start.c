// SPDX-License-Identifier: Apache-2.0
#include "control/start.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include "net/log.h"

// A killed worker holds its lock until the kernel has taken its memory apart: wait a second for that.
static bool start_take(int fd)
{
	for (unsigned tries = 0; tries < 50; tries++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		usleep(20000);
	}
	return false;
}

int start_lock(struct start *s, const struct options *o, char *error, size_t size)
{
	char path[4200], pid[16];
	snprintf(path, sizeof(path), "%s/worker.lock", o->state_dir);
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock < 0)
		return log_fail(error, size, EXIT_RESOURCES, "cannot open %s: %s", path,
				strerror(errno));
	if (!start_take(s->lock))
		return log_fail(error, size, EXIT_RUNNING,
				"another worker runs on state directory %s: stop it, or choose "
				"another directory",
				o->state_dir);
	int n = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(s->lock, 0) != 0 || pwrite(s->lock, pid, (size_t)n, 0) != n)
		log_line("cannot write %s", path);
	return 0;
}

void start_unlock(struct start *s, const struct options *o)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/dpdk_telemetry.v2", rte_eal_get_runtime_dir());
	unlink(path);
	rmdir(rte_eal_get_runtime_dir());
	(void)o;
	if (ftruncate(s->lock, 0) != 0)
		log_line("cannot empty worker.lock");
	close(s->lock);
}

static uint64_t start_free_pages(uint64_t page_size)
{
	char path[128], text[32] = "";
	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%llukB/free_hugepages",
		 (unsigned long long)page_size / 1024);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n > 0 ? strtoull(text, NULL, 10) : 0;
}

// The core and the pages that EAL is going to ask for, so that a person reads what is missing and not what EAL says.
static int start_check(struct start *s, const struct options *o, char *error, size_t size)
{
	bool known = sched_getaffinity(0, sizeof(s->cpus), &s->cpus) == 0;
	for (uint32_t i = 0; i < o->core_count; i++)
		if (!known || !CPU_ISSET(o->cores[i], &s->cpus))
			return log_fail(error, size, EXIT_RESOURCES,
					"core %u is not one of the %d cores that this process may use: "
					"change spec.dataplane.cores",
					o->cores[i], CPU_COUNT(&s->cpus));
	if (o->page_size == 4096)
		return 0;
	uint64_t need = (o->memory + o->page_size - 1) / o->page_size;
	uint64_t have = start_free_pages(o->page_size);
	if (need <= have)
		return 0;
	return log_fail(error, size, EXIT_RESOURCES,
			"hugepages: need %llu pages of %llu MiB, %llu free: reserve more (sysctl "
			"vm.nr_hugepages), lower spec.dataplane.memory.size, or ask for pageSize 4Ki",
			(unsigned long long)need, (unsigned long long)o->page_size >> 20,
			(unsigned long long)have);
}

// The same for every worker of a state directory.
static uint32_t start_number(const char *state_dir)
{
	char *path = realpath(state_dir, NULL);
	uint32_t h = 2166136261u;
	for (const char *c = path != NULL ? path : state_dir; *c != '\0'; c++)
		h = (h ^ (uint8_t)*c) * 16777619u;
	free(path);
	return h;
}

int start_eal(struct start *s, const struct options *o, char *error, size_t size)
{
	int code = start_check(s, o, error, size);
	if (code != 0)
		return code;
	char lcores[FW_MAX_CORES * 16], memory[32], prefix[32];
	for (uint32_t i = 0, at = 0; i < o->core_count; i++)
		at += (uint32_t)snprintf(lcores + at, sizeof(lcores) - at, "%s%u@%u", i > 0 ? "," : "", i,
					 o->cores[i]);
	snprintf(memory, sizeof(memory), "%llu", (unsigned long long)o->memory >> 20);
	snprintf(prefix, sizeof(prefix), "portcullis-%08x", start_number(o->state_dir));
	// The allow list names no device that exists: ports are attached when a program names them.
	char *args[] = {"portcullis-worker",
			"--lcores",
			lcores,
			"-m",
			memory,
			"--file-prefix",
			prefix, // names the telemetry socket's directory
			"--allow",
			"ffff:ff:1f.7",
			"--log-level",
			"lib.*:error",
			o->page_size == 4096 ? "--no-huge" : "--in-memory",
			"--no-shconf",
			"--single-file-segments"}; // a vhost-user peer maps a few files, not one for each page
	int count = sizeof(args) / sizeof(args[0]);
	sigset_t set; // every thread that EAL starts leaves them to the control thread
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (rte_eal_init(count, args) < 0)
		return log_fail(error, size, EXIT_RESOURCES,
				"DPDK cannot start with %llu MiB on %u cores: %s",
				(unsigned long long)o->memory >> 20, o->core_count,
				rte_strerror(rte_errno));
	return 0;
}

void start_unpin(const struct start *s, const struct options *o)
{
	cpu_set_t others = s->cpus;
	for (uint32_t i = 0; i < o->core_count; i++)
		CPU_CLR(o->cores[i], &others);
	const cpu_set_t *use = CPU_COUNT(&others) > 0 ? &others : &s->cpus;
	pthread_setaffinity_np(pthread_self(), sizeof(*use), use);
}
