/* SPDX-License-Identifier: Apache-2.0 */
/* tapin-door: options, and which of its jobs to do. */
#include "base/log.h"
#include "door/check.h"
#include "door/door.h"
#include "door/import.h"
#include "door/provision.h"
#include "door/selftest.h"
#include "door/watch.h"
#include "door/wiring.h"

#include <getopt.h>
#include <string.h>

enum job {
	JOB_RUN,
	JOB_CHECK,
	JOB_IMPORT,
	JOB_HOLIDAYS,
	JOB_RELOCK,
	JOB_PROVISION,
	JOB_LIFT,
	JOB_CLOCK,
	JOB_SELFTEST,
};

struct options {
	enum job job;
	const char *conf;
	const char *import;
	const char *run_directory;
	unsigned wait_s;
	bool yes;
	enum log_level level;
};

static const char help[] =
	"tapin-door: reads cards from tapin-reader, decides, drives the door, keeps the journal.\n"
	"\n"
	"  tapin-door [--config FILE]            run the door\n"
	"  tapin-door --check                    check configuration and lines and say what is "
	"wrong\n"
	"  tapin-door --selftest                 try everything a door needs, with a person "
	"watching\n"
	"  tapin-door --provision BUNDLE         join a site: takes keys and account from its hub\n"
	"  tapin-door --import ROSTER            fill the cache from a roster file, whole or not "
	"at all\n"
	"  tapin-door --import-holidays FILE     take public holidays from GOV.UK's JSON or an "
	".ics "
	"file\n"
	"  tapin-door --relock                   drive the strike to rest (after a stop or a "
	"crash)\n"
	"  tapin-door --lift-lockdown            as root: end a lockdown here, with the hub dead\n"
	"  tapin-door --watch-clock              for tapin-clock.service: keep a file while the "
	"kernel's clock\n"
	"                                        is synchronised\n"
	"\n"
	"  --config FILE    configuration; default " DOOR_CONF_DEFAULT "\n"
	"  --run DIR        with --relock: where the running door kept its wiring; default is\n"
	"                   [run] directory, or /run/tapin when the configuration cannot be read\n"
	"  --wait S         with --provision: how long to wait for broker and hub; default 30\n"
	"  --yes            with --selftest: ask nobody, judge what can be read back\n"
	"  --debug          say more\n"
	"  --version, --help\n"
	"\n"
	"Exit: 0 done, 1 it failed (the message says why), 2 wrong options.\n";

static const struct option table[] = {
	{"config", required_argument, NULL, 'c'},
	{"check", no_argument, NULL, 'k'},
	{"import", required_argument, NULL, 'i'},
	{"import-holidays", required_argument, NULL, 'p'},
	{"relock", no_argument, NULL, 'l'},
	{"provision", required_argument, NULL, 'b'},
	{"lift-lockdown", no_argument, NULL, 'u'},
	{"watch-clock", no_argument, NULL, 't'},
	{"selftest", no_argument, NULL, 's'},
	{"yes", no_argument, NULL, 'y'},
	{"wait", required_argument, NULL, 'w'},
	{"run", required_argument, NULL, 'r'},
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
			o->job = JOB_IMPORT, o->import = optarg;
		else if (c == 'p')
			o->job = JOB_HOLIDAYS, o->import = optarg;
		else if (c == 'l')
			o->job = JOB_RELOCK;
		else if (c == 'u')
			o->job = JOB_LIFT;
		else if (c == 't')
			o->job = JOB_CLOCK;
		else if (c == 's')
			o->job = JOB_SELFTEST;
		else if (c == 'y')
			o->yes = true;
		else if (c == 'r')
			o->run_directory = optarg;
		else if (c == 'b')
			o->job = JOB_PROVISION, o->import = optarg;
		else if (c == 'w')
			o->wait_s = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'd')
			o->level = LOG_LEVEL_DEBUG;
		else if (c == 'v')
			return puts("tapin-door " TAPIN_VERSION), 1;
		else if (c == 'h')
			return fputs(help, stdout), 1;
		else
			return -EINVAL; /* getopt said what */
	}
	if (optind < argc) {
		fprintf(stderr, "tapin-door: %s is not an option; see tapin-door --help\n",
			argv[optind]);
		return -EINVAL;
	}
	return 0;
}

static int say(int r, const char *done, const char *err)
{
	if (r < 0)
		log_error("%s", *err ? err : strerror(-r));
	else
		puts(done);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Must work when nothing else does: a configuration that cannot be read only costs the fall-back.
 */
static int relock(const struct options *o)
{
	struct door_conf conf;
	char done[ERR_MAX] = "", err[ERR_MAX] = "";
	int known = door_conf_load(o->conf, &conf, err);
	const char *run = o->run_directory ? o->run_directory
			  : known == 0     ? conf.run_directory
					   : "/run/tapin";
	int r;

	if (known < 0)
		log_warning("%s; using the wiring kept in %s", err, run);
	err[0] = '\0';
	r = wiring_relock(run, known == 0 ? &conf : NULL, done, err);
	return say(r, done, err);
}

static int check(const struct options *o, const struct door_conf *conf)
{
	const char *missing = site_keys_missing(conf->key_directory);

	printf("%s: good%s%s\n", o->conf, missing ? "; " : "", missing ? missing : "");
	check_purpose(conf);
	return check_lines(conf) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int work(const struct options *o)
{
	struct door_conf conf;
	char done[ERR_MAX] = "", err[ERR_MAX] = "";
	int r;

	if (o->job == JOB_RELOCK)
		return relock(o);
	if (o->job == JOB_CLOCK)
		return watch_run(err) < 0 ? say(-EIO, done, err) : EXIT_SUCCESS;
	if (o->job == JOB_SELFTEST)
		return door_selftest(o->conf, o->yes) ? EXIT_SUCCESS : EXIT_FAILURE;
	if (o->job == JOB_PROVISION)
		return say(door_provision(o->conf, o->import, o->wait_s, done, err), done, err);
	r = door_conf_load(o->conf, &conf, err);
	if (r < 0)
		return say(r, done, err);
	switch (o->job) {
	case JOB_RUN:
		return door_run(&conf) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	case JOB_CHECK:
		return check(o, &conf);
	case JOB_IMPORT:
		return say(import_roster(&conf, o->import, done, err), done, err);
	case JOB_HOLIDAYS:
		return say(import_holidays(&conf, o->import, done, err), done, err);
	case JOB_LIFT:
		return say(lift_ask(&conf, done, err), done, err);
	case JOB_RELOCK:
	case JOB_CLOCK:
	case JOB_PROVISION:
	case JOB_SELFTEST:
		break;
	}
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct options options = {
		.conf = DOOR_CONF_DEFAULT, .wait_s = PROVISION_WAIT_S, .level = LOG_LEVEL_INFO};
	int r = parse(argc, argv, &options);

	if (r != 0)
		return r < 0 ? 2 : EXIT_SUCCESS;
	log_open("tapin-door", options.level);
	return work(&options);
}
