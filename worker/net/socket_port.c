// SPDX-License-Identifier: Apache-2.0
// Ports at a vhost-user socket: vhostUser is the device's side (net_vhost), virtioUser the driver's (net_virtio_user). Either
// can make the socket or connect to it. What stands in the way of that is told here, by its cause; DPDK says only that it
// failed.
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "net/log.h"
#include "net/port.h"
#include "shm/crc32c.h"

// Whether somebody listens: 0, or the errno of connecting.
static int socket_answers(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errno;
	int code = connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 ? 0 : errno;
	close(fd);
	return code;
}

static int socket_folder(const struct port_request *r, char *error, size_t size)
{
	char copy[FW_MESSAGE_SIZE];
	struct stat s;
	snprintf(copy, sizeof(copy), "%s", r->device);
	const char *folder = dirname(copy);
	if (stat(folder, &s) != 0)
		return log_fail(error, size, -errno, "folder %s of the socket of port %s cannot be used: %s: make it, or name another path",
				folder, r->name, strerror(errno));
	if (r->serves && access(folder, W_OK | X_OK) != 0)
		return log_fail(error, size, -errno, "port %s may not make its socket in %s: %s: let the worker write there, or name another path",
				r->name, folder, strerror(errno));
	return 0;
}

// What a killed worker left is removed; what somebody uses is not touched.
static int socket_free(const struct port_request *r, char *error, size_t size)
{
	struct stat s;
	if (lstat(r->device, &s) != 0)
		return 0;
	if (!S_ISSOCK(s.st_mode))
		return log_fail(error, size, -EEXIST, "%s of port %s exists and is no socket: name another path, or remove it",
				r->device, r->name);
	if (socket_answers(r->device) != ECONNREFUSED)
		return log_fail(error, size, -EADDRINUSE, "another process listens at %s of port %s: stop it, or name another path",
				r->device, r->name);
	return unlink(r->device) == 0 ? 0 : log_fail(error, size, -errno, "%s of port %s is left from another process and cannot be removed: %s",
						     r->device, r->name, strerror(errno));
}

static int socket_there(const struct port_request *r, char *error, size_t size)
{
	struct stat s;
	if (stat(r->device, &s) != 0)
		return log_fail(error, size, -errno, "socket %s of port %s cannot be reached: %s: start the vhost-user device that makes it, or let the port make it (serve: true)",
				r->device, r->name, strerror(errno));
	if (!S_ISSOCK(s.st_mode))
		return log_fail(error, size, -ENOTSOCK, "%s of port %s is no socket: name the socket of a vhost-user device",
				r->device, r->name);
	if (access(r->device, R_OK | W_OK) != 0)
		return log_fail(error, size, -errno, "port %s may not use socket %s: %s: let the worker read and write it",
				r->name, r->device, strerror(errno));
	return 0;
}

// The driver has failed: why, if that can be seen from outside.
static int socket_blame(const struct port_request *r, int code, char *error, size_t size)
{
	if (!r->serves && r->virtio && socket_answers(r->device) == ECONNREFUSED)
		return log_fail(error, size, -ECONNREFUSED, "nobody listens at socket %s of port %s: start the vhost-user device that makes it",
				r->device, r->name);
	return code;
}

int socket_open(const struct port_request *r, struct port **out, char *error, size_t size)
{
	char device[2 * FW_MESSAGE_SIZE];
	int code = socket_folder(r, error, size);
	if (code == 0 && r->serves)
		code = socket_free(r, error, size);
	else if (code == 0 && r->virtio) // the other side may come later: then there is a socket to wait for
		code = socket_there(r, error, size);
	if (code != 0)
		return code;
	uint32_t sum = crc32c(r->device, strlen(r->device));
	const uint8_t *m = r->mac;
	if (r->virtio)
		snprintf(device, sizeof(device), "net_virtio_user_%08x,path=%s,queues=1,mrg_rxbuf=0,server=%d,mac=%02x:%02x:%02x:%02x:%02x:%02x",
			 sum, r->device, r->serves, m[0], m[1], m[2], m[3], m[4], m[5]);
	else
		snprintf(device, sizeof(device), "net_vhost_%08x,iface=%s,queues=1,client=%d,linear-buffer=1", sum, r->device,
			 !r->serves);
	struct port_request q = *r;
	q.device = device;
	q.virtual = true;
	code = ethdev_open(&q, out, error, size);
	return code == 0 ? 0 : socket_blame(r, code, error, size);
}
