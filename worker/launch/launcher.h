// SPDX-License-Identifier: Apache-2.0
// portcullis-launcher: the first process of the worker's container. It outlives the worker and starts it again at once,
// whether an agent is there or not; an agent that is there tells it what to run.
#ifndef PORTCULLIS_LAUNCH_LAUNCHER_H
#define PORTCULLIS_LAUNCH_LAUNCHER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "launch/backoff.h"
#include "launch/command.h"

#define LAUNCHER_CLIENTS 8
#define LAUNCHER_STOP_MS 10000u // then a worker that was told to end is killed

struct client {
	int fd; // -1: free
	uint64_t id;
	uint64_t done; // commands carried out
	size_t have;
	char line[COMMAND_LINE];
};

struct ended {
	uint64_t run; // 0: none yet
	int code; // -1: by a signal
	int signal;
	char fault[256]; // why it could not be started
};

struct launcher {
	const char *state_dir;
	const char *binary;
	int requested; // CPUs that the pod asks for; 0: not known
	const char *pinning; // what the pod says of it; "": nothing
	char boot[17]; // names this launcher
	int lock, listener, signals;
	struct client clients[LAUNCHER_CLIENTS];
	uint64_t next_client;

	bool wanted; // a worker shall run with arguments
	struct arguments arguments;
	uint64_t held_by; // client that paused it; 0: nobody
	bool leaving; // SIGTERM came

	pid_t pid; // 0: none runs
	uint64_t run; // number of the newest worker
	uint64_t since_ns; // CLOCK_MONOTONIC of its start
	int output; // its stderr; -1: none
	uint64_t kill_at_ms; // 0: not told to end
	struct backoff backoff;
	uint64_t not_before_ms;
	struct ended ended;

	int log; // worker.log
	size_t logged;
	char partial[1024];
};

// run.c: the worker's life
void run_wanted(struct launcher *l); // starts it when it is due
void run_signal(struct launcher *l, int signal); // the worker, if one runs, and a time limit
void run_leave(struct launcher *l); // ends the worker, which leaves its sessions, and then this launcher
void run_reap(struct launcher *l); // SIGCHLD
void run_output(struct launcher *l);
uint64_t run_wait_ms(const struct launcher *l); // until something is due; UINT64_MAX: nothing

// serve.c: launcher.sock
int serve_open(struct launcher *l); // 0 or -errno
void serve_ask_to_leave(const struct launcher *l); // the launcher that has the lock
void serve_accept(struct launcher *l);
void serve_client(struct launcher *l, struct client *c);
void serve_news(struct launcher *l); // the present state, to everybody

// reply.c
#define REPLY_SIZE 24576
struct facts;
// One line of JSON; returns its length.
size_t reply_state(const struct launcher *l, const struct facts *f, const struct client *c, char out[REPLY_SIZE]);
size_t reply_error(const struct client *c, const char *sentence, char out[REPLY_SIZE]);

// probe.c: exit codes of --healthy and --alive
int probe_healthy(const char *state_dir);
int probe_alive(const char *state_dir);

#endif
