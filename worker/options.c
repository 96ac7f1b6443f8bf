// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "net/log.h"
#include "shm/layout.h"

static const struct option option_list[] = {
	{"state-dir", required_argument, NULL, 'd'}, {"state", required_argument, NULL, 's'},
	{"memory", required_argument, NULL, 'm'},    {"page-size", required_argument, NULL, 'p'},
	{"cores", required_argument, NULL, 'c'},	     {"sessions4", required_argument, NULL, '4'},
	{"sessions6", required_argument, NULL, '6'}, {"bindings", required_argument, NULL, 'b'},
	{NULL, 0, NULL, 0},
};

static bool options_number(const char *text, uint64_t low, uint64_t high, uint64_t *out)
{
	char *end;
	errno = 0;
	unsigned long long v = strtoull(text, &end, 10);
	if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' || v < low || v > high)
		return false;
	*out = v;
	return true;
}

// "1" or "1,2,5": up to FW_MAX_CORES different CPUs.
static bool options_cores(struct options *o, const char *text)
{
	char part[8];
	for (o->core_count = 0; o->core_count < FW_MAX_CORES; text++) {
		size_t length = strcspn(text, ",");
		uint64_t core;
		if (length >= sizeof(part))
			return false;
		memcpy(part, text, length);
		part[length] = '\0';
		if (!options_number(part, 0, 1023, &core))
			return false;
		for (uint32_t i = 0; i < o->core_count; i++)
			if (o->cores[i] == core)
				return false;
		o->cores[o->core_count++] = (uint32_t)core;
		text += length;
		if (*text == '\0')
			return true;
	}
	return false;
}

static bool options_take(struct options *o, int letter, const char *value)
{
	uint64_t n = 0;
	bool good = true;
	switch (letter) {
	case 'd':
		o->state_dir = value;
		break;
	case 's':
		o->state_file = value;
		break;
	case 'm':
		good = options_number(value, 1 << 20, UINT64_MAX, &o->memory);
		break;
	case 'p':
		good = options_number(value, 4096, 1u << 30, &o->page_size) &&
		       (o->page_size & (o->page_size - 1)) == 0;
		break;
	case 'c':
		good = options_cores(o, value);
		break;
	case '4':
		good = options_number(value, 1, FW_MAX_SESSIONS, &n);
		o->sessions4 = (uint32_t)n;
		break;
	case '6':
		good = options_number(value, 1, FW_MAX_SESSIONS, &n);
		o->sessions6 = (uint32_t)n;
		break;
	default:
		good = options_number(value, 0, FW_MAX_BINDINGS, &n);
		o->bindings = (uint32_t)n;
		break;
	}
	return good;
}

int options_parse(struct options *o, int argc, char **argv, char *error, size_t size)
{
	unsigned seen = 0;
	int index = 0;
	*o = (struct options){0};
	opterr = 0;
	for (int c; (c = getopt_long(argc, argv, "", option_list, &index)) != -1;) {
		if (c == '?')
			return log_fail(error, size, EXIT_ARGUMENTS,
					"unknown option or missing value: %s", argv[optind - 1]);
		if (!options_take(o, c, optarg))
			return log_fail(error, size, EXIT_ARGUMENTS, "--%s: %s is not valid",
					option_list[index].name, optarg);
		seen |= 1u << index;
	}
	if (optind < argc)
		return log_fail(error, size, EXIT_ARGUMENTS, "unexpected argument %s", argv[optind]);
	for (unsigned i = 0; i < 8; i++)
		if (!(seen & 1u << i))
			return log_fail(error, size, EXIT_ARGUMENTS, "--%s is missing",
					option_list[i].name);
	return 0;
}
