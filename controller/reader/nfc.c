/* SPDX-License-Identifier: Apache-2.0 */
#include "reader/nfc.h"

#include "reader/lock.h"
#include <fcntl.h>
#include <limits.h>
#include <nfc/nfc.h>
#include <string.h>

#define FD_LIMIT 1000     /* libnfc reads with select(), which ends at 1024 */
#define STACK_DEPTH 16384 /* libnfc uses about 2 KiB below a select */

struct reader_nfc {
	nfc_context *context;
	nfc_device *device;
	int lock;
	char *connstring;
	char *path; /* of the device file; empty for USB */
	char *lock_dir;
};

/*
 * libnfc reads a target's fields without looking at how many bytes came, from a buffer on the stack
 * that it does not clear: a short answer would be completed with what the last card left there.
 */
static __attribute__((noinline)) void scrub_stack(void)
{
	uint8_t below[STACK_DEPTH];

	explicit_bzero(below, sizeof(below));
}

static int from_libnfc(int code)
{
	switch (code) {
	case NFC_ETIMEOUT:
		return -ETIMEDOUT;
	case NFC_ERFTRANS:
	case NFC_ETGRELEASED:
	case NFC_EMFCAUTHFAIL:
		return -EREMOTEIO;
	case NFC_EOVFLOW:
		return -EMSGSIZE;
	case NFC_EINVARG:
		return -EINVAL;
	default:
		return -EIO;
	}
}

static bool is_there(void *context)
{
	const struct reader_nfc *nfc = context;

	return !*nfc->path || access(nfc->path, F_OK) == 0;
}

/* The next descriptors must be low enough for select(). */
static int check_descriptors(const struct reader_nfc *nfc, char err[ERR_MAX])
{
	CLEANUP(cleanup_close) int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && fd < FD_LIMIT)
		return 0;
	snprintf(err, ERR_MAX, "reader %s: too many open files; restart tapin-reader",
		nfc->connstring);
	return -EMFILE;
}

/* What to look at when it does not answer, by how it is connected. */
static const char *remedy(const struct reader_nfc *nfc)
{
	const char *name = nfc->connstring;

	if (!*nfc->path)
		return "plug it in; stop pcscd (systemctl disable --now pcscd.socket pcscd) and "
		       "unload pn533_usb, which take it";
	if (strncmp(name, "pn532_i2c", 9) == 0)
		return "check its power, its wiring and its mode switches (I2C); i2cdetect shows "
		       "it at 24";
	if (strncmp(name, "pn532_spi", 9) == 0)
		return "check its power, its wiring, its mode switches (SPI) and the chip select";
	return "check its power, its wiring (TX to RX), its mode switches (HSU), the line speed "
	       "and that no console uses the port";
}

/* The device file, before libnfc, which does not say why it cannot open something. */
static int check_device(const struct reader_nfc *nfc, char err[ERR_MAX])
{
	if (!*nfc->path || access(nfc->path, R_OK | W_OK) == 0)
		return 0;
	if (errno == ENOENT || errno == ENOTDIR) {
		snprintf(err, ERR_MAX,
			"reader %s: %s is not there; check the cable, that the port is switched on "
			"and the udev rule that names it",
			nfc->connstring, nfc->path);
		return -ENOENT;
	}
	if (errno == EACCES || errno == EPERM) {
		snprintf(err, ERR_MAX,
			"reader %s: no permission to read and write %s; give it to the group "
			"tapin-reader by a udev rule, GROUP=\"tapin-reader\", MODE=\"0660\"",
			nfc->connstring, nfc->path);
		return -EACCES;
	}
	snprintf(err, ERR_MAX, "reader %s: %s: %s; check the device", nfc->connstring, nfc->path,
		strerror(errno));
	return -EIO;
}

/* The same port under two names is still one port. */
static int lock_device(struct reader_nfc *nfc, char err[ERR_MAX])
{
	char resolved[PATH_MAX];
	int rc;

	if (!*nfc->path)
		return 0;
	if (!realpath(nfc->path, resolved))
		return check_device(nfc, err);
	rc = reader_lock_take(nfc->lock_dir, resolved, err);
	if (rc < 0)
		return rc;
	nfc->lock = rc;
	return 0;
}

static void close_device(void *context)
{
	struct reader_nfc *nfc = context;

	if (nfc->device)
		nfc_close(nfc->device);
	nfc->device = NULL;
	cleanup_close(&nfc->lock);
	nfc->lock = -1;
}

static int start_device(struct reader_nfc *nfc, char err[ERR_MAX])
{
	nfc->device = nfc_open(nfc->context, nfc->connstring);
	if (!nfc->device) {
		snprintf(err, ERR_MAX, "reader %s: it does not answer; %s", nfc->connstring,
			remedy(nfc));
		return -ETIMEDOUT;
	}
	/* finite selects: "no card" and "dead reader" are different answers (T4) */
	if (nfc_initiator_init(nfc->device) < 0 ||
		nfc_device_set_property_bool(nfc->device, NP_INFINITE_SELECT, false) < 0) {
		snprintf(err, ERR_MAX, "reader %s: it stopped answering while being set up",
			nfc->connstring);
		return -EIO;
	}
	return 0;
}

static int open_device(void *context, char err[ERR_MAX])
{
	struct reader_nfc *nfc = context;
	int rc = check_device(nfc, err);

	if (rc == 0)
		rc = check_descriptors(nfc, err);
	if (rc == 0)
		rc = lock_device(nfc, err);
	if (rc == 0)
		rc = start_device(nfc, err);
	if (rc < 0)
		close_device(nfc);
	return rc;
}

static int read_type_a(const nfc_iso14443a_info *info, struct reader_card *ret_card)
{
	struct reader_card card = {
		.protocol = READER_PROTOCOL_ISO14443A,
		.sak = info->btSak,
		.atqa = (uint16_t)(info->abtAtqa[0] << 8 | info->abtAtqa[1]),
	};
	size_t ats_size = info->szAtsLen < READER_ATS_MAX ? info->szAtsLen : READER_ATS_MAX;

	if (info->szUidLen > sizeof(info->abtUid) ||
		uid_from_bytes(info->abtUid, info->szUidLen, &card.uid) < 0)
		return -EBADMSG;
	memcpy(card.ats, info->abtAts, ats_size);
	card.ats_size = (uint8_t)ats_size;
	*ret_card = card;
	return 1;
}

/* The PUPI: often a new one each time the card comes into the field. */
static int read_type_b(const nfc_iso14443b_info *info, struct reader_card *ret_card)
{
	struct reader_card card = {.protocol = READER_PROTOCOL_ISO14443B};
	int rc = uid_from_bytes(info->abtPupi, sizeof(info->abtPupi), &card.uid);

	if (rc == 0)
		*ret_card = card;
	return rc < 0 ? -EBADMSG : 1;
}

/* The eight bytes of the NFCID2 and two zeros: a length that a record can have. */
static int read_felica(const nfc_felica_info *info, struct reader_card *ret_card)
{
	struct reader_card card = {.protocol = READER_PROTOCOL_FELICA};
	uint8_t id[UID_MAX] = {0};

	memcpy(id, info->abtId, sizeof(info->abtId));
	if (uid_from_bytes(id, sizeof(id), &card.uid) < 0)
		return -EBADMSG;
	*ret_card = card;
	return 1;
}

static int read_target(
	enum reader_look look, const nfc_target_info *info, struct reader_card *ret_card)
{
	switch (look) {
	case READER_LOOK_A:
		return read_type_a(&info->nai, ret_card);
	case READER_LOOK_B:
		return read_type_b(&info->nbi, ret_card);
	case READER_LOOK_FELICA_212:
	case READER_LOOK_FELICA_424:
		return read_felica(&info->nfi, ret_card);
	case READER_LOOK_COUNT:
		break;
	}
	return -EBADMSG;
}

/* Here even a refusal by the chip is a fault of the reader, but for a kind that it does not know.
 */
static int from_select(enum reader_look look, int code)
{
	if (look != READER_LOOK_A && (code == NFC_EINVARG || code == NFC_EDEVNOTSUPP))
		return -EOPNOTSUPP;
	return code == NFC_ETIMEOUT ? -ETIMEDOUT : -EIO;
}

static int select_card(void *context, enum reader_look look, struct reader_card *ret_card)
{
	static const nfc_modulation modulations[] = {
		[READER_LOOK_A] = {NMT_ISO14443A, NBR_106},
		[READER_LOOK_B] = {NMT_ISO14443B, NBR_106},
		[READER_LOOK_FELICA_212] = {NMT_FELICA, NBR_212},
		[READER_LOOK_FELICA_424] = {NMT_FELICA, NBR_424},
	};
	struct reader_nfc *nfc = context;
	nfc_target target = {0};
	int rc;

	if (!nfc->device)
		return -EIO;
	scrub_stack();
	rc = nfc_initiator_select_passive_target(nfc->device, modulations[look], NULL, 0, &target);
	if (rc <= 0)
		return rc < 0 ? from_select(look, rc) : 0;
	if (rc > 1) /* libnfc asks for one target and passes on whatever number comes back */
		return -EBADMSG;
	return read_target(look, &target.nti, ret_card);
}

static int transceive(void *context, const uint8_t *data, size_t size, uint8_t *answer, size_t room,
	uint32_t timeout_ms)
{
	struct reader_nfc *nfc = context;
	int rc;

	/* 0 would wait for ever (T18) */
	if (!size || size > READER_TRANSCEIVE_MAX || !timeout_ms ||
		timeout_ms > READER_TRANSCEIVE_MS_MAX)
		return -EINVAL;
	if (!nfc->device)
		return -EIO;
	scrub_stack();
	rc = nfc_initiator_transceive_bytes(nfc->device, data, size, answer, room, (int)timeout_ms);
	return rc >= 0 ? rc : from_libnfc(rc);
}

static void describe(void *context, char text[READER_TEXT_MAX + 1])
{
	const struct reader_nfc *nfc = context;
	char *about = NULL, *chip = NULL;

	if (nfc->device && nfc_device_get_information_about(nfc->device, &about) >= 0 && about &&
		!strncmp(about, "chip: ", 6)) {
		chip = about + 6;
		chip[strcspn(chip, "\n")] = '\0';
	}
	snprintf(text, READER_TEXT_MAX + 1, "%s%s%s", nfc->connstring, chip ? " " : "",
		chip ? chip : "");
	nfc_free(about);
}

int reader_nfc_new(const char *connstring, const char *device, const char *lock_dir,
	struct reader_nfc **ret_nfc, char err[ERR_MAX])
{
	struct reader_nfc *nfc = calloc(1, sizeof(*nfc));

	if (nfc) {
		nfc->lock = -1;
		nfc->connstring = strdup(connstring);
		nfc->path = strdup(device);
		nfc->lock_dir = strdup(lock_dir);
		nfc_init(&nfc->context);
	}
	if (!nfc || !nfc->connstring || !nfc->path || !nfc->lock_dir || !nfc->context) {
		snprintf(err, ERR_MAX, "libnfc cannot be started: out of memory");
		reader_nfc_free(nfc);
		return -ENOMEM;
	}
	*ret_nfc = nfc;
	return 0;
}

struct reader_nfc *reader_nfc_free(struct reader_nfc *nfc)
{
	if (!nfc)
		return NULL;
	close_device(nfc);
	if (nfc->context)
		nfc_exit(nfc->context);
	free(nfc->connstring);
	free(nfc->path);
	free(nfc->lock_dir);
	free(nfc);
	return NULL;
}

struct reader_port reader_nfc_port(struct reader_nfc *nfc)
{
	return (struct reader_port){
		.context = nfc,
		.is_there = is_there,
		.open = open_device,
		.close = close_device,
		.select = select_card,
		.transceive = transceive,
		.describe = describe,
	};
}
