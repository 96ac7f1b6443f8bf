// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_eal.h>
#include "bench/bench.h"

enum { EXIT_USAGE = 2 };

static const struct {
	const char *name;
	int (*run)(const struct bench_options *o);
} runs[] = {
    {"established", run_established},
    {"open", run_open},
    {"churn", run_churn},
    {"deny", run_deny},
    {"lookup", run_lookup},
    {"stall", run_stall},
    {"change", run_change},
};

static const char usage[] =
    "usage: portcullis-bench established|open|churn|deny|lookup|stall|change --program [NAME=]FILE ...\n"
    "         [--sessions N,...] [--kinds KIND,...] [--rounds N] [--packets N] [--seconds N]\n"
    "         [--rate N] [--core CPU] [--memory MIB]\n"
    "FILE is an encoded program with ports lan and wan (bench/program.ts makes them).\n"
    "Kinds: udp4 tcp4 nat-udp4 nat-tcp4 udp6 tcp6 open4 churn4\n";

static int add_program(struct bench_options *o, char *text)
{
	char *equals = strchr(text, '=');
	if (o->program_count == BENCH_LIST)
		return -1;
	if (equals != NULL)
		*equals = '\0';
	o->programs[o->program_count++] =
	    (struct bench_program){text, equals != NULL ? equals + 1 : text};
	return 0;
}

static int add_sessions(struct bench_options *o, char *text)
{
	for (char *at = strtok(text, ","); at != NULL; at = strtok(NULL, ",")) {
		unsigned long n = strtoul(at, NULL, 10);
		if (n == 0 || n > FW_MAX_SESSIONS || o->session_count == BENCH_LIST)
			return -1;
		o->sessions[o->session_count++] = (uint32_t)n;
	}
	return 0;
}

static int add_kinds(struct bench_options *o, char *text)
{
	for (char *at = strtok(text, ","); at != NULL; at = strtok(NULL, ",")) {
		if (flow_kind_of(at) < 0 || o->kind_count == BENCH_LIST)
			return -1;
		o->kinds[o->kind_count++] = at;
	}
	return 0;
}

static int set_number(uint32_t *to, const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);
	*to = (uint32_t)value;
	return *end == '\0' && value <= UINT32_MAX ? 0 : -1;
}

static int parse(int argc, char **argv, struct bench_options *o)
{
	enum { PROGRAM, SESSIONS, KINDS, ROUNDS, PACKETS, SECONDS, RATE, CORE, MEMORY };
	static const struct option options[] = {
	    {"program", required_argument, NULL, PROGRAM},
	    {"sessions", required_argument, NULL, SESSIONS},
	    {"kinds", required_argument, NULL, KINDS},
	    {"rounds", required_argument, NULL, ROUNDS},
	    {"packets", required_argument, NULL, PACKETS},
	    {"seconds", required_argument, NULL, SECONDS},
	    {"rate", required_argument, NULL, RATE},
	    {"core", required_argument, NULL, CORE},
	    {"memory", required_argument, NULL, MEMORY},
	    {NULL, 0, NULL, 0},
	};
	uint32_t *numbers[] = {
	    [ROUNDS] = &o->rounds, [PACKETS] = &o->packets, [SECONDS] = &o->seconds,
	    [RATE] = &o->rate,     [CORE] = &o->core,       [MEMORY] = &o->memory};
	int option, error = 0;
	while (error == 0 && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == PROGRAM)
			error = add_program(o, optarg);
		else if (option == SESSIONS)
			error = add_sessions(o, optarg);
		else if (option == KINDS)
			error = add_kinds(o, optarg);
		else
			error = option == '?' ? -1 : set_number(numbers[option], optarg);
	}
	if (error != 0 || optind != argc - 1 || o->program_count == 0)
		return -1;
	o->run = argv[optind];
	return 0;
}

int main(int argc, char **argv)
{
	static struct bench_options o = {
	    .rounds = 100, .packets = 8192, .seconds = 10, .rate = 100000, .memory = 128};
	if (parse(argc, argv, &o) != 0) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	for (unsigned i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		if (strcmp(o.run, runs[i].name) != 0)
			continue;
		if (bench_start_eal(&o) != 0)
			return 1;
		int error = runs[i].run(&o);
		fflush(stdout);
		rte_eal_cleanup();
		return error == 0 ? 0 : 1;
	}
	fputs(usage, stderr);
	return EXIT_USAGE;
}
