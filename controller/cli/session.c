/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in and out; the session key is kept in a file of the user's own, for one hub. */
#include "base/file.h"
#include "base/log.h"
#include "cli/command.h"
#include "crypto/hash.h"

#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>

#define SESSION_MAGIC "tapin-session-1"
#define KEY_SIZE 64 /* hex digits */

/* ---- the file: "tapin-session-1 KEY HUB" ---- */

static int session_path(char *out, size_t room, bool make)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n;

	if (state && *state == '/')
		n = snprintf(out, room, "%s/tapin/session", state);
	else if (home && *home == '/')
		n = snprintf(out, room, "%s/.local/state/tapin/session", home);
	else
		return -ENOENT;
	if (n < 0 || (size_t)n >= room)
		return -ENAMETOOLONG;
	for (char *p = out + 1; make && (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdir(out, 0700) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return 0;
}

int cli_session_load(const char *hub, char key[80])
{
	CLEANUP(cleanup_free) char *text = NULL;
	char path[1024], magic[32], of[300];
	struct stat st;
	size_t size;

	*key = '\0';
	if (session_path(path, sizeof(path), false) < 0 || lstat(path, &st) < 0)
		return -ENOENT;
	/* somebody else's file, or one that others read, is no key */
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) ||
		file_read(path, 1024, &text, &size) < 0)
		return -EPERM;
	if (sscanf(text, "%31s %79s %299s", magic, key, of) != 3 ||
		strcmp(magic, SESSION_MAGIC) != 0 || strcmp(of, hub) != 0 ||
		strlen(key) != KEY_SIZE || key[strspn(key, "0123456789abcdef")]) {
		crypto_wipe(key, 80);
		return -ENOENT; /* also where it is another hub's: it is not for this one */
	}
	return 0;
}

int cli_session_save(const char *hub, const char *key, char err[ERR_MAX])
{
	char path[1024], text[512];
	int n = snprintf(text, sizeof(text), SESSION_MAGIC " %s %s\n", key, hub);
	int r = session_path(path, sizeof(path), true);

	if (r == 0)
		r = n < (int)sizeof(text) && !strpbrk(hub, " \t\n")
			    ? file_write_atomic(path, text, (size_t)n, 0600)
			    : -EINVAL;
	crypto_wipe(text, sizeof(text));
	if (r < 0)
		snprintf(
			err, ERR_MAX, "%.300s: the session cannot be kept: %s", path, strerror(-r));
	return r;
}

void cli_session_forget(void)
{
	char path[1024];

	if (session_path(path, sizeof(path), false) == 0)
		unlink(path);
}

/* ---- secrets ---- */

static int read_line(FILE *file, char *out, size_t room)
{
	size_t n;

	if (!fgets(out, (int)room, file))
		return -EINVAL;
	n = strcspn(out, "\r\n");
	if (!out[n] && n == room - 1)
		return -E2BIG;
	out[n] = '\0';
	return n > 0 ? 0 : -EINVAL;
}

static int read_terminal(const char *prompt, char *out, size_t room)
{
	CLEANUP(cleanup_fclose) FILE *tty = fopen("/dev/tty", "r+");
	struct termios quiet, before;
	int r;

	if (!tty || tcgetattr(fileno(tty), &before) < 0)
		return log_error("no terminal to ask for a password: use --password-stdin"),
		       -ENOTTY;
	quiet = before;
	quiet.c_lflag &= (tcflag_t)~ECHO;
	tcsetattr(fileno(tty), TCSAFLUSH, &quiet);
	fprintf(tty, "%s: ", prompt);
	fflush(tty);
	r = read_line(tty, out, room);
	tcsetattr(fileno(tty), TCSAFLUSH, &before);
	fputs("\n", tty);
	return r;
}

int cli_read_secret(const char *prompt, bool from_stdin, char *out, size_t room)
{
	int r = from_stdin ? read_line(stdin, out, room) : read_terminal(prompt, out, room);

	if (r < 0 && r != -ENOTTY) /* that was said */
		log_error("%s: expected a line of at most %zu characters", prompt, room - 2);
	return r;
}

/* ---- login, logout ---- */

static int keep(struct cli_call *call, const json_t *session)
{
	const char *key = cli_text_at(session, "key");
	char err[ERR_MAX], until[64];
	CLEANUP(cleanup_free) char *name = cli_clean(cli_text_at(session, "operator"));
	CLEANUP(cleanup_free) char *role = cli_clean(cli_text_at(session, "role"));

	if (strlen(key) != KEY_SIZE) {
		log_error("the hub gave no session key: is this a tapin hub?");
		return CLI_EXIT_UNREACHABLE;
	}
	if (cli_session_save(call->hub, key, err) < 0)
		return log_error("%s", err), CLI_EXIT_REFUSED;
	cli_local_time(cli_text_at(session, "expires_at"), until);
	if (call->json) /* without the key */
		printf("{\"operator\":\"%s\",\"role\":\"%s\"}\n", name, role);
	else
		printf("logged in as %s (%s), until %s at most\n", name, role, until);
	return CLI_EXIT_DONE;
}

int cli_login(struct cli_call *call)
{
	const char *name = call->word_count ? call->words[0] : getenv("USER");
	char password[256];
	json_t *body, *session;
	int r;

	if (!name || !*name)
		return log_error("login: expected a name; see tapin login --help"), CLI_EXIT_USAGE;
	if (cli_read_secret(
		    "Password", cli_given(call, "password-stdin"), password, sizeof(password)) < 0)
		return CLI_EXIT_USAGE;
	body = json_pack("{s:s, s:s}", "operator", name, "password", password);
	crypto_wipe(password, sizeof(password));
	if (!body)
		return log_error("login: name or password is not UTF-8 text"), CLI_EXIT_USAGE;
	r = cli_send(call, "POST", "/session", body, &session);
	if (r == CLI_EXIT_DONE)
		r = keep(call, session);
	json_decref(session);
	return r;
}

/* The file goes whatever the hub says; a session that it does not know any more is ended, too. */
int cli_logout(struct cli_call *call)
{
	int r;

	call->quiet = true;
	r = cli_send(call, "DELETE", "/session", NULL, NULL);
	cli_session_forget();
	if (r == CLI_EXIT_UNREACHABLE)
		log_error(
			"%s: the hub does not answer; the key is forgotten here, there it ends by "
			"itself",
			call->hub);
	else if (!call->json)
		puts("logged out");
	return r == CLI_EXIT_UNREACHABLE ? r : CLI_EXIT_DONE;
}

/* ---- operators ---- */

static int add_password(struct cli_call *call, json_t *body)
{
	bool from_stdin = cli_given(call, "password-stdin");
	char password[256], again[256];
	int r = cli_read_secret("New password", from_stdin, password, sizeof(password));

	if (r == 0 && !from_stdin) {
		r = cli_read_secret("Again", false, again, sizeof(again));
		if (r == 0 && strcmp(password, again) != 0) {
			log_error("the two passwords differ: nothing was changed");
			r = -EINVAL;
		}
		crypto_wipe(again, sizeof(again));
	}
	if (r == 0)
		r = json_object_set_new(body, "password", json_string(password));
	crypto_wipe(password, sizeof(password));
	return r;
}

int cli_operator_add(struct cli_call *call)
{
	json_t *body, *answer;
	int r;

	if (cli_make_body(call, &body) < 0)
		return CLI_EXIT_USAGE;
	if (!cli_given(call, "no-password") && add_password(call, body) < 0) {
		json_decref(body);
		return CLI_EXIT_USAGE;
	}
	r = cli_send(call, "POST", "/operators", body, &answer);
	if (r == CLI_EXIT_DONE && call->json)
		cli_print_json(answer);
	else if (r == CLI_EXIT_DONE)
		cli_show_sheet(call->command->columns, answer);
	json_decref(answer);
	return r;
}

/* One's own needs the present one, too. */
static int add_current(struct cli_call *call, json_t *body)
{
	char password[256];
	json_t *session;
	int r = cli_send(call, "GET", "/session", NULL, &session);

	if (r == CLI_EXIT_DONE && strcmp(cli_text_at(session, "operator"), call->words[0]) == 0 &&
		strcmp(cli_text_at(session, "by"), "session") == 0) {
		if (cli_read_secret("Present password", cli_given(call, "password-stdin"), password,
			    sizeof(password)) < 0 ||
			json_object_set_new(body, "current", json_string(password)) < 0)
			r = CLI_EXIT_USAGE;
		crypto_wipe(password, sizeof(password));
	}
	json_decref(session);
	return r;
}

int cli_operator_password(struct cli_call *call)
{
	char path[CLI_PATH_MAX];
	json_t *body;
	int r;

	if (cli_make_path(call, path) < 0)
		return CLI_EXIT_USAGE;
	body = json_object();
	r = add_current(call, body);
	if (r == CLI_EXIT_DONE && add_password(call, body) < 0)
		r = CLI_EXIT_USAGE;
	if (r != CLI_EXIT_DONE) {
		json_decref(body);
		return r;
	}
	r = cli_send(call, "PUT", path, body, NULL);
	if (r == CLI_EXIT_DONE && !call->json)
		printf("%s has a new password; sessions of %s have ended\n", call->words[0],
			call->words[0]);
	return r;
}
