/* SPDX-License-Identifier: Apache-2.0 */
#include "reader/connstring.h"

#include <stdbool.h>
#include <string.h>

#define SPI_HZ_MAX 5000000u /* PN532 data sheet: up to 5 Mbit/s */
#define DRIVERS "pn532_uart, pn532_i2c, pn532_spi, arygon, acr122s, acr122_usb, pn53x_usb, usb"

enum kind {
	KIND_SERIAL, /* device file, then perhaps a line speed */
	KIND_SPI,    /* device file, then perhaps a clock rate in Hz */
	KIND_I2C,    /* device file */
	KIND_USB,    /* nothing, or bus and device number */
};

static const struct {
	const char *name;
	enum kind kind;
} drivers[] = {
	{"pn532_uart", KIND_SERIAL},
	{"arygon", KIND_SERIAL},
	{"acr122s", KIND_SERIAL},
	{"pn532_spi", KIND_SPI},
	{"pn532_i2c", KIND_I2C},
	{"acr122_usb", KIND_USB},
	{"pn53x_usb", KIND_USB},
	{"usb", KIND_USB},
};

/* which driver goes with what the kernel calls a device */
static const struct {
	const char *start, *driver;
	enum kind kind;
} places[] = {
	{"/dev/i2c-", "pn532_i2c:", KIND_I2C},
	{"/dev/spidev", "pn532_spi:", KIND_SPI},
	{"/dev/tty", "pn532_uart:", KIND_SERIAL},
	{"/dev/serial", "pn532_uart:", KIND_SERIAL},
};

/* the speeds that libnfc's uart_set_speed knows; any other leaves the port at its old speed */
static const char *const speeds[] = {
	"9600", "19200", "38400", "57600", "115200", "230400", "460800"};

static int refuse(char err[ERR_MAX], const char *text, const char *why)
{
	snprintf(err, ERR_MAX, "device \"%.*s\": %s", CONNSTRING_MAX, text, why);
	return -EINVAL;
}

static int find_driver(const char *text, size_t size, enum kind *ret_kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (strlen(drivers[i].name) == size && !memcmp(drivers[i].name, text, size)) {
			*ret_kind = drivers[i].kind;
			return 0;
		}
	return -ENOENT;
}

static int refuse_driver(char err[ERR_MAX], const char *text)
{
	if (strncmp(text, "pcsc", 4) == 0 || strncmp(text, "acr122_pcsc", 11) == 0)
		return refuse(err, text,
			"unknown driver: Debian's libnfc is built without PC/SC; stop pcscd and "
			"take acr122_usb");
	if (*text == '/')
		return refuse(err, text,
			"unknown driver: its name goes before the path, as in "
			"pn532_uart:/dev/ttyUSB0, pn532_i2c:/dev/i2c-1 or "
			"pn532_spi:/dev/spidev0.0");
	return refuse(err, text, "unknown driver before the first ':'; libnfc has " DRIVERS);
}

/* A device that is plainly on another bus than the driver's. */
static int check_place(enum kind kind, const char *text, const char *path, char err[ERR_MAX])
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		size_t size = strlen(places[i].start);

		if (strncmp(path, places[i].start, size) != 0 || places[i].kind == kind)
			continue;
		snprintf(err, ERR_MAX,
			"device \"%.*s\": this driver is not for %s…; a PN532 there is %s%.100s",
			CONNSTRING_MAX, text, places[i].start, places[i].driver, path);
		return -EINVAL;
	}
	return 0;
}

static bool is_speed(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(speeds); i++)
		if (!strcmp(text, speeds[i]))
			return true;
	return false;
}

static bool is_number(const char *text)
{
	size_t size = strlen(text);

	return size > 0 && size < 10 && strspn(text, "0123456789") == size;
}

/* What follows the device file. extra is NULL, or the text after the second ':'. */
static int check_extra(enum kind kind, const char *text, const char *extra, char err[ERR_MAX])
{
	bool numeric = extra && is_number(extra);

	if (!extra || (kind == KIND_SERIAL && is_speed(extra)))
		return 0;
	if (kind == KIND_SPI && numeric) {
		unsigned long hz = strtoul(extra, NULL, 10);

		return hz > 0 && hz <= SPI_HZ_MAX
			       ? 0
			       : refuse(err, text, "a PN532's clock rate is 1 to 5000000 Hz");
	}
	if (kind == KIND_I2C && numeric)
		return refuse(err, text,
			"the I2C driver takes no speed: it is the bus's, on a Raspberry Pi "
			"dtparam=i2c_arm_baudrate=100000 in config.txt");
	if (kind == KIND_SERIAL && numeric)
		return refuse(err, text,
			"unknown line speed; take 9600, 19200, 38400, 57600, 115200, 230400 or "
			"460800");
	return refuse(err, text,
		"libnfc cannot use a device path that contains ':'; make a name without one by a "
		"udev rule, SYMLINK+=\"tapin-reader\", and use /dev/tapin-reader");
}

static int check_path(
	enum kind kind, const char *rest, struct connstring *ret_connstring, char err[ERR_MAX])
{
	const char *text = ret_connstring->text;
	const char *colon = strchr(rest, ':');
	size_t size = colon ? (size_t)(colon - rest) : strlen(rest);
	int rc = check_extra(kind, text, colon ? colon + 1 : NULL, err);

	if (rc < 0)
		return rc;
	if (rest[0] != '/')
		return refuse(err, text,
			"this driver needs the full path of a device file, as in "
			"pn532_uart:/dev/tapin-reader");
	memcpy(ret_connstring->device, rest, size);
	ret_connstring->device[size] = '\0';
	return check_place(kind, text, ret_connstring->device, err);
}

/* "acr122_usb" or "acr122_usb:001:004" */
static int check_usb(const char *text, const char *rest, char err[ERR_MAX])
{
	size_t bus = strspn(rest, "0123456789");
	const char *device = rest[bus] == ':' ? rest + bus + 1 : "";

	if (!*rest || (bus > 0 && bus < 4 && is_number(device) && strlen(device) < 4))
		return 0;
	return refuse(err, text,
		"a USB reader is named by its driver alone, or by driver, bus and device number as "
		"in "
		"acr122_usb:001:004");
}

int connstring_parse(const char *text, struct connstring *ret_connstring, char err[ERR_MAX])
{
	size_t size = strlen(text), name = strcspn(text, ":");
	const char *rest = text[name] ? text + name + 1 : "";
	struct connstring parsed = {.text = ""};
	enum kind kind;
	int rc;

	if (size == 0 || size > CONNSTRING_MAX)
		return refuse(
			err, text, "expected 1 to 200 bytes, as in pn532_uart:/dev/tapin-reader");
	for (const char *c = text; *c; c++)
		if (*c <= ' ' || *c > '~')
			return refuse(err, text, "only printable ASCII without blanks is allowed");
	if (find_driver(text, name, &kind) < 0)
		return refuse_driver(err, text);
	memcpy(parsed.text, text, size + 1);
	rc = kind == KIND_USB ? check_usb(text, rest, err) : check_path(kind, rest, &parsed, err);
	if (rc == 0)
		*ret_connstring = parsed;
	return rc;
}
