/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The emulated PN532 under arbitrary hosts. Byte 0: bit 0 raw bytes instead of commands that get a
 * good frame, bit 1 timing, bits 2-7 the fault. Then pieces: a length byte and as many bytes;
 * between two pieces time passes and cards come and go.
 */
#include "../virtual/machine/card.c"
#include "../virtual/machine/catalogue.c"
#include "../virtual/machine/frame.c"
#include "../virtual/machine/pn532.c"
#include "../virtual/machine/pn532_commands.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct card_spec cards[] = {
	{.name = "a",
		.kind = CARD_KIND_DESFIRE,
		.uid = {4, 1, 2, 3, 4, 5, 6},
		.uid_len = 7,
		.atqa = {3, 0x44},
		.sak = 0x20,
		.ats = {0x75, 0x77, 0x81, 2, 0x80},
		.ats_len = 5},
	{.name = "b",
		.kind = CARD_KIND_NTAG,
		.uid = {4, 9, 2, 3, 4, 5, 6},
		.uid_len = 7,
		.atqa = {0, 0x44}},
	{.name = "c",
		.kind = CARD_KIND_PHONE,
		.random_uid = true,
		.uid_len = 4,
		.atqa = {0, 4},
		.sak = 0x20,
		.ats = {0x78, 0x80, 0x70, 2},
		.ats_len = 4},
	{.name = "d",
		.kind = CARD_KIND_CLASSIC,
		.uid = {1, 2, 3, 4},
		.uid_len = 4,
		.atqa = {0, 4},
		.sak = 8},
	{.name = "e", .uid = {4, 1, 2, 3, 4, 5, 6, 7, 8, 9}, .uid_len = 10, .atqa = {0, 0x84}},
	{.name = "f", .kind = CARD_KIND_TYPEB, .uid = {5, 1, 2, 3}, .uid_len = 4},
	{.name = "g", .kind = CARD_KIND_FELICA, .uid = {1, 1, 2, 3, 4, 5, 6, 7}, .uid_len = 8},
};

static void ignore_event(void *userdata, const char *text)
{
	(void)userdata;
	if (strlen(text) > 120)
		abort();
}

static void same_noise(void *userdata, uint8_t *ret_bytes, size_t n)
{
	(void)userdata;
	memset(ret_bytes, 0x5A, n);
}

/* Whatever the host did, what leaves is bounded and time goes forward. */
static void let_pass(struct pn532 *chip, uint64_t *now_ns)
{
	uint8_t bytes[FRAME_MAX];
	char note[PN532_NOTE_MAX];
	size_t n;

	*now_ns += 20000000u;
	pn532_tick(chip, *now_ns);
	while (pn532_take(chip, *now_ns, bytes, &n, note))
		if (n == 0 || n > FRAME_MAX)
			abort();
	if (chip->n_slots > PN532_SLOTS || pn532_next_ns(chip) <= *now_ns)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pn532 chip;
	struct pn532_config config = {
		.speed = 115200, .event_fn = ignore_event, .random_fn = same_noise};
	uint8_t frame[FRAME_MAX];
	uint64_t now_ns = 1;
	bool raw;

	if (size == 0)
		return 0;
	raw = data[0] & 1;
	config.timing = data[0] & 2;
	pn532_init(&chip, &config);
	chip.power = PN532_POWER_AWAKE;
	pn532_break(&chip, (enum pn532_fault)((data[0] >> 2) % PN532_N_FAULTS), 0);
	for (size_t at = 1; at < size;) {
		size_t n = data[at++];
		n = n < size - at ? n : size - at;
		if (raw)
			pn532_receive(&chip, now_ns, data + at, n);
		else if (n)
			pn532_receive(&chip, now_ns, frame,
				frame_build(FRAME_TFI_HOST, data + at, n, frame));
		at += n;
		if (pn532_card_in(&chip, now_ns, &cards[n % ARRAY_SIZE(cards)]) < 0)
			pn532_card_out(&chip, &cards[n % ARRAY_SIZE(cards)]);
		let_pass(&chip, &now_ns);
	}
	return 0;
}
