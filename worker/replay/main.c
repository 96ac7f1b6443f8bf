// SPDX-License-Identifier: Apache-2.0
// portcullis-replay: captures, or a test harness's frames, through the real pipeline.
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <rte_eal.h>
#include "replay/replay.h"

enum { EXIT_USAGE = 2 };

static const char usage[] = "usage: portcullis-replay --program FILE --in PORT=FILE ... --out DIR "
			    "[--mac PORT=MAC] [--strict-mac]\n"
			    "       portcullis-replay --serve\n";

// Splits NAME=VALUE in place; NULL when there is no '='.
static char *split(char *text)
{
	char *equals = strchr(text, '=');
	if (equals == NULL || equals == text || equals[1] == '\0')
		return NULL;
	*equals = '\0';
	return equals + 1;
}

static int add_input(struct replay_options *o, char *text)
{
	char *path = split(text);
	if (path == NULL || o->input_count == FW_MAX_PORTS) {
		fprintf(stderr, "portcullis-replay: --in wants PORT=FILE, at most %d times\n",
			FW_MAX_PORTS);
		return -1;
	}
	for (unsigned i = 0; i < o->input_count; i++) {
		if (strcmp(o->inputs[i].port, text) == 0) {
			fprintf(
			    stderr,
			    "portcullis-replay: port %s has two captures; merge them into one\n",
			    text);
			return -1;
		}
	}
	o->inputs[o->input_count++] = (struct replay_input){text, path};
	return 0;
}

static int add_mac(struct replay_options *o, char *text)
{
	struct replay_mac *mac = &o->macs[o->mac_count];
	char *value = split(text), end;
	unsigned bytes[6];
	if (value == NULL || o->mac_count == FW_MAX_PORTS ||
	    sscanf(value, "%2x:%2x:%2x:%2x:%2x:%2x%c", &bytes[0], &bytes[1], &bytes[2], &bytes[3],
		   &bytes[4], &bytes[5], &end) != 6 ||
	    (bytes[0] & 1) != 0) {
		fprintf(stderr,
			"portcullis-replay: --mac wants PORT=MAC with a unicast MAC address\n");
		return -1;
	}
	mac->port = text;
	for (unsigned i = 0; i < 6; i++)
		mac->mac[i] = (uint8_t)bytes[i];
	o->mac_count++;
	return 0;
}

static int parse(int argc, char **argv, struct replay_options *o, bool *serving)
{
	enum { PROGRAM, IN, OUT, MAC, STRICT, SERVE };
	static const struct option options[] = {
	    {"program", required_argument, NULL, PROGRAM},
	    {"in", required_argument, NULL, IN},
	    {"out", required_argument, NULL, OUT},
	    {"mac", required_argument, NULL, MAC},
	    {"strict-mac", no_argument, NULL, STRICT},
	    {"serve", no_argument, NULL, SERVE},
	    {NULL, 0, NULL, 0},
	};
	int option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == PROGRAM)
			o->program = optarg;
		else if (option == OUT)
			o->out = optarg;
		else if (option == STRICT)
			o->strict_mac = true;
		else if (option == SERVE)
			*serving = true;
		else if ((option == IN && add_input(o, optarg) == 0) ||
			 (option == MAC && add_mac(o, optarg) == 0))
			continue;
		else
			return -1;
	}
	return optind == argc && (*serving || (o->program != NULL && o->out != NULL)) ? 0 : -1;
}

int main(int argc, char **argv)
{
	static struct replay_options options;
	char message[CAPTURE_MESSAGE] = "";
	bool serving = false;
	if (parse(argc, argv, &options, &serving) != 0) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (engine_start_eal("portcullis-replay") != 0)
		return 1;
	int status = 0;
	if (serving) {
		status = serve();
	} else if (replay_run(&options, message) != 0) {
		fprintf(stderr, "portcullis-replay: %s\n", message);
		status = 1;
	}
	rte_eal_cleanup();
	return status;
}
