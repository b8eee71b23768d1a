/* SPDX-License-Identifier: Apache-2.0 */
/* The roll call: its key, and opening a sealed list with everything else dead. */
#include "cli/rollcall.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/command.h"
#include "crypto/hash.h"
#include "crypto/text.h"
#include "crypto/warden.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>

#define PASSPHRASE_ROOM (WARDEN_PASSPHRASE_MAX + 2)

static void wipe_pair(struct seal_pair *pair)
{
	crypto_wipe(pair, sizeof(*pair));
}

/* ---- the passphrase ---- */

/* The first line of what fd gives. */
static int read_fd(int fd, char out[PASSPHRASE_ROOM])
{
	size_t size = 0;
	ssize_t n = 1;

	while (n > 0 && size < PASSPHRASE_ROOM - 1) {
		n = read(fd, out + size, 1);
		if (n < 0)
			return log_error("--passphrase-fd %d: cannot be read: %s", fd,
				       strerror(errno)),
			       -EINVAL;
		if (n > 0 && out[size++] == '\n')
			break;
	}
	out[size] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	if (*out)
		return 0;
	log_error("--passphrase-fd %d: expected the passphrase on its first line", fd);
	return -EINVAL;
}

static bool has_terminal(void)
{
	CLEANUP(cleanup_close) int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);

	return fd >= 0;
}

static int read_passphrase(struct cli_call *call, const char *prompt, char out[PASSPHRASE_ROOM])
{
	const char *fd = cli_given(call, "passphrase-fd");

	if (fd && (strlen(fd) > 4 || fd[strspn(fd, "0123456789")] || !*fd)) {
		log_error("--passphrase-fd %s: expected the number of an open file", fd);
		return -EINVAL;
	}
	if (fd)
		return read_fd(atoi(fd), out);
	if (!has_terminal()) {
		log_error("no terminal to ask for the passphrase: use --passphrase-fd N");
		return -ENOTTY;
	}
	return cli_read_secret(prompt, false, out, PASSPHRASE_ROOM);
}

/* ---- the key ---- */

static int read_new(struct cli_call *call, char passphrase[PASSPHRASE_ROOM])
{
	char again[PASSPHRASE_ROOM];
	int r;

	if (!cli_given(call, "passphrase-fd"))
		fprintf(stderr,
			"The passphrase opens the list of who is inside. Take four words or "
			"more, at least %d characters.\n",
			WARDEN_PASSPHRASE_MIN);
	r = read_passphrase(call, "New passphrase", passphrase);
	if (r < 0 || cli_given(call, "passphrase-fd"))
		return r;
	r = cli_read_secret("Again", false, again, sizeof(again));
	if (r == 0 && strcmp(passphrase, again) != 0) {
		log_error("the two passphrases differ: nothing was made");
		r = -EINVAL;
	}
	crypto_wipe(again, sizeof(again));
	return r;
}

/* The public half of the file; made where there is none. */
static int have_key(struct cli_call *call, const char *file, struct warden_public *ret_key)
{
	char passphrase[PASSPHRASE_ROOM], err[ERR_MAX];
	int r;

	if (access(file, F_OK) == 0) {
		r = warden_public_load(file, ret_key, err);
	} else {
		r = read_new(call, passphrase);
		if (r < 0)
			return r;
		r = warden_key_make(file, passphrase, ret_key, err);
		crypto_wipe(passphrase, sizeof(passphrase));
		if (r == 0 && !call->json)
			printf("%s is made: key %s. Copy it to each door's machine (%s), to a "
			       "laptop and a\nstick; without the passphrase it opens nothing, and "
			       "without both nobody opens a list.\n",
				file, ret_key->id, CLI_ROLLCALL_KEY);
	}
	if (r < 0)
		log_error("%s", err);
	return r;
}

static int set_wardens(struct cli_call *call, json_t *body)
{
	json_t *answer;
	int r = cli_send(call, "PUT", "/site/wardens", body, &answer);

	if (r == CLI_EXIT_DONE && call->json)
		cli_print_json(answer);
	else if (r == CLI_EXIT_DONE)
		cli_show_sheet(call->command->columns, answer);
	json_decref(answer);
	return r;
}

int cli_rollcall_key(struct cli_call *call)
{
	char base64[BASE64_ROOM(SEAL_KEY_SIZE)];
	struct warden_public key;
	int r;

	if (have_key(call, call->words[0], &key) < 0)
		return CLI_EXIT_REFUSED;
	if (cli_given(call, "here"))
		return CLI_EXIT_DONE;
	text_base64(key.bytes, sizeof(key.bytes), base64);
	r = set_wardens(call, json_pack("{s:s}", "public", base64));
	if (r != CLI_EXIT_DONE)
		log_error(
			"the site does not seal its lists to this key yet: say tapin rollcall key "
			"%s again",
			call->words[0]);
	return r;
}

int cli_rollcall_end(struct cli_call *call)
{
	return set_wardens(call, json_pack("{s:n}", "public"));
}

/* ---- opening ---- */

static int read_file(
	const char *file, char **ret_data, struct rollcall_sealed *ret_sealed, char err[ERR_MAX])
{
	char why[ERR_MAX];
	size_t size;
	int r = file_read(file, ROLLCALL_FILE_MAX, ret_data, &size);

	if (r == -ENOENT) {
		snprintf(err, ERR_MAX,
			"%s: there is none: take the " ROLLCALL_FILE_NAME
			" of a door's machine (in /var/lib/tapin) and name it",
			file);
		return r;
	}
	if (r < 0)
		snprintf(why, sizeof(why), "cannot be read: %s", strerror(-r));
	else
		r = rollcall_file_read(*ret_data, size, ret_sealed, why);
	if (r < 0)
		snprintf(err, ERR_MAX, "%s: %.300s", file, why);
	return r;
}

/* Asked only when there is something to open. */
static int open_list(struct cli_call *call, struct rollcall *ret_list)
{
	const char *file = call->word_count ? call->words[0] : CLI_ROLLCALL_FILE;
	const char *key = cli_given(call, "key");
	char passphrase[PASSPHRASE_ROOM], err[ERR_MAX], why[ERR_MAX];
	CLEANUP(cleanup_free) char *data = NULL;
	CLEANUP(wipe_pair) struct seal_pair pair = {0};
	struct rollcall_sealed sealed;
	int r = read_file(file, &data, &sealed, err);

	if (r < 0)
		return log_error("%s", err), r;
	r = read_passphrase(call, "Passphrase of the wardens' key", passphrase);
	if (r < 0)
		return r;
	r = warden_key_open(key ? key : CLI_ROLLCALL_KEY, passphrase, &pair, err);
	crypto_wipe(passphrase, sizeof(passphrase));
	if (r == 0) {
		r = rollcall_open(&sealed, &pair, ret_list, why);
		snprintf(err, sizeof(err), "%s: %.300s", file, why);
	}
	if (r < 0)
		log_error("%s", err);
	return r;
}

static int show(struct cli_call *call, FILE *out, const struct rollcall *list)
{
	char *text;

	if (!call->json) {
		rollcall_print(out, list, clock_wall_us());
		return 0;
	}
	if (rollcall_write(list, &text) < 0)
		return -ENOMEM;
	fprintf(out, "%s\n", text);
	free(text);
	return 0;
}

int cli_rollcall_open(struct cli_call *call)
{
	struct rollcall list;
	int r = open_list(call, &list);

	if (r < 0)
		return CLI_EXIT_REFUSED;
	r = show(call, stdout, &list);
	rollcall_free(&list);
	return r < 0 ? CLI_EXIT_REFUSED : CLI_EXIT_DONE;
}

int cli_rollcall_print(struct cli_call *call)
{
	const char *command = cli_given(call, "command") ? cli_given(call, "command") : "lp";
	struct rollcall list;
	FILE *printer;
	int r;

	if (open_list(call, &list) < 0)
		return CLI_EXIT_REFUSED;
	printer = popen(command, "we");
	r = printer ? show(call, printer, &list) : -errno;
	rollcall_free(&list);
	if (printer) {
		int status = pclose(printer);

		if (r == 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
			r = -EIO;
	}
	if (r == 0)
		return CLI_EXIT_DONE;
	log_error("%s: the roll call was not printed; tapin rollcall open shows it, or say another "
		  "--command",
		command);
	return CLI_EXIT_REFUSED;
}
