// SPDX-License-Identifier: Apache-2.0
// Capture files: read in (classic pcap and pcapng, Ethernet), written out (classic pcap).
#ifndef PORTCULLIS_REPLAY_CAPTURE_H
#define PORTCULLIS_REPLAY_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAPTURE_MESSAGE 4608

struct capture_packet {
	uint64_t time_ns;     // since 1970
	const uint8_t *bytes; // until the next call
	uint32_t length;      // captured
	uint32_t wire_length;
};

struct capture;

// NULL with one sentence in message.
struct capture *capture_open(const char *path, char message[CAPTURE_MESSAGE]);
void capture_close(struct capture *c);

// 1: a packet; 0: end; -1: the file is damaged, message says how.
int capture_next(struct capture *c, struct capture_packet *packet, char message[CAPTURE_MESSAGE]);

// Reads the whole file, so that a damaged one is refused before anything is done. *nanoseconds
// becomes true when a timestamp needs them. 0 or -1.
int capture_check(const char *path, bool *nanoseconds, char message[CAPTURE_MESSAGE]);

struct capture_writer;

struct capture_writer *capture_create(const char *path, bool nanoseconds,
				      char message[CAPTURE_MESSAGE]);
void capture_write(struct capture_writer *w, uint64_t time_ns, const uint8_t *bytes,
		   uint32_t length);
int capture_finish(struct capture_writer *w,
		   char message[CAPTURE_MESSAGE]); // 0, or -1: not everything is on disk

#endif
