// SPDX-License-Identifier: Apache-2.0
#include "launch/cpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool cpus_number(const char **at, unsigned *out)
{
	char *end;
	if (**at < '0' || **at > '9')
		return false;
	unsigned long n = strtoul(*at, &end, 10);
	if (n >= CPU_SETSIZE)
		return false;
	*out = (unsigned)n;
	*at = end;
	return true;
}

bool cpus_parse(const char *text, cpu_set_t *out)
{
	CPU_ZERO(out);
	for (const char *at = text;; at++) {
		unsigned low, high;
		if (!cpus_number(&at, &low))
			return false;
		high = low;
		if (*at == '-') {
			at++;
			if (!cpus_number(&at, &high) || high < low)
				return false;
		}
		for (unsigned cpu = low; cpu <= high; cpu++)
			CPU_SET(cpu, out);
		if (*at == '\0' || *at == '\n')
			return true;
		if (*at != ',')
			return false;
	}
}

void cpus_format(const cpu_set_t *set, char out[CPUS_TEXT])
{
	size_t at = 0;
	out[0] = '\0';
	for (int cpu = 0; cpu < CPU_SETSIZE && at < CPUS_TEXT - 16; cpu++) {
		if (!CPU_ISSET(cpu, set))
			continue;
		int last = cpu;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, set))
			last++;
		at += (size_t)snprintf(out + at, CPUS_TEXT - at, "%s%d", at > 0 ? "," : "", cpu);
		if (last > cpu)
			at += (size_t)snprintf(out + at, CPUS_TEXT - at, "-%d", last);
		cpu = last;
	}
}

bool cpus_exclusive(const cpu_set_t *allowed, int requested, int online)
{
	return requested > 0 && CPU_COUNT(allowed) == requested && requested < online;
}

bool cpus_fit(const char *cores, const cpu_set_t *allowed, char out[CPUS_TEXT])
{
	cpu_set_t wanted, spare;
	size_t at = 0;
	if (!cpus_parse(cores, &wanted) || CPU_COUNT(&wanted) > CPU_COUNT(allowed))
		return false;
	CPU_XOR(&spare, allowed, &wanted);
	CPU_AND(&spare, &spare, allowed);
	int free_cpu = CPU_SETSIZE - 1;
	for (const char *c = cores; *c != '\0' && at < CPUS_TEXT - 16; c += strcspn(c, ",")) {
		c += *c == ',';
		int cpu = atoi(c);
		if (cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, allowed)) {
			while (free_cpu > 0 && !CPU_ISSET(free_cpu, &spare))
				free_cpu--;
			cpu = free_cpu--;
		}
		at += (size_t)snprintf(out + at, CPUS_TEXT - at, "%s%d", at > 0 ? "," : "", cpu);
	}
	return true;
}
