// SPDX-License-Identifier: Apache-2.0
// verdicts.jsonl: one line per input packet in input order, written when its end is known. A packet
// that waits for a neighbor holds back the lines behind it.
#ifndef PORTCULLIS_REPLAY_VERDICTS_H
#define PORTCULLIS_REPLAY_VERDICTS_H

#include <stdio.h>
#include "replay/engine.h"

struct verdicts;

struct verdicts *verdicts_create(FILE *file);
void verdicts_free(struct verdicts *v); // does not close the file

// A packet that is about to be put in; the result is its tag. UINT64_MAX: no memory.
uint64_t verdicts_expect(struct verdicts *v, uint32_t port, uint64_t index, uint64_t time_ns);
void verdicts_end(struct verdicts *v, const struct tables *t, uint64_t tag,
		  const struct packet_end *end);

#endif
