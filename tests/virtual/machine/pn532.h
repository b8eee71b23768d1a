/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PN532 on its high-speed UART, as libnfc 1.8's pn532_uart driver meets it. Pure: bytes and
 * times go in, bytes with the time they are to leave come out; no descriptor, no clock.
 *
 * The model
 *   Power   Starts asleep, as after power-up. Hears nothing until 0x55, then only
 *           SAMConfiguration, which wakes it. PowerDown and a brown-out put it asleep again.
 *   Reset   While RSTPD_N is low it hears nothing; then it is as after power-up.
 *   Select  InListPassiveTarget without a UID sends REQA: halted cards do not answer, cards it
 *           selected before do. With a UID it sends WUPA: halted cards answer too. The card
 *           placed first is found first.
 *           Cards of type B (BrTy 03) and FeliCa (01, 02) show themselves; nothing more.
 *   Retries MxRtyPassiveActivation of RFConfiguration item 5; FF waits for ever.
 *
 * Timing (on unless switched off; what is not on the wire is estimated, no board was measured)
 *   wire        10 bits a byte at the configured speed, both ways, one byte after another
 *   chip        CHIP_ACK_NS from a command's last byte to the ACK's first, CHIP_WORK_NS from the
 *               ACK's last byte to the answer's first, radio time apart
 *   no card     TRY_NS for each try of a passive activation
 *   activation  ACTIVATE_NS, LEVEL_NS for each cascade level, RATS_NS for an automatic RATS
 *   exchange    RF_BYTE_NS for each byte both ways (9 bits at 106 kbit/s), CARD_NS of thinking
 *   silence     RFConfiguration item 2: 100 us x 2^(n-1), 51.2 ms after reset
 * Off: everything above takes no time. InAutoPoll's own waiting (150 ms x period) is not wire
 * time and stays.
 */
#pragma once

#include "card.h"
#include "frame.h"

#define PN532_CHIP_ACK_NS 300000u
#define PN532_CHIP_WORK_NS 500000u
#define PN532_TRY_NS 10000000u
#define PN532_ACTIVATE_NS 1500000u
#define PN532_LEVEL_NS 1000000u
#define PN532_RATS_NS 5000000u
#define PN532_RF_BYTE_NS 84906u
#define PN532_CARD_NS 1000000u

#define PN532_LATE_NS 450000000u /* after libnfc's longest time-out for a select, 300 + 50 ms */
#define PN532_SLOW_NS 150000000u /* within it */
#define PN532_PIECE_NS 500000u   /* between the one-byte pieces, timing on or off */
#define PN532_NEVER UINT64_MAX

#define PN532_SLOTS 4
#define PN532_OUTS 8
#define PN532_NOTE_MAX 64

enum pn532_fault {
	PN532_FAULT_NONE,
	PN532_FAULT_HANG,
	PN532_FAULT_LATCHUP,
	PN532_FAULT_STALL,
	PN532_FAULT_NOACK,
	PN532_FAULT_NACK,
	PN532_FAULT_LATE,
	PN532_FAULT_SLOW,
	PN532_FAULT_BADCHECKSUM,
	PN532_FAULT_WRONGTFI,
	PN532_FAULT_ERRORFRAME,
	PN532_FAULT_TRUNCATED,
	PN532_FAULT_GARBAGE,
	PN532_FAULT_EXTENDED_GARBAGE,
	PN532_FAULT_PIECES,
	PN532_FAULT_STATUS7,
	PN532_FAULT_ENDLESS,
	PN532_FAULT_ATS0,
	PN532_FAULT_SHORTANSWER,
	PN532_FAULT_EMPTYANSWER,
	PN532_FAULT_LONGANSWER,
	PN532_FAULT_PULLED,
	PN532_FAULT_SHORTTARGET,
	PN532_FAULT_LONGTARGET,
	PN532_FAULT_NOISETARGET,
	PN532_N_FAULTS,
};

struct pn532_fault_info {
	const char *name;
	const char *effect; /* one line for --help */
};
extern const struct pn532_fault_info pn532_faults[PN532_N_FAULTS];

enum pn532_power { PN532_POWER_ASLEEP, PN532_POWER_WAKING, PN532_POWER_AWAKE };

struct pn532_config {
	bool timing;
	unsigned speed; /* bits a second on the wire */
	/* One line for the event log: "reader field on", "card unlimited out of field" … */
	void (*event_fn)(void *userdata, const char *text);
	void (*random_fn)(void *userdata, uint8_t *ret_bytes, size_t n);
	void *userdata;
};

struct pn532_out {
	uint64_t at_ns; /* when the last byte (pieces: the next byte) is on the host's side */
	size_t len, sent;
	bool pieces;
	bool keep; /* a late answer: leaves even though the host gave up */
	uint8_t bytes[FRAME_MAX];
	char note[PN532_NOTE_MAX]; /* logged when the last byte has left; may be empty */
};

struct pn532_target {
	bool known; /* a number that InListPassiveTarget gave out and InRelease did not end */
	struct card *card; /* NULL: it has left the field since */
};

/* A passive activation or an auto-poll that has not found a card yet. */
struct pn532_waiting {
	bool on, autopoll;
	uint8_t modulation, max_targets;
	uint8_t wanted[12], n_wanted;
	uint8_t types[15], n_types;
	uint64_t start_ns, slot_ns, next_ns, end_ns;
};

struct pn532 {
	struct pn532_config config;
	enum pn532_power power;
	enum pn532_fault fault;
	unsigned fault_count; /* left until it heals by itself; 0: until healed */
	bool reset;           /* RSTPD_N is low */
	bool field;
	uint8_t parameters, max_retries, timeout_code, sam_mode, last_error;
	uint8_t regs[0x10000];
	uint64_t line_ns;  /* when the last byte received so far is off the wire */
	uint64_t reply_ns; /* when the running command's ACK is off the wire */
	struct frame_parser parser;
	struct card slots[PN532_SLOTS]; /* in the field while spec is set, first placed first */
	unsigned n_slots;
	struct pn532_target targets[2];
	struct pn532_waiting waiting;
	struct pn532_out outs[PN532_OUTS];
	unsigned n_outs;
	uint8_t last_frame[FRAME_MAX]; /* for the host's NACK */
	size_t last_len;
};

void pn532_init(struct pn532 *chip, const struct pn532_config *config);

/* Bytes from the host. Any bytes are allowed. */
void pn532_receive(struct pn532 *chip, uint64_t now_ns, const uint8_t *bytes, size_t n);

/* Does what is due. Call it at pn532_next_ns() or later, and after every other call. */
void pn532_tick(struct pn532 *chip, uint64_t now_ns);

/* When something is due next, or PN532_NEVER. */
uint64_t pn532_next_ns(const struct pn532 *chip);

/*
 * Takes the bytes that are due: true with at most FRAME_MAX bytes; ret_note is set with the last
 * bytes of a frame that has one, else empty.
 */
bool pn532_take(struct pn532 *chip, uint64_t now_ns, uint8_t ret_bytes[FRAME_MAX], size_t *ret_n,
	char ret_note[PN532_NOTE_MAX]);

/* A card enters or leaves the field. -EEXIST, -ENOSPC past PN532_SLOTS; -ENOENT if not there. */
int pn532_card_in(struct pn532 *chip, uint64_t now_ns, const struct card_spec *spec);
int pn532_card_out(struct pn532 *chip, const struct card_spec *spec);

/* count: answers it spoils before it heals by itself, 0 for ever. NONE heals. */
void pn532_break(struct pn532 *chip, enum pn532_fault fault, unsigned count);
/* The supply dips: asleep, field off, everything set is forgotten. */
void pn532_brownout(struct pn532 *chip);
/* RSTPD_N goes low (on) or high; ends a latch-up. */
void pn532_reset(struct pn532 *chip, bool on);

void pn532_set_timing(struct pn532 *chip, bool timing);

/* ---- between pn532.c and pn532_commands.c ------------------------------------------------ */

/* Runs one command (code and arguments, n >= 1) that the host was just acknowledged for. */
void pn532_run(struct pn532 *chip, uint64_t now_ns, const uint8_t *command, size_t n);
/* One try of the waiting activation; done: no more will follow. */
void pn532_try(struct pn532 *chip, uint64_t now_ns, bool done);
/* Answers code + 1 and data after radio_ns. note may be NULL. */
void pn532_answer(struct pn532 *chip, uint64_t now_ns, uint64_t radio_ns, uint8_t code,
	const uint8_t *data, size_t n, const char *note);
/* Answers with the syntax error frame. */
void pn532_refuse(struct pn532 *chip, uint64_t now_ns);
void pn532_set_field(struct pn532 *chip, bool on);
void pn532_event(struct pn532 *chip, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool pn532_spoils(struct pn532 *chip, enum pn532_fault fault);
void pn532_reset_registers(struct pn532 *chip);
