// SPDX-License-Identifier: Apache-2.0
// Rtnetlink requests: build, send, wait for the answer. One socket is used by one thread.
#ifndef PORTCULLIS_NET_NL_H
#define PORTCULLIS_NET_NL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#define NL_REQUEST_SIZE 4096

struct nl_request {
	union {
		struct nlmsghdr header;
		char bytes[NL_REQUEST_SIZE];
	};
	bool overflow; // an attribute did not fit: nl_call() fails with -EMSGSIZE
};

// Socket in the calling thread's network namespace. groups: multicast groups (RTMGRP_* bits), 0: requests only.
int nl_open(uint32_t groups);

void nl_join(int fd, int group); // one more multicast group (RTNLGRP_*), if the kernel knows it

void nl_begin(struct nl_request *r, uint16_t type, uint16_t flags, const void *fixed, size_t size);
void nl_put(struct nl_request *r, uint16_t type, const void *data, size_t size);
void nl_put_u32(struct nl_request *r, uint16_t type, uint32_t value);
void nl_put_string(struct nl_request *r, uint16_t type, const char *text);
size_t nl_nest(struct nl_request *r, uint16_t type); // returns the mark that nl_unnest() takes
void nl_unnest(struct nl_request *r, size_t mark);

typedef void nl_message_fn(void *context, const struct nlmsghdr *message);

// Sends and waits until the kernel has answered completely; message() sees every answer (NULL: none wanted).
// Returns 0 or a negative errno.
int nl_call(int fd, struct nl_request *r, nl_message_fn *message, void *context);

// Whole messages of one datagram, for sockets that only listen. Returns 1, 0 when nothing is left, or a negative errno
// (-ENOBUFS: notifications were lost).
int nl_receive(int fd, nl_message_fn *message, void *context);

// Fills table[0..max] with the attributes that follow in size bytes; absent ones are NULL. Never reads outside.
void nl_attributes(const struct rtattr *first, size_t size, const struct rtattr **table,
		   unsigned max);
bool nl_u32(const struct rtattr *a, uint32_t *value); // false: absent or too short

#endif
