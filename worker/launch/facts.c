// SPDX-License-Identifier: Apache-2.0
#include "launch/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "launch/cpus.h"

#define FACTS_TEXT 65536

static const char *facts_file(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t at = 0;
	ssize_t n = 1;
	while (fd >= 0 && at < size - 1 && (n = read(fd, out + at, size - 1 - at)) > 0)
		at += (size_t)n;
	if (fd >= 0)
		close(fd);
	out[at] = '\0';
	return fd < 0 || n < 0 ? NULL : out;
}

static uint64_t facts_unit(char unit)
{
	return unit == 'K' ? 1u << 10 : unit == 'M' ? 1u << 20 : unit == 'G' ? 1u << 30 : 1;
}

void facts_mounts(struct facts *f, const char *text)
{
	f->mounts = 0;
	for (const char *line = text; *line != '\0' && f->mounts < FACTS_MOUNTS;) {
		char path[FACTS_PATH], type[32], options[256];
		const char *end = strchr(line, '\n');
		if (sscanf(line, "%*s %255s %31s %255s", path, type, options) == 3 &&
		    strcmp(type, "hugetlbfs") == 0) {
			struct facts_mount *m = &f->mount[f->mounts];
			const char *size = strstr(options, "pagesize=");
			char *unit;
			if (size != NULL) {
				uint64_t n = strtoull(size + 9, &unit, 10);
				m->page_size = n * facts_unit(*unit);
				snprintf(m->path, sizeof(m->path), "%s", path);
				f->mounts++;
			}
		}
		line = end == NULL ? "" : end + 1;
	}
}

static bool facts_listed(const char *list, size_t length, const char *word)
{
	size_t n = strlen(word);
	for (size_t at = 0; at + n <= length; at++)
		if (memcmp(list + at, word, n) == 0 && (at == 0 || list[at - 1] == ',') &&
		    (at + n == length || list[at + n] == ','))
			return true;
	return false;
}

bool facts_group(const char *text, const char *controller, char path[FACTS_PATH])
{
	bool found = false;
	for (const char *line = text; *line != '\0';) {
		const char *list = strchr(line, ':'), *end = strchr(line, '\n');
		size_t length = end == NULL ? strlen(line) : (size_t)(end - line);
		const char *name = list == NULL ? NULL : strchr(list + 1, ':');
		if (name != NULL && name < line + length) {
			size_t listed = (size_t)(name - list - 1);
			bool own = facts_listed(list + 1, listed, controller);
			if (own || (listed == 0 && !found)) {
				snprintf(path, FACTS_PATH, "%.*s", (int)(line + length - name - 1),
					 name + 1);
				found = true;
			}
			if (own)
				return true;
		}
		line = end == NULL ? "" : end + 1;
	}
	return found;
}

static bool facts_number(const char *path, uint64_t *out)
{
	char text[64];
	if (facts_file(path, text, sizeof(text)) == NULL)
		return false;
	uint64_t n = strtoull(text, NULL, 10);
	// "max" in v2; v1 writes the largest multiple of a page.
	*out = text[0] < '0' || text[0] > '9' || n >= (uint64_t)INT64_MAX >> 1 ? FACTS_NO_LIMIT : n;
	return true;
}

struct facts_file_names {
	const char *v1, *v2;
};

// A container sees its own group at the root of the mount, a process outside of one below it.
static uint64_t facts_limit(const char *root, const char *group, const char *controller,
			    const struct facts_file_names *names, uint64_t otherwise)
{
	char path[2 * FACTS_PATH + 128], own[FACTS_PATH] = "";
	uint64_t n;
	facts_group(group, controller, own);
	const char *const below[] = {own, ""};
	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s%s/%s", root, controller, below[i], names->v1);
		if (facts_number(path, &n))
			return n;
		snprintf(path, sizeof(path), "%s%s/%s", root, below[i], names->v2);
		if (facts_number(path, &n))
			return n;
	}
	return otherwise;
}

void facts_limits(struct facts *f, const char *root, const char *group)
{
	static const struct facts_file_names memory = {"memory.limit_in_bytes", "memory.max"};
	static const struct facts_file_names limits[FACTS_SIZES] = {
		{"hugetlb.2MB.limit_in_bytes", "hugetlb.2MB.max"},
		{"hugetlb.1GB.limit_in_bytes", "hugetlb.1GB.max"}};
	static const struct facts_file_names uses[FACTS_SIZES] = {
		{"hugetlb.2MB.usage_in_bytes", "hugetlb.2MB.current"},
		{"hugetlb.1GB.usage_in_bytes", "hugetlb.1GB.current"}};
	f->memory_limit = facts_limit(root, group, "memory", &memory, FACTS_NO_LIMIT);
	for (unsigned i = 0; i < FACTS_SIZES; i++) {
		f->pages[i].page_size = i == 0 ? 2ull << 20 : 1ull << 30;
		f->pages[i].limit = facts_limit(root, group, "hugetlb", &limits[i], FACTS_NO_LIMIT);
		f->pages[i].used = facts_limit(root, group, "hugetlb", &uses[i], 0);
	}
}

static enum facts_device facts_tun(void)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		return FACTS_PRESENT;
	}
	return errno == EPERM || errno == EACCES ? FACTS_REFUSED : FACTS_ABSENT;
}

void facts_read(struct facts *f, int requested)
{
	static char text[FACTS_TEXT];
	cpu_set_t online;
	*f = (struct facts){0};
	sched_getaffinity(0, sizeof(f->allowed), &f->allowed);
	if (facts_file("/sys/devices/system/cpu/online", text, sizeof(text)) != NULL &&
	    cpus_parse(text, &online))
		f->online = CPU_COUNT(&online);
	f->exclusive = cpus_exclusive(&f->allowed, requested, f->online);
	if (facts_file("/proc/self/status", text, sizeof(text)) != NULL) {
		const char *effective = strstr(text, "\nCapEff:");
		f->capabilities = effective == NULL ? 0 : strtoull(effective + 8, NULL, 16);
	}
	if (facts_file("/proc/self/mounts", text, sizeof(text)) != NULL)
		facts_mounts(f, text);
	facts_file("/proc/self/cgroup", text, sizeof(text));
	facts_limits(f, "/sys/fs/cgroup", text);
	f->tun = facts_tun();
}
