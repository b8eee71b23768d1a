/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual door's card catalogue: whole and consistent, or refused with a message. */
#include "../virtual/machine/catalogue.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct catalogue catalogue;
	char err[ERR_MAX] = "";

	if (catalogue_parse("fuzz", (const char *)data, size, &catalogue, err) < 0) {
		if (strncmp(err, "fuzz:", 5) != 0)
			abort();
		return 0;
	}
	if (catalogue.n_cards == 0 || catalogue.n_cards > CATALOGUE_MAX)
		abort();
	for (size_t i = 0; i < catalogue.n_cards; i++) {
		const struct card_spec *card = &catalogue.cards[i];
		if (catalogue_find(&catalogue, card->name) != card || card->ats_len > CARD_ATS_MAX)
			abort();
		if (card->uid_len != 4 && card->uid_len != 7 && card->uid_len != 10)
			abort();
	}
	return 0;
}
