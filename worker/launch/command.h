// SPDX-License-Identifier: Apache-2.0
// What the agent may say on launcher.sock: one line each, words separated by tabs. Nothing of it is trusted.
//
//   start ARGUMENT...  run the worker with these arguments, now and whenever it ends
//   pause              end the worker, its devices and sessions stay; start it again when this connection ends
//   stop               end the worker with its devices, and forget the arguments
//   kill               end a worker that hangs; it is started again
//   status             say how things are
//   leave              as SIGTERM: said by the launcher of the next container to one whose container nobody ends
#ifndef PORTCULLIS_LAUNCH_COMMAND_H
#define PORTCULLIS_LAUNCH_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#define COMMAND_ARGUMENTS 48
#define COMMAND_LINE 8192

enum command_verb {
	COMMAND_START,
	COMMAND_PAUSE,
	COMMAND_STOP,
	COMMAND_KILL,
	COMMAND_STATUS,
	COMMAND_LEAVE,
	COMMAND_VERBS,
};

// The arguments of a worker; words lie in text.
struct arguments {
	unsigned count;
	char *words[COMMAND_ARGUMENTS + 1]; // NULL at the end
	char text[COMMAND_LINE];
};

struct command {
	enum command_verb verb;
	struct arguments arguments; // of start
};

// A line without its newline. NULL, or one sentence about what is wrong.
const char *command_parse(struct command *c, const char *line, size_t length);

void arguments_copy(struct arguments *to, const struct arguments *from);
bool arguments_same(const struct arguments *a, const struct arguments *b);

// The word behind an option; NULL: it is not there.
const char *arguments_value(const struct arguments *a, const char *option);

// Puts another value behind an option that is there. False: no room.
bool arguments_replace(struct arguments *a, const char *option, const char *value);

#endif
