// SPDX-License-Identifier: Apache-2.0
#include "net/nl.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NL_RECEIVE_SIZE 65536

int nl_open(uint32_t groups)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | (groups ? SOCK_NONBLOCK : 0),
			NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	int size = 64 << 20, on = 1; // a full table of the Internet may come at once
	if (groups != 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	// Strict checking lets dumps be filtered by the kernel; extended acks are not needed.
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

void nl_join(int fd, int group)
{
	setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
}

void nl_begin(struct nl_request *r, uint16_t type, uint16_t flags, const void *fixed, size_t size)
{
	memset(r, 0, sizeof(*r));
	r->header.nlmsg_type = type;
	r->header.nlmsg_flags = NLM_F_REQUEST | flags;
	r->header.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + NLMSG_ALIGN(size));
	memcpy(r->bytes + NLMSG_HDRLEN, fixed, size);
}

void nl_put(struct nl_request *r, uint16_t type, const void *data, size_t size)
{
	size_t at = NLMSG_ALIGN(r->header.nlmsg_len);
	if (at + RTA_SPACE(size) > sizeof(r->bytes)) {
		r->overflow = true;
		return;
	}
	struct rtattr *a = (struct rtattr *)(void *)(r->bytes + at);
	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(size);
	if (size > 0)
		memcpy(RTA_DATA(a), data, size);
	r->header.nlmsg_len = (uint32_t)(at + RTA_SPACE(size));
}

void nl_put_u32(struct nl_request *r, uint16_t type, uint32_t value)
{
	nl_put(r, type, &value, sizeof(value));
}

void nl_put_string(struct nl_request *r, uint16_t type, const char *text)
{
	nl_put(r, type, text, strlen(text) + 1);
}

size_t nl_nest(struct nl_request *r, uint16_t type)
{
	size_t mark = NLMSG_ALIGN(r->header.nlmsg_len);
	nl_put(r, type, NULL, 0);
	return mark;
}

void nl_unnest(struct nl_request *r, size_t mark)
{
	struct rtattr *a = (struct rtattr *)(void *)(r->bytes + mark);
	if (!r->overflow)
		a->rta_len = (unsigned short)(r->header.nlmsg_len - mark);
}

// One datagram of an answer. Returns 1: more to come, 0: complete, or a negative errno.
static int nl_answer(const char *buffer, size_t size, uint32_t sequence, nl_message_fn *message,
		     void *context)
{
	const struct nlmsghdr *h = (const void *)buffer;
	unsigned left = (unsigned)size;
	for (; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
		if (h->nlmsg_seq != sequence)
			continue;
		if (h->nlmsg_type == NLMSG_DONE)
			return 0;
		if (h->nlmsg_type == NLMSG_ERROR) {
			const struct nlmsgerr *e = NLMSG_DATA(h);
			return h->nlmsg_len < NLMSG_LENGTH(sizeof(*e)) ? -EPROTO : e->error;
		}
		if (message != NULL)
			message(context, h);
	}
	return 1;
}

int nl_call(int fd, struct nl_request *r, nl_message_fn *message, void *context)
{
	static _Thread_local uint32_t sequence;
	static _Thread_local char buffer[NL_RECEIVE_SIZE] __attribute__((aligned(8)));
	if (r->overflow)
		return -EMSGSIZE;
	if ((r->header.nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		r->header.nlmsg_flags |= NLM_F_ACK;
	r->header.nlmsg_seq = ++sequence;
	if (send(fd, r->bytes, r->header.nlmsg_len, 0) < 0)
		return -errno;
	for (;;) {
		ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		int more = nl_answer(buffer, (size_t)n, sequence, message, context);
		if (more <= 0)
			return more;
	}
}

int nl_receive(int fd, nl_message_fn *message, void *context)
{
	static _Thread_local char buffer[NL_RECEIVE_SIZE] __attribute__((aligned(8)));
	ssize_t n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	const struct nlmsghdr *h = (const void *)buffer;
	unsigned left = (unsigned)n;
	for (; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left))
		message(context, h);
	return 1;
}

void nl_attributes(const struct rtattr *first, size_t size, const struct rtattr **table,
		   unsigned max)
{
	memset(table, 0, (max + 1) * sizeof(table[0]));
	if (size > INT32_MAX)
		return;
	int left = (int)size;
	for (const struct rtattr *a = first; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		unsigned type = a->rta_type & NLA_TYPE_MASK;
		if (type <= max)
			table[type] = a;
	}
}

bool nl_u32(const struct rtattr *a, uint32_t *value)
{
	if (a == NULL || RTA_PAYLOAD(a) < sizeof(*value))
		return false;
	memcpy(value, RTA_DATA(a), sizeof(*value));
	return true;
}
