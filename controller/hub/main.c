/* SPDX-License-Identifier: Apache-2.0 */
/* tapin-hub: options, and which of its jobs to do. */
#include "base/log.h"
#include "hub/certificate.h"
#include "hub/hub.h"
#include "hub/init.h"
#include "hub/route.h"
#include "hub/verify.h"

#include <getopt.h>
#include <string.h>

enum job {
	JOB_RUN,
	JOB_CHECK,
	JOB_INIT,
	JOB_RECOVER,
	JOB_RESTORE,
	JOB_ROLL_KEYS,
	JOB_FINGERPRINT,
	JOB_ROUTES,
	JOB_VERIFY,
};

struct options {
	enum job job;
	const char *conf;
	const char *argument; /* of --recover and --restore */
	const char *site;     /* of --verify */
	const char *admin;
	const char *root_key;
	enum log_level level;
};

static const char help[] =
	"tapin-hub: keeps members, cards and doors of a site, tells the doors, collects their "
	"journals.\n"
	"\n"
	"  tapin-hub [--config FILE]      run the hub\n"
	"  tapin-hub --check              check the configuration and say what is wrong\n"
	"  tapin-hub --init               make the keys and the registry of a new site\n"
	"  tapin-hub --recover[=NAME]     let an admin in again: prints a new password\n"
	"  tapin-hub --restore FILE       put a backup in place of the registry\n"
	"  tapin-hub --roll-keys          first: make the next hub key known; again: sign with it\n"
	"  tapin-hub --fingerprint        print that of the HTTPS certificate, to compare in a "
	"browser\n"
	"  tapin-hub --routes             print the routes of the API\n"
	"  tapin-hub --verify HUB.DB --site SITE\n"
	"                                 verify the log in a registry's file, also of a running "
	"hub\n"
	"\n"
	"  --config FILE    configuration; default " HUB_CONF_DEFAULT "\n"
	"  --admin NAME     with --init: the first admin; default admin\n"
	"  --root-key FILE  with --restore and --roll-keys: the site's root key, where it is kept\n"
	"                   elsewhere than in [keys] directory\n"
	"  --debug          say more\n"
	"  --version, --help\n"
	"\n"
	"Exit: 0 done, 1 it failed (the message says why), 2 wrong options.\n";

static const struct option table[] = {
	{"config", required_argument, NULL, 'c'},
	{"check", no_argument, NULL, 'k'},
	{"init", no_argument, NULL, 'i'},
	{"recover", optional_argument, NULL, 'r'},
	{"restore", required_argument, NULL, 's'},
	{"roll-keys", no_argument, NULL, 'n'},
	{"admin", required_argument, NULL, 'a'},
	{"root-key", required_argument, NULL, 'y'},
	{"fingerprint", no_argument, NULL, 'f'},
	{"routes", no_argument, NULL, 'o'},
	{"verify", required_argument, NULL, 'e'},
	{"site", required_argument, NULL, 'S'},
	{"debug", no_argument, NULL, 'd'},
	{"version", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int parse(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt_long(argc, argv, "c:h", table, NULL)) >= 0) {
		if (c == 'c')
			o->conf = optarg;
		else if (c == 'k')
			o->job = JOB_CHECK;
		else if (c == 'i')
			o->job = JOB_INIT;
		else if (c == 'r')
			o->job = JOB_RECOVER, o->argument = optarg;
		else if (c == 's')
			o->job = JOB_RESTORE, o->argument = optarg;
		else if (c == 'n')
			o->job = JOB_ROLL_KEYS;
		else if (c == 'a')
			o->admin = optarg;
		else if (c == 'y')
			o->root_key = optarg;
		else if (c == 'f')
			o->job = JOB_FINGERPRINT;
		else if (c == 'o')
			o->job = JOB_ROUTES;
		else if (c == 'e')
			o->job = JOB_VERIFY, o->argument = optarg;
		else if (c == 'S')
			o->site = optarg;
		else if (c == 'd')
			o->level = LOG_LEVEL_DEBUG;
		else if (c == 'v')
			return puts("tapin-hub " TAPIN_VERSION), 1;
		else if (c == 'h')
			return fputs(help, stdout), 1;
		else
			return -EINVAL; /* getopt said what */
	}
	if (optind < argc) {
		fprintf(stderr, "tapin-hub: %s is not an option; see tapin-hub --help\n",
			argv[optind]);
		return -EINVAL;
	}
	return 0;
}

static int say(int r, const char *err)
{
	if (r < 0)
		log_error("%s", *err ? err : strerror(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int check(const char *file, const struct hub_conf *conf)
{
	CLEANUP(certificate_free) struct certificate certificate = {0};
	char err[ERR_MAX] = "";
	int r = 0;

	if (*conf->cert_file)
		r = hub_certificate_load(conf, false, &certificate, err);
	if (r == 0)
		printf("%s: good\n", file);
	return say(r, err);
}

static int work(const struct options *o)
{
	struct hub_conf conf;
	char err[ERR_MAX] = "";
	int r;

	if (o->job == JOB_ROUTES)
		return route_print(stdout), EXIT_SUCCESS;
	if (o->job == JOB_VERIFY && !o->site)
		return fputs("tapin-hub: --verify needs --site SITE: whose it is\n", stderr), 2;
	if (o->job == JOB_VERIFY)
		return verify_child(o->argument, o->site);
	r = hub_conf_load(o->conf, &conf, err);
	if (r < 0)
		return say(r, err);
	switch (o->job) {
	case JOB_RUN:
		return hub_run(&conf) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	case JOB_CHECK:
		return check(o->conf, &conf);
	case JOB_INIT:
		return say(hub_init(&conf, o->admin, err), err);
	case JOB_RECOVER:
		return say(hub_recover(&conf, o->argument, err), err);
	case JOB_RESTORE:
		return say(hub_restore(&conf, o->argument, o->root_key, err), err);
	case JOB_ROLL_KEYS:
		return say(hub_roll_keys(&conf, o->root_key, err), err);
	case JOB_FINGERPRINT:
		return say(hub_certificate_print(&conf, err), err);
	case JOB_ROUTES:
	case JOB_VERIFY:
		break;
	}
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct options options = {.conf = HUB_CONF_DEFAULT, .level = LOG_LEVEL_INFO};
	int r = parse(argc, argv, &options);

	if (r != 0)
		return r < 0 ? 2 : EXIT_SUCCESS;
	log_open("tapin-hub", options.level);
	return work(&options);
}
