// SPDX-License-Identifier: Apache-2.0
#include "net/link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include "net/nl.h"

static void link_text(const struct rtattr *a, char *out, size_t size)
{
	out[0] = '\0';
	if (a == NULL)
		return;
	size_t n = RTA_PAYLOAD(a) < size - 1 ? RTA_PAYLOAD(a) : size - 1;
	memcpy(out, RTA_DATA(a), n);
	out[n] = '\0';
}

static uint32_t link_queues(const struct rtattr *info)
{
	const struct rtattr *a[IFLA_INFO_DATA + 1], *tun[IFLA_TUN_NUM_QUEUES + 1];
	uint32_t queues = 0;
	if (info == NULL)
		return 0;
	nl_attributes(RTA_DATA(info), RTA_PAYLOAD(info), a, IFLA_INFO_DATA);
	if (a[IFLA_INFO_KIND] == NULL || a[IFLA_INFO_DATA] == NULL ||
	    RTA_PAYLOAD(a[IFLA_INFO_KIND]) < 3 || memcmp(RTA_DATA(a[IFLA_INFO_KIND]), "tun", 3) != 0)
		return 0;
	nl_attributes(RTA_DATA(a[IFLA_INFO_DATA]), RTA_PAYLOAD(a[IFLA_INFO_DATA]), tun,
		      IFLA_TUN_NUM_QUEUES);
	nl_u32(tun[IFLA_TUN_NUM_QUEUES], &queues);
	return queues;
}

bool link_parse(const struct nlmsghdr *message, struct link *out)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);
	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) ||
	    (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK))
		return false;
	const struct rtattr *a[IFLA_IFALIAS + 1];
	nl_attributes(IFLA_RTA(info), message->nlmsg_len - NLMSG_LENGTH(sizeof(*info)), a,
		      IFLA_IFALIAS);
	*out = (struct link){.ifindex = info->ifi_index,
			     .flags = info->ifi_flags,
			     .ethernet = info->ifi_type == ARPHRD_ETHER};
	link_text(a[IFLA_IFNAME], out->name, sizeof(out->name));
	link_text(a[IFLA_IFALIAS], out->alias, sizeof(out->alias));
	nl_u32(a[IFLA_MTU], &out->mtu);
	nl_u32(a[IFLA_MASTER], &out->master);
	out->queues = link_queues(a[IFLA_LINKINFO]);
	if (a[IFLA_ADDRESS] != NULL && RTA_PAYLOAD(a[IFLA_ADDRESS]) == sizeof(out->mac))
		memcpy(out->mac, RTA_DATA(a[IFLA_ADDRESS]), sizeof(out->mac));
	return true;
}

bool link_running(const struct link *l)
{
	return (l->flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
}

struct link_search {
	const char *alias; // NULL: the first answer
	struct link *out;
	bool found;
};

static void link_match(void *context, const struct nlmsghdr *message)
{
	struct link_search *s = context;
	struct link l;
	if (s->found || !link_parse(message, &l))
		return;
	if (s->alias != NULL && strcmp(l.alias, s->alias) != 0)
		return;
	*s->out = l;
	s->found = true;
}

static int link_request(int fd, int ifindex, const char *name, struct link *out)
{
	struct nl_request r;
	struct ifinfomsg info = {.ifi_index = ifindex};
	struct link_search search = {.out = out};
	nl_begin(&r, RTM_GETLINK, 0, &info, sizeof(info));
	if (name != NULL)
		nl_put_string(&r, IFLA_IFNAME, name);
	int error = nl_call(fd, &r, link_match, &search);
	if (error == 0 && !search.found)
		error = -ENODEV;
	return error;
}

int link_get(int fd, const char *name, struct link *out)
{
	if (strlen(name) >= IFNAMSIZ)
		return -ENODEV;
	return link_request(fd, 0, name, out);
}

int link_get_index(int fd, int ifindex, struct link *out)
{
	return link_request(fd, ifindex, NULL, out);
}

int link_find_alias(int fd, const char *alias, struct link *out)
{
	struct nl_request r;
	struct ifinfomsg info = {0};
	struct link_search search = {.alias = alias, .out = out};
	nl_begin(&r, RTM_GETLINK, NLM_F_DUMP, &info, sizeof(info));
	int error = nl_call(fd, &r, link_match, &search);
	return error != 0 ? error : search.found ? 0 : -ENODEV;
}

int link_set_up(int fd, int ifindex, bool up)
{
	struct nl_request r;
	struct ifinfomsg info = {
		.ifi_index = ifindex, .ifi_flags = up ? IFF_UP : 0, .ifi_change = IFF_UP};
	nl_begin(&r, RTM_NEWLINK, 0, &info, sizeof(info));
	return nl_call(fd, &r, NULL, NULL);
}

static int link_set(int fd, int ifindex, uint16_t type, const void *value, size_t size)
{
	struct nl_request r;
	struct ifinfomsg info = {.ifi_index = ifindex};
	nl_begin(&r, RTM_NEWLINK, 0, &info, sizeof(info));
	nl_put(&r, type, value, size);
	return nl_call(fd, &r, NULL, NULL);
}

int link_set_mtu(int fd, int ifindex, uint32_t mtu)
{
	return link_set(fd, ifindex, IFLA_MTU, &mtu, sizeof(mtu));
}

int link_set_mac(int fd, int ifindex, const uint8_t mac[6])
{
	return link_set(fd, ifindex, IFLA_ADDRESS, mac, 6);
}

int link_set_alias(int fd, int ifindex, const char *alias)
{
	return link_set(fd, ifindex, IFLA_IFALIAS, alias, strlen(alias));
}

int link_set_queue(int fd, int ifindex)
{
	struct nl_request r;
	struct tcmsg t = {.tcm_ifindex = ifindex, .tcm_parent = TC_H_ROOT};
	nl_begin(&r, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, &t, sizeof(t));
	nl_put_string(&r, TCA_KIND, "pfifo");
	int code = nl_call(fd, &r, NULL, NULL);
	return code == -ENOENT ? 0 : code; // a kernel without pfifo: its default does too
}

int link_set_group(int fd, int ifindex, uint32_t group)
{
	return link_set(fd, ifindex, IFLA_GROUP, &group, sizeof(group));
}

int link_delete_group(int fd, uint32_t group)
{
	struct nl_request r;
	struct ifinfomsg info = {0};
	nl_begin(&r, RTM_DELLINK, 0, &info, sizeof(info));
	nl_put_u32(&r, IFLA_GROUP, group);
	return nl_call(fd, &r, NULL, NULL);
}

int link_delete(int fd, int ifindex)
{
	struct nl_request r;
	struct ifinfomsg info = {.ifi_index = ifindex};
	nl_begin(&r, RTM_DELLINK, 0, &info, sizeof(info));
	return nl_call(fd, &r, NULL, NULL);
}

int link_sysctl(const char *family, const char *device, const char *name, const char *value)
{
	char path[160];
	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, device, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int error = write(fd, value, strlen(value)) < 0 ? -errno : 0;
	close(fd);
	return error;
}
