// SPDX-License-Identifier: Apache-2.0
#include "replay/capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pcap/pcap.h>

#define SECOND 1000000000ull
enum { SNAPLEN = 262144 };

struct capture {
	pcap_t *pcap;
	char path[4096];
	uint64_t count;
};

struct capture_writer {
	pcap_t *pcap;
	pcap_dumper_t *dumper;
	bool nanoseconds;
	char path[4096];
};

struct capture *capture_open(const char *path, char message[CAPTURE_MESSAGE])
{
	char error[PCAP_ERRBUF_SIZE] = "";
	struct capture *c = calloc(1, sizeof(*c));
	if (c == NULL) {
		snprintf(message, CAPTURE_MESSAGE, "out of memory");
		return NULL;
	}
	snprintf(c->path, sizeof(c->path), "%s", path);
	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		snprintf(message, CAPTURE_MESSAGE, "cannot read %s: %s", path, strerror(errno));
		free(c);
		return NULL;
	}
	c->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, error);
	if (c->pcap == NULL) {
		snprintf(message, CAPTURE_MESSAGE, "%s is not a pcap or pcapng capture: %s", path,
			 error);
		fclose(file);
		free(c);
		return NULL;
	}
	int link = pcap_datalink(c->pcap);
	if (link != DLT_EN10MB) {
		const char *name = pcap_datalink_val_to_name(link);
		snprintf(message, CAPTURE_MESSAGE,
			 "%s holds packets of link type %s, not Ethernet; capture on an Ethernet "
			 "interface",
			 path, name == NULL ? "unknown" : name);
		capture_close(c);
		return NULL;
	}
	return c;
}

void capture_close(struct capture *c)
{
	if (c == NULL)
		return;
	pcap_close(c->pcap);
	free(c);
}

int capture_next(struct capture *c, struct capture_packet *packet, char message[CAPTURE_MESSAGE])
{
	struct pcap_pkthdr *header;
	int result = pcap_next_ex(c->pcap, &header, &packet->bytes);
	if (result == PCAP_ERROR_BREAK)
		return 0;
	if (result != 1) {
		snprintf(message, CAPTURE_MESSAGE, "%s is damaged after packet %llu: %s", c->path,
			 (unsigned long long)c->count, pcap_geterr(c->pcap));
		return -1;
	}
	c->count++;
	packet->time_ns = (uint64_t)header->ts.tv_sec * SECOND +
			  (uint64_t)header->ts.tv_usec; // holds nanoseconds
	packet->length = header->caplen;
	packet->wire_length = header->len > header->caplen ? header->len : header->caplen;
	return 1;
}

int capture_check(const char *path, bool *nanoseconds, char message[CAPTURE_MESSAGE])
{
	struct capture_packet packet;
	struct capture *c = capture_open(path, message);
	int result = 1;
	if (c == NULL)
		return -1;
	while ((result = capture_next(c, &packet, message)) == 1)
		if (packet.time_ns % 1000 != 0)
			*nanoseconds = true;
	capture_close(c);
	return result;
}

struct capture_writer *capture_create(const char *path, bool nanoseconds,
				      char message[CAPTURE_MESSAGE])
{
	struct capture_writer *w = calloc(1, sizeof(*w));
	unsigned precision = nanoseconds ? PCAP_TSTAMP_PRECISION_NANO : PCAP_TSTAMP_PRECISION_MICRO;
	if (w != NULL)
		w->pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAPLEN, precision);
	if (w == NULL || w->pcap == NULL) {
		snprintf(message, CAPTURE_MESSAGE, "out of memory");
		free(w);
		return NULL;
	}
	w->nanoseconds = nanoseconds;
	snprintf(w->path, sizeof(w->path), "%s", path);
	w->dumper = pcap_dump_open(w->pcap, path);
	if (w->dumper == NULL) {
		snprintf(message, CAPTURE_MESSAGE, "cannot write %s", pcap_geterr(w->pcap));
		pcap_close(w->pcap);
		free(w);
		return NULL;
	}
	return w;
}

void capture_write(struct capture_writer *w, uint64_t time_ns, const uint8_t *bytes,
		   uint32_t length)
{
	struct pcap_pkthdr header = {.caplen = length, .len = length};
	header.ts.tv_sec = (time_t)(time_ns / SECOND);
	header.ts.tv_usec =
	    (suseconds_t)(w->nanoseconds ? time_ns % SECOND : time_ns % SECOND / 1000);
	pcap_dump((u_char *)w->dumper, &header, bytes);
}

int capture_finish(struct capture_writer *w, char message[CAPTURE_MESSAGE])
{
	int result = 0;
	if (w == NULL)
		return 0;
	if (pcap_dump_flush(w->dumper) != 0 || ferror(pcap_dump_file(w->dumper))) {
		snprintf(message, CAPTURE_MESSAGE, "cannot write %s: %s", w->path, strerror(errno));
		result = -1;
	}
	pcap_dump_close(w->dumper);
	pcap_close(w->pcap);
	free(w);
	return result;
}
