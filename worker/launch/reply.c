// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "launch/cpus.h"
#include "launch/facts.h"
#include "launch/launcher.h"
#include "shm/layout_hash.gen.h"

struct text {
	char *out;
	size_t at, size;
};

__attribute__((format(printf, 2, 3))) static void text_add(struct text *t, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(t->out + t->at, t->size - t->at, format, args);
	va_end(args);
	if (n > 0)
		t->at = t->at + (size_t)n < t->size ? t->at + (size_t)n : t->size - 1;
}

// A JSON string.
static void text_quote(struct text *t, const char *s)
{
	text_add(t, "\"");
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			text_add(t, "\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			text_add(t, "\\u%04x", *s);
		else
			text_add(t, "%c", *s);
	}
	text_add(t, "\"");
}

static void text_limit(struct text *t, const char *name, uint64_t n)
{
	if (n == FACTS_NO_LIMIT)
		text_add(t, "\"%s\":null", name);
	else
		text_add(t, "\"%s\":%" PRIu64, name, n);
}

static void reply_facts(struct text *t, const struct launcher *l, const struct facts *f)
{
	static const char *const devices[] = {"Present", "Absent", "Refused"};
	char cpus[CPUS_TEXT];
	cpus_format(&f->allowed, cpus);
	text_add(t, "\"cpus\":\"%s\",\"requestedCpus\":%d,\"exclusive\":%s,\"pinning\":", cpus,
		 l->requested, f->exclusive ? "true" : "false");
	text_quote(t, l->pinning);
	text_add(t, ",\"capabilities\":\"%" PRIx64 "\",\"tun\":\"%s\",", f->capabilities,
		 devices[f->tun]);
	text_limit(t, "memoryLimit", f->memory_limit);
	text_add(t, ",\"hugetlbfs\":[");
	for (unsigned i = 0; i < f->mounts; i++) {
		text_add(t, "%s{\"pageSize\":%" PRIu64 ",\"path\":", i > 0 ? "," : "",
			 f->mount[i].page_size);
		text_quote(t, f->mount[i].path);
		text_add(t, "}");
	}
	text_add(t, "],\"hugepages\":[");
	for (unsigned i = 0; i < FACTS_SIZES; i++) {
		text_add(t, "%s{\"pageSize\":%" PRIu64 ",\"used\":%" PRIu64 ",", i > 0 ? "," : "",
			 f->pages[i].page_size, f->pages[i].used);
		text_limit(t, "limit", f->pages[i].limit);
		text_add(t, "}");
	}
	text_add(t, "]");
}

static void reply_worker(struct text *t, const struct launcher *l)
{
	text_add(t, "\"worker\":");
	if (l->pid == 0) {
		text_add(t, "null");
		return;
	}
	text_add(t, "{\"run\":%" PRIu64 ",\"pid\":%d,\"since\":%" PRIu64 ",\"args\":[", l->run,
		 (int)l->pid, l->since_ns);
	for (unsigned i = 0; i < l->arguments.count; i++) {
		text_add(t, "%s", i > 0 ? "," : "");
		text_quote(t, l->arguments.words[i]);
	}
	text_add(t, "]}");
}

static void reply_ended(struct text *t, const struct ended *e)
{
	text_add(t, "\"ended\":");
	if (e->run == 0) {
		text_add(t, "null");
		return;
	}
	text_add(t, "{\"run\":%" PRIu64 ",\"code\":%d,\"signal\":%d,\"fault\":", e->run, e->code,
		 e->signal);
	text_quote(t, e->fault);
	text_add(t, "}");
}

size_t reply_state(const struct launcher *l, const struct facts *f, const struct client *c,
		   char out[REPLY_SIZE])
{
	struct text t = {out, 0, REPLY_SIZE - 1};
	text_add(&t, "{\"boot\":\"%s\",\"version\":\"%s\",\"layout\":\"%016" PRIx64 "\",\"done\":%" PRIu64 ",",
		 l->boot, PORTCULLIS_VERSION, (uint64_t)FW_LAYOUT_HASH, c->done);
	reply_facts(&t, l, f);
	text_add(&t, ",\"wanted\":%s,\"held\":%s,\"leaving\":%s,", l->wanted ? "true" : "false",
		 l->held_by != 0 ? "true" : "false", l->leaving ? "true" : "false");
	reply_worker(&t, l);
	text_add(&t, ",");
	reply_ended(&t, &l->ended);
	text_add(&t, "}");
	out[t.at++] = '\n';
	return t.at;
}

size_t reply_error(const struct client *c, const char *sentence, char out[REPLY_SIZE])
{
	struct text t = {out, 0, REPLY_SIZE - 1};
	text_add(&t, "{\"done\":%" PRIu64 ",\"error\":", c->done);
	text_quote(&t, sentence);
	text_add(&t, "}");
	out[t.at++] = '\n';
	return t.at;
}
