/* SPDX-License-Identifier: Apache-2.0 */
#include "gpio_chip.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS_MAX 512

/* ---- clients ---------------------------------------------------------------------------- */

static struct client *client_free(struct client *client)
{
	struct gpio_sim *sim;

	if (!client)
		return NULL;
	sim = client->sim;
	for (struct client **at = &sim->clients; *at; at = &(*at)->next)
		if (*at == client) {
			*at = client->next;
			sim->n_clients--;
			break;
		}
	sd_event_source_disable_unref(client->source);
	if (client->kind == CLIENT_LINES)
		for (unsigned i = 0; i < client->n_lines; i++)
			gpio_pin_let_go(sim, &sim->lines[client->offsets[i]]);
	free(client);
	return NULL;
}

static bool hung_up(const struct client *client)
{
	struct pollfd fd = {.fd = client->fd};

	return poll(&fd, 1, 0) > 0 && fd.revents & (POLLHUP | POLLERR);
}

/*
 * The kernel has let go of a dead process's lines before its parent learns of the death. Here that
 * news waits in the loop behind the next program's request, so look before answering.
 */
static void bury_dead_owners(struct gpio_sim *sim)
{
	struct client *next;

	for (struct client *client = sim->clients; client; client = next) {
		next = client->next;
		if (client->kind == CLIENT_LINES && hung_up(client))
			client_free(client);
	}
}

static struct client *find_client(struct gpio_sim *sim, uint64_t cookie)
{
	for (struct client *client = sim->clients; client; client = client->next)
		if (client->kind != CLIENT_CALLER && client->cookie == cookie)
			return client;
	return NULL;
}

/* ---- the socket ------------------------------------------------------------------------- */

static int answer(
	struct client *client, const struct gpio_wire_call *call, union gpio_wire_arg *arg)
{
	struct client *target;
	int r;

	if (call->op == GPIO_WIRE_OPEN) {
		client->kind = CLIENT_CHIP;
		client->cookie = call->self;
		return gpio_uapi_chip(client->sim, (uint32_t)GPIO_GET_CHIPINFO_IOCTL, arg);
	}
	bury_dead_owners(client->sim);
	target = find_client(client->sim, call->target);
	if (!target)
		return -ENOTTY; /* a socket, but not one of ours */
	if (call->op == GPIO_WIRE_REQUEST) {
		r = target->kind == CLIENT_CHIP ? gpio_uapi_request(client, call->request, arg)
						: -EINVAL;
		client->cookie = call->self;
		return r;
	}
	if (call->op != GPIO_WIRE_IOCTL)
		return -EINVAL;
	if (target->kind == CLIENT_CHIP)
		return gpio_uapi_chip(client->sim, call->request, arg);
	return gpio_uapi_lines(target, call->request, arg);
}

static int on_client(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct client *client = userdata;
	struct gpio_wire_reply reply = {.magic = GPIO_WIRE_MAGIC};
	struct gpio_wire_call call;
	ssize_t n = recv(fd, &call, sizeof(call), MSG_DONTWAIT);

	(void)source;
	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		client_free(client);
		return 0;
	}
	if (client->kind != CLIENT_CALLER)
		return 0; /* a program wrote to its descriptor: the real one takes nothing */
	if (n != (ssize_t)sizeof(call) || call.magic != GPIO_WIRE_MAGIC) {
		client_free(client);
		return 0;
	}
	reply.arg = call.arg;
	reply.error = -answer(client, &call, &reply.arg);
	if (send(fd, &reply, sizeof(reply), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		client_free(client);
	else
		client->told = true;
	return 0;
}

static int on_connection(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct gpio_sim *sim = userdata;
	struct client *client;
	int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)source;
	(void)revents;
	if (connection < 0)
		return 0;
	client = sim->n_clients < CLIENTS_MAX ? calloc(1, sizeof(*client)) : NULL;
	if (!client || sd_event_add_io(sim->event, &client->source, connection, EPOLLIN, on_client,
			       client) < 0) {
		free(client);
		close(connection);
		return 0;
	}
	sd_event_source_set_io_fd_own(client->source, 1);
	client->sim = sim;
	client->fd = connection;
	client->next = sim->clients;
	sim->clients = client;
	sim->n_clients++;
	return 0;
}

/* A socket file that nobody listens on is left over from a killed simulator. */
static int listen_on(const struct sockaddr_un *address)
{
	const struct sockaddr *name = (const struct sockaddr *)address;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = fd < 0 ? -errno : 0;

	if (r == 0 && connect(fd, name, sizeof(*address)) == 0)
		r = -EADDRINUSE;
	else if (r == 0 && errno == ECONNREFUSED)
		unlink(address->sun_path);
	if (r == 0 && (bind(fd, name, sizeof(*address)) < 0 || listen(fd, 128) < 0))
		r = -errno;
	if (r < 0 && fd >= 0)
		close(fd);
	return r < 0 ? r : fd;
}

static int start(struct gpio_sim *sim, const struct gpio_sim_config *config)
{
	int fd, r;

	if (strlen(config->socket_path) >= sizeof(sim->address.sun_path))
		return -ENAMETOOLONG;
	sim->lines = calloc(config->n_lines, sizeof(*sim->lines));
	if (!sim->lines)
		return -ENOMEM;
	sim->n_lines = config->n_lines;
	for (unsigned i = 0; i < sim->n_lines; i++) {
		gpio_pin_set_name(sim->lines[i].name, config->names[i]);
		sim->lines[i].pin = sim->lines[i].flags = F(INPUT);
	}
	sim->address.sun_family = AF_UNIX;
	strcpy(sim->address.sun_path, config->socket_path);
	fd = listen_on(&sim->address);
	if (fd < 0) {
		sim->address.sun_path[0] = '\0'; /* not ours to remove */
		return fd;
	}
	r = sd_event_add_io(sim->event, &sim->listener, fd, EPOLLIN, on_connection, sim);
	if (r < 0)
		close(fd);
	else
		sd_event_source_set_io_fd_own(sim->listener, 1);
	return r < 0 ? r : 0;
}

int gpio_sim_new(const struct gpio_sim_config *config, sd_event *event, struct gpio_sim **ret_sim)
{
	struct gpio_sim *sim = calloc(1, sizeof(*sim));
	int r;

	if (!sim)
		return -ENOMEM;
	sim->event = sd_event_ref(event);
	sim->persist_outputs = config->persist_outputs;
	sim->level_fn = config->level_fn;
	sim->userdata = config->userdata;
	gpio_pin_set_name(sim->chip, config->chip);
	gpio_pin_set_name(sim->label, config->label);
	r = start(sim, config);
	if (r < 0) {
		gpio_sim_free(sim);
		return r;
	}
	*ret_sim = sim;
	return 0;
}

struct gpio_sim *gpio_sim_free(struct gpio_sim *sim)
{
	if (!sim)
		return NULL;
	sim->level_fn = NULL;
	while (sim->clients)
		client_free(sim->clients);
	sd_event_source_disable_unref(sim->listener);
	if (sim->address.sun_path[0])
		unlink(sim->address.sun_path);
	sd_event_unref(sim->event);
	free(sim->lines);
	free(sim);
	return NULL;
}

/* ---- the outside world ------------------------------------------------------------------ */

static struct line *find_line(const struct gpio_sim *sim, const char *name)
{
	for (unsigned i = 0; i < sim->n_lines; i++)
		if (sim->lines[i].name[0] && !strcmp(sim->lines[i].name, name))
			return &sim->lines[i];
	return NULL;
}

static int drive(struct gpio_sim *sim, const char *name, bool driven, bool level)
{
	struct line *line = find_line(sim, name);

	if (!line)
		return -ENOENT;
	line->driven = driven;
	line->outside = level;
	gpio_pin_settle(sim, line);
	return 0;
}

int gpio_sim_drive(struct gpio_sim *sim, const char *name, bool level)
{
	return drive(sim, name, true, level);
}

int gpio_sim_release(struct gpio_sim *sim, const char *name)
{
	return drive(sim, name, false, false);
}

int gpio_sim_break(struct gpio_sim *sim, const char *name, bool broken)
{
	struct line *line = find_line(sim, name);

	if (!line)
		return -ENOENT;
	line->broken = broken;
	return 0;
}

void gpio_sim_heal(struct gpio_sim *sim)
{
	for (unsigned i = 0; i < sim->n_lines; i++)
		sim->lines[i].broken = false;
}

int gpio_sim_level(const struct gpio_sim *sim, const char *name)
{
	const struct line *line = find_line(sim, name);

	return line ? line->level : -ENOENT;
}

bool gpio_sim_held(const struct gpio_sim *sim, const char *name, const char **ret_consumer)
{
	const struct line *line = find_line(sim, name);

	if (!line || !line->owner || hung_up(line->owner))
		return false;
	*ret_consumer = line->consumer;
	return true;
}

void gpio_sim_set_persist(struct gpio_sim *sim, bool persist_outputs)
{
	sim->persist_outputs = persist_outputs;
}
