/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/verify.h"

#include "api.h"
#include "base/log.h"
#include "crypto/hash.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define OUTPUT_MAX (1 << 20) /* bytes of a result: thousands of journals */
#define NICE 10

struct hub_verify {
	pid_t pid; /* 0: none runs */
	int fd;
	sd_event_source *io;
	struct api_writer result;
	char *line; /* what came and is not whole yet */
	size_t used;
	uint64_t done, of;
	int64_t started_us, ended_us;
	bool good;
};

/* ---- the child ---- */

void verify_write_chains(struct api_writer *out, const struct registry_chain *chains, int count)
{
	bool whole = true;

	for (int i = 0; i < count; i++)
		whole = whole && chains[i].whole;
	api_object(out, NULL);
	api_bool(out, "whole", whole);
	api_list(out, "chains");
	for (int i = 0; i < count; i++) {
		const struct registry_chain *chain = &chains[i];

		api_object(out, NULL);
		api_text(out, "door", chain->door);
		api_hex(out, "journal", chain->journal, sizeof(chain->journal));
		api_number(out, "first_seq", chain->first_seq);
		api_number(out, "last_seq", chain->last_seq);
		api_number(out, "entries", chain->entries);
		api_number(out, "signed_entries", chain->signed_entries);
		api_number(out, "poison", chain->poison);
		api_number(out, "forks", chain->forks);
		api_bool(out, "linked", chain->linked);
		api_bool(out, "whole", chain->whole);
		api_text(out, "why", chain->why);
		api_end(out);
	}
	api_end(out);
	api_end(out);
}

static void tell_progress(uint64_t done)
{
	/* nobody listens any more: the hub died before we asked to die with it */
	if (printf("done %" PRIu64 "\n", done) < 0 || fflush(stdout) != 0)
		_exit(EXIT_FAILURE);
}

int verify_child(const char *file, const char *site)
{
	CLEANUP(cleanup_free) struct registry_chain *chains = NULL;
	CLEANUP(api_writer_free) struct api_writer out = {0};
	char err[ERR_MAX] = "";
	int n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* a unit's filter may refuse it */
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	n = registry_log_verify_told(file, site, crypto_hash256, tell_progress, &chains, err);
	if (n < 0) {
		log_error("%s", err);
		return EXIT_FAILURE;
	}
	verify_write_chains(&out, chains, n);
	if (out.failed)
		return EXIT_FAILURE;
	return puts(out.text) < 0 || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- the hub's end ---- */

static void take_line(struct hub_verify *v, const char *line)
{
	uint64_t done;

	if (strncmp(line, "done ", 5) == 0 &&
		api_number_parse(line + 5, API_NUMBER_MAX, &done) == 0)
		v->done = done;
	else if (*line == '{')
		api_raw(&v->result, NULL, line);
}

static void end(struct hub_verify *v)
{
	int status = 0;

	v->io = sd_event_source_disable_unref(v->io);
	cleanup_close(&v->fd);
	if (v->pid > 0)
		while (waitpid(v->pid, &status, 0) < 0 && errno == EINTR)
			;
	v->pid = 0;
	v->ended_us = api_now_us();
	v->good = WIFEXITED(status) && WEXITSTATUS(status) == 0 && v->result.text &&
		  !v->result.failed;
	free(v->line);
	v->line = NULL;
	v->used = 0;
	if (!v->good)
		log_error("the log could not be verified; the lines before say why");
}

static int on_output(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct hub_verify *v = userdata;
	char *line, *newline;
	ssize_t n;

	(void)source;
	(void)events;
	n = v->used < OUTPUT_MAX ? read(fd, v->line + v->used, OUTPUT_MAX - v->used) : 0;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		if (v->used == OUTPUT_MAX)
			kill(v->pid, SIGKILL);
		end(v);
		return 0;
	}
	v->used += (size_t)n;
	v->line[v->used] = '\0';
	for (line = v->line; (newline = strchr(line, '\n')); line = newline + 1) {
		*newline = '\0';
		take_line(v, line);
	}
	v->used -= (size_t)(line - v->line);
	memmove(v->line, line, v->used + 1);
	return 0;
}

static int spawn(struct hub *hub, int out, pid_t *ret_pid)
{
	char path[PATH_MAX], program[] = "tapin-hub", verify[] = "--verify", site[] = "--site";
	char *argv[] = {program, verify, path, site, hub->conf.site, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int r;

	hub_registry_path(&hub->conf, path, sizeof(path));
	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	r = posix_spawn(ret_pid, "/proc/self/exe", &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

static int begin(struct hub *hub, struct hub_verify *v)
{
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	v->fd = fds[0];
	r = spawn(hub, fds[1], &v->pid);
	close(fds[1]);
	if (r == 0)
		r = sd_event_add_io(hub->event, &v->io, v->fd, EPOLLIN, on_output, v);
	if (r >= 0)
		return 0;
	if (v->pid > 0)
		kill(v->pid, SIGKILL);
	end(v);
	return r;
}

int verify_start(struct hub *hub, uint64_t of)
{
	struct hub_verify *v = hub->verify;

	if (!v)
		v = hub->verify = calloc(1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	if (v->pid > 0)
		return 0;
	api_writer_free(&v->result);
	free(v->line); /* of one that could not begin */
	*v = (struct hub_verify){.of = of, .fd = -1, .started_us = api_now_us()};
	v->line = malloc(OUTPUT_MAX + 1);
	return v->line ? begin(hub, v) : -ENOMEM;
}

void verify_write(const struct hub *hub, struct api_writer *out)
{
	static const struct hub_verify none;
	const struct hub_verify *v = hub->verify ? hub->verify : &none;
	bool runs = v->pid > 0;

	api_object(out, NULL);
	api_text(out, "state",
		runs                ? "running"
		: v->good           ? "done"
		: v->started_us > 0 ? "failed"
				    : "none");
	api_number(out, "done", v->done);
	api_number(out, "of", v->of);
	api_time(out, "started", v->started_us);
	api_time(out, "ended", runs ? 0 : v->ended_us);
	api_raw(out, "result", !runs && v->good ? v->result.text : NULL);
	api_end(out);
}

void verify_stop(struct hub *hub)
{
	struct hub_verify *v = hub->verify;

	hub->verify = NULL;
	if (!v)
		return;
	if (v->pid > 0) {
		kill(v->pid, SIGKILL);
		v->io = sd_event_source_disable_unref(v->io);
		cleanup_close(&v->fd);
		while (waitpid(v->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	free(v->line);
	api_writer_free(&v->result);
	free(v);
}
