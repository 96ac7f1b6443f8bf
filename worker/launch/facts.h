// SPDX-License-Identifier: Apache-2.0
// What this container was given: CPUs, rights, hugepages, memory. Read anew for every answer.
#ifndef PORTCULLIS_LAUNCH_FACTS_H
#define PORTCULLIS_LAUNCH_FACTS_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#define FACTS_MOUNTS 8
#define FACTS_SIZES 2
#define FACTS_PATH 256
#define FACTS_NO_LIMIT UINT64_MAX

struct facts_mount {
	char path[FACTS_PATH];
	uint64_t page_size;
};

struct facts_pages {
	uint64_t page_size;
	uint64_t limit; // bytes; FACTS_NO_LIMIT: none
	uint64_t used;
};

enum facts_device { FACTS_PRESENT, FACTS_ABSENT, FACTS_REFUSED };

struct facts {
	cpu_set_t allowed;
	int online;
	bool exclusive;
	uint64_t capabilities; // effective
	enum facts_device tun; // /dev/net/tun
	uint64_t memory_limit; // bytes
	unsigned mounts;
	struct facts_mount mount[FACTS_MOUNTS];
	struct facts_pages pages[FACTS_SIZES]; // 2 MiB, 1 GiB
};

// requested: CPUs that the container asked for, 0: not known.
void facts_read(struct facts *f, int requested);

// Mounts of hugetlbfs in the text of /proc/self/mounts.
void facts_mounts(struct facts *f, const char *text);

// The path of a controller in the text of /proc/self/cgroup: of its own hierarchy (v1), else the one of v2.
bool facts_group(const char *text, const char *controller, char path[FACTS_PATH]);

// Limits of the cgroup, v1 or v2, mounted at root; group is the text of /proc/self/cgroup.
void facts_limits(struct facts *f, const char *root, const char *group);

#endif
