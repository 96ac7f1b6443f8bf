// SPDX-License-Identifier: Apache-2.0
#ifndef PORTCULLIS_REPLAY_REPLAY_H
#define PORTCULLIS_REPLAY_REPLAY_H

#include <stdbool.h>
#include "replay/capture.h"
#include "replay/engine.h"

struct replay_input {
	const char *port; // name
	const char *path;
};

struct replay_mac {
	const char *port;
	uint8_t mac[6];
};

struct replay_options {
	const char *program;
	const char *out;
	bool strict_mac;
	unsigned input_count, mac_count;
	struct replay_input inputs[FW_MAX_PORTS];
	struct replay_mac macs[FW_MAX_PORTS];
};

// Runs captures through a program. 0, or -1 with one sentence in message.
int replay_run(const struct replay_options *options, char message[CAPTURE_MESSAGE]);

// Obeys framed commands on standard input until it ends. Exit status.
int serve(void);

// Reads a whole file; NULL with message. free() it.
uint8_t *replay_read_file(const char *path, size_t *size, char message[CAPTURE_MESSAGE]);

#endif
