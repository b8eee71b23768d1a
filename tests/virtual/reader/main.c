/* SPDX-License-Identifier: Apache-2.0 */
/* virtual-reader: stands in for tapin-reader at the door's socket, or for the door at its own. */
#include "virtual_reader.h"

#include <string.h>

static void usage(FILE *out)
{
	fputs("usage: virtual-reader --socket PATH COMMAND   a reader at tapin-door's socket\n"
	      "       virtual-reader --listen PATH           a door for tapin-reader\n"
	      "       virtual-reader --notify PATH           systemd's end of NOTIFY_SOCKET: "
	      "prints it\n"
	      "\n"
	      "COMMAND at a door's socket, after a HELLO of its own:\n"
	      "  tap UID [--count N] [--gap MS] [--hold MS] [--protocol N]\n"
	      "                               a card comes, stays (300), goes, gap (700); N as in\n"
	      "                               reader_link.h (1)\n"
	      "  flood [--count N]            N cards (1000) with new numbers, as fast as they are "
	      "taken\n"
	      "  fault CODE TEXT, ok          the reader fails, answers again\n"
	      "  alive MS                     one ALIVE with this age\n"
	      "  silent MS                    connected, but not a word\n"
	      "  raw FILE                     each line of hex digits is one packet\n"
	      "  idle MS                      ALIVE every half second\n"
	      "  lines                        commands from standard input, one a line, one "
	      "connection\n"
	      "Each card is printed: \"card HANDLE UID MONO_US\". TRANSCEIVE is answered with "
	      "ENODEV.\n"
	      "\n"
	      "As a door it prints each record, \"MONO_US hello TEXT\", \"MONO_US card handle=1 "
	      "…\", and\n"
	      "takes lines from standard input:\n"
	      "  transceive HANDLE MS HEX     prints \"MONO_US result REQUEST CODE HEX\"\n"
	      "  raw HEX                      a packet as it is\n"
	      "  drop                         ends the connection\n"
	      "  pause MS                     takes no records meanwhile\n"
	      "Exit status: 0 done, 1 failed (standard error says why), 2 wrong usage.\n",
		out);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		usage(stdout);
		return 0;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc >= 4 && !strcmp(argv[1], "--socket"))
		return play_reader(argv[2], argv + 3, (size_t)argc - 3);
	if (argc == 3 && !strcmp(argv[1], "--listen"))
		return play_door(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "--notify"))
		return play_notify(argv[2]);
	usage(stderr);
	return 2;
}
