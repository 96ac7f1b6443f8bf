// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "bench/bench.h"

bool bench_interrupted(void)
{
	static long seen;
	struct rusage usage;
	getrusage(RUSAGE_THREAD, &usage);
	long now = usage.ru_nivcsw + usage.ru_nvcsw;
	bool more = now != seen;
	seen = now;
	return more;
}

void series_add(struct series *s, double value)
{
	if (s->count == s->room) {
		s->room = s->room == 0 ? 256 : s->room * 2;
		s->values = realloc(s->values, s->room * sizeof(*s->values));
		if (s->values == NULL)
			abort();
	}
	s->values[s->count++] = value;
}

void series_free(struct series *s)
{
	free(s->values);
	memset(s, 0, sizeof(*s));
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double series_at(const struct series *s, double part)
{
	if (s->count == 0)
		return 0;
	double *sorted = malloc(s->count * sizeof(*sorted));
	if (sorted == NULL)
		abort();
	memcpy(sorted, s->values, s->count * sizeof(*sorted));
	qsort(sorted, s->count, sizeof(*sorted), compare);
	double value = sorted[(unsigned)(part * (s->count - 1) + 0.5)];
	free(sorted);
	return value;
}

void series_json(const struct series *s, const char *name)
{
	printf(",\"%s\":{\"min\":%.2f,\"p25\":%.2f,\"median\":%.2f,\"p75\":%.2f,\"max\":%.2f}",
	       name, series_at(s, 0), series_at(s, 0.25), series_at(s, 0.5), series_at(s, 0.75),
	       series_at(s, 1));
	printf(",\"samples\":[");
	for (unsigned i = 0; i < s->count; i++)
		printf("%s%.2f", i == 0 ? "" : ",", s->values[i]);
	printf("]");
}
